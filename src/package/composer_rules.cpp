#include <fmt/format.h>

#include <algorithm>

#include "package/composer.h"

namespace ferry {
namespace {

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

// Against everything that was chosen, also what is itself superseded: what C replaces in B, B had replaced in A.
void Composer::drop_superseded() {
  std::vector<std::pair<const Package*, std::string>> dropped;
  for (const auto& [id, why] : selected_)
    for (const auto* other : own_)
      if (other->meta.id != id && contains(other->meta.supersedes, id) &&
          (selected_.contains(other->meta.id) || counts_as_there(other->meta.id))) {
        dropped.emplace_back(find(id), other->meta.id);
        break;
      }
  for (const auto& [package, by] : dropped) {
    if (selected_.erase(package->meta.id) > 0)
      leave_out(*package, LeftOut::superseded, {"superseded by " + by, "已被 " + by + " 取代"});
    const auto* other = find(by);
    if (contains(package->meta.supersedes, by) && contains(other->meta.supersedes, package->meta.id))
      problem(Code::package_conflict, by,
              {fmt::format("{} and {} supersede each other", by, package->meta.id),
               fmt::format("{} 与 {} 互相取代", by, package->meta.id)});
  }
}

// Whether a requirement is met by itself or by something that replaces it.
bool Composer::satisfied(const std::string& id, std::set<std::string> visiting) const {
  if (selected_.contains(id) || counts_as_there(id)) return true;
  for (const auto* upgrade : way_)
    if (upgrade->meta.id == id) return true;
  if (const auto* known = find(id); known != nullptr && known->meta.kind == PackageKind::upgrade)
    if (known->meta.to == out_.to) return true;  // the version it leads to is there, whichever way
  visiting.insert(id);
  for (const auto* other : own_)
    if (contains(other->meta.supersedes, id) && !visiting.contains(other->meta.id) &&
        satisfied(other->meta.id, visiting))
      return true;
  return false;
}

void Composer::require(const std::string& id, const PackageMeta& by) {
  if (satisfied(id)) return;
  const auto* package = find(id);
  if (package != nullptr && package->meta.kind != PackageKind::upgrade && package->meta.from.contains(out_.to)) {
    std::erase_if(out_.left_out, [&](const LeftOutPackage& left) { return left.meta.id == id; });
    return select(*package, {"required by " + by.id, "被 " + by.id + " 依赖"});
  }
  const std::string known = package == nullptr ? "" : fmt::format(" (there is one for {})", package->meta.from.text());
  const std::string known_zh = package == nullptr ? "" : fmt::format("（现有的适用于 {}）", package->meta.from.text());
  problem(Code::package_missing, id,
          {fmt::format("{} requires {}{}", by.id, id, known), fmt::format("{} 依赖 {}{}", by.id, id, known_zh)},
          {fmt::format("package {} for {} {} (required by {})", id, request_.product, out_.to.text(), by.id),
           fmt::format("适用于 {} {} 的包 {}（被 {} 依赖）", request_.product, out_.to.text(), id, by.id)});
}

void Composer::close_requirements() {
  std::set<std::string> done;
  for (bool more = true; more;) {
    more = false;
    const auto present = selected_;
    for (const auto& [id, why] : present) {
      if (!done.insert(id).second) continue;
      more = true;
      for (const auto& required : find(id)->meta.requires_ids) require(required, find(id)->meta);
    }
  }
}

// A module that came as a feature pack needs the pack of the new version: without it its pages break (B3, B6.3).
void Composer::find_missing_packs() {
  if (way_.empty()) return;
  const auto excluded = [&](const std::string& module) {
    return std::any_of(out_.left_out.begin(), out_.left_out.end(), [&](const LeftOutPackage& left) {
      return left.cause == LeftOut::excluded && left.meta.kind == PackageKind::feature && left.meta.module == module;
    });
  };
  const auto missing = [&](const std::string& about, const Text& what) {
    problem(Code::package_missing, about,
            {fmt::format("{} has no feature pack for {} {}", what.en, request_.product, out_.to.text()),
             fmt::format("{} 没有适用于 {} {} 的功能包", what.zh, request_.product, out_.to.text())},
            {fmt::format("feature pack of {} for {} {}", what.en, request_.product, out_.to.text()),
             fmt::format("{} 适用于 {} {} 的功能包", what.zh, request_.product, out_.to.text())});
  };
  for (const auto& module : request_.modules) {
    bool separate = module.separate;
    bool there = false;
    for (const auto* package : own_) {
      if (package->meta.kind != PackageKind::feature || package->meta.module != module.id) continue;
      separate = true;
      there = there || satisfied(package->meta.id);
    }
    if (!separate || there || excluded(module.id)) continue;
    missing(module.id, {fmt::format("module {} ({})", module.id, module.title.in(Language::english)),
                        fmt::format("模块 {}（{}）", module.id, module.title.in(Language::chinese))});
  }
  for (const auto* package : own_) {
    const auto& meta = package->meta;
    if (meta.kind == PackageKind::feature && meta.module.empty() && is_installed(meta.id) && !satisfied(meta.id))
      missing(meta.id, {"the installed pack " + meta.id, "已安装的功能包 " + meta.id});
  }
}

void Composer::find_conflicts() {
  std::vector<const Package*> there = way_;
  for (const auto& [id, why] : selected_) there.push_back(find(id));
  const auto report = [&](const std::string& a, const std::string& b) {
    problem(Code::package_conflict, a,
            {fmt::format("{} and {} exclude each other", a, b), fmt::format("{} 与 {} 互相冲突", a, b)});
  };
  for (const auto* package : there)
    for (const auto& id : package->meta.conflicts) {
      const auto* other = find(id);
      const bool chosen = other != nullptr && std::find(there.begin(), there.end(), other) != there.end();
      const bool twice = chosen && contains(other->meta.conflicts, package->meta.id) && id < package->meta.id;
      if ((chosen && !twice) || (!chosen && counts_as_there(id))) report(package->meta.id, id);
    }
}

// Feature packs, then patches, each after what it requires; among equals in the order of their ids (10 after 9).
void Composer::put_in_order() {
  std::vector<const Package*> rest;
  for (const auto& [id, why] : selected_) rest.push_back(find(id));
  std::sort(rest.begin(), rest.end(), [](const Package* a, const Package* b) {
    return std::make_tuple(a->meta.kind, Version(a->meta.id), a->meta.id) <
           std::make_tuple(b->meta.kind, Version(b->meta.id), b->meta.id);
  });
  const auto waits = [&](const Package* package) {
    for (const auto& id : package->meta.requires_ids)
      for (const auto* other : rest)
        if (other != package && (other->meta.id == id || contains(other->meta.supersedes, id))) return true;
    return false;
  };
  while (!rest.empty()) {
    auto next = std::find_if_not(rest.begin(), rest.end(), waits);
    if (next == rest.end()) {
      problem(Code::package_conflict, rest.front()->meta.id,
              {rest.front()->meta.id + " requires itself in a circle", rest.front()->meta.id + " 循环依赖自身"});
      next = rest.begin();
    }
    out_.packages.push_back({(*next)->meta, (*next)->digest, selected_.at((*next)->meta.id)});
    rest.erase(next);
  }
}

// Nothing fits: say whether product or version is the reason, instead of an empty set that looks like success.
void Composer::explain_nothing() {
  if (!out_.packages.empty() || !out_.problems.empty() || request_.available.empty()) return;
  std::string offered;
  std::string products;
  for (const auto& left : out_.left_out) {
    if (left.cause == LeftOut::not_applicable)
      offered += fmt::format("{}{} ({})", offered.empty() ? "" : ", ", left.meta.id, left.meta.from.text());
    if (left.cause == LeftOut::other_product)
      products += fmt::format("{}{} ({})", products.empty() ? "" : ", ", left.meta.id, left.meta.product);
  }
  if (!offered.empty() && !own_.empty()) {
    const bool all_applied = std::any_of(out_.left_out.begin(), out_.left_out.end(), [](const LeftOutPackage& left) {
      return left.cause == LeftOut::already_installed;
    });
    if (!all_applied)
      problem(Code::wrong_version, request_.installed.text(),
              {fmt::format("nothing fits the installed {}: {}", request_.installed.text(), offered),
               fmt::format("没有适用于已安装版本 {} 的包：{}", request_.installed.text(), offered)});
  } else if (own_.empty() && !products.empty()) {
    problem(Code::wrong_product, request_.product,
            {fmt::format("nothing is for product {}: {}", request_.product, products),
             fmt::format("没有适用于产品 {} 的包：{}", request_.product, products)});
  }
}

}  // namespace ferry
