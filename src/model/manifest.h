// A whole tree: the file part of an inventory, a vendor's baseline, a package's content list. Sorted by path (bytes).
// File form: mtree(5), format in docs/formats/manifest.md; readable by `mtree` and `bsdtar`.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/path.h"
#include "model/entry.h"

namespace ferry {

class Manifest {
 public:
  using Item = std::pair<RelativePath, Entry>;

  Manifest() = default;
  // Sorts; throws Error(invalid_document) on a path that stands twice.
  explicit Manifest(std::vector<Item> items);

  const std::vector<Item>& items() const& { return items_; }
  std::vector<Item> items() && { return std::move(items_); }  // so that a loop over a temporary is safe
  const Entry* find(const RelativePath& path) const;
  std::size_t size() const { return items_.size(); }
  std::uint64_t bytes() const;  // sum of file sizes

  // mtree(5) text with full paths, keywords type mode uid gid size time sha256digest link.
  std::string to_mtree() const;
  // The same in portions, so that a large tree's text never stands in memory as a whole.
  void write_mtree(const std::function<void(std::string_view)>& out) const;
  Digest mtree_digest() const;  // SHA-256 of that text
  // Accepts what to_mtree writes and what `bsdtar --format=mtree` and `mtree -c` write with these keywords (also /set
  // lines and relative form with '..'). Throws Error(invalid_document, where:line).
  static Manifest from_mtree(std::string_view text, const std::string& where);

  // Digest over path, type, mode, content digest and link of every entry; not over owners and times, which differ
  // between machines. Equal digests = same program.
  Digest content_digest() const;

 private:
  std::vector<Item> items_;
};

struct ManifestDifference {
  std::vector<RelativePath> added;
  std::vector<RelativePath> removed;
  std::vector<RelativePath> changed;     // content or kind
  std::vector<RelativePath> attributes;  // same content, other mode or owner
  bool empty() const { return added.empty() && removed.empty() && changed.empty() && attributes.empty(); }
};
// What leads from `before` to `after`. Owners are compared only when `owners` is set.
ManifestDifference difference(const Manifest& before, const Manifest& after, bool owners = false);

}  // namespace ferry
