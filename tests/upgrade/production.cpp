// Production, in the order of its life: refused while something is missing, cut over through the open gate, opened, and
// taken back with an accepted list of what is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <set>

#include "base/json.h"
#include "host/files.h"
#include "run/run_state.h"
#include "upgrade/rehearsal.h"

namespace ferry::test {
namespace {

void done(const std::vector<std::string>& command) {
  const auto ended = world().ferry(command);
  ASSERT_EQ(ended.status, 0) << command[0] << " " << command[1] << ": " << ended.all();
}

std::string today() {
  std::string day = world().tool({"date", "-u", "+%F"});
  while (day.ends_with('\n')) day.pop_back();
  return day;
}

// What people have to say before the gate opens, as in ./run.
void people_agree() {
  done({"check", "record", "test", "portal-style", "pass", "--note", "looked at", "--as", "tester"});
  done({"check", "record", "test", "forms-in-browsers", "pass", "--note", "three forms", "--as", "tester"});
  done({"acceptance", "sign", "hr", "--comment", "accepted", "--as", "hr"});
  done({"acceptance", "sign", "finance", "--comment", "accepted", "--as", "finance"});
  done({"project", "task", "communication", "survey", "impact", "packages", "adapt", "licence", "test-machine",
        "standby", "test-setup", "test-upgrade", "test-portal", "customer-test", "acceptance", "--done", today(),
        "--as", "pm"});
}

void refused(const std::string& code, int status, const std::vector<std::string>& command) {
  const auto ended = world().ferry(command);
  EXPECT_EQ(ended.error(), code) << ended.all();
  EXPECT_EQ(ended.status, status) << ended.all();
}

// The window ends then, as GNU date understands it; its start stays.
void end_window(const std::string& when) {
  const auto file = world().place() + "/project.yaml";
  auto end = world().tool({"date", "-u", "-d", when, "+%FT%TZ"});
  while (end.ends_with('\n')) end.pop_back();
  world().tool({"sed", "-i", "-E", "s/^(window: .*end: \")[^\"]*/\\1" + end + "/", file});
  done({"project", "update", file, "--as", "pm"});
}

Json issue_of(const std::string& id) {
  const Json issues = world().ferry({"issue", "list"}).json();
  for (const auto& issue : issues)
    if (issue.at("id") == id) return issue;
  ADD_FAILURE() << "no issue " << id << " in " << issues.dump();
  return Json::object();
}

// B9, its first half: without the patch a check fails on the clone, and becomes an issue with its evidence. Its id.
std::string find_the_defect() {
  done({"recipe", "compose", "--exclude", "patch-8.0-P1", "--as", "engineer"});
  const auto failed = world().ferry({"rehearsal", "start", "test", "--as", "engineer"});
  EXPECT_EQ(failed.status, 9) << failed.all();
  EXPECT_EQ(world().served_version("test"), "8.0.0") << "left standing, so that people can look at it";
  std::string id;
  const Json issues = world().ferry({"issue", "list"}).json();
  for (const auto& issue : issues)
    if (issue.at("check") == "linkage" && issue.at("open").get<bool>()) id = issue.at("id");
  EXPECT_FALSE(id.empty()) << issues.dump();
  // Nobody closes it without a result that passes.
  refused("check_failed", 9, {"issue", "close", id, "--as", "pm"});
  const Json exported = world().ferry({"issue", "export"}).json();
  for (const auto& issue : exported.at("issues")) {
    if (issue.at("id") != id) continue;
    EXPECT_EQ(issue.at("results").at(0).at("outcome"), "failed") << issue.dump();
    EXPECT_FALSE(issue.at("results").at(0).at("steps").empty()) << "what was asked and answered";
  }
  return id;
}

// And its second half: a person closes it, by the result of the whole recipe with the patch.
void close_by_the_passing_check(const std::string& id) {
  EXPECT_TRUE(issue_of(id).at("open").get<bool>()) << "a passing check alone closes nothing";
  done({"issue", "close", id, "--as", "pm"});
  const auto issue = issue_of(id);
  EXPECT_FALSE(issue.at("open").get<bool>());
  EXPECT_EQ(issue.at("history").back().at("kind"), "closed");
  const Json rest = world().ferry({"issue", "list"}).json();
  for (const auto& other : rest)
    if (other.at("open").get<bool>()) done({"issue", "close", other.at("id").get<std::string>(), "--as", "pm"});
  const Json standing = world().ferry({"check", "list", "test"}).json();
  for (const auto& check : standing)
    if (check.at("check") == "linkage") {
      EXPECT_EQ(issue.at("history").back().at("evidence"), check.at("evidence").at("id")) << check.dump();
    }
}

// C5.1: what was laid is there, customer's files and decisions notwithstanding, and has solved what it claims.
void expect_packages_are_there() {
  const auto ended = world().ferry({"package", "audit", "production", "--survey"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  const auto audit = ended.json();
  std::set<std::string> there;
  for (const auto& package : audit.at("packages")) {
    EXPECT_EQ(package.at("state"), "present") << package.dump();
    EXPECT_TRUE(package.at("recorded").get<bool>()) << package.dump();
    there.insert(package.at("id").get<std::string>());
  }
  EXPECT_EQ(there, (std::set<std::string>{"upgrade-8.0", "feature-seal-8.0", "customer-fixes-8.0", "patch-8.0-P1"}));
  std::map<std::string, std::string> solved;
  for (const auto& claim : audit.at("claims")) {
    EXPECT_EQ(claim.at("outcome"), "passed") << claim.dump();
    EXPECT_EQ(claim.at("environment"), "production") << claim.dump();
    solved[claim.at("about").get<std::string>()] = claim.at("package").get<std::string>();
  }
  EXPECT_EQ(solved["linkage"], "patch-8.0-P1") << audit.dump();
}

// Mails that real people would get about what checks have filed, waiting or sent.
std::string test_mails() {
  return world().sql("production", "select count(*) from mail_outbox where subject || body like '%[Ferry]%'");
}

void append(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

// People are called by a program of the customer's; this one writes down what it was given.
void name_a_caller() {
  const auto program = world().place() + "/notify";
  const auto project = world().place() + "/project.yaml";
  append(program, "#!/bin/sh\nprintf '%s|%s|%s\\n' \"$@\" >>\"$0.got\"\n");
  world().tool({"chmod", "+x", program});
  append(project, "notify: {run: [\"" + program + "\", \"${event}\", \"${contact}\", \"${message}\"], within: 20s}\n");
  done({"project", "update", project, "--as", "pm"});
}

// "EVENT CONTACT OUTCOME" of all calls of the run, when each has ended.
std::set<std::string> calls() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    std::set<std::string> out;
    bool ended = true;
    const Json state = world().run_state("production");
    for (const auto& call : state.at("calls")) {
      ended = ended && call.at("outcome") != "calling";
      out.insert(call.at("occasion").get<std::string>() + " " + call.at("contact").get<std::string>() + " " +
                 call.at("outcome").get<std::string>());
    }
    if (ended || std::chrono::steady_clock::now() > give_up) return out;
  }
}

}  // namespace

TEST(UpgradeProduction, IsNotTouchedWhileTheGateIsClosed) {
  done({"service", "start", "production"});
  const auto before = world().snapshot("production");
  done({"plan", "make", "production", "--as", "engineer"});
  const auto runs = list_runs(world().staging("production")).size();
  refused("gate_closed", 8, {"cutover", "start", "production", "--as", "deployer"});
  EXPECT_EQ(list_runs(world().staging("production")).size(), runs);
  EXPECT_EQ(world().served_version("production"), "7.4.0");
  const auto after = world().snapshot("production");
  EXPECT_EQ(difference_of(before.files, after.files), "");
  EXPECT_EQ(difference_of(before.database, after.database), "");
}

TEST(UpgradeProduction, IsCutOverOpenedAndTakenBackWithAnAcceptedLoss) {
  done({"service", "start", "production"});
  const auto issue = find_the_defect();
  // The patch that claims to solve it joins the recipe; from production's state the whole of it is rehearsed.
  done({"recipe", "compose", "--as", "engineer"});
  EXPECT_EQ(issue_of(issue).at("claimed_by"), Json::array({"patch-8.0-P1"}));
  done({"rehearsal", "start", "test", "--drill", "--as", "engineer"});
  close_by_the_passing_check(issue);
  people_agree();
  done({"plan", "make", "production", "--as", "engineer"});
  done({"plan", "approve", "production", "--comment", "go", "--as", "approver"});
  done({"gate", "show"});

  // A file of the program that is not as it was when the plan was made closes the gate again.
  const std::string file = world().root("production") + "/webapp/portal.jsp";
  const std::string kept = world().place() + "/kept-production-portal.jsp";
  world().tool({"cp", "-a", file, kept});
  append(file, "<%-- somebody was here --%>\n");
  const auto drifted = world().snapshot("production");
  const auto closed = world().ferry({"cutover", "start", "production", "--as", "deployer"});
  EXPECT_TRUE(closed.error() == "gate_closed" || closed.error() == "drift") << closed.all();
  EXPECT_EQ(difference_of(drifted.files, world().snapshot("production").files), "");
  EXPECT_TRUE(world().newest_run("production").empty());
  world().tool({"cp", "-a", kept, file});

  // Prepared while users work: nothing of the installation changes, and it waits.
  const auto before = world().snapshot("production");
  const auto prepared = world().ferry({"cutover", "prepare", "production", "--as", "deployer"});
  ASSERT_EQ(prepared.status, 0) << prepared.all();
  EXPECT_TRUE(prepared.json().at("prepared").get<bool>());
  EXPECT_EQ(difference_of(before.files, world().snapshot("production").files), "");
  EXPECT_EQ(world().status_for_users("production"), 200);

  // Killed in the middle of the switch, users see the maintenance page; it goes on behind that.
  const auto killed = world().ferry({"cutover", "start", "production", "--as", "deployer"},
                                    {{"FERRY_CRASH", "switch_operation_done:9"}});
  ASSERT_EQ(killed.signal, SIGKILL) << killed.all();
  EXPECT_EQ(world().newest_run("production"), prepared.json().at("run").at("id"));
  EXPECT_EQ(world().status_for_users("production"), 503);

  // It must be decided before the way back would outlast the window; past that moment it holds, says so and calls.
  name_a_caller();
  end_window("now + 3 seconds");
  refused("past_deadline", 4, {"run", "resume", "production", "--as", "deployer"});
  EXPECT_TRUE(calls().contains("last_safe_moment pm@example.invalid done")) << testing::PrintToString(calls());
  EXPECT_EQ(world().status_for_users("production"), 503);
  end_window("now + 30 hours");
  const auto parked = world().ferry({"run", "resume", "production", "--as", "deployer"});
  ASSERT_EQ(parked.status, 0) << parked.all();
  EXPECT_TRUE(parked.json().at("parked").get<bool>());
  EXPECT_TRUE(calls().contains("waiting approver@example.invalid done")) << testing::PrintToString(calls());
  EXPECT_NE(read_file(world().place() + "/notify.got").find("|approver@example.invalid|"), std::string::npos);
  EXPECT_NE(read_file(world().place() + "/notify.got").find("验证通过，等待开放"), std::string::npos);
  EXPECT_EQ(world().sql("production", "select version from sys_version order by rowid desc limit 1"), "8.0.0");
  EXPECT_EQ(world().status_for_users("production"), 503);

  // The door does not outlive the machine. Whoever goes on closes it again first; by hand it is not opened.
  const auto door = world().ferry({"door", "show", "production"}).json();
  ASSERT_TRUE(door.at("closed").get<bool>()) << door.dump();
  ::kill(door.at("pid").get<int>(), SIGKILL);
  while (world().status_for_users("production") == 503) {
  }
  EXPECT_TRUE(world().ferry({"run", "resume", "production", "--as", "deployer"}).json().at("parked").get<bool>());
  EXPECT_EQ(world().status_for_users("production"), 503);
  refused("run_unfinished", 4, {"door", "open", "production", "--as", "pm"});
  EXPECT_EQ(world().sql("production", "select value from sys_setting where name = 'mail.enabled'"), "0");
  EXPECT_EQ(world().sql("production", "select count(*) from schedule_job where enabled = 1"), "0");
  refused("not_found", 2, {"run", "losses", "production"});

  // The check of a request has removed its mails with it. A row stays when its mail is sent, so this holds for the
  // mail server too. A mail that a check had left would not be let out unseen.
  EXPECT_EQ(test_mails(), "0");
  world().sql("production",
              "insert into mail_outbox (recipient, subject, body, state, created_at, next_try) values "
              "('u001@example.invalid', '[OA] 待办：[Ferry] left', 'x', 'waiting', '2026', '2999')");
  const auto mail = world().ferry({"run", "open", "production", "--as", "pm"});
  EXPECT_EQ(mail.error(), "check_failed") << mail.all();
  EXPECT_NE(mail.out.find("mail (Outgoing mail): 1 more than before the checks"), std::string::npos) << mail.all();
  EXPECT_EQ(world().status_for_users("production"), 503);
  world().sql("production", "delete from mail_outbox where subject like '%[Ferry] left'");

  done({"run", "open", "production", "--as", "pm"});
  EXPECT_EQ(test_mails(), "0");
  expect_packages_are_there();
  EXPECT_EQ(world().status_for_users("production"), 200);
  EXPECT_EQ(world().served_version("production"), "8.0.0");
  EXPECT_EQ(world().sql("production", "select value from sys_setting where name = 'mail.enabled'"), "1");
  world().sql("production",
              "insert into portal_notice (title, body, created_at) values ('entered after', 'text', '2026')");

  const auto losses = world().ferry({"run", "losses", "production"});
  ASSERT_EQ(losses.status, 0) << losses.all();
  EXPECT_NE(losses.out.find("portal_notice"), std::string::npos) << losses.out;
  refused("cannot_roll_back", 4, {"run", "rollback", "production", "--as", "deployer"});
  refused("cannot_roll_back", 4,
          {"run", "rollback", "production", "--accept-loss", std::string(64, '0'), "--as", "approver"});
  EXPECT_EQ(world().served_version("production"), "8.0.0");

  EXPECT_EQ(world().status_for_users("production"), 200);

  // Users out first, so that the list the approver accepts stays the true one.
  done({"door", "close", "production", "--as", "admin"});
  EXPECT_EQ(world().status_for_users("production"), 503);
  const auto list = world().ferry({"run", "losses", "production"}).json().at("digest").get<std::string>();
  refused("not_allowed", 4, {"run", "rollback", "production", "--accept-loss", list, "--as", "deployer"});
  const auto back = world().ferry({"run", "rollback", "production", "--accept-loss", list, "--as", "approver"});
  ASSERT_EQ(back.status, 0) << back.all();
  EXPECT_EQ(world().status_for_users("production"), 200);
  EXPECT_EQ(back.json().at("phase"), "rolled_back");
  const auto run = world().staging("production") + "/runs/" + world().newest_run("production");
  EXPECT_NE(read_file(run + "/losses.json").find("entered after"), std::string::npos);
  EXPECT_EQ(world().served_version("production"), "7.4.0");
  EXPECT_EQ(world().sql("production", "select value from sys_setting where name = 'mail.enabled'"), "1");
  const auto after = world().snapshot("production");
  EXPECT_EQ(difference_of(before.files, after.files), "");
  EXPECT_EQ(difference_of(before.database, after.database), "");
  // What comes next starts from a survey of what stands here now, not of the version that was taken back.
  done({"survey", "run", "production", "--as", "pm"});
}

}  // namespace ferry::test
