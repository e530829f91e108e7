// `ferry profile new` and its kin before a real application (sample/notes) and before what can go wrong.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>

#include "base/error.h"
#include "host/files.h"
#include "host/occupants.h"
#include "support/program.h"
#include "support/tiny_world.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

// Notes 1.0 in a folder of its own, running or not.
class Notes : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(place_ / "logs");
    shell(std::string(FERRY_SOURCE_DIR) + "/sample/notes/make.sh " + root_folder());
  }
  void TearDown() override {
    for (const auto& process : occupants_of(place_.path()).processes) ::kill(process.pid, SIGKILL);
  }

  std::string root_folder() const { return place_ / "guide"; }
  std::string path(const std::string& name) const { return root_folder() + "/" + name; }

  Ended run(const Words& argv, const std::map<std::string, std::string>& more = {}) const {
    std::map<std::string, std::string> environment{{"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
                                                   {"HOME", place_.path()}};
    for (const auto& [name, value] : more) environment[name] = value;
    const auto directory = fs::exists(root_folder()) ? root_folder() : place_.path();
    return Program(argv, environment, place_ / "logs", directory).wait();
  }
  std::string shell(const std::string& command) const {
    const auto ended = run({"/bin/bash", "-euc", command});
    EXPECT_EQ(ended.status, 0) << command << "\n" << ended.all();
    return ended.out;
  }
  Ended ferry(const Words& words) const {
    Words argv{FERRY_BUILD_DIR "/ferry"};
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv);
  }
  void start() const {
    shell(
        "notes/start.sh </dev/null >/dev/null 2>&1 & . ./ports; curl -s --retry 30 --retry-connrefused --retry-delay 1 "
        "http://127.0.0.1:$PORT/api/health");
  }
  std::string port() const { return shell(". ./ports; printf %s $PORT"); }
  // Everything below the installation: a look must leave it as it is.
  std::string snapshot() const {
    return shell(
        "cd notes; find . ! -name notes.log ! -name logs -printf '%y %m %u %s %T@ %p\\n' | sort; find . -type f ! "
        "-name notes.log -print0 | sort -z | xargs -0 sha256sum");
  }
  void refused(const Words& words, Code code, const Words& texts) const {
    Words chinese = words;
    chinese.insert(chinese.end(), {"--language", "zh", "--quiet"});
    TinyWorld::refusal(ferry(chinese), code, texts);
    Words json = words;
    json.emplace_back("--json");
    EXPECT_EQ(ferry(json).error(), info(code).name);
  }

  TempFolder place_{"ferry-new-profile"};
};

TEST_F(Notes, WhatRunsIsDescribedAndNothingIsChanged) {
  start();
  const auto before = snapshot();
  const auto ended = ferry({"profile", "new", "notes", "--output", "upgrade", "--yes"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(snapshot(), before);
  const auto profile = read_file(path("upgrade/profile.yaml"));
  for (const char* wanted :
       {"product: notes", "version: {json: package.json, at: /version}", "run: [node, server.js]",
        "environment: notes.env", "ready: {http: \"/api/health\", json: {/status: ok}", "sqlite: \"data/notes.db\"",
        "- data", "- uploads", "equals: \"${recipe.to}\"",
        "UPDATE setting SET value = '${fence.http}/hook' WHERE name = 'webhook.url'",
        "UPDATE note SET file = '${environment.root}'", "BASE_URL: \"${environment.url}\"", "build: /version"})
    EXPECT_NE(profile.find(wanted), std::string::npos) << wanted << "\n" << profile;
  EXPECT_EQ(ferry({"profile", "check", "upgrade/profile.yaml"}).status, 0);
  const auto production = read_file(path("upgrade/production.yaml"));
  EXPECT_NE(production.find("port: \"" + port() + "\""), std::string::npos) << production;
  // No secret of the application stands in anything that was written or said.
  const auto secret = shell("sed -n 's/^NOTES_SECRET=//p' notes/notes.env | tr -d '\\n'");
  for (const auto& text : {profile, production, ended.all(), read_file(path("upgrade/test.yaml"))})
    EXPECT_EQ(text.find(secret), std::string::npos);
}

TEST_F(Notes, WhatDoesNotRunIsDescribedWithWhatIsAssumed) {
  const auto ended = ferry({"profile", "new", "notes", "--output", "upgrade", "--yes", "--language", "zh"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  // The commands to go on with are the same in every language.
  EXPECT_EQ(english_in(std::regex_replace(ended.out, std::regex("  ferry [^\n]*"), "")), "") << ended.out;
  const auto profile = read_file(path("upgrade/profile.yaml"));
  EXPECT_NE(profile.find("应用未在运行"), std::string::npos) << profile;
  EXPECT_EQ(ferry({"profile", "check", "upgrade/profile.yaml"}).status, 0);
}

TEST_F(Notes, AnswersComeFromAFile) {
  std::ofstream(path("answers.yaml")) << "product: my-notes\nsilence: no\ntest_root: /srv/notes-clone\n";
  const auto ended = ferry({"profile", "new", "notes", "--output", "upgrade", "--answers", "answers.yaml", "--json"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(ended.json().at("product"), "my-notes");
  EXPECT_GE(ended.json().at("questions").size(), 5U);
  EXPECT_EQ(read_file(path("upgrade/profile.yaml")).find("${fence.http}"), std::string::npos);
  EXPECT_NE(read_file(path("upgrade/test.yaml")).find("/srv/notes-clone"), std::string::npos);
}

TEST_F(Notes, QuestionsAreAskedOnATerminalAndEnterAccepts) {
  // script(1) gives it a terminal; the second answer is none that can be, and is asked for again.
  const auto ended = run({"/bin/bash", "-euc",
                          "printf 'notizen\\n99999\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n' | script -qec '" FERRY_BUILD_DIR
                          "/ferry profile new notes --output upgrade' /dev/null"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  EXPECT_NE(ended.out.find("Name of the product"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("99999"), std::string::npos) << ended.out;
  EXPECT_NE(read_file(path("upgrade/profile.yaml")).find("product: notizen"), std::string::npos);
}

TEST_F(Notes, WrongInputIsRefusedWithWhatToDo) {
  refused({"profile", "new", "nowhere", "--yes"}, Code::not_found, {"nowhere"});
  refused({"profile", "new", "notes/server.js", "--yes"}, Code::not_a_directory, {"server.js"});
  refused({"profile", "new", "notes"}, Code::not_confirmed, {"--answers", "--yes"});
  refused({"profile", "new", "notes", "--yes", "--output", "notes/upgrade"}, Code::usage, {"--output"});
  refused({"profile", "new", "notes", "--yes", "--name", "a b"}, Code::usage, {"a b"});
  std::ofstream(path("answers.yaml")) << "colour: blue\n";
  refused({"profile", "new", "notes", "--answers", "answers.yaml"}, Code::usage, {"colour", "product"});
  std::ofstream(path("answers.yaml")) << "product: [a]\n";
  refused({"profile", "new", "notes", "--answers", "answers.yaml"}, Code::invalid_document, {"answers.yaml:1"});
  EXPECT_FALSE(fs::exists(path("upgrade")));
}

TEST_F(Notes, FilesThatAreThereAreNotOverwritten) {
  ASSERT_EQ(ferry({"profile", "new", "notes", "--output", "upgrade", "--yes"}).status, 0);
  std::ofstream(path("upgrade/profile.yaml")) << "mine\n";
  refused({"profile", "new", "notes", "--output", "upgrade", "--yes"}, Code::already_exists,
          {"profile.yaml", "--overwrite"});
  EXPECT_EQ(read_file(path("upgrade/profile.yaml")), "mine\n");
  EXPECT_EQ(ferry({"profile", "new", "notes", "--output", "upgrade", "--yes", "--overwrite"}).status, 0);
  EXPECT_NE(read_file(path("upgrade/profile.yaml")), "mine\n");
}

TEST_F(Notes, WhatCantBeReadIsSaidAndTheRestIsSeen) {
  if (geteuid() != 0) GTEST_SKIP() << "needs a second account";
  shell("chmod 755 '" + place_.path() +
        "' .; chmod 700 notes/uploads; chmod 600 notes/notes.env; mkdir -p out; chmod 777 out; "
        "printf 'not json' > notes/package.json; mkdir \"notes/$(printf '\\312\\375')\"; mkfifo notes/pipe; ln -s "
        "nowhere notes/link");
  const auto ended = run({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                          FERRY_BUILD_DIR "/ferry", "profile", "new", "notes", "--output", "out", "--yes"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  for (const char* wanted : {"uploads", "notes.env", "package.json"})
    EXPECT_NE(ended.out.find(wanted), std::string::npos) << ended.out;
  EXPECT_EQ(ferry({"profile", "check", "out/profile.yaml"}).status, 0);
  shell("chmod 700 notes");
  const auto closed = run({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           FERRY_BUILD_DIR "/ferry", "profile", "new", "notes", "--output", "out2", "--yes"});
  EXPECT_EQ(closed.status, info(Code::permission).exit_status) << closed.all();
}

TEST_F(Notes, AHugeTreeIsLookedAtInBoundedTime) {
  shell(
      "mkdir -p notes/many; cd notes/many; for i in $(seq 1 100); do mkdir $i; (cd $i; seq 1 500 | xargs touch); done");
  const auto began = std::chrono::steady_clock::now();
  const auto ended = ferry({"profile", "new", "notes", "--output", "upgrade", "--yes"});
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_LT(took, std::chrono::seconds(60));
}

// ---- show --resolved and test
// ------------------------------------------------------------------------------------------

TEST_F(Notes, EachValueOfAResolvedProfileSaysWhereItCameFrom) {
  ASSERT_EQ(ferry({"profile", "new", "notes", "--output", "upgrade", "--yes"}).status, 0);
  std::ofstream(path("upgrade/own.yaml"))
      << "extends: profile.yaml\ntitle: Ours\nservices:\n  - {id: web, log: logs/own.log}\n";
  const auto ended = ferry({"profile", "show", "upgrade/own.yaml", "--resolved"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  EXPECT_NE(ended.out.find("title: Ours"), std::string::npos) << ended.out;
  EXPECT_TRUE(std::regex_search(ended.out, std::regex("log: logs/own.log +# upgrade/own.yaml:4"))) << ended.out;
  EXPECT_TRUE(std::regex_search(ended.out, std::regex("product: notes +# profile.yaml:[0-9]+"))) << ended.out;
  const auto json = ferry({"profile", "show", "upgrade/own.yaml", "--resolved", "--json"}).json();
  EXPECT_EQ(json.at("origins").at("/title"), "upgrade/own.yaml:2");
}

TEST_F(Notes, BasesOfTheProgramAreFoundFromAnywhere) {
  std::ofstream(path("oa.yaml")) << "extends: tomcat\nproduct: oa\nversion: {value: \"1\"}\n";
  EXPECT_EQ(ferry({"profile", "check", "oa.yaml"}).status, 0);
  // What a base extends is meant from where the base lies.
  shell(
      "mkdir -p a b c; printf 'extends: ../b/base.yaml\\n' >a/own.yaml; printf 'extends: more.yaml\\n' >b/base.yaml; "
      "printf 'extends: tomcat\\nproduct: oa\\nversion: {value: 1}\\n' >b/more.yaml");
  EXPECT_EQ(ferry({"profile", "check", "a/own.yaml"}).status, 0) << ferry({"profile", "check", "a/own.yaml"}).all();
  std::ofstream(path("a/own.yaml")) << "extends: nothing\n";
  EXPECT_EQ(ferry({"profile", "check", "a/own.yaml"}).status, 2);
}

TEST_F(Notes, ATestThatFailsSaysWhatWasExpectedAndWhatWasFound) {
  ASSERT_EQ(ferry({"profile", "new", "notes", "--output", "upgrade", "--yes"}).status, 0);
  fs::create_directory(path("upgrade/tests"));
  const std::string head =
      "variables: {port: \"1\", production_root: /opt/notes}\nfixture: {files: {package.json: '{\"version\": "
      "\"1.2\"}'}, databases: {main: {sql: 'create table note (id int)'}}}\n";
  std::ofstream(path("upgrade/tests/good.yaml")) << head << "expect: {version: \"1.2\", paths: {data/x: data}}\n";
  EXPECT_EQ(ferry({"profile", "test", "upgrade/profile.yaml"}).status, 0)
      << ferry({"profile", "test", "upgrade/profile.yaml"}).all();
  std::ofstream(path("upgrade/tests/bad.yaml")) << head << "expect: {version: \"1.3\"}\n";
  const auto ended = ferry({"profile", "test", "upgrade/profile.yaml"});
  EXPECT_EQ(ended.status, 9) << ended.all();
  for (const char* wanted : {"FAILED  bad", "expected  1.3", "got       1.2", "ok      good", "1 passed, 1 failed"})
    EXPECT_NE(ended.out.find(wanted), std::string::npos) << wanted << "\n" << ended.out;
  const auto json = ferry({"profile", "test", "upgrade/profile.yaml", "bad", "--json"}).json();
  EXPECT_EQ(json.at("failed"), 1);
  EXPECT_EQ(json.at("tests").at(0).at("differences").at(0).at("got"), "1.2");
}

TEST_F(Notes, MalformedTestsAreRefused) {
  ASSERT_EQ(ferry({"profile", "new", "notes", "--output", "upgrade", "--yes"}).status, 0);
  refused({"profile", "test", "upgrade/profile.yaml"}, Code::not_found, {"tests", "profile-tests.md"});
  fs::create_directory(path("upgrade/tests"));
  const auto with = [&](const std::string& text) { std::ofstream(path("upgrade/tests/one.yaml")) << text; };
  const Words test{"profile", "test", "upgrade/profile.yaml"};
  with("expect: {versoin: 1}\n");
  refused(test, Code::unknown_key, {"one.yaml:1", "versoin"});
  with("title: nothing expected\n");
  refused(test, Code::invalid_document, {"one.yaml"});
  with("expect: {version: \"1\"}\n");
  refused(test, Code::invalid_document, {"port"});
  with(
      "variables: {port: \"1\", production_root: /x}\nfixture: {databases: {other: {sql: select 1}}}\nexpect: "
      "{version: \"1\"}\n");
  refused(test, Code::not_found, {"other"});
  with("variables: {port: \"1\", production_root: /x}\nfixture: {folder: nowhere}\nexpect: {version: \"1\"}\n");
  refused(test, Code::not_found, {"nowhere"});
  with("variables: {port: \"1\", production_root: /x}\nexpect: {checks: {process: passed}}\n");
  refused(test, Code::invalid_document, {"process"});
}

}  // namespace
}  // namespace ferry::test
