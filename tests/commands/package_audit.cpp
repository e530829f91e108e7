// C5.1 on an installation that several hands have been at: whole packages, one of which half is gone, one that a later
// one supersedes, one that is not there at all, and what nobody has ever recorded.
#include <gtest/gtest.h>

#include <map>

#include "support/tiny_world.h"

namespace ferry::test {
namespace {

class Audited : public TinyWorld {
 public:
  Audited() : TinyWorld(Stage::files) {
    edit("profile.yaml", "paths:", "packages_applied: {sql: \"select id from applied order by rowid\"}\npaths:");
    shell(
        "sqlite3 installed/data/tiny.db 'create table applied (id text)'; cp vendor/1.0/webapp/index.html "
        "installed/webapp/index.html");
    done({"project", "create", "project.yaml"});
    done({"environment", "add", "production.yaml"});
    done({"baseline", "make", "vendor/1.0", "--output", "vendor/1.0.mtree"});
    done({"key", "new", "--output", "vendor"});
    done({"key", "add", "vendor.pub", "--holder", "vendor"});
  }
  // In the library. `lay` of its files (names below webapp) into the installation; `recorded` by the product.
  void patch(const std::string& id, const Words& files, const Words& lay, bool recorded,
             const std::string& more = "") const {
    const auto folder = "packages/" + id;
    shell("mkdir -p " + folder + "/files/webapp && printf 'format: 1\\nid: " + id +
          "\\nkind: patch\\nproduct: tiny\\ntitle: Patch\\nfrom: \">=1 <2\"\\n" + more + "' > " + folder +
          "/package.yaml");
    for (const auto& name : files) write(folder + "/files/webapp/" + name, "content of " + id + "\n");
    done({"package", "build", folder, "--output", id + ".fpk"});
    done({"package", "sign", id + ".fpk", "--key", "vendor.key"});
    done({"package", "add", id + ".fpk"});
    for (const auto& name : lay) shell("cp " + folder + "/files/webapp/" + name + " installed/webapp/" + name);
    if (recorded) record(id);
  }
  void record(const std::string& id) const {
    shell("sqlite3 installed/data/tiny.db \"insert into applied values ('" + id + "')\"");
  }
};

std::map<std::string, std::string> states(const Json& audit) {
  std::map<std::string, std::string> out;
  for (const auto& package : audit.at("packages")) out[package.at("id")] = package.at("state");
  return out;
}

TEST(PackageAudit, TellsWholePartlySupersededMissingAndForeignOnes) {
  const Audited world;
  world.done({"survey", "run", "production"});
  EXPECT_EQ(world.ferry({"package", "audit", "production"}).status, 0) << "untouched, and nothing is said to be there";

  world.patch("patch-whole", {"one.html", "two.html"}, {"one.html", "two.html"}, true);
  world.patch("patch-half", {"three.html", "page.html"}, {"three.html"}, true);
  world.patch("patch-old", {"four.html"}, {}, true);
  world.patch("patch-new", {"four.html"}, {"four.html"}, true, "supersedes: [patch-old]\n");
  world.patch("patch-gone", {"five.html"}, {}, true, "fixes: [page, nothing-of-the-kind]\n");
  world.patch("patch-secret", {"six.html", "seven.html"}, {"six.html"}, false);
  world.record("patch-of-old-times");
  world.write("installed/webapp/own.html", "the customer's\n");
  world.write("installed/webapp/tiny.properties", "colour=red\n");  // configuration: the customer's

  const auto audited = world.ferry({"package", "audit", "production", "--survey", "--json"});
  EXPECT_EQ(audited.status, 9) << audited.all();
  const auto audit = audited.json();
  EXPECT_FALSE(audit.at("holds").get<bool>());
  EXPECT_EQ(states(audit), (std::map<std::string, std::string>{{"patch-whole", "present"},
                                                               {"patch-half", "partly_applied"},
                                                               {"patch-old", "superseded"},
                                                               {"patch-new", "present"},
                                                               {"patch-gone", "missing"},
                                                               {"patch-secret", "unrecorded"}}));
  EXPECT_EQ(audit.at("unknown"), Json::array({"patch-of-old-times"}));
  std::map<std::string, std::string> files;
  for (const auto& file : audit.at("attribution"))
    files[file.at("path")] = file.at("state").get<std::string>() + " " + file.at("found").get<std::string>();
  EXPECT_EQ(files["webapp/page.html"], "overwritten base");
  EXPECT_EQ(files["webapp/five.html"], "missing ");
  EXPECT_EQ(files["webapp/six.html"], "unrecorded patch-secret");
  EXPECT_EQ(files["webapp/own.html"], "foreign ");
  EXPECT_FALSE(files.contains("webapp/one.html")) << "as it should be";
  Words keys;
  for (const auto& finding : audit.at("findings")) keys.push_back(finding.at("key"));
  EXPECT_EQ(keys,
            (Words{"package-missing:patch-gone", "package-partly-applied:patch-half", "claim-unproven:patch-gone:page",
                   "claim-unproven:patch-gone:nothing-of-the-kind", "foreign-files", "package-unrecorded:patch-secret",
                   "package-unknown:patch-of-old-times", "package-superseded:patch-old"}));

  const auto shown = world.ferry({"package", "audit", "production"});
  for (const char* words :
       {"patch-half", "partly applied", "webapp/page.html: overwritten  (expected patch-half, found base)", "MISSING",
        "claims to solve page", "package-partly-applied:patch-half"})
    EXPECT_NE(shown.out.find(words), std::string::npos) << words << "\n" << shown.all();
  EXPECT_EQ(english_in(world.ferry({"package", "audit", "production", "--language", "zh"}).out), "");

  // Laid again, and its check run again: now it holds, and says so in the report.
  world.shell(
      "cp packages/patch-half/files/webapp/page.html packages/patch-gone/files/webapp/five.html installed/webapp/");
  world.done({"service", "start", "production"});
  const auto repaired = world.ferry({"package", "audit", "production", "--survey", "--check", "--json"});
  EXPECT_EQ(repaired.status, 0) << repaired.all();
  EXPECT_EQ(repaired.json().at("claims").at(0).at("outcome"), "passed") << repaired.out;
  EXPECT_EQ(repaired.json().at("claims").at(0).at("environment"), "production");
  world.done({"report", "write", "--output", "report.html"});
  const auto report = world.read("report.html");
  for (const char* words : {"Packages that are there", "patch-whole", "claims to solve", "package-audit"})
    EXPECT_NE(report.find(words), std::string::npos) << words;
}

}  // namespace
}  // namespace ferry::test
