#include "host/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
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

ProgramResult shell(const std::string& text, const ProgramOptions& options = {}) {
  return run_program({"sh", "-c", text}, options);
}

TEST(Program, OutputStatusAndInputComeThrough) {
  ProgramOptions options;
  options.input = "hello";
  const auto result = shell("cat; echo error >&2; exit 3", options);
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "hello");
  EXPECT_EQ(result.err, "error\n");
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(shell("kill -9 $$").signal, 9);
}

TEST(Program, LargeInputAndOutputDoNotBlockEachOther) {
  ProgramOptions options;
  options.input = std::string(3U << 20U, 'x');
  EXPECT_EQ(run_program({"cat"}, options).out, options.input);
  EXPECT_EQ(run_program({"true"}, options).status, 0) << "a program that does not read its input is no trouble";
}

TEST(Program, TooMuchOutputIsCutAndSaid) {
  ProgramOptions options;
  options.output_limit = 1000;
  const auto result = shell("head -c 100000 /dev/zero", options);
  EXPECT_EQ(result.out.size(), 1000U);
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.status, 0);
}

TEST(Program, LinesAreToldAsTheyCome) {
  std::vector<std::string> lines;
  ProgramOptions options;
  options.on_line = [&](std::string_view line, bool is_err) {
    lines.push_back((is_err ? "!" : "") + std::string(line));
  };
  shell("printf 'one\\r\\ntwo\\nthree'", options);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
  options.on_line = [](std::string_view, bool) { throw Error(Code::interrupted); };
  EXPECT_EQ(code_of([&] { shell("echo x; exec sleep 100", options); }), Code::interrupted);
}

TEST(Program, WhatTakesTooLongIsEndedWithItsChildren) {
  ProgramOptions options;
  options.timeout = Milliseconds(200);
  const auto result = shell("sleep 100 & echo $!; wait", options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
  const int child = std::atoi(result.out.c_str());
  ASSERT_GT(child, 0);
  const auto left = read_process(child);
  const ProcessIdentity identity{child, left ? left->start_ticks : 0, identify(getpid()).boot};
  EXPECT_TRUE(wait_for_end(identity, Milliseconds(10000)));
}

TEST(Program, AChildThatKeepsTheOutputOpenDoesNotHoldUsUp) {
  const auto result = shell("echo done; sleep 20 &");
  EXPECT_EQ(result.out, "done\n");
  EXPECT_LT(result.took, Milliseconds(10000));
}

TEST(Program, AMissingProgramIsNamed) {
  EXPECT_EQ(code_of([] { run_program({"no-such-program-here"}); }), Code::program_missing);
  EXPECT_EQ(code_of([] { run_program({"/etc/passwd"}); }), Code::program_missing);
  EXPECT_EQ(code_of([] { run_program({}); }), Code::program_missing);
  EXPECT_EQ(find_program("no-such-program-here"), "");
  EXPECT_TRUE(find_program("sh").ends_with("/sh"));
  ProgramOptions options;
  options.directory = "/no/such/folder";
  EXPECT_EQ(code_of([&] { run_program({"true"}, options); }), Code::io);
}

TEST(Program, AFailureCarriesTheLastLines) {
  try {
    require_program({"sh", "-c", "echo what went wrong >&2; exit 4"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::program_failed);
    EXPECT_NE(error.detail().find("what went wrong"), std::string::npos);
    EXPECT_NE(error.detail().find("4"), std::string::npos);
  }
}

TEST(Program, NoShellReadsTheArguments) {
  EXPECT_EQ(run_program({"printf", "%s", "$HOME; `id` *"}).out, "$HOME; `id` *");
}

TEST(Program, DirectoryAndEnvironmentAreGiven) {
  const TempFolder folder;
  ProgramOptions options;
  options.directory = folder.path();
  options.environment = std::map<std::string, std::string>{{"A", "1"}};
  options.add_environment = {{"B", "2"}};
  EXPECT_EQ(run_program({"sh", "-c", "echo $A$B$HOME; pwd"}, options).out, "12\n" + folder.path() + "\n");
}

TEST(Program, NoDescriptorOfFerryLeaksIntoAProgram) {
  const TempFolder folder;
  const int leaking = open((folder / "f").c_str(), O_RDWR | O_CREAT, 0600);  // without close-on-exec, on purpose
  ASSERT_GE(leaking, 3);
  EXPECT_EQ(shell("ls /proc/$$/fd").out, "0\n1\n2\n");
  close(leaking);
}

TEST(Detached, OutlivesTheOneWhoStartedItAndIsNobodysZombie) {
  const TempFolder folder;
  int tell[2];
  ASSERT_EQ(pipe(tell), 0);
  const pid_t ferry = fork();
  ASSERT_GE(ferry, 0);
  if (ferry == 0) {
    DetachedOptions options;
    options.log_file = folder / "log";
    options.environment = {{"PATH", "/usr/bin:/bin"}, {"WHO", "me"}};
    const auto identity = spawn_detached({"sh", "-c", "echo begun $WHO; exec sleep 300"}, options);
    const std::string text = Json(identity).dump();
    _exit(write(tell[1], text.data(), text.size()) > 0 ? 0 : 1);
  }
  char buffer[500];
  const ssize_t got = read(tell[0], buffer, sizeof buffer);
  ASSERT_GT(got, 0);
  ASSERT_EQ(waitpid(ferry, nullptr, 0), ferry);
  const auto identity = parse_json({buffer, static_cast<std::size_t>(got)}, "test").get<ProcessIdentity>();
  EXPECT_TRUE(is_alive(identity));
  EXPECT_EQ(read_process(identity.pid)->session, identity.pid);
  EXPECT_FALSE(wait_for_end(identity, Milliseconds(0)));
  for (int i = 0; i < 400 && read_file(folder / "log").empty(); ++i) wait_for_end(identity, Milliseconds(25));
  EXPECT_TRUE(send_signal(identity, SIGTERM));
  EXPECT_TRUE(wait_for_end(identity, Milliseconds(10000)));
  EXPECT_FALSE(is_alive(identity));
  EXPECT_FALSE(send_signal(identity, SIGTERM));
  EXPECT_EQ(read_file(folder / "log"), "begun me\n");
  close(tell[0]);
  close(tell[1]);
}

TEST(Detached, NeverBeginsWhenItsIdentityCouldNotBeWrittenDown) {
  const TempFolder folder;
  DetachedOptions options;
  ProcessIdentity identity;
  options.before_begin = [&](const ProcessIdentity& given) {
    identity = given;
    throw Error(Code::disk_full);
  };
  EXPECT_EQ(code_of([&] { spawn_detached({"touch", folder / "began"}, options); }), Code::disk_full);
  EXPECT_TRUE(wait_for_end(identity, Milliseconds(10000)));
  EXPECT_FALSE(path_exists(folder / "began"));
}

TEST(Detached, WhatCannotBeStartedIsTold) {
  const TempFolder folder;
  DetachedOptions options;
  EXPECT_EQ(code_of([&] { spawn_detached({"no-such-program-here"}, options); }), Code::program_missing);
  options.directory = "/no/such/folder";
  EXPECT_EQ(code_of([&] { spawn_detached({"true"}, options); }), Code::io);
  options.directory = "/";
  options.log_file = folder / "no/log";
  EXPECT_EQ(code_of([&] { spawn_detached({"true"}, options); }), Code::not_found);
  options.log_file.clear();
  options.user = "no-such-account";
  EXPECT_EQ(code_of([&] { spawn_detached({"true"}, options); }), Code::not_found);
}

TEST(Detached, RunsAsTheAccountAskedFor) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempFolder folder;
  DetachedOptions options;
  options.environment = {{"PATH", "/usr/bin:/bin"}};
  options.log_file = folder / "log";
  options.user = "nobody";
  const auto identity = spawn_detached({"id", "-un"}, options);
  EXPECT_TRUE(wait_for_end(identity, Milliseconds(10000)));
  EXPECT_EQ(read_file(folder / "log"), "nobody\n");
}

TEST(Detached, APrefixIsPutBeforeTheCommand) {
  const TempFolder folder;
  DetachedOptions options;
  options.log_file = folder / "log";
  options.prefix = {"env", "-i", "A=b"};
  const auto identity = spawn_detached({"/usr/bin/env"}, options);
  EXPECT_TRUE(wait_for_end(identity, Milliseconds(10000)));
  EXPECT_EQ(read_file(folder / "log"), "A=b\n");
}

TEST(Process, AReusedPidIsNotTakenForTheOldProcess) {
  auto identity = identify(getpid());
  EXPECT_TRUE(is_alive(identity));
  identity.start_ticks -= 1;
  EXPECT_FALSE(is_alive(identity));
  EXPECT_FALSE(send_signal(identity, SIGKILL));
  EXPECT_TRUE(wait_for_end(identity, Milliseconds(10000)));
  identity = identify(getpid());
  identity.boot = "another";
  EXPECT_FALSE(is_alive(identity));
}

TEST(Process, SignalsByNameAndNumber) {
  EXPECT_EQ(signal_number("TERM"), SIGTERM);
  EXPECT_EQ(signal_number("SIGINT"), SIGINT);
  EXPECT_EQ(signal_number("9"), 9);
  EXPECT_EQ(code_of([] { signal_number("NOPE"); }), Code::invalid_document);
  EXPECT_EQ(code_of([] { signal_number("99"); }), Code::invalid_document);
}

}  // namespace
}  // namespace ferry
