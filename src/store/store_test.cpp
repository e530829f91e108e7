#include "store/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "host/files.h"
#include "store/store_fixture.h"

namespace ferry {
namespace {

using testing_store::code_of;
using testing_store::yaml;

class StoreTest : public testing_store::WithHome {};

TEST_F(StoreTest, AProjectIsMadeOnceAndFoundAgain) {
  EXPECT_TRUE(Store::list(home()).empty());
  const auto made = Store::create(home(), yaml);
  EXPECT_EQ(made.id(), "sample");
  EXPECT_EQ(Store::list(home()), std::vector<std::string>{"sample"});
  EXPECT_EQ(Store::open(home(), "sample").project().title.en, "Upgrade");
  EXPECT_EQ(code_of([&] { Store::create(home(), yaml); }), Code::already_exists);
  EXPECT_EQ(code_of([&] { Store::open(home(), "other"); }), Code::not_found);
  EXPECT_EQ(code_of([&] { Store::open(home(), "../sample"); }), Code::invalid_document);
}

TEST_F(StoreTest, ACreationThatWasCutOffCanBeRepeated) {
  auto made = Store::create(home(), yaml);
  std::filesystem::remove(made.folder() + "/store.json");
  EXPECT_TRUE(Store::list(home()).empty());
  EXPECT_EQ(code_of([&] { Store::open(home(), "sample"); }), Code::not_found);
  EXPECT_EQ(Store::create(home(), yaml).id(), "sample");
}

TEST_F(StoreTest, ANewerFormatIsRefused) {
  const auto made = Store::create(home(), yaml);
  write_file_atomic(made.folder() + "/store.json", R"({"format":2})");
  EXPECT_EQ(code_of([&] { Store::open(home(), "sample"); }), Code::unsupported_format);
}

TEST_F(StoreTest, TheProjectFileStaysAsPeopleWroteIt) {
  auto store = Store::create(home(), yaml);
  const auto changed = "# a remark\n" + yaml + "test_days: 7\n";
  store.save_project(changed);
  EXPECT_EQ(store.project_text(), changed);
  EXPECT_EQ(store.project().test_days, 7);
  EXPECT_EQ(code_of([&] { store.save_project("id: other\ntitle: x\n"); }), Code::invalid_document);
  EXPECT_EQ(code_of([&] { store.save_project("id: ["); }), Code::yaml_syntax);
  EXPECT_EQ(store.project_text(), changed);
}

TEST_F(StoreTest, ObjectsComeBackByTheirDigest) {
  auto store = Store::create(home(), yaml);
  const std::string bytes("\0\xFF\n", 3);
  const auto digest = store.put_object(bytes);
  EXPECT_EQ(digest, Digest::of(bytes));
  EXPECT_EQ(store.put_object(bytes), digest);
  EXPECT_EQ(store.get_object(digest), bytes);
  EXPECT_TRUE(store.has_object(digest));
  EXPECT_FALSE(store.has_object(Digest::of("x")));
  EXPECT_EQ(code_of([&] { store.get_object(Digest::of("x")); }), Code::not_found);
  EXPECT_EQ(store.get_json(store.put_json(Json{{"b", 1}, {"a", "审"}})), (Json{{"a", "审"}, {"b", 1}}));
}

TEST_F(StoreTest, ADamagedObjectIsNeverHandedOutAndIsMendedByPuttingItAgain) {
  auto store = Store::create(home(), yaml);
  const auto digest = store.put_object("content");
  const auto hex = digest.hex();
  const auto path = store.folder() + "/objects/" + hex.substr(0, 2) + "/" + hex.substr(2);
  write_file_atomic(path, "c0ntent");
  EXPECT_EQ(code_of([&] { store.get_object(digest); }), Code::corrupt_object);
  ASSERT_EQ(store.verify().size(), 1U);
  EXPECT_EQ(store.verify()[0].where, "objects/" + hex.substr(0, 2) + "/" + hex.substr(2));
  store.put_object("content");
  EXPECT_EQ(store.get_object(digest), "content");
}

TEST_F(StoreTest, NamedValuesAreFoundByTheirOwnDigest) {
  auto store = Store::create(home(), yaml);
  const auto name = Digest::of("recipe without reasons");
  EXPECT_FALSE(store.has_named("recipe", name));
  EXPECT_EQ(code_of([&] { store.get_named("recipe", name); }), Code::not_found);
  store.put_named("recipe", name, Json{{"reason", "first"}});
  store.put_named("recipe", name, Json{{"reason", "second"}});
  EXPECT_TRUE(store.has_named("recipe", name));
  EXPECT_FALSE(store.has_named("plan", name));
  EXPECT_EQ(store.get_named("recipe", name), (Json{{"reason", "second"}}));
  store.set_reference("recipe", name);
  EXPECT_TRUE(store.verify().empty());
}

TEST_F(StoreTest, ReferencesAreSetReplacedAndCleared) {
  auto store = Store::create(home(), yaml);
  const auto a = store.put_object("a"), b = store.put_object("b");
  EXPECT_FALSE(store.reference("plan/production"));
  store.set_reference("plan/production", a);
  store.set_reference("plan", a);
  store.set_reference("plan/production", b);
  EXPECT_EQ(store.reference("plan/production"), b);
  EXPECT_EQ(store.references(), (std::map<std::string, Digest>{{"plan", a}, {"plan/production", b}}));
  store.clear_reference("plan");
  store.clear_reference("plan");
  EXPECT_FALSE(store.reference("plan"));
  for (const char* bad : {"", "/x", "x/", "a//b", "../x", "a b", ".x"})
    EXPECT_EQ(code_of([&] { store.set_reference(bad, a); }), Code::invalid_document) << bad;
}

TEST_F(StoreTest, RecordsComeBackInOrderAndAsTheirType) {
  auto store = Store::create(home(), yaml);
  EXPECT_TRUE(store.read("evidence").empty());
  EXPECT_TRUE(store.head("evidence").empty());
  store.append(collection::audit, AuditEntry{parse_moment("2026-01-02T00:00:00Z"), "pm", "u", "x", "", {}});
  store.audit({parse_moment("2026-01-03T00:00:00Z"), "pm", "u", "y", "", {}});
  store.append_all(collection::audit, {});
  const auto entries = store.read_as<AuditEntry>(collection::audit);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].action, "y");
  const auto records = store.read(collection::audit);
  EXPECT_FALSE(first_broken(records));
  EXPECT_EQ(store.head(collection::audit), records.back().digest);
  EXPECT_EQ(code_of([&] { store.append("x/y", Json()); }), Code::invalid_document);
  EXPECT_EQ(code_of([&] { store.append("x", Json(1.5)); }), Code::invalid_document);
  EXPECT_TRUE(store.read("x").empty());
}

TEST_F(StoreTest, AReaderSeesWhatAnotherInstanceWrote) {
  auto writer = Store::create(home(), yaml);
  const auto reader = Store::open(home(), "sample");
  for (int i = 1; i <= 5; ++i) {
    writer.append("x", Json(i));
    EXPECT_EQ(reader.read("x").size(), static_cast<std::size_t>(i));
  }
}

TEST_F(StoreTest, WorksAfterItsHomeWasMoved) {
  {
    auto store = Store::create(home(), yaml);
    store.set_reference("recipe", store.put_object("r"));
    store.append("x", Json(1));
  }
  const auto moved = folder() + "/moved";
  std::filesystem::rename(home(), moved);
  auto store = Store::open(moved, "sample");
  EXPECT_EQ(store.get_object(*store.reference("recipe")), "r");
  store.append("x", Json(2));
  EXPECT_EQ(store.read("x").size(), 2U);
  EXPECT_TRUE(store.verify().empty());
  EXPECT_FALSE(path_exists(home()));
}

TEST_F(StoreTest, VerifyFindsEverythingThatIsWrong) {
  auto store = Store::create(home(), yaml);
  store.set_reference("recipe", Digest::of("not there"));
  store.put_named("plan", Digest::of("p"), Json(1));
  const auto hex = digest_of(Json(1)).hex();
  std::filesystem::remove(store.folder() + "/objects/" + hex.substr(0, 2) + "/" + hex.substr(2));
  store.append("x", Json(1));
  store.append("y", Json(1));
  std::filesystem::remove(store.folder() + "/log/x.jsonl");
  write_file_atomic(store.folder() + "/project.yaml", "id: sample\n");
  std::vector<std::string> where;
  for (const auto& problem : store.verify()) where.push_back(problem.where);
  EXPECT_EQ(where, (std::vector<std::string>{"project.yaml", "log/x.jsonl", "refs: recipe",
                                             "named/plan-" + Digest::of("p").hex()}));
}

TEST_F(StoreTest, AnExceptionInsideTogetherReleasesTheLock) {
  auto store = Store::create(home(), yaml);
  EXPECT_THROW(store.together([&] {
    store.append("x", Json(1));  // nested
    throw std::runtime_error("stop");
  }),
               std::runtime_error);
  auto other = Store::open(home(), "sample");
  other.append("x", Json(2));
  EXPECT_EQ(other.read("x").size(), 2U);
}

TEST(StoreHome, ComesFromFlagThenVariableThenHome) {
  EXPECT_EQ(ferry_home("/a", "/b", "/c"), "/a");
  EXPECT_EQ(ferry_home("", "/b", "/c"), "/b");
  EXPECT_EQ(ferry_home("", "", "/c"), "/c/.ferry");
  EXPECT_EQ(code_of([] { ferry_home("", nullptr, nullptr); }), Code::usage);
}

}  // namespace
}  // namespace ferry
