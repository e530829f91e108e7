// What the vendor delivered, what the customer made of it, what the new packages bring: per path one of a few cases,
// by digests of content before any rewriting for a clone (A2.1). Pure.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/package.h"
#include "model/profile.h"
#include "model/recipe.h"

namespace ferry {

enum class ThreeWayCase {
  untouched,      // neither side changed it
  vendor_only,    // the packages change it, the customer did not
  customer_only,  // customised, but this upgrade doesn't touch it
  both_equal,     // both made the same change
  conflict        // put before a person
};
enum class ConflictKind {
  none,
  modify_modify,
  modify_delete,  // the customer changed it, the vendor removes it
  delete_modify,  // the customer removed it, the vendor changes it
  add_delete,     // the customer added it in a folder that the upgrade replaces as a whole (Paths::whole)
  left_behind,    // the customer changed or added it in a release folder that a link no longer leads to
  add_add,        // not in the old vendor version; both bring it, with different content
  no_base         // no baseline: what is installed differs from what the package brings, and nobody knows by whose hand
};
std::string_view name_of(ThreeWayCase value);
std::string_view name_of(ConflictKind value);

// What decisions are keyed by: a file's content digest; for links and folders a digest of kind and target; empty for
// "not there".
Digest content_key(const Entry* entry);

// Where a vendor's file that is gone from its place stands in the new version.
struct MovedFile {
  RelativePath to;
  bool same_content = false;  // as the old vendor's; else it has the same name, with the most of its folders
};

struct ThreeWayItem {
  RelativePath path;
  ThreeWayCase kind = ThreeWayCase::untouched;
  ConflictKind conflict = ConflictKind::none;
  std::optional<Entry> base, mine, theirs;
  bool base_known = true;          // false: no baseline, `base` says nothing
  bool config = false;             // below Paths::config: the customer's
  std::string source;              // id of the package that decides `theirs`; empty: no package touches it
  std::optional<MovedFile> moved;  // gone from its place: where the new version has it
  Text why;

  Digest key() const;  // of its decision: hash(base, mine, theirs)
};

struct ThreeWay {
  std::vector<ThreeWayItem> items;  // sorted by path; without the untouched ones
  std::uint64_t untouched = 0;      // how many
  bool base_known = true;

  std::size_t count(ThreeWayCase kind) const;
  std::vector<const ThreeWayItem*> conflicts() const;
  const ThreeWayItem* find(const RelativePath& path) const;
};

// `base`: the vendor's manifest of exactly the installed version and patch level; nullptr: none. `mine`: the
// installation. `packages` in the recipe's order: later ones win. Data, generated and ignored paths are not looked at.
//
// `base_partial`: the base says nothing about files that it does not name (after a jump from a version without baseline
// only what that jump's packages laid is known).
//
// Without a base every file that differs from what a package brings or removes is a conflict (no_base) and says so.
// Config paths never change sides silently: where a base is missing they are conflicts too.
ThreeWay compare_three_ways(const Manifest* base, const Manifest& mine, const std::vector<Package>& packages,
                            const Paths& paths, bool base_partial = false);

// The files that the packages in their order leave behind, with the package each comes from; `removed` are paths that
// must be gone afterwards, with what is below them, except for `files`.
struct Overlay {
  struct File {
    Entry entry;
    std::string package;
  };
  std::map<RelativePath, File> files;
  std::map<RelativePath, std::string> removed;
  // Folders of Paths::whole that an upgrade touches, with its id.
  std::map<RelativePath, std::string> whole;

  // The package that removes the path or a folder above it; nullptr: none.
  const std::string* remover(const RelativePath& path) const;
  // The upgrade that replaces a folder around the path as a whole; nullptr: none.
  const std::string* replacer(const RelativePath& path) const;
};
// `whole`: Paths::whole. An upgrade that brings anything below one brings all of it, unless it was captured: then it
// names what goes away.
Overlay overlay_of(const std::vector<Package>& packages, const std::vector<RelativePath>& whole = {});

// Folders below the root that a link has led to and no longer leads to, with the package that brings the link:
// versions that stand side by side.
std::map<RelativePath, std::string> left_folders(const Overlay& overlay, const Manifest& mine);
// The vendor's files after these packages have been laid over `base` in their order.
Manifest vendor_files_after(const Manifest& base, const std::vector<Package>& packages,
                            const std::vector<RelativePath>& whole);

// Whether the path is under one of the folders.
bool is_under_any(const RelativePath& path, const std::vector<RelativePath>& folders);

}  // namespace ferry
