#include "impact/planner.h"

#include <chrono>

#include "impact/decisions.h"
#include "impact/test_values.h"

namespace ferry::test {
namespace {

struct Planning : ::testing::Test {
  Planning() {
    inventory.product = profile.product = recipe.product = "demo";
    inventory.version = recipe.from = Version("7.4");
    recipe.to = Version("8.0");
    profile.digest = recipe.profile = Digest::of("profile");
    profile.paths = usual_paths();
    Database database;
    database.id = "main";
    database.kind = "sqlite";
    profile.databases = {database};
    environment.name = "test";
    environment.root = "/srv/demo";
  }
  Plan plan() {
    recipe.packages.clear();
    for (const auto& one : packages) recipe.packages.push_back({one.meta.id, one.digest});
    PlanRequest request{inventory, installed, recipe, packages, profile, environment};
    request.base = base ? &*base : nullptr;
    request.compared = compared ? &*compared : nullptr;
    request.merged = merged;
    request.overlays = overlays;
    request.statements = statements;
    request.root_owner = {{33, 34}};
    return make_plan(request);
  }
  static const PlannedChange* change(const Plan& plan, const std::string& path) {
    for (const auto& one : plan.changes)
      if (one.path == RelativePath(path)) return &one;
    return nullptr;
  }
  ThreeWay comparison() const {
    return compare_three_ways(base ? &*base : nullptr, compared ? *compared : installed, packages, profile.paths);
  }

  Inventory inventory;
  Profile profile;
  Environment environment;
  Recipe recipe;
  std::vector<Package> packages;
  Manifest installed;
  std::optional<Manifest> base, compared;
  std::map<Digest, std::uint64_t> merged, statements;
  std::map<RelativePath, ContentOverlay> overlays;
};

TEST_F(Planning, ThePlanIsExactlyWhatDiffers) {
  base = tree({{"web/a", "1"}, {"web/same", "1"}, {"web/gone", "1"}, {"web/own", "1"}});
  installed = tree({{"web/a", "1"}, {"web/same", "1"}, {"web/gone", "1"}, {"web/own", "customised"}});
  packages = {package("up", {{"web/a", "2"}, {"web/same", "1"}, {"web/new/deep/x", "3"}}, {"web/gone", "web/never"}),
              package("fix", {{"web/a", "22"}})};
  const auto out = plan();
  ASSERT_EQ(out.changes.size(), 5U);
  EXPECT_EQ(change(out, "web/a")->source, "package:fix");
  EXPECT_EQ(change(out, "web/a")->after->digest, Digest::of("22"));
  EXPECT_EQ(change(out, "web/a")->before, *installed.find(RelativePath("web/a")));
  EXPECT_FALSE(change(out, "web/gone")->after);
  EXPECT_FALSE(change(out, "web/new/deep/x")->before);
  EXPECT_EQ(change(out, "web/new")->after->type, EntryType::folder);
  EXPECT_EQ(change(out, "web/new/deep")->after->type, EntryType::folder);
  EXPECT_EQ(out.untouched, std::vector<RelativePath>{RelativePath("web/own")});
  EXPECT_EQ(out.dropped, profile.paths.generated);
  EXPECT_EQ(out.bytes_to_stage, 3U);
  EXPECT_TRUE(std::is_sorted(out.changes.begin(), out.changes.end(),
                             [](const auto& a, const auto& b) { return a.path < b.path; }));
  EXPECT_EQ(out.digest(), plan().digest());
}

TEST_F(Planning, ModeAndOwnerStayAndTheTimeMovesForward) {
  auto entry = file_entry("1", 0640);
  entry.uid = 7;
  entry.gid = 8;
  entry.mtime_ns = 1'500'000'000'000'000'000;
  auto folder = folder_entry(0750);
  folder.uid = 9;
  folder.gid = 10;
  const Manifest both({{RelativePath("run.sh"), entry}, {RelativePath("sub"), folder}});
  base = installed = both;
  packages = {package("up", {{"run.sh", "2"}, {"sub/deep/new", "1"}, {"top", "1"}})};
  std::vector<Manifest::Item> items(packages[0].files.items().begin(), packages[0].files.items().end());
  for (auto& [path, one] : items)
    if (path == RelativePath("run.sh")) one.mode = 0755;
  packages[0].files = Manifest(items);
  const auto out = plan();
  const auto& after = *change(out, "run.sh")->after;
  EXPECT_EQ(after.mode, 0750U);  // executable for those who may read it
  EXPECT_EQ(after.uid, 7U);
  EXPECT_EQ(after.gid, 8U);
  EXPECT_EQ(after.mtime_ns, entry.mtime_ns + 1'000'000'000);
  EXPECT_EQ(change(out, "sub/deep")->after->mode, 0750U);
  EXPECT_EQ(change(out, "sub/deep/new")->after->uid, 9U);
  EXPECT_EQ(change(out, "sub/deep/new")->after->mode, 0644U);
  EXPECT_EQ(change(out, "top")->after->uid, 33U);
  EXPECT_EQ(change(out, "top")->after->gid, 34U);
}

TEST_F(Planning, ConflictsNeedADecisionForExactlyTheseContents) {
  base = tree({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}});
  installed = tree({{"a", "2"}, {"b", "2"}, {"c", "2"}, {"d", "2"}});
  packages = {package("up", {{"a", "3"}, {"b", "3"}, {"c", "3"}, {"d", "3"}})};
  EXPECT_REFUSED(Code::undecided, "4 conflicts", plan());
  const auto found = comparison();
  const auto item = [&](const char* path) { return *found.find(RelativePath(path)); };
  recipe.decisions = {decide(item("a"), Choice::keep, "r", "e", "t"), decide(item("b"), Choice::take, "r", "e", "t"),
                      decide(item("c"), Choice::merge, "r", "e", "t", Digest::of("merged")),
                      decide(item("d"), Choice::retire, "r", "e", "t")};
  EXPECT_REFUSED(Code::not_found, "merged content", plan());
  merged[Digest::of("merged")] = 6;
  const auto out = plan();
  EXPECT_EQ(change(out, "a"), nullptr);
  EXPECT_EQ(change(out, "b")->source, "package:up");
  EXPECT_EQ(change(out, "c")->source, "decision:" + Digest::of("merged").hex());
  EXPECT_EQ(change(out, "c")->after->size, 6U);
  EXPECT_FALSE(change(out, "d")->after);
  installed = tree({{"a", "2"}, {"b", "changed since"}, {"c", "2"}, {"d", "2"}});
  EXPECT_REFUSED(Code::undecided,
                 "b: the customer and the vendor both changed it; the recipe's decision was about other", plan());
}

TEST_F(Planning, PackagesThatTouchDataOrLeaveTheProgramAreRefused) {
  installed = tree({{"data/db", "x"}, {"web/a", "1"}});
  for (const char* path : {"data/new", "data", "work/x.class", "logs/x"}) {
    packages = {package("up", {{path, "1"}})};
    EXPECT_REFUSED(Code::package_content, path, plan());
  }
  packages = {package("up", {{"x", "1"}}, {"data/db"})};
  EXPECT_REFUSED(Code::package_content, "data/db", plan());
  profile.paths.data = {RelativePath("web/upload/files")};
  packages = {package("up", {{"x", "1"}}, {"web"})};
  EXPECT_REFUSED(Code::package_content, "would remove the data", plan());
  profile.paths.program = {RelativePath("web")};
  packages = {package("up", {{"other/x", "1"}})};
  EXPECT_REFUSED(Code::package_content, "outside the program paths", plan());
  packages = {package("up", {{"web/a/x", "1"}})};
  EXPECT_REFUSED(Code::package_content, "no folder", plan());
  packages = {package("up", {{"web", "1"}})};
  EXPECT_REFUSED(Code::package_content, "installed is a dir", plan());
}

TEST_F(Planning, RecipeAndPackagesMustBelongTogether) {
  installed = tree({{"a", "1"}});
  packages = {package("up", {{"b", "1"}})};
  plan();
  packages[0].origin = {};
  EXPECT_REFUSED(Code::unsigned_package, "up", plan());
  packages[0].origin.person = "engineer";
  plan();
  inventory.version = Version("7.5");
  EXPECT_REFUSED(Code::wrong_version, "7.5", plan());
  inventory.version = Version("7.4");
  inventory.product = "mail";
  EXPECT_REFUSED(Code::wrong_product, "mail", plan());
  inventory.product = "demo";
  profile.digest = Digest::of("other");
  EXPECT_REFUSED(Code::stale_plan, "profile", plan());
  profile.digest = recipe.profile;
  recipe.packages = {{"up", Digest::of("another build")}};
  EXPECT_REFUSED(Code::package_conflict, "up",
                 make_plan({inventory, installed, recipe, packages, profile, environment}));
  EXPECT_REFUSED(Code::package_missing, "up", make_plan({inventory, installed, recipe, {}, profile, environment}));
}

TEST_F(Planning, ScriptsRunInOrderOnceAndOnlyWhereNotApplied) {
  installed = tree({{"a", "1"}});
  packages = {package("up", {}), package("fix", {})};
  const auto script = [](const char* dialect, const char* name, const char* bytes) {
    return PackageScript{dialect, name, Digest::of(bytes), 1};
  };
  packages[0].scripts = {script("sqlite", "020_b.sql", "b"), script("sqlite", "010_a.sql", "a"),
                         script("oracle", "010_a.sql", "o")};
  packages[1].scripts = {script("sqlite", "005_c.sql", "c"), script("sqlite", "020_b.sql", "b")};
  statements[Digest::of("a")] = 4;
  inventory.scripts = {"005_c.sql"};
  const auto out = plan();
  ASSERT_EQ(out.scripts.size(), 2U);
  EXPECT_EQ(out.scripts[0].name, "010_a.sql");
  EXPECT_EQ(out.scripts[0].statements, 4U);
  EXPECT_EQ(out.scripts[0].database, "main");
  EXPECT_EQ(out.scripts[1].name, "020_b.sql");
  packages[1].scripts[1].digest = Digest::of("different");
  EXPECT_REFUSED(Code::package_conflict, "020_b.sql", plan());
  packages[1].scripts = {script("oracle", "010_a.sql", "o")};
  EXPECT_REFUSED(Code::package_content, "none for sqlite", plan());
}

TEST_F(Planning, OnAClonedSystemTheRewritingIsLaidOverLastAndNeverCompared) {
  base = tree({{"conf/x", "port=1"}, {"web/a", "1"}});
  compared = tree({{"conf/x", "port=2"}, {"web/a", "1"}});   // production
  installed = tree({{"conf/x", "port=3"}, {"web/a", "1"}});  // the clone, rewritten
  packages = {package("up", {{"conf/x", "port=1\nnew=1"}, {"web/a", "2"}})};
  recipe.decisions = {
      decide(*comparison().find(RelativePath("conf/x")), Choice::merge, "r", "e", "t", Digest::of("m"))};
  merged[Digest::of("m")] = 12;
  const auto rewritten = Digest::of("port=3\nnew=1");
  overlays[RelativePath("conf/x")] = {rewritten, 12, "profile", {"rewritten for the clone", "为克隆改写"}};
  overlays[RelativePath("licence.key")] = {Digest::of("key"), 3, "licence", {"licence", "授权"}};
  const auto out = plan();
  EXPECT_EQ(change(out, "conf/x")->after->digest, rewritten);
  EXPECT_EQ(change(out, "conf/x")->source, "profile");
  EXPECT_EQ(change(out, "conf/x")->before->digest, Digest::of("port=3"));
  EXPECT_EQ(change(out, "licence.key")->source, "licence");
  EXPECT_EQ(content_to_stage(out).size(), 3U);
  EXPECT_EQ(content_to_stage(out)[0].source, "licence");
}

TEST_F(Planning, FoldersThatTheVendorRemovesGoWhenNothingIsLeftInThem) {
  base = tree({{"old/x", "1"}, {"old/sub/y", "1"}, {"older/z", "1"}});
  installed = tree({{"old/x", "1"}, {"old/sub/y", "1"}, {"older/z", "1"}, {"older/own", "1"}});
  packages = {package("up", {}, {"old", "older"})};
  recipe.decisions = {decide(*comparison().find(RelativePath("older/own")), Choice::keep, "r", "e", "t")};
  const auto out = plan();
  for (const char* path : {"old", "old/x", "old/sub", "old/sub/y", "older/z"}) {
    ASSERT_NE(change(out, path), nullptr) << path;
    EXPECT_FALSE(change(out, path)->after) << path;
  }
  EXPECT_EQ(change(out, "older"), nullptr);
  EXPECT_EQ(change(out, "older/own"), nullptr);
}

TEST_F(Planning, StepsNameTheirWayBackAndThePlanIsShownCountsFirst) {
  installed = tree({{"a", "1"}});
  packages = {package("up", {{"b", "1"}})};
  packages[0].scripts = {{"sqlite", "010_a.sql", Digest::of("a"), 1}};
  profile.effects.resize(2);
  profile.licence.emplace();
  const auto out = plan();
  std::vector<std::string> ids;
  for (const auto& step : out.steps) {
    ids.push_back(step.id);
    for (const auto* text : {&step.title, &step.undo, &step.open_until})
      EXPECT_FALSE(text->en.empty() || text->zh.empty());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"prepare", "observe", "close", "hold", "stop", "point", "switch", "migrate",
                                           "start", "licence", "check", "open"}));
  const auto brief = show_plan(out);
  const auto full = show_plan(out, true);
  EXPECT_EQ(brief[2].en, "1 new, 0 replaced, 0 removed, 1 B to stage");
  EXPECT_GT(full.size(), brief.size());
  EXPECT_EQ(std::count_if(full.begin(), full.end(),
                          [](const Text& line) { return line.en.starts_with("+ b  [package:up]"); }),
            1);
  for (const auto& line : full) EXPECT_FALSE(line.zh.empty());
}

TEST_F(Planning, ThirtyThousandFilesArePlannedInSeconds) {
  Files old, fresh;
  for (int i = 0; i < 30000; ++i) {
    const auto path = "web/" + std::to_string(i % 300) + "/f" + std::to_string(i);
    old[path] = "1";
    fresh[path] = i % 2 == 0 ? "2" : "1";
  }
  base = installed = tree(old);
  packages = {package("up", fresh)};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(plan().changes.size(), 15000U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

// ---- several jumps

TEST_F(Planning, ALaterJumpStartsFromWhatTheOneBeforeItLeaves) {
  base = tree({{"web/a", "1"}, {"web/b", "1"}, {"web/c", "1"}});
  installed = tree({{"web/a", "1"}, {"web/b", "1"}, {"web/c", "own"}});
  packages = {package("up", {{"web/a", "2"}, {"web/new", "2"}}, {"web/b"})};
  const auto first = plan();
  const auto after = after_changes(installed, first.changes);
  EXPECT_EQ(after.find(RelativePath("web/a"))->digest, Digest::of("2"));
  EXPECT_EQ(after.find(RelativePath("web/b")), nullptr);
  base = vendor_files_after(*base, packages, profile.paths.whole);
  installed = after;
  const auto whole = recipe;
  inventory.version = recipe.from = Version("8.0");
  recipe.to = Version("9.0");
  packages = {package("up9", {{"web/a", "3"}}, {"web/new"})};
  // What the first jump laid is the vendor's, not the customer's.
  EXPECT_TRUE(comparison().conflicts().empty());
  const auto second = plan();
  auto both = whole;
  both.to = Version("9.0");
  both.hops = {{Version("8.0"), {"up"}}, {Version("9.0"), {"up9"}}};
  const auto joined = join_jumps(both, profile, {first, second});
  ASSERT_EQ(joined.jumps(), 2U);
  EXPECT_EQ(joined.jump(1).from, Version("8.0"));
  EXPECT_EQ(change(joined, "web/a")->before->digest, Digest::of("1"));
  EXPECT_EQ(change(joined, "web/a")->after->digest, Digest::of("3"));
  EXPECT_FALSE(change(joined, "web/b")->after);
  // It comes and goes: touched, though nothing becomes of it in the end.
  ASSERT_NE(change(joined, "web/new"), nullptr);
  EXPECT_FALSE(change(joined, "web/new")->before);
  EXPECT_FALSE(change(joined, "web/new")->after);
  std::vector<std::string> steps;
  for (const auto& step : joined.steps) steps.push_back(step.id);
  EXPECT_EQ(steps,
            (std::vector<std::string>{"prepare", "observe", "close", "stop", "point", "switch@8.0", "start@8.0",
                                      "check@8.0", "stop@8.0", "point@8.0", "switch", "start", "check", "open"}));
  EXPECT_EQ(Json(joined).get<Plan>().digest(), joined.digest());
}

TEST_F(Planning, WithoutABaselineWhatAJumpLaidIsKnownToTheNext) {
  installed = tree({{"web/a", "2"}, {"web/b", "?"}});
  packages = {package("up9", {{"web/a", "3"}, {"web/b", "3"}})};
  const auto partial = tree({{"web/a", "2"}});
  const auto out = compare_three_ways(&partial, installed, packages, profile.paths, true);
  ASSERT_EQ(out.conflicts().size(), 1U);
  EXPECT_EQ(out.conflicts()[0]->path, RelativePath("web/b"));
  EXPECT_EQ(out.conflicts()[0]->conflict, ConflictKind::no_base);
}

}  // namespace
}  // namespace ferry::test
