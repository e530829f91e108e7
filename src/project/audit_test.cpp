#include "project/audit.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ferry {
namespace {

std::vector<ChainRecord> chain(int length) {
  std::vector<ChainRecord> out;
  for (int i = 0; i < length; ++i) out.push_back(next_record(out.empty() ? nullptr : &out.back(), Json{{"i", i}}));
  return out;
}

TEST(Audit, AWholeChainIsWhole) {
  EXPECT_FALSE(first_broken(chain(5)));
  EXPECT_FALSE(first_broken({}));
}

TEST(Audit, AChangedRecordShows) {
  auto records = chain(5);
  records[2].data["i"] = 99;
  EXPECT_EQ(first_broken(records), 2U);
}

TEST(Audit, AChangedRecordWithANewHashShowsAtTheNextOne) {
  auto records = chain(5);
  records[2] = next_record(&records[1], Json{{"i", 99}});
  EXPECT_EQ(first_broken(records), 3U);
}

TEST(Audit, ARemovedInsertedOrSwappedRecordShows) {
  auto removed = chain(5);
  removed.erase(removed.begin() + 1);
  EXPECT_EQ(first_broken(removed), 1U);
  auto first_removed = chain(5);
  first_removed.erase(first_removed.begin());
  EXPECT_EQ(first_broken(first_removed), 0U);
  auto inserted = chain(5);
  inserted.insert(inserted.begin() + 3, next_record(&inserted[2], Json{{"i", 99}}));
  EXPECT_EQ(first_broken(inserted), 4U);
  auto swapped = chain(5);
  std::swap(swapped[1], swapped[2]);
  EXPECT_EQ(first_broken(swapped), 1U);
}

TEST(Audit, ALineGivesItsRecordBackAndNothingElseDoes) {
  const auto record = next_record(nullptr, Json{{"what", "审批"}, {"n", 1}});
  const auto line = line_of(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto back = record_of(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->digest, record.digest);
  EXPECT_EQ(back->data, record.data);
  for (std::size_t length = 0; length < line.size(); ++length)
    EXPECT_FALSE(record_of(line.substr(0, length))) << length;
  for (std::size_t i = 0; i < line.size(); ++i) {
    auto changed = line;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_FALSE(record_of(changed)) << i;
  }
  EXPECT_FALSE(record_of(line + " "));
}

TEST(Audit, WhatHasNoCanonicalFormIsRefused) {
  for (const Json& bad : {Json{{"a", {1, 2.5}}}, Json("\xFF")}) {
    try {
      next_record(nullptr, bad);
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::invalid_document);
    }
  }
}

TEST(Audit, AnEntrySurvivesItsFileForm) {
  const AuditEntry entry{parse_moment("2026-01-02T03:04:05Z"), "pm", "user", "gate.waive", "window", Json{{"x", 1}}};
  const auto back = Json(entry).get<AuditEntry>();
  EXPECT_EQ(Json(back), Json(entry));
  EXPECT_EQ(back.at, entry.at);
}

}  // namespace
}  // namespace ferry
