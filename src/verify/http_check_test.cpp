#include "verify/http_check.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "verify/test_server.h"

namespace ferry {
namespace {

using testing_verify::context_for;
using testing_verify::environment_for;
using testing_verify::login;
using testing_verify::step;
using testing_verify::TestServer;

class HttpCheck : public testing::Test {
 protected:
  StepsResult run(const std::vector<HttpStep>& steps, const std::vector<HttpStep>& cleanup = {}) {
    return run_steps(steps, cleanup, context, remembered, masker);
  }
  static std::string all_of(const StepsResult& result) {
    auto out = result.summary.en + result.summary.zh;
    for (const auto& item : result.steps) out += "\n" + item.action + "|" + item.expected + "|" + item.observed;
    return out;
  }

  TestServer server;
  Environment environment = environment_for(server.url());
  CheckContext context = context_for(environment);
  std::map<std::string, std::string> remembered;
  Masker masker;
};

TEST_F(HttpCheck, PassesWhenEveryStepIsAsExpected) {
  auto me = step("GET", "/api/me");
  me.expect_json = {{"/user", "${environment.tester}"}, {"/admin", false}, {"/tags/1", "b"}, {"/id", 17}};
  me.contains = {"\"user\":\"${environment.tester}\""};
  me.lacks = {"NULL"};
  auto gbk = step("GET", "/gbk.jsp");
  gbk.contains = {"流程统计"};
  const auto result = run({step("GET", "/api/me", 401), login(), me, gbk});
  EXPECT_EQ(result.outcome, Outcome::passed) << all_of(result);
  EXPECT_EQ(result.steps.size(), 4U);
}

TEST_F(HttpCheck, StopsAtTheFirstStepThatFailsAndSaysWhy) {
  auto wrong = login();
  wrong.json["password"] = "wrong";
  const auto result = run({wrong, step("GET", "/api/me")});
  EXPECT_EQ(result.outcome, Outcome::failed);
  ASSERT_EQ(result.steps.size(), 1U);
  EXPECT_NE(result.steps[0].observed.find("status 401 instead of 200"), std::string::npos) << all_of(result);
  EXPECT_NE(result.summary.en.find("Step 1/2"), std::string::npos) << result.summary.en;
}

TEST_F(HttpCheck, TakesAnyStatusOfAList) {
  auto refused = step("GET", "/api/me");
  refused.expect = {403, 401};
  EXPECT_EQ(run({refused}).outcome, Outcome::passed);
  refused.expect = {403, 404};
  const auto result = run({refused});
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.steps[0].observed.find("status 401 instead of 403 or 404"), std::string::npos) << all_of(result);
}

TEST_F(HttpCheck, SeesWhatAStepCallsOutside) {
  std::vector<std::string> seen{"POST /hook before the step"};
  auto hook = step("GET", "/health");
  hook.called = {"POST /hook", "${environment.tester}"};
  EXPECT_EQ(run({hook}).outcome, Outcome::passed);
  EXPECT_NE(run({hook}).steps[0].observed.find("not seen here"), std::string::npos);
  int asked = 0;
  context.called_within = Milliseconds(2000);
  context.outgoing = [&] {
    if (++asked == 3) seen.emplace_back("POST /hook for tester");  // later than the answer
    return seen;
  };
  EXPECT_EQ(run({hook}).outcome, Outcome::passed);
  // What went out before the step, or in two pieces, is not the call of this step.
  context.outgoing = [&] { return seen; };
  context.called_within = Milliseconds(0);
  const auto never = run({hook});
  EXPECT_EQ(never.outcome, Outcome::failed);
  EXPECT_NE(never.steps[0].observed.find("did not call \"POST /hook\""), std::string::npos) << all_of(never);
}

TEST_F(HttpCheck, FindsEveryKindOfMismatch) {
  const auto observed = [this](const std::function<void(HttpStep&)>& change) {
    auto me = step("GET", "/api/me");
    change(me);
    const auto result = run({login(), me});
    return std::string(name_of(result.outcome)) + " " + result.steps.back().observed;
  };
  const auto begins = [](const std::string& text, const char* start) { return text.starts_with(start); };
  EXPECT_TRUE(begins(observed([](auto& s) {
                       s.expect_json = {{"/user", "other"}};
                     }),
                     "failed 200 OK; /user is \"tester\""));
  EXPECT_TRUE(begins(observed([](auto& s) { s.expect_json = {{"/none", 1}}; }), "failed 200 OK; nothing at /none"));
  // A number is no text, unless a template made it.
  EXPECT_TRUE(begins(observed([](auto& s) { s.expect_json = {{"/id", "17"}}; }), "failed"));
  EXPECT_TRUE(begins(observed([](auto& s) { s.contains = {"x y"}; }), "failed 200 OK; lacks \"x y\""));
  EXPECT_TRUE(begins(observed([](auto& s) { s.lacks = {"tester"}; }), "failed 200 OK; contains \"tester\""));
  EXPECT_TRUE(begins(observed([](auto& s) { s.keep = {{"x", "/none"}}; }), "failed 200 OK; nothing to keep"));
}

TEST_F(HttpCheck, AFaultOfTheProfileIsAnErrorAndNoFailure) {
  auto unknown = step("GET", "/${environment.nothing}");
  EXPECT_EQ(run({unknown}).outcome, Outcome::error);
  auto pointer = step("GET", "/health");
  pointer.expect_json = {{"no-slash", 1}};
  EXPECT_EQ(run({pointer}).outcome, Outcome::error);
  auto expression = step("GET", "/health");
  expression.keep = {{"x", "regex:(("}};
  EXPECT_EQ(run({expression}).outcome, Outcome::error);
}

TEST_F(HttpCheck, NoAnswerIsAFailure) {
  context.http_timeout = Milliseconds(150);
  const auto slow = run({step("GET", "/slow")});
  EXPECT_EQ(slow.outcome, Outcome::failed);
  EXPECT_NE(slow.steps[0].observed.find("does not answer"), std::string::npos) << slow.steps[0].observed;
  context.base_url = "http://127.0.0.1:1";
  EXPECT_EQ(run({step("GET", "/health")}).outcome, Outcome::failed);
}

TEST_F(HttpCheck, LaterStepsUseWhatEarlierOnesKept) {
  auto create = step("POST", "/api/requests");
  create.keep = {{"request", "/id"}, {"state", "regex:\"state\":\"([a-z]+)\""}};
  auto me = step("GET", "/api/me");
  me.expect_json = {{"/id", "${kept.request}"}};  // a number
  auto echo = step("POST", "/echo");
  echo.form = {{"state", "${kept.state}"}, {"名", "审"}};
  echo.content_type = "application/x-www-form-urlencoded; charset=GBK";
  echo.headers = {{"X-Own", "${kept.request}"}};
  EXPECT_EQ(run({login(), create, me, echo}).outcome, Outcome::passed);
  EXPECT_EQ(server.seen, "application/x-www-form-urlencoded; charset=GBK|state=draft&%C3%FB=%C9%F3|17");
}

TEST_F(HttpCheck, FindsAnExpressionInAPageOfOneVeryLongLine) {
  auto page = step("GET", "/long");
  page.keep = {{"end", "regex:<p>[^\\n]*<b>([a-z]+)</b>"}};
  const auto result = run({page});
  EXPECT_EQ(result.outcome, Outcome::passed) << all_of(result);
  EXPECT_EQ(result.kept.at("end"), "end");
}

TEST_F(HttpCheck, RunsOnlyStepsOfTheVersion) {
  auto old_step = step("GET", "/nowhere");
  old_step.version = VersionRange("<7");
  auto new_step = step("GET", "/health");
  new_step.version = VersionRange(">=7");
  EXPECT_EQ(run({old_step, new_step}).steps.size(), 1U);
  const auto none = run({old_step}, {step("GET", "/nowhere")});
  EXPECT_EQ(none.outcome, Outcome::not_run);
  EXPECT_TRUE(none.steps.empty());
  EXPECT_FALSE(none.summary.en.empty());
}

TEST_F(HttpCheck, ComparesWithWhatTheOldVersionShowed) {
  auto page = step("GET", "/page");
  page.remember = page.same = {{"total", "regex:Total</td><td>([0-9]+)"}};
  context.phase = CheckPhase::before;
  remembered = run({page}).values;
  EXPECT_EQ(remembered, (std::map<std::string, std::string>{{"total", "42"}}));
  context.phase = CheckPhase::after;
  EXPECT_EQ(run({page}).outcome, Outcome::passed);
  server.version = "8.0";  // shows 41
  const auto changed = run({page});
  EXPECT_EQ(changed.outcome, Outcome::failed);
  EXPECT_NE(changed.steps[0].observed.find("total was \"42\", is \"41\""), std::string::npos) << all_of(changed);
  EXPECT_TRUE(changed.values.empty());  // else the new value would pass for the old one
  remembered.clear();
  EXPECT_EQ(run({page}).outcome, Outcome::error);  // nothing to compare with is not the same
}

TEST_F(HttpCheck, CleansUpWhateverHappened) {
  auto create = step("POST", "/api/requests");
  create.keep = {{"request", "/id"}};
  create.expect_json = {{"/state", "running"}};  // it is not: the step fails after it has made something
  const auto failed = run({create}, {step("DELETE", "/api/requests/${kept.request}")});
  EXPECT_EQ(failed.outcome, Outcome::failed);
  EXPECT_EQ(server.created(), 1);
  EXPECT_EQ(server.deleted(), 1);
  // An error of the profile in between does not keep the cleanup from running either.
  create.expect_json.clear();
  const auto faulty =
      run({create, step("GET", "/${environment.nothing}")}, {step("DELETE", "/api/requests/${kept.request}", 404)});
  EXPECT_EQ(faulty.outcome, Outcome::error);
  EXPECT_EQ(server.deleted(), 2);
}

TEST_F(HttpCheck, ACleanupThatFailsIsNoPass) {
  auto create = step("POST", "/api/requests");
  create.keep = {{"request", "/id"}};
  const auto result = run({create}, {step("DELETE", "/api/requests/${kept.request}", 204)});
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.summary.en.find("cleanup failed"), std::string::npos) << result.summary.en;
}

TEST_F(HttpCheck, NothingMadeNothingToCleanUp) {
  const auto result = run({step("GET", "/nowhere")}, {step("DELETE", "/api/requests/${kept.request}")});
  EXPECT_EQ(result.outcome, Outcome::failed);
  ASSERT_EQ(result.steps.size(), 2U);
  EXPECT_NE(result.steps[1].observed.find("not needed"), std::string::npos);
  EXPECT_EQ(server.deleted(), 0);
}

TEST_F(HttpCheck, NoSecretStandsInTheEvidence) {
  auto said = login();  // the answer repeats the password
  said.expect_json = {{"/said", "other"}};
  said.keep = {{"said", "/said"}};
  said.remember = {{"said", "/said"}};
  context.phase = CheckPhase::before;
  auto path = step("GET", "/none?p=${secret.tester_password}");
  for (const auto& result : {run({said}), run({path})}) {
    auto everything = all_of(result);
    for (const auto& [name, value] : result.values) everything += value;
    EXPECT_EQ(everything.find("s3cret"), std::string::npos) << everything;
    EXPECT_NE(everything.find("***"), std::string::npos) << everything;
  }
}

}  // namespace
}  // namespace ferry
