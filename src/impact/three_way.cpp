#include "impact/three_way.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_map>

namespace ferry {
namespace {

std::optional<Entry> copy_of(const Entry* entry) {
  return entry == nullptr ? std::nullopt : std::optional<Entry>(*entry);
}

const std::string* around(const std::map<RelativePath, std::string>& folders, const RelativePath& path) {
  for (auto at = path; !at.empty(); at = at.parent())
    if (const auto found = folders.find(at); found != folders.end()) return &found->second;
  return nullptr;
}

class Comparison {
 public:
  Comparison(const Manifest* base, const Manifest& mine, const std::vector<Package>& packages, const Paths& paths,
             bool base_partial)
      : base_(base),
        base_partial_(base_partial),
        mine_(mine),
        overlay_(overlay_of(packages, paths.whole)),
        paths_(paths) {}

  ThreeWay run() {
    out_.base_known = base_ != nullptr && !base_partial_;
    left_ = left_folders(overlay_, mine_);
    for (const auto& path : all_paths()) one(path);
    return std::move(out_);
  }

 private:
  std::vector<RelativePath> all_paths() const;
  void one(const RelativePath& path);
  void judge(ThreeWayItem& item) const;
  void judge_without_base(ThreeWayItem& item) const;
  void judge_conflict(ThreeWayItem& item) const;
  void judge_untouched_by_vendor(ThreeWayItem& item) const;
  void find_moved(ThreeWayItem& item);
  void index_new_files();

  const Manifest* base_;
  bool base_partial_;
  const Manifest& mine_;
  Overlay overlay_;
  const Paths& paths_;
  std::map<RelativePath, std::string> left_;
  // New files, made when the first one is asked for.
  bool indexed_ = false;
  std::unordered_map<Digest, const RelativePath*> new_by_content_;
  std::unordered_multimap<std::string_view, const RelativePath*> new_by_name_;
  ThreeWay out_;
};

// Folders decide nothing by themselves: they come with what is in them.
bool counts(const Entry* entry) {
  return entry != nullptr && entry->type != EntryType::folder;
}

std::vector<RelativePath> Comparison::all_paths() const {
  std::set<RelativePath> all;
  const auto take = [&](const RelativePath& path) {
    if (is_under_any(path, paths_.data) || is_under_any(path, paths_.generated) || is_under_any(path, paths_.ignored))
      return;
    if (!paths_.program.empty() && !is_under_any(path, paths_.program)) return;
    all.insert(path);
  };
  for (const auto& [path, entry] : mine_.items())
    if (counts(&entry)) take(path);
  if (base_ != nullptr)
    for (const auto& [path, entry] : base_->items())
      if (counts(&entry)) take(path);
  for (const auto& [path, file] : overlay_.files)
    if (counts(&file.entry)) take(path);
  return {all.begin(), all.end()};
}

void Comparison::one(const RelativePath& path) {
  const auto known = [](const Entry* entry) { return counts(entry) ? entry : nullptr; };
  ThreeWayItem item;
  item.path = path;
  item.base_known = base_ != nullptr && (!base_partial_ || base_->find(path) != nullptr);
  item.config = is_under_any(path, paths_.config);
  item.mine = copy_of(known(mine_.find(path)));
  if (base_ != nullptr) item.base = copy_of(known(base_->find(path)));
  if (const auto brought = overlay_.files.find(path); brought != overlay_.files.end()) {
    item.theirs = brought->second.entry;
    item.source = brought->second.package;
  } else if (const auto* package = overlay_.remover(path)) {
    item.source = *package;
  } else {
    // No package touches it. Without a base what is installed is all that is known.
    item.theirs = item.base_known ? item.base : item.mine;
  }
  if (item.base_known)
    judge(item);
  else
    judge_without_base(item);
  if (item.kind == ThreeWayCase::conflict) find_moved(item);
  if (item.kind == ThreeWayCase::untouched)
    ++out_.untouched;
  else
    out_.items.push_back(std::move(item));
}

void Comparison::judge(ThreeWayItem& item) const {
  const auto base = content_key(item.base ? &*item.base : nullptr);
  const auto mine = content_key(item.mine ? &*item.mine : nullptr);
  const auto theirs = content_key(item.theirs ? &*item.theirs : nullptr);
  if (mine == base && theirs == base) return;
  if (mine == base) {
    item.kind = ThreeWayCase::vendor_only;
    item.why = {"only the vendor changed it", "仅厂商有改动"};
  } else if (theirs == base) {
    judge_untouched_by_vendor(item);
  } else if (mine == theirs) {
    item.kind = ThreeWayCase::both_equal;
    item.why = {"both sides have the same content", "双方内容一致"};
  } else {
    judge_conflict(item);
  }
}

// Customised, and no package has something else for this path.
void Comparison::judge_untouched_by_vendor(ThreeWayItem& item) const {
  const auto* left = around(left_, item.path);
  const auto* replacer = item.base ? nullptr : overlay_.replacer(item.path);
  item.kind = ThreeWayCase::conflict;
  if (replacer != nullptr) {
    item.conflict = ConflictKind::add_delete;
    item.source = *replacer;
    item.why = {"the customer added it in a folder that the upgrade replaces as a whole",
                "客户在升级将整体替换的文件夹中新增了该文件"};
  } else if (left != nullptr && item.mine) {
    item.conflict = ConflictKind::left_behind;
    item.source = *left;
    item.theirs.reset();  // where the new version looks it is not
    item.why = {"customised in a release folder that the new version does not look into",
                "在新版本不再使用的旧版本文件夹中有二次开发"};
  } else {
    item.kind = ThreeWayCase::customer_only;
    item.why = {"customised, but this upgrade does not touch it", "有二次开发，但本次升级不涉及"};
  }
}

void Comparison::index_new_files() {
  if (indexed_) return;
  indexed_ = true;
  for (const auto& [path, file] : overlay_.files) {
    if (file.entry.type != EntryType::file || (base_ != nullptr && base_->find(path) != nullptr)) continue;
    new_by_content_.emplace(file.entry.digest, &path);
    new_by_name_.emplace(path.name(), &path);
  }
}

// How many names at the end two paths have in common.
std::size_t common_end(const RelativePath& a, const RelativePath& b) {
  const auto left = a.components();
  const auto right = b.components();
  std::size_t count = 0;
  while (count < left.size() && count < right.size() &&
         left[left.size() - 1 - count] == right[right.size() - 1 - count])
    ++count;
  return count;
}

void Comparison::find_moved(ThreeWayItem& item) {
  if (!item.base || !item.mine || item.theirs || item.base->type != EntryType::file) return;
  index_new_files();
  if (const auto same = new_by_content_.find(item.base->digest); same != new_by_content_.end()) {
    item.moved = MovedFile{*same->second, true};
  } else {
    // A name that many folders have (index.js) says something only with its folder.
    const auto [begin, end] = new_by_name_.equal_range(item.path.name());
    const bool only_one = begin != end && std::next(begin) == end;
    std::size_t best = only_one ? 0 : 1;
    for (auto at = begin; at != end; ++at)
      if (const auto common = common_end(item.path, *at->second); common > best) {
        best = common;
        item.moved = MovedFile{*at->second, false};
      }
  }
  if (!item.moved) return;
  const auto to = printable(item.moved->to.bytes());
  item.why.en += (item.moved->same_content ? "; the new version has the vendor's file at "
                                           : "; the new version has a file of this name at ") +
                 to;
  item.why.zh += (item.moved->same_content ? "；新版本中厂商的该文件位于 " : "；新版本中同名文件位于 ") + to;
}

void Comparison::judge_conflict(ThreeWayItem& item) const {
  item.kind = ThreeWayCase::conflict;
  if (!item.base) {
    item.conflict = ConflictKind::add_add;
    item.why = {"the customer and the vendor both added it, with different content",
                "客户与厂商都新增了该文件，内容不同"};
  } else if (!item.mine) {
    item.conflict = ConflictKind::delete_modify;
    item.why = {"the customer removed it, the vendor changed it", "客户删除了该文件，厂商有改动"};
  } else if (!item.theirs) {
    item.conflict = ConflictKind::modify_delete;
    item.why = {"the customer changed it, the vendor removes it", "客户有改动，厂商删除了该文件"};
  } else {
    item.conflict = ConflictKind::modify_modify;
    item.why = {"the customer and the vendor both changed it", "客户与厂商都有改动"};
  }
}

// Nobody knows whether a difference is the customer's work or just the older version, so it is not taken for either.
void Comparison::judge_without_base(ThreeWayItem& item) const {
  const auto mine = content_key(item.mine ? &*item.mine : nullptr);
  const auto theirs = content_key(item.theirs ? &*item.theirs : nullptr);
  if (item.source.empty()) return;
  if (mine == theirs) {
    item.kind = ThreeWayCase::both_equal;
    item.why = {"already as the package has it", "与包中内容一致"};
  } else if (!item.mine) {
    item.kind = ThreeWayCase::vendor_only;
    item.why = {"new with this upgrade", "本次升级新增"};
  } else {
    item.kind = ThreeWayCase::conflict;
    item.conflict = ConflictKind::no_base;
    item.why = {"possibly customised: there is no baseline of the installed version to tell",
                "可能有二次开发：没有已安装版本的基准清单，无法判断"};
  }
}

}  // namespace

std::string_view name_of(ThreeWayCase value) {
  switch (value) {
    case ThreeWayCase::untouched:
      return "untouched";
    case ThreeWayCase::vendor_only:
      return "vendor_only";
    case ThreeWayCase::customer_only:
      return "customer_only";
    case ThreeWayCase::both_equal:
      return "both_equal";
    case ThreeWayCase::conflict:
      break;
  }
  return "conflict";
}

std::string_view name_of(ConflictKind value) {
  switch (value) {
    case ConflictKind::none:
      return "none";
    case ConflictKind::modify_modify:
      return "modify_modify";
    case ConflictKind::modify_delete:
      return "modify_delete";
    case ConflictKind::delete_modify:
      return "delete_modify";
    case ConflictKind::add_delete:
      return "add_delete";
    case ConflictKind::left_behind:
      return "left_behind";
    case ConflictKind::add_add:
      return "add_add";
    case ConflictKind::no_base:
      break;
  }
  return "no_base";
}

Digest content_key(const Entry* entry) {
  if (entry == nullptr) return {};
  if (entry->type == EntryType::file) return entry->digest;
  return Digest::of(std::string(name_of(entry->type)) + '\0' + entry->link);
}

Digest ThreeWayItem::key() const {
  Decision out;
  out.base = content_key(base ? &*base : nullptr);
  out.mine = content_key(mine ? &*mine : nullptr);
  out.theirs = content_key(theirs ? &*theirs : nullptr);
  return out.key();
}

std::size_t ThreeWay::count(ThreeWayCase kind) const {
  return static_cast<std::size_t>(
      std::count_if(items.begin(), items.end(), [&](const ThreeWayItem& item) { return item.kind == kind; }));
}

std::vector<const ThreeWayItem*> ThreeWay::conflicts() const {
  std::vector<const ThreeWayItem*> out;
  for (const auto& item : items)
    if (item.kind == ThreeWayCase::conflict) out.push_back(&item);
  return out;
}

const ThreeWayItem* ThreeWay::find(const RelativePath& path) const {
  const auto found = std::lower_bound(items.begin(), items.end(), path,
                                      [](const ThreeWayItem& item, const RelativePath& p) { return item.path < p; });
  return found == items.end() || found->path != path ? nullptr : &*found;
}

ThreeWay compare_three_ways(const Manifest* base, const Manifest& mine, const std::vector<Package>& packages,
                            const Paths& paths, bool base_partial) {
  return Comparison(base, mine, packages, paths, base_partial).run();
}

Manifest vendor_files_after(const Manifest& base, const std::vector<Package>& packages,
                            const std::vector<RelativePath>& whole) {
  const auto overlay = overlay_of(packages, whole);
  std::vector<Manifest::Item> items;
  for (const auto& item : base.items())
    if (!overlay.files.contains(item.first) && overlay.remover(item.first) == nullptr) items.push_back(item);
  for (const auto& [path, file] : overlay.files) items.emplace_back(path, file.entry);
  return Manifest(std::move(items));
}

namespace {

// The path itself and everything below it: that stands together, behind the first name there can be.
template <class Map>
void erase_under(Map& map, const RelativePath& folder) {
  map.erase(folder);
  auto at = map.lower_bound(folder / "\x01");
  while (at != map.end() && at->first.is_under(folder)) at = map.erase(at);
}

bool brings_below(const Package& package, const RelativePath& folder) {
  const auto& items = package.files.items();
  const auto found = std::lower_bound(items.begin(), items.end(), folder / "\x01",
                                      [](const auto& item, const RelativePath& path) { return item.first < path; });
  if (found != items.end() && found->first.is_under(folder)) return true;
  return std::any_of(package.meta.removes.begin(), package.meta.removes.end(),
                     [&](const RelativePath& path) { return path.is_under(folder); });
}

void replace_whole(const Package& package, const std::vector<RelativePath>& whole, Overlay& out) {
  if (package.meta.kind != PackageKind::upgrade) return;
  for (const auto& folder : whole) {
    if (!brings_below(package, folder)) continue;
    out.whole[folder] = package.meta.id;
    if (package.meta.capture) continue;
    erase_under(out.files, folder);
    erase_under(out.removed, folder);
    out.removed[folder] = package.meta.id;
  }
}

}  // namespace

const std::string* Overlay::remover(const RelativePath& path) const {
  return around(removed, path);
}
const std::string* Overlay::replacer(const RelativePath& path) const {
  return around(whole, path);
}

Overlay overlay_of(const std::vector<Package>& packages, const std::vector<RelativePath>& whole) {
  Overlay out;
  for (const auto& package : packages) {
    replace_whole(package, whole, out);
    for (const auto& path : package.meta.removes) {
      erase_under(out.files, path);
      out.removed[path] = package.meta.id;
    }
    for (const auto& [path, entry] : package.files.items()) {
      out.removed.erase(path);
      out.files[path] = {entry, package.meta.id};
    }
  }
  return out;
}

namespace {

// Where a relative link leads; none when that is not below the root.
std::optional<RelativePath> target_of(const RelativePath& link, const std::string& target) {
  auto parts = link.parent().components();
  if (target.empty() || target.starts_with('/')) return std::nullopt;
  for (std::size_t begin = 0; begin <= target.size();) {
    const auto end = std::min(target.find('/', begin), target.size());
    const auto part = target.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  RelativePath out;
  for (const auto& part : parts) out = out / part;
  return out;
}

}  // namespace

std::map<RelativePath, std::string> left_folders(const Overlay& overlay, const Manifest& mine) {
  std::map<RelativePath, std::string> out;
  for (const auto& [path, file] : overlay.files) {
    if (file.entry.type != EntryType::link) continue;
    const auto* before = mine.find(path);
    if (before == nullptr || before->type != EntryType::link || before->link == file.entry.link) continue;
    const auto old = target_of(path, before->link);
    const auto* folder = old ? mine.find(*old) : nullptr;
    if (folder != nullptr && folder->type == EntryType::folder) out[*old] = file.package;
  }
  return out;
}

bool is_under_any(const RelativePath& path, const std::vector<RelativePath>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const RelativePath& folder) { return path.is_under(folder); });
}

}  // namespace ferry
