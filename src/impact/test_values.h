// For tests: manifests and packages as values.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/error.h"
#include "impact/planner.h"

namespace ferry::test {

inline Entry file_entry(const std::string& bytes, std::uint32_t mode = 0644) {
  Entry out;
  out.mode = mode;
  out.size = bytes.size();
  out.digest = Digest::of(bytes);
  out.mtime_ns = 1'000'000'000'000'000'000;
  return out;
}
inline Entry folder_entry(std::uint32_t mode = 0755) {
  Entry out;
  out.type = EntryType::folder;
  out.mode = mode;
  return out;
}

using Files = std::map<std::string, std::string>;
inline Manifest tree(const Files& files) {
  std::map<RelativePath, Entry> items;
  for (const auto& [path, bytes] : files) {
    const RelativePath at(path);
    items[at] = file_entry(bytes);
    for (auto parent = at.parent(); !parent.empty(); parent = parent.parent()) items[parent] = folder_entry();
  }
  return Manifest({items.begin(), items.end()});
}
inline Package package(const std::string& id, const Files& files, const std::vector<std::string>& removes = {}) {
  Package out;
  out.meta.id = id;
  out.meta.product = "demo";
  out.digest = Digest::of(id);
  out.origin.key_id = "0123456789ABCDEF";
  std::vector<Manifest::Item> items;
  for (const auto& [path, bytes] : files) items.emplace_back(RelativePath(path), file_entry(bytes));
  out.files = Manifest(std::move(items));
  for (const auto& path : removes) out.meta.removes.emplace_back(path);
  return out;
}
inline Paths usual_paths() {
  Paths out;
  out.data = {RelativePath("data")};
  out.config = {RelativePath("conf")};
  out.generated = {RelativePath("work")};
  out.ignored = {RelativePath("logs")};
  return out;
}

template <class Act>
std::pair<Code, std::string> refused(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {Code::internal, "nothing was thrown"};
}
#define EXPECT_REFUSED(CODE, PART, ...)                                        \
  {                                                                            \
    const auto refusal = ::ferry::test::refused([&] { __VA_ARGS__; });         \
    EXPECT_EQ(refusal.first, CODE) << refusal.second;                          \
    EXPECT_NE(refusal.second.find(PART), std::string::npos) << refusal.second; \
  }

}  // namespace ferry::test
