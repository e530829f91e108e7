#include "package/composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace ferry {

Composer::Composer(const ComposeRequest& request) : request_(request) {
  out_.product = request.product;
  out_.from = request.installed;
  out_.to = request.installed;
}

Composition Composer::run() {
  sort_out();
  find_way();
  for (const auto* package : own_) {
    if (package->meta.kind == PackageKind::feature) choose_feature(*package);
    if (package->meta.kind == PackageKind::patch) choose_patch(*package);
  }
  drop_superseded();
  close_requirements();
  drop_superseded();
  find_missing_packs();
  find_conflicts();
  put_in_order();
  explain_nothing();
  return std::move(out_);
}

const Package* Composer::find(const std::string& id) const {
  for (const auto* package : own_)
    if (package->meta.id == id) return package;
  return nullptr;
}

bool Composer::is_installed(const std::string& id) const {
  return std::find(request_.installed_packages.begin(), request_.installed_packages.end(), id) !=
         request_.installed_packages.end();
}

bool Composer::counts_as_there(const std::string& id) const {
  return way_.empty() && is_installed(id);
}

bool Composer::module_installed(const std::string& id) const {
  return std::any_of(request_.modules.begin(), request_.modules.end(), [&](const auto& m) { return m.id == id; });
}

bool Composer::takes_over_installed(const PackageMeta& meta) const {
  return is_installed(meta.id) ||
         std::any_of(meta.supersedes.begin(), meta.supersedes.end(), [&](const auto& id) { return is_installed(id); });
}

void Composer::leave_out(const Package& package, LeftOut cause, Text why) {
  out_.left_out.push_back({package.meta, package.digest, cause, std::move(why)});
}

void Composer::problem(Code code, std::string about, Text text, Text request) {
  out_.problems.push_back({code, std::move(about), std::move(text), std::move(request)});
}

void Composer::sort_out() {
  const auto listed = [](const std::vector<std::string>& ids, const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  std::set<std::string> ids;
  for (const auto& package : request_.available) {
    const auto& meta = package.meta;
    if (listed(request_.exclude, meta.id)) {
      leave_out(package, LeftOut::excluded, {"left out by a person", "由人工排除"});
    } else if (meta.product != request_.product) {
      leave_out(package, LeftOut::other_product, {"is for product " + meta.product, "属于产品 " + meta.product});
      if (listed(request_.include, meta.id))
        problem(Code::wrong_product, meta.id,
                {fmt::format("{} is for product {}, not {}", meta.id, meta.product, request_.product),
                 fmt::format("{} 属于产品 {}，而非 {}", meta.id, meta.product, request_.product)});
    } else if (!ids.insert(meta.id).second) {
      problem(Code::package_conflict, meta.id,
              {"two different packages have the id " + meta.id, "有两个不同的包使用同一编号 " + meta.id});
    } else {
      own_.push_back(&package);
    }
  }
  std::sort(own_.begin(), own_.end(), [](const Package* a, const Package* b) {
    return std::tie(a->meta.kind, a->meta.id) < std::tie(b->meta.kind, b->meta.id);
  });
  for (const auto& id : request_.include)
    if (std::none_of(request_.available.begin(), request_.available.end(),
                     [&](const Package& package) { return package.meta.id == id; }))
      problem(Code::package_missing, id, {id + " is asked for but not there", "要求使用 " + id + "，但没有该包"},
              {"package " + id, "包 " + id});
}

// Upgrades that can be laid on `version`. Of two that lead to the same version the one superseded is left aside.
std::vector<const Package*> Composer::steps_from(const Version& version) const {
  std::vector<const Package*> out;
  for (const auto* package : own_) {
    const auto& meta = package->meta;
    if (meta.kind == PackageKind::upgrade && meta.from.contains(version) && meta.to > version) out.push_back(package);
  }
  const auto all = out;
  std::erase_if(out, [&](const Package* step) {
    return std::any_of(all.begin(), all.end(), [&](const Package* other) {
      const auto& ids = other->meta.supersedes;
      return other->meta.to == step->meta.to && std::find(ids.begin(), ids.end(), step->meta.id) != ids.end();
    });
  });
  return out;
}

// Fewest hops; the vendor's required stops are in the ranges of `from`.
void Composer::find_way() {
  Version target = request_.target;
  for (const auto& id : request_.include)
    if (const auto* package = find(id); package != nullptr && package->meta.kind == PackageKind::upgrade)
      if (request_.target.empty() && package->meta.to > target) target = package->meta.to;
  std::map<Version, std::vector<const Package*>> ways{{request_.installed, {}}};
  std::deque<Version> open{request_.installed};
  while (!open.empty()) {
    const Version at = open.front();
    open.pop_front();
    for (const auto* step : steps_from(at)) {
      if (ways.contains(step->meta.to)) continue;
      auto way = ways.at(at);
      way.push_back(step);
      ways.emplace(step->meta.to, std::move(way));
      open.push_back(step->meta.to);
    }
  }
  if (target.empty()) target = ways.rbegin()->first;
  if (const auto found = ways.find(target); found != ways.end()) return lay_way(found->second);
  const auto& from = request_.installed.text();
  if (target < request_.installed)
    return problem(Code::wrong_version, target.text(),
                   {fmt::format("{} is older than the installed {}", target.text(), from),
                    fmt::format("{} 比已安装的 {} 更旧", target.text(), from)});
  std::string known;
  for (const auto* package : own_)
    if (package->meta.kind == PackageKind::upgrade)
      known += fmt::format("{}{} ({} -> {})", known.empty() ? "" : ", ", package->meta.id, package->meta.from.text(),
                           package->meta.to.text());
  problem(Code::package_missing, target.text(),
          {fmt::format("no way from {} to {} with the upgrades there are: {}", from, target.text(), known),
           fmt::format("现有升级包无法从 {} 升级到 {}：{}", from, target.text(), known)},
          {fmt::format("upgrade package of {} from {} to {}", request_.product, from, target.text()),
           fmt::format("{} 从 {} 到 {} 的升级包", request_.product, from, target.text())});
}

void Composer::lay_way(const std::vector<const Package*>& way) {
  way_ = way;
  Version at = request_.installed;
  for (const auto* upgrade : way) {
    std::set<std::string> visiting;
    require_before(*upgrade, at, visiting);
    out_.packages.push_back({upgrade->meta,
                             upgrade->digest,
                             {fmt::format("leads from {} to {}", at.text(), upgrade->meta.to.text()),
                              fmt::format("从 {} 升级到 {}", at.text(), upgrade->meta.to.text())}});
    at = upgrade->meta.to;
    if (upgrade != way.back()) out_.stops.push_back(at);
  }
  out_.to = at;
  for (const auto* package : own_) {
    if (package->meta.kind != PackageKind::upgrade || std::find(way.begin(), way.end(), package) != way.end()) continue;
    const auto wanted = std::find(request_.include.begin(), request_.include.end(), package->meta.id);
    if (wanted != request_.include.end())
      problem(Code::wrong_version, package->meta.id,
              {fmt::format("{} can be laid on {} only; installed is {}", package->meta.id, package->meta.from.text(),
                           request_.installed.text()),
               fmt::format("{} 只能装在 {} 上；当前安装的是 {}", package->meta.id, package->meta.from.text(),
                           request_.installed.text())});
    leave_out(*package, LeftOut::not_applicable,
              {fmt::format("not on the way from {} to {}", out_.from.text(), at.text()),
               fmt::format("不在从 {} 到 {} 的路径上", out_.from.text(), at.text())});
  }
}

// What an upgrade requires stands in front of it, so it must fit the version before.
void Composer::require_before(const Package& upgrade, const Version& at, std::set<std::string>& visiting) {
  if (!visiting.insert(upgrade.meta.id).second)
    return problem(Code::package_conflict, upgrade.meta.id,
                   {upgrade.meta.id + " requires itself in a circle", upgrade.meta.id + " 循环依赖自身"});
  for (const auto& id : upgrade.meta.requires_ids) {
    if (is_installed(id) || before_.contains(id)) continue;
    if (std::any_of(out_.packages.begin(), out_.packages.end(), [&](const auto& p) { return p.meta.id == id; }))
      continue;
    const auto* package = find(id);
    if (package == nullptr || package->meta.kind == PackageKind::upgrade || !package->meta.from.contains(at)) {
      problem(Code::package_missing, id,
              {fmt::format("{} requires {} on {}", upgrade.meta.id, id, at.text()),
               fmt::format("{} 要求在 {} 上先安装 {}", upgrade.meta.id, at.text(), id)},
              {fmt::format("package {} for {} {}", id, request_.product, at.text()),
               fmt::format("适用于 {} {} 的包 {}", request_.product, at.text(), id)});
      continue;
    }
    require_before(*package, at, visiting);
    before_.insert(id);
    out_.packages.push_back(
        {package->meta, package->digest, {"required by " + upgrade.meta.id, "被 " + upgrade.meta.id + " 依赖"}});
  }
}

void Composer::choose_feature(const Package& package) {
  const auto& meta = package.meta;
  const bool included = std::find(request_.include.begin(), request_.include.end(), meta.id) != request_.include.end();
  if (before_.contains(meta.id)) return;
  if (!meta.from.contains(out_.to)) {
    if (included)
      problem(Code::wrong_version, meta.id,
              {fmt::format("{} is for {}, not {}", meta.id, meta.from.text(), out_.to.text()),
               fmt::format("{} 适用于 {}，而非 {}", meta.id, meta.from.text(), out_.to.text())});
    return leave_out(package, LeftOut::not_applicable,
                     {fmt::format("for {}, not {}", meta.from.text(), out_.to.text()),
                      fmt::format("适用于 {}，而非 {}", meta.from.text(), out_.to.text())});
  }
  if (included) return select(package, {"asked for", "人工指定"});
  if (counts_as_there(meta.id)) return leave_out(package, LeftOut::already_installed, {"is installed", "已安装"});
  if (!meta.module.empty()) {
    if (module_installed(meta.module))
      return select(package,
                    {"feature pack of the installed module " + meta.module, "已安装模块 " + meta.module + " 的功能包"});
    return leave_out(package, LeftOut::module_not_installed,
                     {"module " + meta.module + " is not installed", "模块 " + meta.module + " 未安装"});
  }
  if (takes_over_installed(meta))
    return select(package, {"takes the place of what is installed", "接替已安装的功能包"});
  leave_out(package, LeftOut::not_asked_for, {"not installed and not asked for", "未安装，也未要求"});
}

void Composer::choose_patch(const Package& package) {
  const auto& meta = package.meta;
  const bool included = std::find(request_.include.begin(), request_.include.end(), meta.id) != request_.include.end();
  if (before_.contains(meta.id)) return;
  if (!meta.from.contains(out_.to)) {
    if (included)
      problem(Code::wrong_version, meta.id,
              {fmt::format("{} is for {}, not {}", meta.id, meta.from.text(), out_.to.text()),
               fmt::format("{} 适用于 {}，而非 {}", meta.id, meta.from.text(), out_.to.text())});
    return leave_out(package, LeftOut::not_applicable,
                     {fmt::format("for {}, not {}", meta.from.text(), out_.to.text()),
                      fmt::format("适用于 {}，而非 {}", meta.from.text(), out_.to.text())});
  }
  if (!included && counts_as_there(meta.id))
    return leave_out(package, LeftOut::already_installed, {"is installed", "已安装"});
  if (!included && !meta.module.empty() && !module_installed(meta.module))
    return leave_out(package, LeftOut::module_not_installed,
                     {"module " + meta.module + " is not installed", "模块 " + meta.module + " 未安装"});
  select(package, {"patch for " + out_.to.text(), "适用于 " + out_.to.text() + " 的补丁"});
}

}  // namespace ferry
