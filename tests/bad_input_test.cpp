// What a user can do wrong and what the world can do to him: every case must be refused in words that say what, where
// and what to do, in both languages, with the exit status of docs/manual.md, and must leave everything as it was.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <regex>
#include <set>
#include <thread>

#include "support/tiny_world.h"

namespace ferry::test {
namespace {

using Stage = TinyWorld::Stage;
namespace fs = std::filesystem;

// ---- files that people write

TEST(BadFiles, AProfileIsToldWhereEachMistakeIs) {
  TinyWorld world(Stage::files);
  const auto check = [&](const std::string& from, const std::string& to, const Words& words) {
    SCOPED_TRACE(to);
    auto text = world.read("profile.yaml");
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    world.write("bad.yaml", text.replace(at, from.size(), to));
    const auto ended = world.ferry({"profile", "check", "bad.yaml", "--language", "zh"});
    EXPECT_EQ(ended.status, 2) << ended.all();
    for (const auto& word : words) EXPECT_NE(ended.out.find(word), std::string::npos) << word << "\n" << ended.all();
    EXPECT_EQ(english_in(ended.out), "") << ended.out;
    world.refused({"profile", "show", "bad.yaml"},
                  ended.out.find("YAML 语法") != std::string::npos  ? Code::yaml_syntax
                  : ended.out.find("未知的键") != std::string::npos ? Code::unknown_key
                                                                    : Code::invalid_document,
                  {"bad.yaml"});
  };
  check("services:", "servises:", {"bad.yaml:", ":1:", "servises", "services"});
  check("program: [bin, webapp]", "program: {a: 1}", {"bad.yaml:", "列表"});
  check("product: tiny", "product: tiny\nproduct: other", {"bad.yaml:5:1", "product", "第 4 行"});
  check("grace: 500ms", "grace: 5 parsecs", {"5 parsecs", "60s"});
  check("product: tiny", "product: [tiny", {"bad.yaml:", "YAML"});
}

TEST(BadFiles, AFileThatIsNotUtf8OrNotThereOrAFolderIsNamed) {
  TinyWorld world(Stage::files);
  world.shell(
      "iconv -f UTF-8 -t GBK profile.yaml > gbk.yaml; iconv -f UTF-8 -t GBK <(sed 's/^customer: .*/customer: 示例/' "
      "project.yaml) > gbkproject.yaml");
  const auto ended = world.ferry({"profile", "check", "gbk.yaml", "--language", "zh"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.out.find("gbk.yaml:5:1"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("UTF-8"), std::string::npos) << ended.out;
  world.refused({"project", "create", "gbkproject.yaml"}, Code::yaml_syntax, {"gbkproject.yaml:", "UTF-8"});
  world.refused({"profile", "check", "nothere.yaml"}, Code::not_found, {"nothere.yaml", "没有这个文件"});
  world.refused({"profile", "check", world.place()}, Code::usage, {world.place(), "文件夹"});
  EXPECT_FALSE(fs::exists(world.path("home")) && !fs::is_empty(world.path("home"))) << "something was made of it";
}

TEST(BadFiles, AProjectThatIsWrongIsNotMade) {
  TinyWorld world(Stage::files);
  world.shell("sed 's/project_manager/boss/; s/^customer:/custmer:/' project.yaml > bad.yaml");
  world.refused({"project", "create", "bad.yaml"}, Code::invalid_document, {"bad.yaml:4:1", "custmer", "boss"});
  world.refused({"environment", "list"}, Code::not_found, {"升级项目", "ferry project create"});
  world.done({"project", "create", "project.yaml"});
  world.refused({"project", "create", "project.yaml"}, Code::already_exists, {"tiny"});
}

TEST(BadFiles, AnEnvironmentSaysWhichFileItMisses) {
  TinyWorld world(Stage::files);
  world.done({"project", "create", "project.yaml"});
  const auto add = [&](const std::string& sed, Code code, const Words& words) {
    world.shell("sed '" + sed + "' production.yaml > bad.yaml");
    world.refused({"environment", "add", "bad.yaml"}, code, words);
  };
  add("s/profile.yaml/gone.yaml/", Code::not_found, {"gone.yaml", "bad.yaml", "profile"});
  add("/^variables/d", Code::invalid_document, {"bad.yaml", "environment.port"});
  add("s/^kind: production/kind: produktion/", Code::invalid_document, {"bad.yaml:2:7", "produktion", "production"});
  add("$a secrets: {password: hunter2}", Code::invalid_document, {"bad.yaml:8"});
  world.done({"environment", "add", "production.yaml"});
  add("s/^name: .*/name: second/", Code::already_exists, {"second", "production"});
  world.refused({"survey", "run", "production"}, Code::not_found, {"1.0.mtree", "production.yaml", "baseline"});
  world.refused({"survey", "run", "nowhere"}, Code::not_found, {"nowhere", "production"});
}

TEST(BadFiles, ALicenceThatIsNamedAndNotThereIsToldBeforeThePlan) {
  TinyWorld world(Stage::composed);
  world.shell(
      "printf 'licence: {file: webapp/licence}\\n' >> profile.yaml; printf 'licence_file: none.lic\\n' >> "
      "production.yaml");
  world.done({"recipe", "compose"});
  world.refused({"plan", "make", "production"}, Code::not_found, {"none.lic", "production.yaml", "licence_file"});
  world.refused({"plan", "show", "production"}, Code::not_found, {"ferry plan make production"});
}

// ---- survey

TEST(BadSurvey, OddFilesAreFindingsAndEndNothing) {
  TinyWorld world(Stage::surveyed);
  world.shell("cd installed/webapp; ln -s two one; ln -s one two; ln -s . self; mkfifo pipe; touch $'\\xd6\\xd0.jsp'");
  const auto ended = world.ferry({"survey", "run", "production", "--findings", "--language", "zh", "--quiet"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  for (const char* word : {"webapp/one", "webapp/self", "webapp/pipe", "\\326\\320.jsp", "UTF-8"})
    EXPECT_NE(ended.out.find(word), std::string::npos) << word << "\n" << ended.out;
  EXPECT_TRUE(world.ferry({"survey", "show", "production", "--json"}).json().is_object());
}

TEST(BadSurvey, WhatCanNotBeReadBlocksAndIsShownUnasked) {
  TinyWorld world(Stage::surveyed);
  world.shell(
      "chmod 755 .; mkdir installed/webapp/locked; echo x > installed/webapp/locked/x; chmod 700 "
      "installed/webapp/locked; echo y > installed/webapp/own; chmod 600 installed/webapp/own; chown -R "
      "65534:65534 home logs");
  const auto output = world.shell("setpriv --reuid=65534 --regid=65534 --clear-groups " FERRY_BUILD_DIR
                                  "/ferry survey run production --language zh 2>&1");
  EXPECT_NE(output.find("webapp/locked"), std::string::npos) << output;
  EXPECT_NE(output.find("webapp/own"), std::string::npos) << output;
  EXPECT_NE(output.find("阻断"), std::string::npos) << output;
}

TEST(BadSurvey, MissingRootOrDatabaseIsSaid) {
  TinyWorld world(Stage::surveyed);
  world.shell("mv installed gone");
  world.refused({"survey", "run", "production"}, Code::not_found, {"/installed", "production.yaml"});
  world.refused({"backup", "create", "production"}, Code::not_found, {"/installed"});
  world.shell("mv gone installed; mv installed/data/tiny.db x.db");
  auto ended = world.ferry({"survey", "run", "production", "--language", "zh"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_NE(ended.out.find("版本未知"), std::string::npos) << ended.all();
  EXPECT_NE(ended.out.find("阻断"), std::string::npos) << ended.all();
  EXPECT_NE(ended.out.find("tiny.db"), std::string::npos) << ended.all();
  EXPECT_EQ(english_in(ended.out), "") << ended.out;
  world.refused({"backup", "create", "production"}, Code::database_unreachable, {"tiny.db"});
  world.shell("head -c 9000 /dev/urandom > installed/data/tiny.db");
  ended = world.ferry({"survey", "run", "production", "--language", "zh"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_NE(ended.out.find("tiny.db"), std::string::npos) << ended.all();
  world.refused({"recipe", "compose"}, Code::package_missing);
}

// ---- packages

TEST(BadPackage, OnlyWhatIsVouchedForComesIn) {
  TinyWorld world(Stage::surveyed);
  world.done({"package", "build", "packages/upgrade-2.0", "--output", "u.fpk"});
  const Words add{"package", "add", "u.fpk"};
  world.refused(add, Code::unsigned_package, {"u.fpk", ".minisig"});
  world.done({"key", "new", "--output", "other"});
  world.done({"package", "sign", "u.fpk", "--key", "other.key"});
  world.refused(add, Code::untrusted_key, {"密钥", "ferry key add"});
  world.done({"package", "sign", "u.fpk", "--key", "vendor.key"});
  world.shell("cp u.fpk good.fpk; cp u.fpk.minisig good.sig; printf x >> u.fpk");
  world.refused(add, Code::bad_signature, {"u.fpk"});
  world.shell("cp good.fpk u.fpk; truncate -s -20 u.fpk");
  world.refused(add, Code::truncated_archive, {"u.fpk"});
  world.shell("cp good.fpk u.fpk; echo junk > u.fpk.minisig");
  world.refused(add, Code::bad_signature, {"u.fpk.minisig", "四行"});
  EXPECT_EQ(world.ferry({"package", "list", "--json"}).json(), Json::array()) << "something refused was kept";

  world.shell("cp good.sig u.fpk.minisig");
  world.done(add);
  const auto id = world.ferry({"key", "list", "--json"}).json().at(0).at("id").get<std::string>();
  world.done({"key", "revoke", id, "--why", "stolen"});
  world.refused(add, Code::untrusted_key, {"吊销", "stolen"});
  const auto list = world.ferry({"package", "list", "--language", "zh"});
  EXPECT_NE(list.out.find("stolen"), std::string::npos) << list.out;
  EXPECT_EQ(english_in(list.out), "") << list.out;
  // A library whose packages may no longer be used is no recipe that does nothing.
  world.refused({"recipe", "compose"}, Code::package_missing, {"stolen", "ferry package add"});
}

TEST(BadPackage, OfAnotherProductOrVersionOrIncomplete) {
  TinyWorld world(Stage::surveyed);
  world.refused({"recipe", "compose"}, Code::package_missing, {"1.0", "ferry package add"});
  world.refused({"package", "add", world.package("giant", "s/^product: .*/product: giant/")}, Code::wrong_product,
                {"giant", "tiny"});
  EXPECT_EQ(world.ferry({"package", "list", "--json"}).json(), Json::array());
  world.done({"package", "add", world.package("far", "s/^from: .*/from: \">=3 <4\"/; s/^to: .*/to: \"5.0\"/")});
  world.refused({"recipe", "compose"}, Code::wrong_version, {"1.0", "far"});
  world.done({"package", "add", world.package("needs", "s/^to: .*/to: \"2.2\"\\nrequires: [seal]/")});
  world.refused({"recipe", "compose"}, Code::package_missing, {"needs", "seal", "请向厂商申请"});
  world.done({"package", "add", world.package("plain", "")});
  world.done({"package", "add",
              world.package("a", "s/^kind: .*/kind: patch/; s/^to: .*/conflicts: [b]/; s/^from: .*/from: \"2.*\"/")});
  world.done({"package", "add", world.package("b", "s/^kind: .*/kind: patch/; /^to: /d; s/^from: .*/from: \"2.*\"/")});
  world.refused({"recipe", "compose", "--target", "2.0"}, Code::package_conflict, {"a", "b"});
  world.refused({"recipe", "compose", "--target", "7"}, Code::package_missing, {"1.0", "7"});
  world.refused({"recipe", "compose", "--include", "nonsense"}, Code::package_missing, {"nonsense"});
  world.refused({"package", "add", world.package("plain2", "s/^id: .*/id: plain/; s/^title: .*/title: Other/")},
                Code::already_exists, {"plain"});
}

TEST(BadPackage, AHostileArchiveIsRefusedBeforeAnythingIsWritten) {
  TinyWorld world(Stage::surveyed);
  world.write("meta.yaml", "format: 1\nid: zip\nkind: patch\nproduct: tiny\ntitle: Zip\nfrom: \"1.*\"\n");
  const auto refused = [&](const std::string& python, Code code) {
    SCOPED_TRACE(python);
    world.shell("rm -f bad.zip; python3 -c 'import zipfile\nz=zipfile.ZipFile(\"bad.zip\",\"w\",8)\n" + python +
                "\nz.close()'");
    world.refused({"package", "import", "bad.zip", "--meta", "meta.yaml", "--output", "out.fpk", "--as", "engineer"},
                  code, {"bad.zip"});
    EXPECT_FALSE(fs::exists(world.path("out.fpk")));
  };
  refused("z.writestr(\"../evil\", \"x\")", Code::hostile_archive);
  refused("z.writestr(\"/etc/evil\", \"x\")", Code::hostile_archive);
  refused("z.writestr(\"a\", \"x\"); z.writestr(\"a\", \"y\")", Code::hostile_archive);
  refused("z.writestr(\"Aa\", \"x\"); z.writestr(\"aA\", \"y\")", Code::hostile_archive);
  refused("z.writestr(\"bomb\", b\"0\" * 300000000)", Code::hostile_archive);
  refused(
      "i=zipfile.ZipInfo(\"l\"); i.create_system=3; i.external_attr=0o120777<<16; z.writestr(i, \"../../etc/passwd\")",
      Code::hostile_archive);
  EXPECT_FALSE(fs::exists(world.path("evil")));
}

TEST(BadPackage, AnUnsignedArchiveIsImportedBySomebodyOrNotAtAll) {
  TinyWorld world(Stage::surveyed);
  world.write("meta.yaml", "format: 1\nid: zip\nkind: patch\nproduct: tiny\ntitle: Zip\nfrom: \"1.*\"\n");
  world.shell("cd vendor/1.0; zip -qr ../../v.zip .");
  const Words import{"package", "import", "v.zip", "--meta", "meta.yaml", "--output", "out.fpk"};
  world.refused(import, Code::not_allowed, {"--as"});
  auto stranger = import;
  stranger.insert(stranger.end(), {"--as", "stranger"});
  world.refused(stranger, Code::not_allowed, {"stranger"});
  EXPECT_FALSE(fs::exists(world.path("out.fpk")));
  auto engineer = import;
  engineer.insert(engineer.end(), {"--as", "engineer"});
  world.done(engineer);
}

// ---- recipe and decisions

TEST(BadRecipe, DecisionsAreAskedForAndHoldOnlyForWhatWasDecided) {
  TinyWorld world(Stage::packaged);
  world.refused({"plan", "make", "production"}, Code::not_found, {"升级配方", "ferry recipe compose"});
  const auto open = world.ferry({"recipe", "compose", "--language", "zh"});
  EXPECT_EQ(open.status, 8) << open.all();
  EXPECT_NE(open.out.find("未决"), std::string::npos);
  EXPECT_EQ(english_in(open.out), "") << open.out;
  const auto decide = [](const std::string& path, const std::string& choice) {
    return Words{"decision", "set", path, choice, "--reason", "why"};
  };
  world.refused(decide("webapp/page.html", "keep"), Code::not_found, {"webapp/page.html", "没有冲突"});
  world.refused(decide("webapp/index.html", "merge"), Code::undecided, {"webapp/index.html", "--file"});
  world.refused(decide("../evil", "keep"), Code::out_of_bounds_path, {"../evil"});
  auto missing = decide("webapp/index.html", "merge");
  missing.insert(missing.end(), {"--file", "nothere"});
  world.refused(missing, Code::not_found, {"nothere"});
  world.refused({"decision", "set", "webapp/index.html", "take"}, Code::usage, {"--reason"});

  world.done(decide("webapp/index.html", "take"));
  world.done({"recipe", "compose"});
  world.shell("echo more >> installed/webapp/index.html");
  world.done({"survey", "run", "production"});
  const auto expired = world.ferry({"recipe", "compose", "--language", "zh"});
  EXPECT_EQ(expired.status, 8) << "a decision about another content was taken over\n" << expired.all();
  EXPECT_NE(expired.out.find("! webapp/index.html"), std::string::npos) << expired.out;
  EXPECT_EQ(english_in(expired.out), "") << expired.out;
  world.refused({"recipe", "show"}, Code::not_found, {"ferry recipe compose"});
}

// ---- services

TEST(BadService, APortInUseNamesTheProcess) {
  TinyWorld world(Stage::surveyed);
  Program other({"/usr/bin/perl", "-MIO::Socket::INET", "-e",
                 "$s = IO::Socket::INET->new(LocalAddr=>'127.0.0.1',LocalPort=>" + std::to_string(world.port()) +
                     ",Listen=>1) or die; sleep 60"},
                {{"PATH", "/usr/bin:/bin"}}, world.path("logs"), world.place());
  world.shell("for i in $(seq 100); do grep -q 0100007F:$(printf %04X " + std::to_string(world.port()) +
              ") /proc/net/tcp && exit; sleep 0.05; done; exit 1");
  world.refused({"service", "start", "production"}, Code::port_in_use,
                {std::to_string(world.port()), std::to_string(other.pid()), "perl"});
}

TEST(BadService, OneThatNeverAnswersOrEndsAtOnceShowsItsLog) {
  TinyWorld world(Stage::surveyed);
  world.edit("profile.yaml", "within: 20s", "within: 1s");
  world.write("installed/data/tiny.env", "TINY_MISBEHAVE=never-ready\n");
  TinyWorld::refusal(world.ferry({"service", "start", "production", "--language", "zh", "--quiet"}),
                     Code::service_not_ready, {"503"});
  world.done({"service", "stop", "production"});
  world.edit("installed/bin/tiny.pl", "my ($root", "die \"no licence\\n\"; my ($root");
  TinyWorld::refusal(world.ferry({"service", "start", "production", "--language", "zh", "--quiet"}),
                     Code::service_not_ready, {"no licence"});
  world.shell("rm installed/bin/tiny.pl");
  world.refused({"service", "start", "production"}, Code::program_missing, {"tiny.pl"});
}

TEST(BadService, OneThatDoesNotStopOrLeavesSomethingBehindIsNamed) {
  TinyWorld world(Stage::surveyed);
  world.write("installed/data/tiny.env", "TINY_MISBEHAVE=ignore-term\n");
  world.done({"service", "start", "production"});
  world.refused({"service", "stop", "production"}, Code::service_not_stopping, {"tiny.pl", "500"});
  world.edit("profile.yaml", "grace: 500ms", "grace: 500ms, kill: true");
  world.done({"service", "stop", "production"});
  world.write("installed/data/tiny.env", "TINY_MISBEHAVE=leave-behind\n");
  world.done({"service", "start", "production"});
  world.edit("profile.yaml", ", kill: true", "");
  const auto ended = world.ferry({"service", "stop", "production", "--language", "zh", "--quiet"});
  EXPECT_EQ(ended.status, 5) << ended.all();
  EXPECT_NE(ended.err.find("tiny.pl"), std::string::npos) << ended.all();
}

// ---- backup, clone, runs: one clone for all, since every call of restic takes seconds

class BadUpgrade : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = std::make_unique<TinyWorld>(Stage::composed);
    world_->refused({"clone", "create", "test"}, Code::no_backup, {"ferry backup create"});
    world_->done({"backup", "create", "production"});
    world_->shell("mkdir -p clone/installed; touch clone/installed/mine");
    world_->refused({"clone", "create", "test"}, Code::already_exists, {"clone/installed"});
    EXPECT_TRUE(fs::exists(world_->path("clone/installed/mine")));
    world_->shell("rm clone/installed/mine");
    world_->done({"clone", "create", "test"});
  }
  static void TearDownTestSuite() { world_.reset(); }
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  }

  static std::unique_ptr<TinyWorld> world_;
  const TinyWorld& world = *world_;
};
std::unique_ptr<TinyWorld> BadUpgrade::world_;

TEST_F(BadUpgrade, CloneCommandsNeverTouchProduction) {
  world.done({"service", "start", "production"});
  for (const char* verb : {"create", "start", "stop", "reset", "prove", "show"})
    world.refused({"clone", verb, "production"}, Code::usage, {"kind: clone"});
  world.refused({"clone", "remove", "production", "--yes"}, Code::usage, {"kind: clone"});
  EXPECT_NE(world.done({"service", "list", "production"}).find("running"), std::string::npos);
}

TEST_F(BadUpgrade, ACloneRunsOnlyBehindItsFence) {
  world.done({"clone", "stop", "test"});
  world.refused({"service", "start", "test"}, Code::usage, {"ferry clone start test"});
  world.done({"clone", "start", "test"});
}

TEST_F(BadUpgrade, ResticMissingAndPasswordsLostAreSaid) {
  world.shell("mkdir -p nobin");
  const auto ended = world.ferry({"backup", "verify", "--language", "zh", "--quiet"}, {{"PATH", world.path("nobin")}});
  TinyWorld::refusal(ended, Code::program_missing, {"restic"});
  const std::string password = "home/projects/tiny/backup.password";
  world.shell("cp " + password + " kept; echo wrong > " + password);
  world.refused({"backup", "verify"}, Code::wrong_secret, {"backup.password"});
  world.shell("rm " + password);
  world.refused({"backup", "verify"}, Code::missing_secret, {"backup.password"});
  EXPECT_FALSE(fs::exists(world.path(password))) << "a new password fits nothing that is backed up";
  world.shell("cp kept " + password);
  world.refused({"backup", "verify", "nothing"}, Code::not_found, {"nothing"});
}

TEST_F(BadUpgrade, ADamagedRepositoryIsNoBackup) {
  world.shell(
      "cp -a home/projects/tiny/backups whole; for f in home/projects/tiny/backups/data/*/*; do chmod u+w $f; "
      "printf damaged | dd of=$f conv=notrunc bs=1 seek=50 status=none; done");
  const auto ended = world.ferry({"backup", "verify", "--language", "zh", "--quiet"});
  EXPECT_EQ(ended.status, 8) << ended.all();
  EXPECT_NE(ended.err.find(info(Code::backup_damaged).text.zh), std::string::npos) << ended.all();
  world.shell("rm -rf home/projects/tiny/backups; mv whole home/projects/tiny/backups");
}

TEST_F(BadUpgrade, AFullDiskWhileBackingUpLosesNothing) {
  world.shell(
      "head -c 2000000 /dev/urandom > installed/data/big; mkdir small; mount -t tmpfs -o size=300k tmpfs small; "
      "mv home/projects/tiny/backups whole; ln -s $PWD/small home/projects/tiny/backups");
  const auto ended = world.ferry({"backup", "create", "production", "--language", "zh", "--quiet"});
  world.shell(
      "rm home/projects/tiny/backups; mv whole home/projects/tiny/backups; umount small; rm installed/data/big");
  EXPECT_EQ(ended.status, 3) << ended.all();
  EXPECT_NE(ended.err.find(info(Code::disk_full).text.zh), std::string::npos) << ended.all();
  EXPECT_EQ(world.ferry({"backup", "list", "--json"}).json().size(), 1U);
}

TEST_F(BadUpgrade, OneFerryAtATimeWorksOnAnInstallation) {
  fs::create_directories(world.path("clone/.ferry-installed"));
  world.shell("touch clone/.ferry-installed/lock");
  const int lock = ::open(world.path("clone/.ferry-installed/lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  for (const Words& words : {Words{"clone", "stop", "test"}, {"clone", "reset", "test"}, {"service", "stop", "test"}})
    world.refused(words, Code::locked, {".ferry-installed"});
  ::close(lock);
}

TEST_F(BadUpgrade, ARunThatHasEndedIsNeitherResumedNorOpenedNorTakenBack) {
  EXPECT_EQ(world.ferry({"rehearsal", "start", "test", "--as", "engineer"}).status, 0);
  world.refused({"clone", "create", "test"}, Code::already_exists, {"ferry clone reset test"});
  world.refused({"run", "show", "test", "nothing"}, Code::not_found, {"nothing", "ferry run list test"});
  world.refused({"run", "resume", "test"}, Code::nothing_to_resume, {"run-"});
  world.refused({"run", "open", "test"}, Code::nothing_to_resume, {"run-"});
  world.refused({"run", "losses", "test"}, Code::not_found, {"尚未开放"});
  world.done({"run", "commit", "test", "--yes"});
  world.refused({"run", "rollback", "test", "--yes"}, Code::cannot_roll_back, {"run-"});
  const auto shown = world.ferry({"run", "show", "test", "--language", "zh"});
  EXPECT_EQ(english_in(shown.out), "") << shown.out;
  EXPECT_EQ(shown.out.find("rehearsal"), std::string::npos) << shown.out;
}

TEST_F(BadUpgrade, ProductionWaitsForTheGateAndForAnApprovedPlan) {
  world.done({"plan", "make", "production"});
  world.refused({"plan", "approve", "production", "--as", "pm"}, Code::not_allowed, {"pm"});
  world.refused({"plan", "approve", "production", "--as", "nobody"}, Code::not_allowed, {"nobody"});
  world.refused({"cutover", "start", "production", "--yes"}, Code::gate_closed, {"ferry gate show"});
  world.refused({"run", "open", "production"}, Code::not_found, {"从未执行过"});
  const auto gate = world.ferry({"gate", "show", "--language", "zh"});
  EXPECT_EQ(gate.status, 8) << gate.all();
  EXPECT_EQ(english_in(gate.out), "") << gate.out;
  EXPECT_NE(world.read("installed/webapp/page.html").find("1.0"), std::string::npos) << "production was touched";
}

// ---- command line

TEST(BadCommandLine, WhatIsWrongAndWhatThereIsInstead) {
  TinyWorld world(Stage::surveyed);
  world.refused({}, Code::usage, {"缺少命令", "survey", "run"});
  world.refused({"surbey"}, Code::usage, {"surbey", "survey"});
  world.refused({"survey"}, Code::usage, {"ferry survey", "run", "show"});
  world.refused({"survey", "rnu"}, Code::usage, {"rnu", "run", "show"});
  world.refused({"survey", "run"}, Code::usage, {"environment"});
  world.refused({"survey", "run", "production", "too", "many"}, Code::usage, {"too", "many"});
  world.refused({"survey", "run", "production", "--colt"}, Code::usage, {"--colt"});
  world.refused({"gate", "waive", "x", "--reason", "r", "--confirm-by", "pm", "--days", "99"}, Code::usage, {"99"});
  world.refused({"decision", "set", "a", "burn", "--reason", "r"}, Code::usage, {"burn"});
  EXPECT_EQ(world.ferry({"key", "new", "--output"}).status, 2);
  EXPECT_EQ(world.ferry({"survey", "--json", "run"}).error(), "usage");
  EXPECT_EQ(world.ferry({"--language", "klingon", "project", "show"}).status, 2);
}

TEST(BadCommandLine, UnknownNamesSayWhatThereIs) {
  TinyWorld world(Stage::surveyed);
  world.refused({"--project", "other", "project", "show"}, Code::not_found, {"other"});
  world.refused({"clone", "show", "test"}, Code::not_found, {"克隆 test"});
  world.refused({"rehearsal", "start", "test"}, Code::not_found, {"ferry clone create test"});
  world.refused({"rehearsal", "start", "production"}, Code::usage, {"production", "clone"});
  world.refused({"cutover", "start", "test", "--yes"}, Code::usage, {"test", "production"});
  world.refused({"cutover", "start", "production", "--yes"}, Code::not_found, {"ferry plan make production"});
  world.refused({"clone", "create", "production"}, Code::usage, {"kind: clone"});
  world.refused({"clone", "create", "test"}, Code::no_backup, {"ferry backup create"});
  world.refused({"run", "show", "production"}, Code::not_found, {"从未执行过"});
  world.refused({"run", "show", "production", "run-1"}, Code::not_found, {"run-1"});
  world.refused({"run", "show", "production", "../../x"}, Code::not_found, {"x"});
  world.refused({"issue", "show", "i"}, Code::not_found, {"问题 i"});
  world.refused({"gate", "waive", "nothing", "--reason", "r", "--confirm-by", "pm"}, Code::not_found,
                {"ferry gate show"});
  world.refused({"check", "record", "production", "nothing", "pass"}, Code::not_found, {"nothing"});
  world.refused({"project", "task", "nothing", "--done", "2026-01-05"}, Code::not_found, {"nothing"});
  world.refused({"project", "plan", "--go-live", "tomorrow"}, Code::project_incomplete, {"start"});
}

TEST(BadCommandLine, WhatCanNotBeTakenBackIsNotDoneUnasked) {
  TinyWorld world(Stage::surveyed);
  world.refused({"clone", "remove", "test"}, Code::not_confirmed, {"--yes"});
  world.refused({"run", "rollback", "production"}, Code::not_confirmed, {"--yes"});
  world.refused({"cutover", "start", "production"}, Code::not_confirmed, {"--yes"});
}

TEST(BadCommandLine, AReaderThatGoesAwayEndsNothingAndAFullDiskIsNoSuccess) {
  TinyWorld world(Stage::surveyed);
  const std::string ferry = FERRY_BUILD_DIR "/ferry ";
  EXPECT_EQ(world.shell("set +o pipefail; " + ferry + "--help | head -1 >/dev/null; echo ${PIPESTATUS[0]}"), "0\n");
  EXPECT_EQ(world.shell(ferry + "survey show production --json | head -1 >/dev/null; echo ${PIPESTATUS[0]}"), "0\n");
  EXPECT_EQ(world.shell(ferry + "survey run production 2>&1 >/dev/null | true; echo ${PIPESTATUS[0]}"), "0\n");
  EXPECT_EQ(world.shell(ferry + "project show >/dev/full 2>/dev/null && echo 0 || echo $?"), "3\n");
}

TEST(BadCommandLine, AHomeThatCanNotBeWrittenIsSaid) {
  TinyWorld world(Stage::files);
  world.shell("touch file");
  world.refused({"--home", world.path("file"), "project", "create", "project.yaml"}, Code::not_a_directory, {"file"});
  if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a full disk";
  world.shell("mkdir small; mount -t tmpfs -o size=64k,nr_inodes=20 tmpfs small");
  world.refused({"--home", world.path("small"), "project", "create", "project.yaml"}, Code::disk_full, {"small"});
  world.shell("umount small");
}

TEST(BadCommandLine, TwoProjectsMustBeToldApart) {
  TinyWorld world(Stage::surveyed);
  world.shell("sed 's/^id: tiny/id: second/' project.yaml > second.yaml");
  world.done({"project", "create", "second.yaml"});
  world.refused({"project", "show"}, Code::usage, {"--project", "tiny", "second"});
  world.done({"--project", "tiny", "project", "show"});
}

// Every command that help or a remedy names exists, and every line of help is in the language asked for.
TEST(Help, EveryArgumentIsDescribedInBothLanguages) {
  TinyWorld world(Stage::files);
  const std::regex command_line("^  ([a-z]+) ");
  const auto commands_of = [&](const Words& words) {
    auto asked = words;
    asked.emplace_back("--help");
    std::istringstream lines(world.done(asked));
    std::vector<std::string> out;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
      if (line == "Commands:") inside = true;
      std::smatch found;
      if (inside && std::regex_search(line, found, command_line)) out.push_back(found[1]);
    }
    return out;
  };
  std::size_t seen = 0;
  const auto look = [&](const Words& words) {
    SCOPED_TRACE(testing::PrintToString(words));
    for (const char* language : {"en", "zh"}) {
      auto asked = words;
      asked.insert(asked.end(), {"--help", "--language", language});
      const auto text = world.done(asked);
      ++seen;
      if (language == std::string("zh")) {
        EXPECT_EQ(english_in(text), "") << text;
        for (const char* word : {"Usage", "Options", "Commands", "Arguments", "REQUIRED", "required"})
          EXPECT_EQ(text.find(word), std::string::npos) << word << "\n" << text;
      }
      std::istringstream lines(text);
      bool inside = false;
      std::string before;
      for (std::string line; std::getline(lines, line);) {
        if (line.ends_with(":")) inside = true;
        if (!inside || !line.starts_with("  ")) continue;
        // Name, at least two blanks, description; or the description alone in the next line.
        EXPECT_TRUE(before.empty() || line.starts_with("          ")) << before << "\n" << text;
        before = line.find("  ", 2) == std::string::npos ? line : "";
      }
      EXPECT_EQ(before, "") << text;
    }
  };
  look({});
  for (const auto& noun : commands_of({})) {
    look({noun});
    for (const auto& verb : commands_of({noun})) look({noun, verb});
  }
  EXPECT_GT(seen, 100U);
}

TEST(Help, CommandsThatMessagesAdviseExist) {
  TinyWorld world(Stage::files);
  const std::regex advised("['“]ferry ([a-z]+)( [a-z]+)?");
  std::set<std::string> known;
  for (const auto& file : fs::recursive_directory_iterator(FERRY_SOURCE_DIR "/src")) {
    if (file.path().extension() != ".cpp" || file.path().string().ends_with("_test.cpp")) continue;
    const auto text = read_file(file.path().string());
    for (std::sregex_iterator it(text.begin(), text.end(), advised), end; it != end; ++it) {
      Words words{(*it)[1]};
      if ((*it)[2].matched) words.push_back((*it)[2].str().substr(1));
      if (!known.insert(testing::PrintToString(words)).second) continue;
      words.emplace_back("--help");
      EXPECT_EQ(world.ferry(words).status, 0) << file.path() << ": " << it->str();
    }
  }
  EXPECT_GT(known.size(), 20U);
}

}  // namespace
}  // namespace ferry::test
