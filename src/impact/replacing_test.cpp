// The forms in which a program is replaced: laid over, captured, side by side with a link, a folder as a whole; and
// what of the customer's lies in between.
#include "impact/decisions.h"
#include "impact/test_values.h"
#include "survey/survey.h"

namespace ferry::test {
namespace {

Entry link_entry(const std::string& target) {
  Entry out;
  out.type = EntryType::link;
  out.mode = 0777;
  out.link = target;
  return out;
}

Manifest with(Manifest files, const std::string& path, const Entry& entry) {
  std::vector<Manifest::Item> items(files.items().begin(), files.items().end());
  items.emplace_back(RelativePath(path), entry);
  return Manifest(std::move(items));
}

struct Replacing : ::testing::Test {
  Replacing() {
    inventory.product = profile.product = recipe.product = "demo";
    inventory.version = recipe.from = Version("7.4");
    recipe.to = Version("8.0");
    profile.digest = recipe.profile = Digest::of("profile");
    profile.paths.program = {RelativePath()};
    environment.name = "test";
    environment.root = "/srv/demo";
  }
  Package upgrade(const Files& files, const std::vector<std::string>& removes = {}) {
    auto out = package("up", files, removes);
    out.meta.kind = PackageKind::upgrade;
    return out;
  }
  Package captured(const Files& files, const std::vector<std::string>& removes, const std::string& source) {
    auto out = upgrade(files, removes);
    out.meta.capture.emplace();
    out.meta.capture->source = source;
    out.meta.capture->runs = 2;
    return out;
  }
  Plan plan() {
    recipe.packages.clear();
    for (const auto& one : packages) recipe.packages.push_back({one.meta.id, one.digest});
    inventory.program = program_files(profile, installed).content_digest();
    PlanRequest request{inventory, installed, recipe, packages, profile, environment};
    request.base = base ? &*base : nullptr;
    return make_plan(request);
  }
  ThreeWay comparison() const {
    return compare_three_ways(base ? &*base : nullptr, installed, packages, profile.paths);
  }
  std::vector<std::string> gone(const Plan& made) const {
    std::vector<std::string> out;
    for (const auto& change : made.changes)
      if (!change.after) out.push_back(change.path.bytes());
    return out;
  }

  Inventory inventory;
  Profile profile;
  Environment environment;
  Recipe recipe;
  std::vector<Package> packages;
  Manifest installed;
  std::optional<Manifest> base;
};

TEST_F(Replacing, OfAWholeFolderLeavesNothingOfTheOldOneBehind) {
  profile.paths.whole = {RelativePath("node_modules")};
  base = installed = tree({{"app.js", "1"}, {"node_modules/a/x.js", "1"}, {"node_modules/b/deep/y.js", "1"}});
  packages = {upgrade({{"app.js", "2"}, {"node_modules/a/x.js", "2"}, {"node_modules/c/z.js", "1"}})};
  EXPECT_EQ(gone(plan()),
            (std::vector<std::string>{"node_modules/b", "node_modules/b/deep", "node_modules/b/deep/y.js"}));
  // A feature pack adds to it.
  auto feature = package("extra", {{"node_modules/d/w.js", "1"}});
  feature.meta.kind = PackageKind::feature;
  packages.push_back(feature);
  EXPECT_EQ(gone(plan()).size(), 3U);
  // An upgrade that does not touch it leaves it alone.
  packages = {upgrade({{"app.js", "2"}})};
  EXPECT_TRUE(gone(plan()).empty());
}

TEST_F(Replacing, OfAWholeFolderAsksForEachThingTheCustomerAddedThere) {
  profile.paths.whole = {RelativePath("node_modules")};
  base = tree({{"node_modules/a/x.js", "1"}});
  installed = tree({{"node_modules/a/x.js", "1"}, {"node_modules/own/m.js", "1"}});
  for (const auto& package :
       {upgrade({{"node_modules/a/x.js", "2"}}),
        captured({{"node_modules/a/x.js", "2"}}, {}, program_files(profile, *base).content_digest().hex())}) {
    packages = {package};
    recipe.decisions.clear();
    EXPECT_REFUSED(Code::undecided, "node_modules/own/m.js: the customer added it in a folder", plan());
    const auto found = comparison();
    const auto* item = found.find(RelativePath("node_modules/own/m.js"));
    EXPECT_EQ(item->conflict, ConflictKind::add_delete);
    recipe.decisions = {decide(*item, Choice::keep, "r", "e", "t")};
    EXPECT_TRUE(gone(plan()).empty());
    recipe.decisions = {decide(*item, Choice::retire, "r", "e", "t")};
    EXPECT_EQ(gone(plan()).back(), "node_modules/own/m.js");
  }
}

TEST_F(Replacing, SideBySideIsANewFolderAndOneLink) {
  const Files old{{"releases/7.4/app.js", "1"}, {"shared/x", "1"}};
  base = installed = with(tree(old), "current", link_entry("releases/7.4"));
  auto up = upgrade({{"releases/8.0/app.js", "2"}});
  up.files = with(up.files, "current", link_entry("releases/8.0"));
  packages = {up};
  const auto made = plan();
  ASSERT_EQ(made.changes.size(), 3U);
  EXPECT_EQ(made.changes[0].path.bytes(), "current");
  EXPECT_EQ(made.changes[0].before->link, "releases/7.4");
  EXPECT_EQ(made.changes[0].after->link, "releases/8.0");
  EXPECT_EQ(made.changes[2].path.bytes(), "releases/8.0/app.js");
}

TEST_F(Replacing, SideBySideNothingOfTheCustomersIsLeftBehindUnseen) {
  const Files old{{"releases/7.4/app.js", "1"}, {"releases/7.4/view.html", "1"}};
  base = with(tree(old), "current", link_entry("releases/7.4"));
  auto changed = old;
  changed["releases/7.4/view.html"] = "customised";
  changed["releases/7.4/plugin.js"] = "own";
  installed = with(tree(changed), "current", link_entry("releases/7.4"));
  auto up = upgrade({{"releases/8.0/app.js", "2"}, {"releases/8.0/pages/view.html", "1"}});
  up.files = with(up.files, "current", link_entry("releases/8.0"));
  packages = {up};
  EXPECT_REFUSED(Code::undecided, "2 conflicts", plan());
  const auto found = comparison();
  const auto* view = found.find(RelativePath("releases/7.4/view.html"));
  EXPECT_EQ(view->conflict, ConflictKind::left_behind);
  ASSERT_TRUE(view->moved);
  EXPECT_EQ(view->moved->to.bytes(), "releases/8.0/pages/view.html");
  profile.paths.data = {RelativePath("releases/7.4/uploads")};
  EXPECT_REFUSED(Code::protected_path, "releases/7.4/uploads", plan());
  profile.paths.data = {};
  profile.paths.ignored = {RelativePath("releases/7.4/plugin.js")};
  EXPECT_REFUSED(Code::undecided, "1 conflict", plan());
}

TEST_F(Replacing, ACustomisedFileThatMovedIsToldWithItsNewPlace) {
  base = tree({{"lib/a/login.js", "old"}, {"lib/b/index.js", "1"}});
  installed = tree({{"lib/a/login.js", "customised"}, {"lib/b/index.js", "mine"}});
  packages = {upgrade({{"src/a/login.js", "old"}, {"src/b/index.js", "2"}, {"src/c/index.js", "3"}},
                      {"lib/a/login.js", "lib/b/index.js"})};
  const auto found = comparison();
  const auto* login = found.find(RelativePath("lib/a/login.js"));
  EXPECT_EQ(login->conflict, ConflictKind::modify_delete);
  ASSERT_TRUE(login->moved);
  EXPECT_EQ(login->moved->to.bytes(), "src/a/login.js");
  EXPECT_TRUE(login->moved->same_content);
  const auto* index = found.find(RelativePath("lib/b/index.js"));
  ASSERT_TRUE(index->moved);
  EXPECT_EQ(index->moved->to.bytes(), "src/b/index.js");
  EXPECT_FALSE(index->moved->same_content);
  EXPECT_NE(index->why.zh.find("src/b/index.js"), std::string::npos);
}

TEST_F(Replacing, ACapturedPackageHoldsForItsSourceOnly) {
  installed = tree({{"app.js", "1"}});
  packages = {captured({{"app.js", "2"}}, {}, installed.content_digest().hex())};
  base = installed;
  EXPECT_EQ(plan().changes.size(), 1U);
  // The customer changed something else: the vendor's baseline is the source, and the comparison does the rest.
  installed = tree({{"app.js", "1"}, {"own.js", "1"}});
  EXPECT_EQ(plan().changes.size(), 1U);
  base = tree({{"app.js", "0"}});
  EXPECT_REFUSED(Code::wrong_source, "up", plan());
  base.reset();
  EXPECT_REFUSED(Code::wrong_source, "there is no baseline", plan());
}

TEST_F(Replacing, StateInsideTheProgramFolderIsNeverTouched) {
  profile.paths.data = {RelativePath("app.db"), RelativePath("extensions/own")};
  profile.paths.whole = {RelativePath("extensions")};
  base = installed = tree({{"app.db", "rows"}, {"extensions/own/x", "1"}, {"extensions/std/y", "1"}, {"a", "1"}});
  packages = {upgrade({{"a", "2"}, {"extensions/std2/y", "1"}})};
  EXPECT_EQ(gone(plan()), (std::vector<std::string>{"extensions/std", "extensions/std/y"}));
  packages = {upgrade({{"a", "2"}, {"app.db", "fresh"}})};
  EXPECT_REFUSED(Code::package_content, "app.db", plan());
}

TEST_F(Replacing, TensOfThousandsOfRemovedPathsAreNoMatter) {
  Files old, fresh;
  std::vector<std::string> removes;
  for (int i = 0; i < 40000; ++i) {
    const auto path = "node_modules/m" + std::to_string(i % 400) + "/f" + std::to_string(i);
    old[path] = "1";
    if (i % 2 == 0)
      fresh[path] = "2";
    else
      removes.push_back(path);
  }
  base = installed = tree(old);
  packages = {upgrade(fresh), upgrade({}, removes)};
  packages[1].meta.id = "second";
  EXPECT_EQ(gone(plan()).size(), 20000U);
}

}  // namespace
}  // namespace ferry::test
