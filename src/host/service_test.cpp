#include "host/service.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/files.h"
#include "host/program.h"
#include "host/service_files.h"

namespace ferry {
namespace {

Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return Error(Code::internal, "nothing was thrown");
}

Descriptor listen_on(int port) {
  Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(fd.get(), 1), 0);
  return fd;
}

int port_of(const Descriptor& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

// An installation whose service is perl listening on a port: it starts at once and is on every Debian.
struct Installation {
  TempFolder folder{"ferry-service"};
  Environment environment;
  Service service;

  Installation() {
    const int port = [] { return port_of(listen_on(0)); }();
    environment.name = "test";
    environment.root = folder / "oa";
    environment.staging = folder / "staging";
    environment.variables["port"] = std::to_string(port);
    make_folders(environment.root + "/conf");
    write_file_atomic(environment.root + "/conf/oa.env", "# settings\nGREETING=\"hello there\"\n");
    service.id = "app";
    service.port = "${environment.port}";
    service.environment_file = "conf/oa.env";
    service.log = "logs/app.log";
    service.ready_within = Milliseconds(20000);
    service.grace = Milliseconds(15000);
    script("");
  }
  ~Installation() {
    for (const auto& process : marked_processes(environment, service.id)) kill(process.pid, SIGKILL);
  }
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  // `before`: what it does before it listens.
  void script(const std::string& before) {
    write_file_atomic(environment.root + "/serve.pl", "use IO::Socket::INET; $| = 1;\n" + before +
                                                          "\nmy $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', "
                                                          "LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die "
                                                          "$!;\nprint \"listening $ENV{GREETING}\\n\";\n"
                                                          "while (1) { my $c = $s->accept() or next; close $c; }\n");
    service.run = {"perl", "${environment.root}/serve.pl", "${environment.port}"};
  }
  std::string log() const { return read_file(environment.root + "/logs/app.log"); }
};

TEST(Service, StartsServesIsFoundAgainAndStops) {
  Installation oa;
  const auto started = start_service(oa.service, oa.environment);
  EXPECT_TRUE(started.running);
  EXPECT_EQ(started.found_by, ServiceState::FoundBy::state_file);
  EXPECT_EQ(started.port, oa.environment.variables["port"]);
  EXPECT_NE(started.command.find("serve.pl"), std::string::npos);
  EXPECT_EQ(oa.log(), "listening hello there\n");
  EXPECT_EQ(service_state(oa.service, oa.environment).process, started.process);
  stop_service(oa.service, oa.environment);
  EXPECT_FALSE(service_state(oa.service, oa.environment).running);
  EXPECT_FALSE(is_alive(started.process));
  EXPECT_FALSE(path_exists(service_file(oa.environment, "app")));
  stop_service(oa.service, oa.environment);
}

TEST(Service, StartingWhatRunsStartsNoSecondOne) {
  Installation oa;
  const auto first = start_service(oa.service, oa.environment);
  EXPECT_EQ(start_service(oa.service, oa.environment).process, first.process);
  // Ferry was killed and its record is lost: the mark in the environment still tells.
  remove_service_record(oa.environment, "app");
  const auto again = start_service(oa.service, oa.environment);
  EXPECT_EQ(again.process, first.process);
  EXPECT_EQ(again.found_by, ServiceState::FoundBy::state_file);
  stop_service(oa.service, oa.environment);
}

TEST(Service, WhatSomebodyElseStartedIsFoundByItsPortAndCanBeStopped) {
  Installation oa;
  DetachedOptions options;
  options.environment = {{"PATH", "/usr/bin:/bin"}};
  options.directory = oa.environment.root;
  const auto identity = spawn_detached({"perl", "serve.pl", oa.environment.variables["port"]}, options);
  ServiceState state;
  for (int i = 0; i < 200 && !state.running; ++i) {
    state = service_state(oa.service, oa.environment);
    wait_for_end(identity, Milliseconds(50));
  }
  ASSERT_TRUE(state.running);
  EXPECT_EQ(state.found_by, ServiceState::FoundBy::port);
  EXPECT_EQ(state.process, identity);
  stop_service(oa.service, oa.environment);
  EXPECT_FALSE(is_alive(identity));
}

TEST(Service, AnOccupiedPortIsToldWithTheNameOfWhoHasIt) {
  Installation oa;
  const auto other = listen_on(std::atoi(oa.environment.variables["port"].c_str()));
  const auto error = error_of([&] { start_service(oa.service, oa.environment); });
  EXPECT_EQ(error.code(), Code::port_in_use);
  EXPECT_NE(error.detail().find(std::to_string(getpid())), std::string::npos);
  EXPECT_FALSE(service_state(oa.service, oa.environment).running);
}

TEST(Service, AnEarlyDeathIsNoticedAtOnceWithTheLastLinesOfItsLog) {
  Installation oa;
  oa.script("print \"loading\\n\"; die \"no licence file\\n\";");
  oa.service.ready_within = Milliseconds(600000);
  const auto error = error_of([&] { start_service(oa.service, oa.environment); });
  EXPECT_EQ(error.code(), Code::service_not_ready);
  EXPECT_NE(error.detail().find("loading\nno licence file"), std::string::npos) << error.detail();
}

TEST(Service, NotReadyInTimeSaysWhatWasMissing) {
  Installation oa;
  oa.service.ready_within = Milliseconds(300);
  StartOptions options;
  options.ready = [](Text& why) {
    why = {"HTTP status 503", "HTTP 状态 503"};
    return false;
  };
  const auto error = error_of([&] { start_service(oa.service, oa.environment, options); });
  EXPECT_EQ(error.code(), Code::service_not_ready);
  EXPECT_NE(error.detail().find("503"), std::string::npos) << error.detail();
  EXPECT_TRUE(service_state(oa.service, oa.environment).running) << "the caller decides what becomes of it";
  stop_service(oa.service, oa.environment);
}

TEST(Service, OneThatDoesNotStopIsNotKilledUnlessTheProfileAllows) {
  Installation oa;
  oa.script("$SIG{TERM} = sub { };");
  const auto state = start_service(oa.service, oa.environment);
  oa.service.grace = Milliseconds(300);
  EXPECT_EQ(error_of([&] { stop_service(oa.service, oa.environment); }).code(), Code::service_not_stopping);
  EXPECT_TRUE(is_alive(state.process));
  oa.service.kill_after_grace = true;
  stop_service(oa.service, oa.environment);
  EXPECT_FALSE(is_alive(state.process));
}

TEST(Service, ChildrenLeftBehindAreNamedEvenInASessionOfTheirOwn) {
  Installation oa;
  oa.script("use POSIX; if (fork() == 0) { POSIX::setsid(); exec 'sleep', '977'; }");
  start_service(oa.service, oa.environment);
  const auto error = error_of([&] { stop_service(oa.service, oa.environment); });
  EXPECT_EQ(error.code(), Code::service_left_behind);
  EXPECT_NE(error.detail().find("sleep 977"), std::string::npos) << error.detail();
  oa.service.kill_after_grace = true;
  stop_service(oa.service, oa.environment);
  EXPECT_TRUE(marked_processes(oa.environment, "app").empty());
}

TEST(Service, SecretsReachTheEnvironmentButNeitherArgumentsNorRecord) {
  Installation oa;
  oa.script("print \"secret of length \" . length($ENV{PASSWORD}) . \"\\n\";");
  oa.service.variables["PASSWORD"] = "${secret.db}";
  StartOptions options;
  options.secret = [](const std::string&) { return "s3cr3t"; };
  const auto state = start_service(oa.service, oa.environment, options);
  EXPECT_NE(oa.log().find("secret of length 6"), std::string::npos);
  EXPECT_EQ(read_file(service_file(oa.environment, "app")).find("s3cr3t"), std::string::npos);
  stop_service(oa.service, oa.environment);
  oa.service.run.push_back("${secret.db}");
  EXPECT_NE(error_of([&] { start_service(oa.service, oa.environment, options); }).code(), Code::internal);
}

TEST(Service, TheRecordIsWrittenBeforeTheServiceBegins) {
  Installation oa;
  // The service itself looks: its record must be there when its first instruction runs.
  oa.script("print -e '" + service_file(oa.environment, "app") + "' ? \"record there\\n\" : \"no record\\n\";");
  start_service(oa.service, oa.environment);
  EXPECT_NE(oa.log().find("record there"), std::string::npos);
  stop_service(oa.service, oa.environment);
}

TEST(EnvironmentFile, IsReadAsServiceManagersDo) {
  const auto values = parse_environment_file(
      "# comment\n; other\n\nA=1\r\nexport B=\"two words\" # why\nC='$A \"x\"'\nD=long \\\nline\nE=\nF=a#b\n",
      "oa.env");
  const std::map<std::string, std::string> wanted = {{"A", "1"},         {"B", "two words"}, {"C", "$A \"x\""},
                                                     {"D", "long line"}, {"E", ""},          {"F", "a#b"}};
  EXPECT_EQ(values, wanted);
  EXPECT_EQ(error_of([] { parse_environment_file("A=1\nnonsense\n", "oa.env"); }).about(), "oa.env:2");
  EXPECT_EQ(error_of([] { parse_environment_file("A=\"open\n", "oa.env"); }).code(), Code::invalid_document);
  // A process would be given the part in front of it.
  EXPECT_EQ(error_of([] { parse_environment_file(std::string_view("A=b\0c\n", 6), "oa.env"); }).about(), "oa.env:1");
}

TEST(LastLines, AreThoseOfTheEndOfAHugeLog) {
  const TempFolder folder;
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "line " + std::to_string(i) + "\n";
  write_file_atomic(folder / "log", text);
  EXPECT_EQ(last_lines(folder / "log", 2), "line 49998\nline 49999");
  write_file_atomic(folder / "log", "only");
  EXPECT_EQ(last_lines(folder / "log", 2), "only");
  EXPECT_EQ(last_lines(folder / "none", 2), "");
}

}  // namespace
}  // namespace ferry
