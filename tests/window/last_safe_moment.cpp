// Past the last safe moment of a cutover: by itself back where the project chose so, else the question on the terminal,
// and without an answer it holds.
#include <gtest/gtest.h>

#include <csignal>

#include "base/clock.h"
#include "window/gated.h"

namespace ferry::test {
namespace {

class LastSafeMoment : public GatedTest {
 protected:
  void SetUp() override {
    GatedTest::SetUp();
    if (IsSkipped()) return;
    // In the middle of the switch, with users kept out.
    const auto died = world().ferry({"cutover", "start", "production", "--yes", "--as", "engineer"},
                                    {{"FERRY_CRASH", "switch_operation_done:2"}});
    ASSERT_EQ(died.signal, SIGKILL) << died.all();
    // Whatever is left of it, there is no time any more to do it and take it back.
    end_window(std::chrono::seconds(0));
  }
  void TearDown() override {
    if (IsSkipped()) return;
    end_window(std::chrono::hours(24));
    at_the_line("hold");
    GatedTest::TearDown();
  }

  static void end_window(std::chrono::seconds from_now) {
    world().shell("sed -i -E 's/^(window: .*end: \")[^\"]*/\\1" + to_string(system_now() + from_now) +
                  "/' project.yaml");
    world().done({"project", "update", "project.yaml", "--as", "pm"});
  }
  static void at_the_line(const std::string& what) {
    world().shell("sed -i '/^on_last_safe_moment/d' project.yaml; echo 'on_last_safe_moment: " + what +
                  "' >> project.yaml");
    world().done({"project", "update", "project.yaml", "--as", "pm"});
  }
  // `ferry run resume` on a terminal of its own, on which `answer` is typed; all that stood on it. Its exit status is
  // the last line.
  static std::string resume_on_terminal(const std::string& answer) {
    return world().shell("printf '" + answer +
                         "\\n' | script -qec '" FERRY_BUILD_DIR
                         "/ferry run resume production --as engineer; echo exit $?' /dev/null");
  }
  static Json decision() {
    const Json audit = world().ferry({"audit", "list", "--json"}).json();
    Json out;
    for (const auto& one : audit)
      if (one.dump().find("run.past-deadline") != std::string::npos) out = one;
    return out;
  }
};

TEST_F(LastSafeMoment, TheRunTakesItselfBackWhereTheProjectChoseSo) {
  at_the_line("rollback");
  const auto ended = world().ferry({"run", "resume", "production", "--json", "--as", "engineer"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(ended.json().at("phase"), "rolled_back") << ended.all();
  EXPECT_EQ(tree(), before());
  EXPECT_EQ(page(), "page of 1.0\n");
  EXPECT_NE(decision().dump().find("go back"), std::string::npos) << decision();
}

TEST_F(LastSafeMoment, OtherwiseItHoldsWhenNobodyIsThere) {
  const auto middle = tree();
  const auto ended = world().ferry({"run", "resume", "production", "--json", "--as", "engineer"});
  EXPECT_EQ(ended.error(), "past_deadline") << ended.all();
  EXPECT_EQ(ended.status, 4);
  EXPECT_EQ(tree(), middle);
  EXPECT_EQ(page(), "503");
  EXPECT_NE(decision().dump().find("hold"), std::string::npos) << decision();
  // A person who says that he knows goes on.
  const auto on = world().ferry({"run", "resume", "production", "--past-deadline", "--json", "--as", "engineer"});
  EXPECT_TRUE(on.json().value("parked", false)) << on.all();
}

TEST_F(LastSafeMoment, IsAskedOnTheTerminalAndTakenBackOnItsAnswer) {
  const auto shown = resume_on_terminal("b");
  EXPECT_NE(shown.find("Go on (g), take back (b), hold (h)?"), std::string::npos) << shown;
  EXPECT_NE(shown.find("engineer@example.com"), std::string::npos) << "whom to call: " << shown;
  EXPECT_NE(shown.find("exit 0"), std::string::npos) << shown;
  EXPECT_EQ(state().at("phase"), "rolled_back");
  EXPECT_EQ(tree(), before());
  EXPECT_EQ(page(), "page of 1.0\n");
}

TEST_F(LastSafeMoment, IsAskedOnTheTerminalAndGoesOnOnItsAnswer) {
  const auto shown = resume_on_terminal("g");
  EXPECT_NE(shown.find("exit 0"), std::string::npos) << shown;
  EXPECT_NE(shown.find("parked"), std::string::npos) << shown;
  EXPECT_NE(decision().dump().find("go on"), std::string::npos) << decision();
}

TEST_F(LastSafeMoment, HoldsOnAnyOtherAnswer) {
  const auto shown = resume_on_terminal("");
  EXPECT_NE(shown.find("exit 4"), std::string::npos) << shown;
  EXPECT_EQ(state().at("phase"), "under_way");
  EXPECT_EQ(page(), "503");
}

}  // namespace
}  // namespace ferry::test
