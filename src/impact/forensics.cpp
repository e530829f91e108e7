#include "impact/forensics.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ferry {
namespace {

class Attribution {
 public:
  explicit Attribution(const ForensicsInput& input)
      : input_(input),
        base_(input.base),
        installed_(input.installed),
        packages_(input.packages),
        paths_(input.paths),
        overlay_(overlay_of(input.packages, input.paths.whole)) {
    for (const auto& decision : input.decisions) decisions_.emplace(decision.path, &decision);
  }

  Forensics run() {
    for (const auto& path : known_paths()) one(path);
    for (const auto& package : packages_) out_.packages.push_back(verdict(package));
    for (const auto& package : input_.others)
      if (auto found = unrecorded(package)) out_.packages.push_back(std::move(*found));
    return std::move(out_);
  }

 private:
  bool looked_at(const RelativePath& path) const {
    return !is_under_any(path, paths_.data) && !is_under_any(path, paths_.generated) &&
           !is_under_any(path, paths_.ignored) && (paths_.program.empty() || is_under_any(path, paths_.program));
  }
  std::set<RelativePath> known_paths() const;
  std::string found_in(const RelativePath& path, const Entry& there) const;
  std::string found_in_others(const RelativePath& path, const Entry& there) const;
  bool decided(const RelativePath& path, const Entry* there) const;
  void one(const RelativePath& path);
  PackageVerdict verdict(const Package& package) const;
  std::optional<PackageVerdict> unrecorded(const Package& package) const;
  std::string superseded_by(const Package& package) const;

  const ForensicsInput& input_;
  const Manifest* base_;
  const Manifest& installed_;
  const std::vector<Package>& packages_;
  const Paths& paths_;
  Overlay overlay_;
  std::multimap<RelativePath, const Decision*> decisions_;
  Forensics out_;
};

std::set<RelativePath> Attribution::known_paths() const {
  std::set<RelativePath> out;
  const auto take = [&](const RelativePath& path, const Entry& entry) {
    if (entry.type != EntryType::folder && looked_at(path)) out.insert(path);
  };
  for (const auto& [path, file] : overlay_.files) take(path, file.entry);
  for (const auto& [path, entry] : installed_.items())
    if (base_ != nullptr || overlay_.remover(path) != nullptr || !found_in_others(path, entry).empty())
      take(path, entry);
  if (base_ != nullptr)
    for (const auto& [path, entry] : base_->items()) take(path, entry);
  return out;
}

// The latest of those that have exactly this content.
std::string Attribution::found_in(const RelativePath& path, const Entry& there) const {
  for (auto package = packages_.rbegin(); package != packages_.rend(); ++package) {
    const auto* entry = package->files.find(path);
    if (entry != nullptr && entry->same_content(there)) return package->meta.id;
  }
  const auto* entry = base_ == nullptr ? nullptr : base_->find(path);
  return entry != nullptr && entry->same_content(there) ? "base" : "";
}

std::string Attribution::found_in_others(const RelativePath& path, const Entry& there) const {
  for (const auto& package : input_.others) {
    const auto* entry = package.files.find(path);
    if (entry != nullptr && entry->same_content(there)) return package.meta.id;
  }
  return {};
}

// The customer's configuration stays the customer's; a decision holds for the contents for which it was made.
bool Attribution::decided(const RelativePath& path, const Entry* there) const {
  if (there != nullptr && is_under_any(path, paths_.config)) return true;
  const auto laid = input_.laid_down.find(path);
  if (laid != input_.laid_down.end() && laid->second == content_key(there)) return true;
  const auto [begin, end] = decisions_.equal_range(path);
  return std::any_of(begin, end, [&](const auto& one) {
    const Decision& decision = *one.second;
    if (decision.choice == Choice::keep) return content_key(there) == decision.mine;
    if (decision.choice == Choice::merge) return content_key(there) == decision.merged;
    return decision.choice == Choice::retire && there == nullptr;
  });
}

void Attribution::one(const RelativePath& path) {
  FileAttribution file;
  file.path = path;
  const Entry* expected = nullptr;
  bool removed = false;
  if (const auto brought = overlay_.files.find(path); brought != overlay_.files.end()) {
    expected = &brought->second.entry;
    file.expected = brought->second.package;
  } else if (const auto* remover = overlay_.remover(path)) {
    removed = true;
    file.expected = *remover;
  } else if (base_ != nullptr && base_->find(path) != nullptr) {
    expected = base_->find(path);
    file.expected = "base";
  }
  const auto* there = installed_.find(path);
  if (there != nullptr) file.found = found_in(path, *there);
  if (removed)
    file.state = there == nullptr ? FileState::right : FileState::left_over;
  else if (expected == nullptr)
    file.state = FileState::foreign;
  else if (there == nullptr)
    file.state = FileState::missing;
  else if (there->same_content(*expected))
    file.state = FileState::right;
  else
    file.state = file.found.empty() ? FileState::changed : FileState::overwritten;
  if (file.state == FileState::right) {
    if (!removed) file.found = file.expected;
  } else if (decided(path, there)) {
    file.state = FileState::decided;
  } else if (there != nullptr && file.found.empty()) {
    file.found = found_in_others(path, *there);
    if (!file.found.empty()) file.state = FileState::unrecorded;
  }
  out_.files.push_back(std::move(file));
}

std::string Attribution::superseded_by(const Package& package) const {
  for (const auto& other : packages_)
    if (std::find(other.meta.supersedes.begin(), other.meta.supersedes.end(), package.meta.id) !=
        other.meta.supersedes.end())
      return other.meta.id;
  return {};
}

PackageVerdict Attribution::verdict(const Package& package) const {
  PackageVerdict out;
  out.id = package.meta.id;
  for (const auto& file : out_.files) {
    if (file.expected != package.meta.id) continue;
    ++(file.state == FileState::right || file.state == FileState::decided ? out.right : out.wrong);
  }
  const bool brings = package.files.size() > 0 || !package.meta.removes.empty();
  const auto by = superseded_by(package);
  if (!by.empty() || (out.right + out.wrong == 0 && brings)) {
    out.state = PackageState::superseded;
    out.text = by.empty() ? Text{"later packages bring all its files", "其全部文件已由后续包带来"}
                          : Text{"superseded by " + by, "已被 " + by + " 取代"};
  } else if (out.wrong == 0) {
    out.state = PackageState::present;
    out.text = {fmt::format("all its {} files are there", out.right), fmt::format("其 {} 个文件均已就位", out.right)};
  } else {
    out.state = out.right == 0 ? PackageState::missing : PackageState::partly_applied;
    out.text = {fmt::format("{} of its {} files are not as it brings them", out.wrong, out.right + out.wrong),
                fmt::format("其 {} 个文件中有 {} 个与包内容不符", out.right + out.wrong, out.wrong)};
  }
  return out;
}

std::optional<PackageVerdict> Attribution::unrecorded(const Package& package) const {
  PackageVerdict out;
  out.id = package.meta.id;
  out.state = PackageState::unrecorded;
  for (const auto& file : out_.files)
    if (file.state == FileState::unrecorded && file.found == out.id) ++out.right;
  if (out.right == 0) return std::nullopt;
  std::uint64_t all = 0;
  for (const auto& [path, entry] : package.files.items())
    if (entry.type != EntryType::folder) ++all;
  out.wrong = all - out.right;
  out.text = {fmt::format("{} of its {} files are there, and nobody says that it was applied", out.right, all),
              fmt::format("其 {} 个文件中有 {} 个已在系统中，但没有安装记录", all, out.right)};
  return out;
}

}  // namespace

std::string_view name_of(FileState state) {
  switch (state) {
    case FileState::right:
      return "right";
    case FileState::decided:
      return "decided";
    case FileState::unrecorded:
      return "unrecorded";
    case FileState::overwritten:
      return "overwritten";
    case FileState::changed:
      return "changed";
    case FileState::missing:
      return "missing";
    case FileState::left_over:
      return "left_over";
    case FileState::foreign:
      break;
  }
  return "foreign";
}

std::string_view name_of(PackageState state) {
  switch (state) {
    case PackageState::present:
      return "present";
    case PackageState::partly_applied:
      return "partly_applied";
    case PackageState::missing:
      return "missing";
    case PackageState::unrecorded:
      return "unrecorded";
    case PackageState::superseded:
      break;
  }
  return "superseded";
}

std::uint64_t Forensics::count(FileState state) const {
  return static_cast<std::uint64_t>(
      std::count_if(files.begin(), files.end(), [&](const FileAttribution& file) { return file.state == state; }));
}

Forensics attribute_files(const ForensicsInput& input) {
  return Attribution(input).run();
}

}  // namespace ferry
