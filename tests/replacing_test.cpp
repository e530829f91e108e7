// Every form of replacing a program, with real trees and real packages: what the planner makes of it is staged,
// switched and taken back, and both states are exactly right.
#include <gtest/gtest.h>

#include <filesystem>

#include "deploy/deploy_test_tree.h"
#include "host/tree.h"
#include "impact/decisions.h"
#include "impact/planner.h"
#include "package/build.h"
#include "package/meta.h"
#include "package/open.h"
#include "package/run_comparison.h"
#include "survey/survey.h"

namespace ferry::testing {
namespace {

namespace fs = std::filesystem;

struct Replacing : ::testing::Test {
  Replacing() {
    profile.product = inventory.product = recipe.product = "app";
    inventory.version = recipe.from = Version("1.0");
    recipe.to = Version("2.0");
    profile.digest = recipe.profile = Digest::of("profile");
    profile.paths.program = {RelativePath()};
    environment.name = "test";
    environment.root = temp / "root";
    for (const char* name : {"root", "vendor", "staging"}) make_folders(temp / name);
  }

  void put(const std::string& path, const std::string& text) {
    make_folders(fs::path(temp / path).parent_path().string());
    write_text(temp / path, text);
  }
  void link(const std::string& path, const std::string& target) {
    make_folders(fs::path(temp / path).parent_path().string());
    fs::create_symlink(target, temp / path);
  }
  // The vendor's tree, and production as a copy of it.
  void install() {
    fs::copy(temp / "vendor", temp / "root", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  static Manifest tree(const std::string& folder) { return read_tree(folder).manifest; }

  // Of a folder with files; `captured`: as a difference from the vendor's tree.
  void package(const std::string& folder, bool captured = false) {
    PackageMeta meta;
    meta.id = "up";
    meta.kind = PackageKind::upgrade;
    meta.product = "app";
    meta.title = {"Up", "升级"};
    meta.from = VersionRange("1.0");
    meta.to = Version("2.0");
    Manifest files = tree(temp / folder);
    if (captured) {
      const auto source = tree(temp / "vendor");
      auto change = captured_change(source, files);
      meta.removes = change.removes;
      meta.capture.emplace();
      meta.capture->source = program_files(profile, source).content_digest().hex();
      meta.capture->runs = 2;
      files = std::move(change.files);
    } else {
      std::vector<Manifest::Item> items;
      for (const auto& item : files.items())
        if (item.second.type != EntryType::folder) items.push_back(item);
      files = Manifest(std::move(items));
    }
    build_package(meta, temp / folder, files, temp / "up.fpk");
    packages = {inspect_package(temp / "up.fpk")};
    packages[0].origin.person = "engineer";
    recipe.packages = {{"up", packages[0].digest}};
  }

  Plan plan() {
    installed = program(tree(temp / "root"));
    base = program(tree(temp / "vendor"));
    inventory.program = installed.content_digest();
    PlanRequest request{inventory, installed, recipe, packages, profile, environment};
    request.base = &base;
    return make_plan(request);
  }
  Manifest program(const Manifest& all) const { return program_files(profile, all); }
  ThreeWay comparison() const { return compare_three_ways(&base, installed, packages, profile.paths); }

  // There and back; `look` sees the new state.
  void there_and_back(const Plan& made, const std::function<void()>& look) {
    const DeployPlace place{temp / "root", temp / "staging", "run-1"};
    const DeployInput input{made.changes, made.dropped, profile.paths.data};
    const auto before = snapshot(temp / "root");
    PackageFiles files(packages[0]);
    const ContentSource content = [&](const PlannedChange& change, const Sink& sink) { files.read(change.path, sink); };
    DeployOptions options;
    options.threads = 1;
    preflight(place, input, options);
    stage(place, input, content, options);
    EXPECT_TRUE(switch_tree(place, input, options).clean());
    look();
    EXPECT_TRUE(take_back(place, options).clean());
    EXPECT_EQ(difference(before, snapshot(temp / "root")), "");
  }
  std::string text(const std::string& path) const { return text_of(temp / "root/" + path); }
  bool there(const std::string& path) const { return path_exists(temp / "root/" + path); }

  TempFolder temp;
  Inventory inventory;
  Profile profile;
  Environment environment;
  Recipe recipe;
  std::vector<Package> packages;
  Manifest installed, base;
};

TEST_F(Replacing, ByFilesLaidOver) {
  put("vendor/bin/app", "1");
  put("vendor/old/gone", "1");
  install();
  put("root/own.txt", "customer's");
  put("new/bin/app", "2");
  put("new/lib/more", "1");
  package("new");
  there_and_back(plan(), [&] {
    EXPECT_EQ(text("bin/app"), "2");
    EXPECT_EQ(text("lib/more"), "1");
    EXPECT_EQ(text("old/gone"), "1");
    EXPECT_EQ(text("own.txt"), "customer's");
  });
}

TEST_F(Replacing, ByTheResultOfAPackageManagerWithStateInsideTheProgramFolder) {
  profile.paths.data = {RelativePath("app.db"), RelativePath(".env"), RelativePath("uploads")};
  for (int i = 0; i < 300; ++i) put("vendor/node_modules/gone/f" + std::to_string(i), "x");
  put("vendor/node_modules/a/index.js", "1");
  link("vendor/node_modules/.bin/a", "../a/index.js");
  put("vendor/package.json", "{\"v\": 1}");
  install();
  put("root/app.db", "rows");
  put("root/.env", "SECRET=1");
  put("root/uploads/picture", "p");
  put("root/node_modules/a/patched-by-customer.js", "own");
  put("new/node_modules/a/index.js", "2");
  put("new/node_modules/b/index.js", "1");
  link("new/node_modules/.bin/a", "../b/index.js");
  put("new/package.json", "{\"v\": 2}");
  package("new", true);
  EXPECT_EQ(packages[0].meta.removes, std::vector<RelativePath>{RelativePath("node_modules/gone")});
  there_and_back(plan(), [&] {
    EXPECT_EQ(text("node_modules/a/index.js"), "2");
    EXPECT_EQ(fs::read_symlink(temp / "root/node_modules/.bin/a").string(), "../b/index.js");
    EXPECT_FALSE(there("node_modules/gone"));
    EXPECT_EQ(text("node_modules/a/patched-by-customer.js"), "own");
    EXPECT_EQ(text("app.db"), "rows");
    EXPECT_EQ(text(".env"), "SECRET=1");
    EXPECT_EQ(text("uploads/picture"), "p");
  });
}

TEST_F(Replacing, ByANewFolderBesideAndOneLink) {
  profile.paths.data = {RelativePath("shared")};
  put("vendor/releases/1.0/app.js", "1");
  link("vendor/releases/1.0/uploads", "../../shared/uploads");
  link("vendor/current", "releases/1.0");
  install();
  put("root/shared/uploads/picture", "p");
  put("new/releases/2.0/app.js", "2");
  link("new/releases/2.0/uploads", "../../shared/uploads");
  link("new/current", "releases/2.0");
  package("new");
  there_and_back(plan(), [&] {
    EXPECT_EQ(text("current/app.js"), "2");
    EXPECT_EQ(text("current/uploads/picture"), "p");
    EXPECT_EQ(text("releases/1.0/app.js"), "1");
  });
}

TEST_F(Replacing, ByAFolderAsAWhole) {
  profile.paths.whole = {RelativePath("node_modules")};
  profile.paths.data = {RelativePath("node_modules/.state")};
  put("vendor/node_modules/a/index.js", "1");
  put("vendor/node_modules/b/deep/er/index.js", "1");
  install();
  put("root/node_modules/own/index.js", "own");
  put("root/node_modules/.state/id", "7");
  put("new/node_modules/a/index.js", "2");
  package("new");
  EXPECT_THROW(plan(), Error);  // the customer's own module asks for a decision
  const auto found = comparison();
  recipe.decisions = {decide(*found.find(RelativePath("node_modules/own/index.js")), Choice::retire, "r", "e", "t")};
  there_and_back(plan(), [&] {
    const auto left = tree(temp / "root/node_modules");
    std::string names;
    for (const auto& [path, entry] : left.items()) names += path.bytes() + " ";
    EXPECT_EQ(names, ".state .state/id a a/index.js ");
    EXPECT_EQ(text("node_modules/a/index.js"), "2");
  });
}

}  // namespace
}  // namespace ferry::testing
