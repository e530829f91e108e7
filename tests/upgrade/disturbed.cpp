// What else happens to a run on a real machine: somebody holds a file, presses Ctrl-C, starts a second Ferry, changes a
// file in between; a service does not come up; the machine goes down.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "host/process.h"
#include "upgrade/rehearsal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

void append(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

std::string detail_of(const Ended& ended) {
  return ended.json().at("error").dump();
}

// Ferry is dead already; now everything of the clone is: what runs inside ends with the fence's holder.
void cut_the_power() {
  std::vector<ProcessIdentity> all;
  const Json fence = Json::parse(read_file(world().staging("test") + "/fence/fence.json"));
  for (const auto& process : fence.at("processes")) all.push_back(process.at("process").get<ProcessIdentity>());
  for (const auto& process : all_processes())
    if (process.command.find(world().place() + "/test/") != std::string::npos) all.push_back(identify(process.pid));
  for (const auto& process : all) send_signal(process, SIGKILL);
  for (const auto& process : all) ASSERT_TRUE(wait_for_end(process, Milliseconds(20'000))) << process.pid;
}

}  // namespace

TEST(UpgradeDisturbed, NamesTheProcessThatHoldsAFileAndGoesOnAfterItsEnd) {
  const auto before = begin_rehearsal(observed);
  Program holder({"/usr/bin/tail", "-f", world().root("test") + "/webapp/portal.jsp"}, {}, world().place() + "/out",
                 "/");
  const auto refused = world().ferry({"run", "resume", "test"});
  EXPECT_EQ(refused.error(), "busy_files") << refused.all();
  EXPECT_EQ(refused.status, 3);
  EXPECT_NE(detail_of(refused).find("pid " + std::to_string(holder.pid()) + " "), std::string::npos) << refused.all();
  EXPECT_NE(detail_of(refused).find("portal.jsp"), std::string::npos) << refused.all();
  EXPECT_EQ(status_of(world().run_state("test"), "stop"), "failed");
  holder.signal(SIGTERM);
  holder.wait();
  resume();
  EXPECT_EQ(world().served_version("test"), "8.0.0");
  roll_back();
  expect_old_version(before);
}

TEST(UpgradeDisturbed, EndsAtASafePointWhenInterrupted) {
  for (const std::string step : {"prepare", "migrate"}) {
    const auto before = begin_rehearsal(step == "prepare" ? at_start : observed);
    const auto program = world().begin({"run", "resume", "test"});
    wait_until_begun(*program, step);
    program->signal(SIGINT);
    const auto ended = program->wait();
    EXPECT_EQ(ended.error(), "interrupted") << step << ": " << ended.all();
    const auto state = world().run_state("test");
    EXPECT_EQ(state.at("phase"), "under_way");
    EXPECT_TRUE(state.at("can_resume").get<bool>());
    for (const auto& found : state.at("steps")) EXPECT_NE(found.at("status"), "in_air") << found.at("id");
    EXPECT_NE(status_of(state, "check"), "done") << step;
    resume();
    EXPECT_EQ(world().served_version("test"), "8.0.0");
    roll_back();
    expect_old_version(before, step == "prepare" ? Rows::none_lost : Rows::the_same);
  }
}

TEST(UpgradeDisturbed, LetsOneFerryWorkAndTellsTheSecondWhoItIs) {
  begin_rehearsal(at_start);
  const auto first = world().begin({"run", "resume", "test"});
  wait_until_begun(*first, "observe");
  for (const auto& command : {std::vector<std::string>{"run", "resume", "test"},
                              {"run", "rollback", "test"},
                              {"rehearsal", "start", "test"},
                              {"clone", "reset", "test"}}) {
    const auto second = world().ferry(command);
    EXPECT_EQ(second.error(), "locked") << command[0] << " " << command[1] << ": " << second.all();
    EXPECT_EQ(second.status, 4);
    EXPECT_NE(detail_of(second).find(std::to_string(first->pid())), std::string::npos) << second.all();
  }
  const auto ended = first->wait();
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(world().served_version("test"), "8.0.0");
  roll_back();
}

TEST(UpgradeDisturbed, StopsBeforeItsFirstChangeWhenAFileIsNotWhatWasPlanned) {
  const auto before = begin_rehearsal(observed);
  const std::string file = world().root("test") + "/webapp/portal.jsp";
  const std::string kept = world().place() + "/kept-portal.jsp";
  world().tool({"cp", "-a", file, kept});
  append(file, "<%-- somebody was here --%>\n");
  const auto changed = world().snapshot("test");
  const auto refused = world().ferry({"run", "resume", "test"});
  EXPECT_EQ(refused.error(), "drift") << refused.all();
  EXPECT_EQ(refused.status, 4);
  EXPECT_NE(detail_of(refused).find("webapp/portal.jsp"), std::string::npos) << refused.all();
  EXPECT_EQ(difference_of(changed.files, world().snapshot("test").files), "");
  roll_back();
  // What somebody changed is his: taking back leaves it.
  EXPECT_EQ(difference_of(changed.files, world().snapshot("test").files), "");
  world().tool({"cp", "-a", kept, file});
  expect_old_version(before);
}

TEST(UpgradeDisturbed, TellsWhyTheNewVersionDoesNotStartAndTheWayBackIsOpen) {
  const auto before = begin_rehearsal(observed);
  const auto migrated = world().ferry({"run", "resume", "test"}, {{"FERRY_CRASH", "script_committed:2"}});
  ASSERT_EQ(migrated.signal, SIGKILL) << migrated.all();
  const std::string file = world().root("test") + "/conf/oa.env";
  const std::string kept = world().place() + "/kept-oa.env";
  world().tool({"cp", "-a", file, kept});
  append(file, "OA_JAVA_OPTS=-Xmx1k\n");
  const auto failed = world().ferry({"run", "resume", "test"});
  EXPECT_EQ(failed.status, 5) << failed.all();
  EXPECT_NE(detail_of(failed).find("heap"), std::string::npos) << "the server's own words: " << failed.all();
  const auto state = world().run_state("test");
  EXPECT_EQ(status_of(state, "start"), "failed");
  EXPECT_TRUE(state.at("can_roll_back").get<bool>());
  world().tool({"cp", "-a", kept, file});
  roll_back();
  expect_old_version(before);
}

// Power cut: Ferry, the server and the fence are gone at once.
TEST(UpgradeDisturbed, NeverStartsACloneOutsideItsFence) {
  for (const char* way : {"rollback", "resume"}) {
    const auto before = begin_rehearsal(observed);
    const auto died = world().ferry({"run", "resume", "test"}, {{"FERRY_CRASH", "switch_operation:5"}});
    ASSERT_EQ(died.signal, SIGKILL) << died.all();
    cut_the_power();
    EXPECT_TRUE(world().served_version("test").starts_with("no answer"));
    if (way == std::string("resume"))
      resume();
    else
      roll_back();
    const Json services = world().ferry({"service", "list", "test"}).json();
    const int server = services.at(0).at("pids").at(0).get<int>();
    EXPECT_NE(fs::read_symlink("/proc/" + std::to_string(server) + "/ns/net"), fs::read_symlink("/proc/self/ns/net"))
        << way << ": the clone runs in the network of this machine";
    if (way == std::string("resume")) roll_back();
    expect_old_version(before);
  }
}

}  // namespace ferry::test
