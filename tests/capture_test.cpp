// Capture with the real program and real upgraders: small ones, written as shell scripts, that do what big ones do.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "host/process.h"
#include "support/tiny_world.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using Stage = TinyWorld::Stage;

constexpr const char* meta =
    "package: {id: app-2, kind: upgrade, product: app, title: {en: App 2, zh: 应用 2}, from: \"1.*\", to: \"2.0\"}\n";

struct Capture : ::testing::Test {
  Capture() : world(Stage::files) {}
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "capture needs root";
    root = world.path("prod/app");
    // An installation with a program, a folder of modules, and state inside it.
    world.shell(
        "mkdir -p old/modules/a old/modules/gone old/data && cd old && echo 1 > main.js && echo a1 > "
        "modules/a/index.js && "
        "for i in $(seq 300); do echo x > modules/gone/f$i; done && ln -s a modules/link && echo rows > data/app.db");
    world.write("app.yaml",
                "product: app\nversion: {match: main.js, regex: '(\\d)'}\n"
                "paths: {program: ., data: data}\ndatabases: [{id: main, sqlite: data/app.db}]\n");
    world.done({"key", "new", "--output", "vendor"});
  }
  // `script` is the product's upgrader; it runs in the copy.
  void order(const std::string& script, const std::string& more = "") {
    world.write("upgrade.sh", script);
    world.shell("cp upgrade.sh old/upgrade.sh 2>/dev/null; true");
    world.write("capture.yaml",
                std::string(meta) + "profile: app.yaml\nroot: " + root + "\nrun: [sh upgrade.sh]\n" + more);
  }
  Words command(const Words& more = {}) const {
    Words out{"package", "capture", "--source", "old", "--spec", "capture.yaml", "--output", "app-2.fpk"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  Json captured(const Words& more = {}) const {
    auto words = command(more);
    words.push_back("--json");
    const auto ended = world.ferry(words);
    EXPECT_EQ(ended.status, 0) << ended.all();
    return ended.json();
  }
  void nothing_left() const {
    EXPECT_EQ(world.shell("ls -d .ferry-* app-2.fpk 2>/dev/null || true"), "");
    EXPECT_EQ(world.shell("grep -c ferry-capture /proc/self/mounts || true"), "0\n");
  }

  TinyWorld world;
  std::string root;
};

TEST_F(Capture, OfAnUpgraderIsAPackageOfWhatItDoes) {
  order(
      "pwd > where; echo 2 > main.js; mkdir modules/b; echo b1 > modules/b/index.js; rm -r modules/gone; "
      "ln -sfn b modules/link; chmod +x main.js\n");
  const auto before = world.shell("find old | sort | xargs ls -ld --time-style=full-iso");
  const auto json = captured({"--key", "vendor.key"});
  EXPECT_EQ(json.at("capture").at("runs"), 2);
  EXPECT_EQ(json.at("removed"), 1);
  EXPECT_EQ(world.shell("find old | sort | xargs ls -ld --time-style=full-iso"), before);
  EXPECT_EQ(world.shell("mkdir x && bsdtar -xf app-2.fpk -C x && cat x/files/where x/files/modules/b/index.js && "
                        "readlink x/files/modules/link && ls x/files"),
            root + "\nb1\nb\nmain.js\nmodules\nwhere\n");
  EXPECT_FALSE(path_exists(root)) << "the place production would have was made on this machine";
  EXPECT_TRUE(path_exists(world.path("app-2.fpk.minisig")));
  EXPECT_NE(world.done({"package", "show", "app-2.fpk"}).find("removes 1"), std::string::npos);
  EXPECT_EQ(world.shell("ls -d .ferry-* 2>/dev/null || true"), "");
}

TEST_F(Capture, OfTheSameGivesTheSameBytes) {
  order("echo 2 > main.js\n");
  captured();
  world.shell("mv app-2.fpk one.fpk");
  captured();
  world.shell("cmp one.fpk app-2.fpk");
}

TEST_F(Capture, RunsThatDifferAreRefusedWithARuleForEachDifference) {
  order(
      "echo 2 > main.js; head -c 16 /dev/urandom > modules/chance; mkdir -p modules/.cache; date +%s%N > "
      "modules/.cache/$$\n");
  world.refused(command(), Code::runs_differ, {"modules/chance", "keep: first", "drop: true"});
  nothing_left();
  EXPECT_NE(world.read("app-2.fpk.differences.yaml").find("modules/chance"), std::string::npos);
  order(
      "echo 2 > main.js; head -c 16 /dev/urandom > modules/chance; mkdir -p modules/.cache; date +%s%N > "
      "modules/.cache/$$\n",
      "differences:\n  - {path: modules/chance, keep: first, why: a key}\n"
      "  - {path: '**/.cache/**', drop: true, why: caches}\n");
  const auto json = captured();
  EXPECT_EQ(json.at("capture").at("explained").size(), 2U);
  EXPECT_EQ(world.shell("bsdtar -tf app-2.fpk | grep -c cache || true"), "0\n");
}

TEST_F(Capture, TheResultKeptIsTheSourceOfTheNextJump) {
  order("echo 2 > main.js; mkdir .cache; date +%N > .cache/a\n",
        "differences: [{path: '**/.cache/**', drop: true, why: caches}]\n");
  const auto first = captured({"--tree", "app-2"});
  EXPECT_FALSE(path_exists(world.path("app-2/.cache")));
  const auto base = world.ferry({"baseline", "make", "app-2", "--output", "again.mtree", "--json"}).json();
  world.shell("test \"$(bsdtar -tf app-2.mtree | sort)\" = \"$(bsdtar -tf again.mtree | sort)\"");
  world.edit("capture.yaml", "id: app-2", "id: app-3");
  world.edit("capture.yaml", "sh upgrade.sh", "cp upgrade.sh main.js");
  const auto next = world.ferry(
      {"package", "capture", "--source", "app-2", "--spec", "capture.yaml", "--output", "app-3.fpk", "--json"});
  ASSERT_EQ(next.status, 0) << next.all();
  EXPECT_EQ(next.json().at("capture").at("source"), base.at("digest"));
}

TEST_F(Capture, OnceIsForTryingOutAndNoProjectTakesIt) {
  order("echo 2 > main.js; date +%N > chance\n");
  captured({"--once", "--key", "vendor.key"});
  world.shell("sed 's/^product: .*/product: app/' project.yaml > p.yaml");
  world.done({"project", "create", "p.yaml"});
  world.done({"key", "add", "vendor.pub", "--holder", "vendor"});
  world.refused({"package", "add", "app-2.fpk"}, Code::runs_differ, {"--once"});
}

TEST_F(Capture, ACommandThatFailsIsQuotedAndNothingIsLeft) {
  order("echo first words; echo 'out of cheese' >&2; exit 3\n");
  world.refused(command(), Code::program_failed, {"sh upgrade.sh", "3", "out of cheese"});
  nothing_left();
  order("true\n");
  world.refused(command(), Code::package_content, {"capture.yaml"});
  world.edit("capture.yaml", "sh upgrade.sh", "no-such-upgrader --all");
  world.refused(command(), Code::program_missing, {"no-such-upgrader --all"});
  nothing_left();
}

TEST_F(Capture, TheNetworkIsWhatTheOrderListsAndARefusalSaysHowToAllowIt) {
  order("curl -sf http://downloads.example.invalid/app-2.tar\n");
  world.refused(command(), Code::program_failed, {"downloads.example.invalid:80", "network"});
  order("curl -sf http://downloads.example.invalid/x || echo 2 > main.js\n");
  const auto json = captured();
  ASSERT_EQ(json.at("capture").at("network").size(), 1U);
  EXPECT_EQ(json.at("capture").at("network")[0].at("place"), "downloads.example.invalid:80");
  EXPECT_EQ(json.at("capture").at("network")[0].at("allowed"), false);
}

TEST_F(Capture, NothingOfTheMachineGetsInThatTheOrderDoesNotName) {
  order("env > seen; cat ~/.settings > settings; ls -A ~ /root > homes; echo 2 > main.js\n",
        "variables: {MODE: production, GIVEN: {environment_variable: FERRY_TEST_GIVEN}}\n"
        "files: [{from: settings.txt, to: .settings}]\n");
  world.write("settings.txt", "colour=blue\n");
  world.refused(command(), Code::missing_secret, {"FERRY_TEST_GIVEN"});
  const auto ended = world.ferry(command(), {{"FERRY_TEST_GIVEN", "g"}, {"FERRY_TEST_HIDDEN", "h"}});
  ASSERT_EQ(ended.status, 0) << ended.all();
  world.shell("mkdir x && bsdtar -xf app-2.fpk -C x");
  const auto seen = world.read("x/files/seen");
  EXPECT_NE(seen.find("GIVEN=g"), std::string::npos);
  EXPECT_NE(seen.find("MODE=production"), std::string::npos);
  EXPECT_EQ(seen.find("HIDDEN"), std::string::npos);
  EXPECT_EQ(world.read("x/files/settings"), "colour=blue\n");
  EXPECT_EQ(world.read("x/files/homes"), "/root:\n\n/tmp/home:\n.settings\n");
  EXPECT_EQ(world.shell("grep -c 'colour' x/package.yaml || true"), "0\n");
}

TEST_F(Capture, TheRuntimeIsRecordedByItsDigest) {
  order("echo 2 > main.js\n", "runtime: ['perl -e \"print-1\"', [perl, -v]]\n");
  world.edit("capture.yaml", "'perl -e \"print-1\"', ", "");
  const auto runtime = captured().at("capture").at("runtime");
  ASSERT_EQ(runtime.size(), 1U);
  EXPECT_NE(runtime[0].at("output").get<std::string>().find("This is perl"), std::string::npos);
  EXPECT_EQ(runtime[0].at("digest").get<std::string>() + "\n",
            world.shell("sha256sum $(readlink -f $(which perl)) | cut -d' ' -f1"));
}

TEST_F(Capture, ADatabaseThatChangesIsRefusedUnlessItIsDeclared) {
  order("mkdir -p data; echo migrated >> data/app.db; echo 2 > main.js\n");
  world.refused(command(), Code::protected_path, {"data/app.db", "database: declared"});
  order("mkdir -p data; echo migrated >> data/app.db; echo 2 > main.js\n", "database: declared\n");
  world.edit("old/upgrade.sh", "echo migrated", "grep -q rows data/app.db || exit 9; echo migrated");
  captured();
  EXPECT_EQ(world.shell("bsdtar -tf app-2.fpk | grep -c app.db || true"), "0\n");
}

TEST_F(Capture, AnInstallerMakesABaselineWithItsTree) {
  world.write("installer.sh", "mkdir -p modules/a; echo 1 > main.js; echo a1 > modules/a/index.js; mkdir empty\n");
  world.write("install.yaml", "root: " + root +
                                  "\nrun: [[sh, -c, \"sh ~/installer.sh\"]]\n"
                                  "files: [{from: installer.sh, to: installer.sh}]\n");
  world.done({"baseline", "capture", "--spec", "install.yaml", "--output", "app-1"});
  EXPECT_EQ(world.read("app-1/modules/a/index.js"), "a1\n");
  EXPECT_EQ(world.shell("bsdtar -tf app-1.mtree | sort"),
            "./empty\n./main.js\n./modules\n./modules/a\n./modules/a/index.js\n");
  // The upgrade is captured on it: its source is exactly what the manifest says.
  world.write("capture.yaml", std::string(meta) + "root: " + root + "\nrun: [[sh, -c, 'echo 2 > main.js']]\n");
  world.done({"package", "capture", "--source", "app-1", "--spec", "capture.yaml", "--output", "app-2.fpk"});
  const auto made = world.ferry({"baseline", "make", "app-1", "--output", "again.mtree", "--json"}).json();
  EXPECT_NE(world.shell("bsdtar -xOf app-2.fpk package.yaml").find(made.at("digest").get<std::string>()),
            std::string::npos);
}

TEST_F(Capture, TheVendorsOwnRunInProductionIsHeldAgainstIt) {
  order("echo 2 > main.js; rm -r modules/gone; echo new > added; date +%N > modules/chance\n",
        "differences: [{path: modules/chance, keep: first, why: a time}]\n");
  captured();
  world.shell("mkdir -p prod && cp -a old prod/app");
  world.write("prod.yaml", "name: p\nkind: production\nprofile: app.yaml\nroot: " + root + "\n");
  world.refused({"package", "compare", "app-2.fpk", "--environment", "prod.yaml"}, Code::usage, {"--before"});
  world.done({"baseline", "make", "old", "--output", "before.mtree"});
  const Words compare{"package",   "compare",  "app-2.fpk",    "--environment",
                      "prod.yaml", "--before", "before.mtree", "--json"};
  EXPECT_EQ(world.ferry(compare).status, 9);
  world.shell("cd prod/app && sh upgrade.sh");
  auto ended = world.ferry(compare);
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(ended.json().at("differences").size(), 1U);  // explained
  world.shell("echo other > prod/app/added; mkdir -p prod/app/modules/gone; echo x > prod/app/modules/gone/f7");
  ended = world.ferry(compare);
  EXPECT_EQ(ended.status, 9);
  EXPECT_EQ(ended.json().at("differences").size(), 3U);
  // What was taken afterwards would find nothing: it is refused.
  world.done({"baseline", "make", "prod/app", "--output", "after.mtree"});
  world.refused({"package", "compare", "app-2.fpk", "--environment", "prod.yaml", "--before", "after.mtree"},
                Code::wrong_source, {"after.mtree"});
}

TEST_F(Capture, KilledInTheMiddleItLeavesNothing) {
  order("echo 2 > main.js; echo $$ > started; sleep 1000\n");
  const auto program = world.begin(command());
  const auto started = "find . -path '*/first/tree/started' | head -1";
  while (program->running() && world.shell(started).empty()) ::usleep(2000);
  ASSERT_TRUE(program->running()) << program->wait().all();
  program->signal(SIGKILL);
  program->wait();
  for (int i = 0; i < 5000 && !world.shell("ls -d .ferry-capture* 2>/dev/null || true").empty(); ++i) ::usleep(2000);
  nothing_left();
  for (const auto& process : all_processes()) EXPECT_EQ(process.command.find("sleep 1000"), std::string::npos);
}

TEST_F(Capture, WhatIsWrongWithTheOrderIsSaidBeforeAnythingIsCopied) {
  order("true\n", "netwrok: [a:1]\n");
  world.refused(command(), Code::unknown_key, {"capture.yaml:5:1", "netwrok", "network"});
  world.refused({"package", "capture", "--source", "old", "--spec", "nothere.yaml", "--output", "x.fpk"},
                Code::not_found, {"nothere.yaml"});
  world.write("capture.yaml", "root: " + root + "\nrun: ['true']\n");
  world.refused(command(), Code::invalid_document, {"package"});
  world.write("capture.yaml", std::string(meta) + "run: ['true']\n");
  world.refused(command(), Code::invalid_document, {"root"});
  order("true\n", "readable: [" + world.place() + "]\n");
  world.refused(command(), Code::invalid_document, {"readable", world.place(), "--work"});
  order("true\n");
  world.shell("touch app-2.fpk");
  world.refused(command(), Code::already_exists, {"app-2.fpk"});
}

TEST_F(Capture, WithoutRootItSaysWhoCan) {
  order("true\n");
  const auto out = world.shell(
      "chmod a+rx . && chmod -R a+rX old capture.yaml app.yaml && setpriv --reuid=65534 --clear-groups " FERRY_BUILD_DIR
      "/ferry package capture --source old --spec capture.yaml --output /tmp/x.fpk --home /tmp/none 2>&1 || echo $?");
  EXPECT_NE(out.find("root"), std::string::npos) << out;
  EXPECT_TRUE(out.ends_with("3\n")) << out;
}

TEST_F(Capture, ADiskThatFillsUpIsSaidAndNothingIsLeft) {
  order("echo 2 > main.js; head -c 3000000 /dev/urandom > big || exit 1\n");
  world.shell("mkdir small && mount -t tmpfs -o size=2m none small");
  const auto ended = world.ferry(command({"--work", world.path("small")}));
  world.shell("ls -A small; umount small");
  EXPECT_NE(ended.status, 0);
  EXPECT_NE(ended.err.find("No space left"), std::string::npos) << ended.all();
  nothing_left();
}

}  // namespace
}  // namespace ferry::test
