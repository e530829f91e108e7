// The short route of a patch between releases: tried on a clone, then on production, taken back without loss; what is
// no patch is refused with the way to go instead.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "support/tiny_world.h"

namespace ferry::test {
namespace {

using Stage = TinyWorld::Stage;

class Patched : public TinyWorld {
 public:
  Patched() : TinyWorld(Stage::packaged) {
    done({"service", "start", "production"});
    done({"backup", "create", "production"});
    done({"clone", "create", "test"});
  }
  // A signed package in the library: `files` makes its content below the folder files.
  void patch(const std::string& id, const std::string& files, const std::string& more = "") const {
    shell("mkdir -p packages/" + id + "/files && cd packages/" + id + " && printf 'format: 1\\nid: " + id +
          "\\nkind: patch\\nproduct: tiny\\ntitle: Patch\\nfrom: \">=1 <2\"\\n" + more + "' > package.yaml && " +
          files);
    done({"package", "build", "packages/" + id, "--output", id + ".fpk"});
    done({"package", "sign", id + ".fpk", "--key", "vendor.key"});
    done({"package", "add", id + ".fpk"});
  }
  Ended start(const std::string& environment, const std::string& id, const std::string& crash = "") const {
    const std::map<std::string, std::string> more{{"FERRY_CRASH", crash}};
    return ferry({"hotpatch", "start", environment, id, "--yes", "--as", "engineer"}, more);
  }
  std::string orders() const { return shell("sqlite3 installed/data/tiny.db 'select * from orders'"); }
  std::string page() const { return shell("curl -sS http://127.0.0.1:" + std::to_string(port()) + "/page.html"); }
  int pid() const { return ferry({"service", "list", "production", "--json"}).json().at(0).at("pids").at(0); }
  std::string tree() const { return shell("cd installed && find bin webapp -type f -exec sha256sum {} + | sort"); }
  // The same machine, another person's account: Ferry works as root, sudo says who is behind it.
  Ended as_somebody_else(const Words& words) const { return ferry(words, {{"SUDO_USER", "second"}}); }
};

Patched& world() {
  static Patched one;
  return one;
}

TEST(HotPatch, GoesToACloneFirstThenToProductionWithoutAStopAndBack) {
  auto& there = world();
  there.patch("patch-page", "mkdir files/webapp && echo 'page of the patch' > files/webapp/page.html",
              "fixes: [page]\\n");
  const auto before = there.tree();
  const auto plan = there.ferry({"hotpatch", "plan", "production", "patch-page", "--as", "engineer", "--json"}).json();
  EXPECT_FALSE(plan.at("restart").get<bool>()) << plan;
  EXPECT_EQ(plan.at("checks"), Json(Words{"page", "look"})) << plan;
  there.refused({"hotpatch", "start", "production", "patch-page", "--yes", "--as", "engineer"}, Code::not_approved,
                {"ferry hotpatch start", "ferry hotpatch waive"});
  EXPECT_EQ(there.tree(), before);

  const auto tried = there.start("test", "patch-page");
  ASSERT_EQ(tried.status, 0) << tried.all();
  EXPECT_NE(there.read("clone/installed/webapp/page.html").find("patch"), std::string::npos);

  const int served_by = there.pid();
  const auto patched = there.start("production", "patch-page");
  ASSERT_EQ(patched.status, 0) << patched.all();
  EXPECT_EQ(there.page(), "page of the patch\n");
  EXPECT_EQ(there.pid(), served_by);
  EXPECT_NE(there.done({"hotpatch", "list"}).find("patch-page"), std::string::npos);
  EXPECT_NE(there.done({"audit", "list"}).find("hotpatch.start"), std::string::npos);

  there.done({"run", "rollback", "production", "--yes", "--as", "engineer"});
  EXPECT_EQ(there.tree(), before);
  EXPECT_EQ(there.page(), "page of 1.0\n");
}

TEST(HotPatch, WithAShortStopLosesNothingThatUsersEnterOnTheWayThereAndBack) {
  auto& there = world();
  there.patch("patch-service",
              "mkdir files/bin && { cat ../../vendor/1.0/bin/tiny.pl; echo '# patched'; } > files/bin/tiny.pl && chmod "
              "755 files/bin/tiny.pl");
  const auto before = there.tree();
  const int served_by = there.pid();
  ASSERT_EQ(there.start("test", "patch-service").status, 0);
  const auto patched = there.start("production", "patch-service");
  ASSERT_EQ(patched.status, 0) << patched.all();
  EXPECT_NE(there.pid(), served_by);
  EXPECT_NE(there.tree(), before);
  there.shell("sqlite3 installed/data/tiny.db \"insert into orders (text) values ('entered after')\"");
  there.done({"run", "rollback", "production", "--yes", "--as", "engineer"});
  EXPECT_EQ(there.tree(), before);
  EXPECT_EQ(there.shell("sqlite3 installed/data/tiny.db \"select count(*) from orders where text = 'entered after'\""),
            "1\n");
  EXPECT_EQ(there.page(), "page of 1.0\n");
}

TEST(HotPatch, WhatIsNoSmallPatchIsSentTheLongWay) {
  auto& there = world();
  const auto before = there.tree();
  const auto refused = [&](const std::string& id, Code code, const Words& words) {
    there.refused({"hotpatch", "plan", "production", id, "--as", "engineer"}, code, words);
  };
  refused("upgrade-2.0", Code::not_allowed, {"版本升级包", "ferry cutover start"});
  there.patch("patch-script", "mkdir -p sql/sqlite && echo 'update sys set mail = 1;' > sql/sqlite/001_x.sql");
  refused("patch-script", Code::not_allowed, {"数据库脚本", "ferry recipe compose"});
  there.patch("patch-large", "mkdir files/webapp && for i in $(seq 21); do echo $i > files/webapp/$i.html; done");
  refused("patch-large", Code::not_allowed, {"21", "20", "most_files"});
  there.patch("patch-meets", "mkdir files/webapp && echo new > files/webapp/index.html");
  refused("patch-meets", Code::undecided, {"webapp/index.html", "完整流程"});
  refused("patch-nowhere", Code::not_found, {"patch-nowhere"});
  EXPECT_EQ(there.tree(), before);
}

TEST(HotPatch, OnlyTheOwnerWithAnApproverGoesWithoutTheTrial) {
  auto& there = world();
  there.patch("patch-urgent", "mkdir files/webapp && echo urgent > files/webapp/page.html");
  there.refused({"hotpatch", "waive", "production", "patch-urgent", "--reason", "r", "--as", "engineer"},
                Code::not_allowed, {"负责人"});
  const auto asked = there.ferry(
      {"hotpatch", "waive", "production", "patch-urgent", "--reason", "nobody can work", "--as", "pm", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.all();
  EXPECT_EQ(there.start("production", "patch-urgent").status, info(Code::not_approved).exit_status);
  const auto confirmed = there.as_somebody_else({"gate", "confirm", asked.json().at("id"), "--as", "approver"});
  ASSERT_EQ(confirmed.status, 0) << confirmed.all();
  const auto patched = there.start("production", "patch-urgent");
  ASSERT_EQ(patched.status, 0) << patched.all();
  const auto facts = there.ferry({"hotpatch", "list", "--json"}).json();
  EXPECT_EQ(facts.back().at("waiver"), asked.json().at("id")) << facts;
  EXPECT_EQ(there.page(), "urgent\n");
  // What stands below another one is not taken back from under it.
  there.patch("patch-second", "mkdir files/webapp && echo second > files/webapp/second.html");
  ASSERT_EQ(there.start("test", "patch-second").status, 0);
  ASSERT_EQ(there.start("production", "patch-second").status, 0);
  there.refused({"run", "rollback", "production", facts.back().at("run"), "--yes", "--as", "engineer"},
                Code::run_unfinished, {"请先将其回退"});
  there.done({"run", "rollback", "production", "--yes", "--as", "engineer"});
  there.done({"run", "rollback", "production", facts.back().at("run"), "--yes", "--as", "engineer"});
  EXPECT_EQ(there.page(), "page of 1.0\n");
}

// Where a patch that stops the service for a moment is killed; in full also at each of its records.
std::vector<std::string> kills_of_a_patch() {
  if (std::getenv("FERRY_FULL") == nullptr)
    return {"stage_done:1", "service_signalled:1", "switch_operation_done:1", "service_spawned:1", "door_lifted:1"};
  std::vector<std::string> out;
  for (int record = 1; record <= 21; ++record) out.push_back("run_after_record:" + std::to_string(record));
  for (const char* point :
       {"stage_file_begun",   "stage_file_done",    "stage_recorded",   "stage_before_sync",     "stage_done",
        "door_spawned",       "service_signalled",  "service_stopped",  "point_copied",          "journal_written",
        "journal_in_place",   "switch_begun",       "switch_operation", "switch_operation_done", "switch_times",
        "switch_before_sync", "switch_before_mark", "switch_marked",    "service_spawned",       "door_lifted",
        "durable_written",    "durable_in_place"})
    for (const int hit : {1, 2}) out.push_back(std::string(point) + ":" + std::to_string(hit));
  return out;
}

TEST(HotPatch, KilledAnywhereItGoesOnToThePatchOrBackAndNothingThatUsersEnteredIsLost) {
  const bool full = std::getenv("FERRY_FULL") != nullptr;
  auto& there = world();
  there.patch(
      "patch-killed",
      "mkdir files/bin files/webapp && echo killed > files/webapp/page.html && { cat ../../vendor/1.0/bin/tiny.pl; "
      "echo '# patched'; } > files/bin/tiny.pl && chmod 755 files/bin/tiny.pl");
  const auto before = there.tree();
  ASSERT_EQ(there.start("test", "patch-killed").status, 0);
  bool forward = false;
  for (const auto& point : kills_of_a_patch())
    for (int way = 0; way < (full ? 2 : 1); ++way) {
      forward = !forward;
      SCOPED_TRACE(point + (forward ? " forward" : " back"));
      there.shell("sqlite3 installed/data/tiny.db \"insert into orders (text) values ('" + point + "')\"");
      const auto orders = there.orders();
      const auto died = there.start("production", "patch-killed", point);
      if (died.status != 0 || !full) {
        ASSERT_EQ(died.signal, SIGKILL) << died.all();
        const Json state = there.ferry({"run", "show", "production", "--json"}).json();
        EXPECT_TRUE(state.at("can_roll_back").get<bool>()) << state;
        // Killed behind its last record it has ended; before its first it has not begun.
        if (forward && state.at("can_resume").get<bool>()) {
          there.done({"run", "resume", "production", "--yes", "--as", "engineer"});
          EXPECT_EQ(there.page(), "killed\n");
          EXPECT_NE(there.tree(), before);
          EXPECT_EQ(there.orders(), orders);
        }
      }
      there.done({"run", "rollback", "production", "--yes", "--as", "engineer"});
      EXPECT_EQ(there.tree(), before);
      EXPECT_EQ(there.page(), "page of 1.0\n");
      EXPECT_EQ(there.orders(), orders);
    }
}

}  // namespace
}  // namespace ferry::test
