#include "host/job.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "base/error.h"
#include "host/files.h"
#include "host/process.h"
#include "host/runtime.h"
#include "host/service.h"

namespace ferry {
namespace {

struct Installation {
  TempFolder folder{"ferry-job"};
  Environment environment;
  Service job;
  JobOptions options;

  explicit Installation(const std::string& script) {
    environment.name = "test";
    environment.root = folder / "oa";
    environment.staging = folder / "staging";
    make_folders(environment.root + "/bin");
    write_file_atomic(environment.root + "/oa.env", "GREETING=hello\n");
    write_file_atomic(environment.root + "/bin/job.sh", script);
    job.id = migration_job;
    job.run = {"sh", "bin/job.sh", "${environment.name}", "${recipe.to}"};
    job.environment_file = "oa.env";
    options.variables["recipe.to"] = "2.0";
    options.log_file = environment.root + "/log/job.log";
  }
  JobResult run(Milliseconds within = Milliseconds(60000)) const { return run_job(job, environment, within, options); }
};

TEST(Job, RunsWithTheServicesEnvironmentInItsFolderAndItsOutputIsKept) {
  const Installation oa("echo \"$GREETING $1 $2 in $(basename \"$PWD\")\"; echo problem >&2; exit 3");
  const auto result = oa.run();
  EXPECT_EQ(result.status, 3);
  EXPECT_FALSE(result.ok());
  EXPECT_NE(result.last_lines.find("hello test 2.0 in oa"), std::string::npos) << result.last_lines;
  EXPECT_NE(read_file(oa.options.log_file).find("problem\n"), std::string::npos);
  oa.run();
  // The log of the first time is still there.
  EXPECT_GT(read_file(oa.options.log_file).size(), 50U);
}

TEST(Job, IsEndedWithItsChildrenWhenItsTimeIsUp) {
  const Installation oa("setsid sh -c 'trap \"\" TERM HUP; while :; do read line; done' & echo begun; wait; read line");
  const auto result = oa.run(Milliseconds(700));
  EXPECT_TRUE(result.timed_out);
  EXPECT_NE(result.describe(Milliseconds(700)).en.find("not finished"), std::string::npos);
  EXPECT_TRUE(marked_processes(oa.environment, migration_job).empty());
}

TEST(Job, MayBeStoppedWhileItRuns) {
  Installation oa("while :; do :; done");
  oa.options.waiting = [](Milliseconds, const std::string&) { throw Error(Code::interrupted, "job"); };
  EXPECT_THROW(oa.run(), Error);
  EXPECT_TRUE(marked_processes(oa.environment, migration_job).empty());
}

TEST(Runtime, IsAskedForItsVersionAndItsBinaryIsNamed) {
  const Installation oa("");
  write_file_atomic(
      oa.environment.root + "/bin/java",
      "#!/bin/sh\necho 'Picked up JAVA_TOOL_OPTIONS: 9'\necho 'openjdk version \"17.0.9\" 2023-10-17' >&2\n", 0755);
  std::error_code none;
  std::filesystem::create_symlink("java", oa.environment.root + "/bin/jdk", none);
  Runtime runtime{"java", {}, {}, {"${environment.root}/bin/jdk", "-version"}, ""};
  const auto facts = ask_runtime(runtime, oa.environment, {});
  EXPECT_EQ(facts.version, "17.0.9") << facts.problem;
  EXPECT_TRUE(facts.file.ends_with("/bin/java"));
  EXPECT_FALSE(facts.digest.empty());
  runtime.regex = "jdk (version)";
  EXPECT_EQ(ask_runtime(runtime, oa.environment, {}).version, "version");
  runtime.run = {"no-such-runtime-here"};
  EXPECT_NE(ask_runtime(runtime, oa.environment, {}).problem.find("no such program"), std::string::npos);
  runtime.run = {"false"};
  EXPECT_NE(ask_runtime(runtime, oa.environment, {}).problem.find("exit status 1"), std::string::npos);
}

}  // namespace
}  // namespace ferry
