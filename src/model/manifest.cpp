#include "model/manifest.h"

#include <algorithm>

#include "base/error.h"

namespace ferry {
namespace {

bool by_path(const Manifest::Item& a, const Manifest::Item& b) {
  return a.first < b.first;
}

// Linux has no modes on links (always 0777), other systems invent some.
bool same_mode(const Entry& a, const Entry& b) {
  return a.type == EntryType::link || a.mode == b.mode;
}

}  // namespace

Manifest::Manifest(std::vector<Item> items) : items_(std::move(items)) {
  if (!std::is_sorted(items_.begin(), items_.end(), by_path)) std::sort(items_.begin(), items_.end(), by_path);
  const auto twice =
      std::adjacent_find(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.first == b.first; });
  if (twice != items_.end())
    throw Error(Code::invalid_document, printable(twice->first.bytes()),
                Text{"the path stands twice in the manifest", "文件清单中有重复的路径"});
}

const Entry* Manifest::find(const RelativePath& path) const {
  const auto at = std::lower_bound(items_.begin(), items_.end(), path,
                                   [](const Item& item, const RelativePath& wanted) { return item.first < wanted; });
  return at != items_.end() && at->first == path ? &at->second : nullptr;
}

std::uint64_t Manifest::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [path, entry] : items_)
    if (entry.type == EntryType::file) sum += entry.size;
  return sum;
}

// The folder itself (empty path) is left out: whether it is listed depends on how the tree was walked.
Digest Manifest::content_digest() const {
  // Small enough to stay in the cache between being written and being hashed.
  constexpr std::size_t portion = 32U << 10U;
  Hasher hasher;
  std::string lines;
  lines.reserve(portion + 2 * 4096);
  for (const auto& [path, entry] : items_) {
    if (path.empty()) continue;
    append_escaped(lines, path.bytes());
    lines += ' ';
    lines += name_of(entry.type);
    lines += ' ';
    if (entry.type != EntryType::link) lines += std::to_string(entry.mode);
    lines += ' ';
    if (entry.type == EntryType::file) append_hex(lines, entry.digest.bytes());
    if (entry.type == EntryType::link) append_escaped(lines, entry.link);
    lines += '\n';
    if (lines.size() < portion) continue;
    hasher.update(lines);
    lines.clear();
  }
  hasher.update(lines);
  return hasher.finish();
}

ManifestDifference difference(const Manifest& before, const Manifest& after, bool owners) {
  ManifestDifference out;
  auto old_item = before.items().begin();
  auto new_item = after.items().begin();
  while (old_item != before.items().end() || new_item != after.items().end()) {
    if (new_item == after.items().end() || (old_item != before.items().end() && old_item->first < new_item->first)) {
      out.removed.push_back(old_item->first);
      ++old_item;
      continue;
    }
    if (old_item == before.items().end() || new_item->first < old_item->first) {
      out.added.push_back(new_item->first);
      ++new_item;
      continue;
    }
    const Entry& a = old_item->second;
    const Entry& b = new_item->second;
    if (!a.same_content(b)) {
      out.changed.push_back(old_item->first);
    } else if (!same_mode(a, b) || (owners && (a.uid != b.uid || a.gid != b.gid))) {
      out.attributes.push_back(old_item->first);
    }
    ++old_item;
    ++new_item;
  }
  return out;
}

}  // namespace ferry
