#include "package/compose.h"

#include "package/meta.h"
#include "package/test_archive.h"

namespace ferry::test {
namespace {

Package made(const std::string& id, PackageKind kind, const std::string& from, const std::string& to = {}) {
  Package out;
  out.meta.id = id;
  out.meta.kind = kind;
  out.meta.product = "demo";
  out.meta.from = VersionRange(from);
  if (!to.empty()) out.meta.to = Version(to);
  out.digest = Digest::of(id);
  return out;
}
Package upgrade(const std::string& id, const std::string& from, const std::string& to) {
  return made(id, PackageKind::upgrade, from, to);
}
Package patch(const std::string& id, const std::string& from) {
  return made(id, PackageKind::patch, from);
}
Package feature(const std::string& id, const std::string& from, const std::string& module) {
  auto out = made(id, PackageKind::feature, from);
  out.meta.module = module;
  return out;
}

ComposeRequest request(std::vector<Package> available) {
  ComposeRequest out;
  out.product = "demo";
  out.installed = Version("7.4");
  out.available = std::move(available);
  return out;
}

std::vector<std::string> ids(const Composition& composition) {
  std::vector<std::string> out;
  for (const auto& package : composition.packages) out.push_back(package.meta.id);
  return out;
}
using Ids = std::vector<std::string>;

LeftOut cause(const Composition& composition, const std::string& id) {
  for (const auto& left : composition.left_out)
    if (left.meta.id == id) return left.cause;
  ADD_FAILURE() << id << " is not left out";
  return LeftOut::excluded;
}

TEST(Compose, UpgradeThenFeaturePacksThenPatchesInOrder) {
  auto late = patch("patch-9", "8.0");
  late.meta.requires_ids = {"patch-10"};
  auto asked = request({patch("patch-10", "8.0"), late, patch("patch-2", "8.0"), feature("travel-8", "8.0", "travel"),
                        upgrade("upgrade-8.0", ">=7.4 <8", "8.0"), feature("hr-8", "8.0", "hr")});
  asked.modules = {{"travel", {"Travel", "差旅"}, false}};
  const auto out = compose(asked);
  EXPECT_EQ(ids(out), (Ids{"upgrade-8.0", "travel-8", "patch-2", "patch-10", "patch-9"}));
  EXPECT_EQ(out.to, Version("8.0"));
  EXPECT_TRUE(out.stops.empty());
  EXPECT_EQ(cause(out, "hr-8"), LeftOut::module_not_installed);
  for (const auto& package : out.packages) {
    EXPECT_FALSE(package.why.en.empty());
    EXPECT_FALSE(package.why.zh.empty());
  }
}

TEST(Compose, SeveralUpgradesAreChainedOverTheRequiredStops) {
  auto nine = upgrade("upgrade-9", ">=8.5 <9", "9");
  auto out = compose(request({nine, upgrade("upgrade-8.0", ">=7 <8", "8.0"), upgrade("upgrade-8.5", "8.0", "8.5")}));
  EXPECT_EQ(ids(out), (Ids{"upgrade-8.0", "upgrade-8.5", "upgrade-9"}));
  EXPECT_EQ(out.stops, (std::vector<Version>{Version("8.0"), Version("8.5")}));
  const auto recipe = make_recipe(out, Digest::of("profile"));
  ASSERT_EQ(recipe.jumps(), 3U);
  EXPECT_EQ(recipe.hops[0], (RecipeHop{Version("8.0"), {"upgrade-8.0"}}));
  EXPECT_EQ(recipe.hop(1).from, Version("8.0"));
  EXPECT_EQ(recipe.hop(1).to, Version("8.5"));
  EXPECT_EQ(recipe.hop(1).packages, (std::vector<RecipePackage>{{"upgrade-8.5", Digest::of("upgrade-8.5")}}));
  auto to_eight = request({nine, upgrade("upgrade-8.0", ">=7 <8", "8.0")});
  to_eight.target = Version("8.0");
  EXPECT_EQ(ids(compose(to_eight)), Ids{"upgrade-8.0"});
  auto direct = request({upgrade("direct", "7.4", "9"), nine, upgrade("upgrade-8.5", ">=7 <8.5", "8.5")});
  EXPECT_EQ(ids(compose(direct)), Ids{"direct"});
}

TEST(Compose, ARecipeOfOneJumpReadsAsItAlwaysDid) {
  const auto recipe = make_recipe(compose(request({upgrade("up", "7.4", "8.0")})), Digest::of("profile"));
  EXPECT_FALSE(Json(recipe).contains("hops"));
  EXPECT_EQ(recipe.jumps(), 1U);
  EXPECT_EQ(recipe.hop(0).digest(), recipe.digest());
}

TEST(Compose, WhatStandsInFrontOfAnUpgradeBelongsToItsJumpAndWhatComesLastToTheLast) {
  auto nine = upgrade("upgrade-9", "8.0", "9");
  nine.meta.requires_ids = {"patch-8"};
  const auto out =
      compose(request({nine, upgrade("upgrade-8", "7.4", "8.0"), patch("patch-8", "8.0"), patch("patch-9", "9")}));
  const auto recipe = make_recipe(out, Digest::of("profile"));
  ASSERT_EQ(recipe.jumps(), 2U);
  EXPECT_EQ(recipe.hops[0].packages, (std::vector<std::string>{"upgrade-8"}));
  EXPECT_EQ(recipe.hops[1].packages, (std::vector<std::string>{"patch-8", "upgrade-9", "patch-9"}));
}

TEST(Compose, WhatAnUpgradeRequiresStandsInFrontOfIt) {
  auto up = upgrade("upgrade-8.0", "7.4", "8.0");
  up.meta.requires_ids = {"patch-7.4.3"};
  EXPECT_EQ(ids(compose(request({up, patch("patch-7.4.3", "7.4")}))), (Ids{"patch-7.4.3", "upgrade-8.0"}));
  auto there = request({up});
  there.installed_packages = {"patch-7.4.3"};
  EXPECT_EQ(ids(compose(there)), Ids{"upgrade-8.0"});
  EXPECT_REFUSED(Code::package_missing, "patch-7.4.3 for demo 7.4", compose(request({up})));
}

TEST(Compose, SupersededPackagesAreLeftOutAlsoOverSeveralSteps) {
  auto b = patch("b", "7.4");
  b.meta.supersedes = {"a"};
  auto c = patch("c", "7.4");
  c.meta.supersedes = {"b"};
  auto needs = patch("needs-a", "7.4");
  needs.meta.requires_ids = {"a"};
  const auto out = compose(request({patch("a", "7.4"), b, c, needs}));
  EXPECT_EQ(ids(out), (Ids{"c", "needs-a"}));
  EXPECT_EQ(cause(out, "a"), LeftOut::superseded);
  auto installed = request({patch("a", "7.4"), b});
  installed.installed_packages = {"b"};
  const auto nothing = explore(installed);
  EXPECT_TRUE(nothing.packages.empty());
  EXPECT_EQ(cause(nothing, "b"), LeftOut::already_installed);
  EXPECT_EQ(cause(nothing, "a"), LeftOut::superseded);
}

TEST(Compose, AfterAnUpgradeWhatWasInstalledIsLaidAgain) {
  auto asked = request({upgrade("upgrade-8.0", "7.4", "8.0"), patch("both", ">=7.4 <9")});
  asked.installed_packages = {"both"};
  EXPECT_EQ(ids(compose(asked)), (Ids{"upgrade-8.0", "both"}));
}

TEST(Compose, AnInstalledModuleWithoutAPackForTheNewVersionIsAskedForFromTheVendor) {
  auto asked = request({upgrade("upgrade-8.0", "7.4", "8.0"), feature("travel-7", "7.4", "travel")});
  asked.modules = {{"travel", {"Travel", "差旅"}, false}};
  EXPECT_REFUSED(Code::package_missing, "feature pack of module travel (Travel) for demo 8.0", compose(asked));
  const auto lines = vendor_request(explore(asked));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].zh.find("差旅"), std::string::npos);
  asked.modules = {{"seal", {"Seal", "印章"}, true}};
  EXPECT_REFUSED(Code::package_missing, "module seal (Seal)", compose(asked));
  asked.modules.clear();
  compose(asked);
  asked.available.push_back(made("own-pack", PackageKind::feature, "7.4"));
  asked.installed_packages = {"own-pack"};
  EXPECT_REFUSED(Code::package_missing, "own-pack", compose(asked));
  asked.exclude = {"own-pack"};
  compose(asked);
}

TEST(Compose, RequirementsAreAddedOrNamed) {
  auto p = patch("p", "7.4");
  p.meta.requires_ids = {"q"};
  EXPECT_EQ(ids(compose(request({p, made("q", PackageKind::feature, "7.4")}))), (Ids{"q", "p"}));
  EXPECT_REFUSED(Code::package_missing, "p requires q", compose(request({p})));
  EXPECT_REFUSED(Code::package_missing, "there is one for 8.0", compose(request({p, patch("q", "8.0")})));
  auto circle = patch("q", "7.4");
  circle.meta.requires_ids = {"p"};
  EXPECT_REFUSED(Code::package_conflict, "circle", compose(request({p, circle})));
}

TEST(Compose, ConflictsAreRefusedInWhicheverPackageTheyStand) {
  auto p = patch("p", "7.4");
  p.meta.conflicts = {"q"};
  EXPECT_REFUSED(Code::package_conflict, "p and q exclude", compose(request({p, patch("q", "7.4")})));
  auto q = patch("q", "7.4");
  q.meta.conflicts = {"p"};
  EXPECT_EQ(explore(request({p, q})).problems.size(), 1U);
  auto installed = request({p});
  installed.installed_packages = {"q"};
  EXPECT_REFUSED(Code::package_conflict, "p and q", compose(installed));
  auto excluded = request({p, q});
  excluded.exclude = {"q"};
  EXPECT_EQ(ids(compose(excluded)), Ids{"p"});
}

TEST(Compose, PackagesForAnotherProductOrVersionAreSaidToBe) {
  auto other = patch("p", "7.4");
  other.meta.product = "mail";
  EXPECT_REFUSED(Code::wrong_product, "mail", compose(request({other})));
  EXPECT_REFUSED(Code::wrong_version, "upgrade-8.0 (>=7.6 <8)",
                 compose(request({upgrade("upgrade-8.0", ">=7.6 <8", "8.0")})));
  auto wanted = request({upgrade("upgrade-9", "8.0", "9")});
  wanted.target = Version("9");
  EXPECT_REFUSED(Code::package_missing, "upgrade package of demo from 7.4 to 9", compose(wanted));
  wanted.target = Version("7.0");
  EXPECT_REFUSED(Code::wrong_version, "older", compose(wanted));
  auto included = request({patch("p8", "8.0"), patch("p7", "7.4")});
  included.include = {"p8"};
  EXPECT_REFUSED(Code::wrong_version, "p8", compose(included));
}

TEST(Compose, TheRecipeNamesPackagesByDigestInOrder) {
  const auto out = compose(request({upgrade("upgrade-8.0", "7.4", "8.0"), patch("p", "8.0")}));
  Decision z, a;
  z.path = RelativePath("z");
  a.path = RelativePath("a");
  const auto recipe = make_recipe(out, Digest::of("profile"), {z, a}, {{"style", "old"}});
  ASSERT_EQ(recipe.packages.size(), 2U);
  EXPECT_EQ(recipe.packages[1], (RecipePackage{"p", Digest::of("p")}));
  EXPECT_EQ(recipe.from, Version("7.4"));
  EXPECT_EQ(recipe.to, Version("8.0"));
  EXPECT_EQ(recipe.decisions[0].path, RelativePath("a"));
  EXPECT_EQ(recipe.profile, Digest::of("profile"));
}

}  // namespace
}  // namespace ferry::test
