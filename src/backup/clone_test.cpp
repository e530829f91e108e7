// What a clone promises: it is silenced before its first start, the fence is closed before it, a cut clone goes on
// where it was, a reset brings production's state back, and nothing of it stays after removal.
#include "backup/clone.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "backup/installation.h"
#include "base/error.h"
#include "database/connection.h"
#include "host/files.h"

namespace ferry {
namespace {

Code code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

void run_sql(const std::string& file, const std::string& sql) {
  OpenOptions open;
  open.mode = OpenMode::read_write;
  Connection::open_file(file, open).execute(sql);
}

class Clones : public testing::Test {
 protected:
  Clones() {
    ::setenv("FERRY_TEST_PASSWORD", "correct horse", 1);
    production_.name = "production";
    production_.kind = Environment::Kind::production;
    production_.root = temp_ / "oa";
    clone_.name = "clone";
    clone_.kind = Environment::Kind::clone;
    clone_.root = temp_ / "clone/oa";
    clone_.staging = temp_ / "clone/.ferry-oa";
    clone_.variables = {{"port", "9090"}};
    make_folders(production_.root + "/conf");
    write_file_atomic(production_.root + "/conf/oa.env", "OA_PORT=8080\nSMTP=mail.a.example\n");
    write_file_atomic(production_.root + "/oa.db", "");
    run_sql(production_.root + "/oa.db", "create table job(name text, active int)");
    run_sql(production_.root + "/oa.db", "insert into job values('mail', 1)");
    profile_.product = "sample";
    profile_.databases.push_back({"main", "sqlite", "oa.db", "", std::nullopt, {}, {}});
    Action rewrite;
    rewrite.id = "port";
    rewrite.kind = Action::Kind::env;
    rewrite.file = "conf/oa.env";
    rewrite.set = {{"OA_PORT", "${environment.port}"}};
    Action mail = rewrite;
    mail.id = "mail";
    mail.set = {{"SMTP", "${fence.smtp}"}};
    Action jobs;
    jobs.id = "jobs";
    jobs.kind = Action::Kind::sql;
    jobs.text = "update job set active = 0";
    profile_.clone.rewrite = {rewrite};
    profile_.clone.silence = {mail, jobs};
    RepositoryOptions options;
    options.folder = temp_ / "backups/repository";
    options.password.environment_variable = "FERRY_TEST_PASSWORD";
    repository_.emplace(options);
    repository_->init();
    backup_ = repository_->create(backup_request(profile_, production_, Digest::of("inventory"))).id;
  }
  ~Clones() override { end_fence(clone_fence_folder(clone_)); }
  std::string jobs() const {
    return Connection::open_file(clone_.root + "/oa.db").scalar("select sum(active) from job").value_or("");
  }

  TempFolder temp_{"ferry-clones"};
  Environment production_, clone_;
  Profile profile_;
  std::optional<BackupRepository> repository_;
  std::string backup_;
};

TEST_F(Clones, IsSilencedAndFencedInThisOrderAndResetToProductionsState) {
  EXPECT_EQ(code_of([&] { clone_actions(clone_, profile_, nullptr); }), Code::not_found);
  auto record = clone_files(clone_, profile_, *repository_, backup_, "production");
  EXPECT_EQ(record.state, CloneState::restored);
  EXPECT_EQ(record.inventory, Digest::of("inventory"));
  EXPECT_EQ(jobs(), "1");
  EXPECT_EQ(code_of([&] { clone_fence(clone_, {}, {}); }), Code::run_unfinished) << "not silenced yet";
  record = clone_actions(clone_, profile_, nullptr);
  EXPECT_EQ(record.state, CloneState::silenced);
  EXPECT_EQ(record.actions.size(), 3U);
  EXPECT_EQ(read_file(clone_.root + "/conf/oa.env"), "OA_PORT=9090\nSMTP=192.0.2.25\n");
  EXPECT_EQ(jobs(), "0");
  EXPECT_EQ(Json(load_clone(clone_)->actions), Json(record.actions));
  if (fence_obstacle().empty()) {
    record = clone_fence(clone_, {}, {production_.root});
    EXPECT_EQ(record.state, CloneState::fenced);
    EXPECT_EQ(clone_prove(clone_, {}).state, CloneState::proved);
    refuse_proof(clone_, "database server shared with production");
    const auto shared = clone_prove(clone_, {});
    EXPECT_EQ(shared.state, CloneState::fenced);
    EXPECT_FALSE(shared.proof->proved);
    EXPECT_EQ(code_of([&] { reset_clone(clone_, profile_, *repository_, nullptr); }), Code::busy_files);
    end_fence(clone_fence_folder(clone_));
  } else {
    EXPECT_EQ(code_of([&] { clone_fence(clone_, {}, {}); }), Code::needs_root);
    EXPECT_FALSE(clone_prove(clone_, {}).proof->proved);
  }
  write_file_atomic(clone_.root + "/upgraded", "8.0");
  run_sql(clone_.root + "/oa.db", "drop table job");
  record = reset_clone(clone_, profile_, *repository_, nullptr);
  EXPECT_EQ(record.resets, 1);
  EXPECT_EQ(record.state, CloneState::silenced);
  EXPECT_FALSE(record.proof) << "the proof was about another clone";
  EXPECT_FALSE(path_exists(clone_.root + "/upgraded"));
  EXPECT_EQ(jobs(), "0");
  remove_clone(clone_);
  EXPECT_FALSE(path_exists(clone_.root));
  EXPECT_FALSE(path_exists(clone_.staging + "/pristine"));
  EXPECT_FALSE(load_clone(clone_));
}

TEST_F(Clones, ACutResetIsNeverTakenForASilencedCloneAndGoesOn) {
  clone_files(clone_, profile_, *repository_, backup_, "production");
  auto record = clone_actions(clone_, profile_, nullptr);
  record.state = CloneState::none;  // as a reset leaves it while files are exchanged
  save_clone(clone_, record);
  EXPECT_EQ(code_of([&] { clone_actions(clone_, profile_, nullptr); }), Code::run_unfinished);
  EXPECT_EQ(code_of([&] { clone_fence(clone_, {}, {}); }), Code::run_unfinished);
  EXPECT_EQ(clone_files(clone_, profile_, *repository_, backup_, "production").state, CloneState::restored);
  EXPECT_EQ(jobs(), "1") << "production's state, not yet silenced";
  EXPECT_EQ(clone_files(clone_, profile_, *repository_, backup_, "production").made, record.made) << "twice";
}

TEST_F(Clones, NeverTakesAPlaceThatIsNotItsOwn) {
  make_folders(clone_.root);
  write_file_atomic(clone_.root + "/somebody", "else");
  EXPECT_EQ(code_of([&] { clone_files(clone_, profile_, *repository_, backup_, "production"); }), Code::already_exists);
  EXPECT_EQ(read_file(clone_.root + "/somebody"), "else");
  EXPECT_EQ(code_of([&] { clone_files(production_, profile_, *repository_, backup_, "x"); }), Code::usage);
  remove_tree(clone_.root);
  // A database outside the root that this clone did not make could be production's.
  run_sql(production_.root + "/oa.db", "insert into job values('live', 1)");
  profile_.databases[0].file = temp_ / "shared.db";
  write_file_atomic(temp_ / "shared.db", "");
  run_sql(temp_ / "shared.db", "create table x(a)");
  const auto outside = repository_->create(backup_request(profile_, production_, {})).id;
  EXPECT_EQ(code_of([&] { clone_files(clone_, profile_, *repository_, outside, "production"); }), Code::already_exists);
  remove_clone(clone_);
  EXPECT_EQ(Connection::open_file(temp_ / "shared.db").scalar("select count(*) from x"), "0");
}

}  // namespace
}  // namespace ferry
