#include "package/scan.h"

#include <fmt/format.h>

#include <limits>
#include <vector>

#include "base/error.h"
#include "model/entry_words.h"
#include "package/meta.h"

namespace ferry {
namespace {

class Scan {
 public:
  Scan(const std::string& file, const ArchiveLimits& limits)
      : file_(file), limits_(limits), reader_(file, ArchiveReader::Format::tar_zstd, limits) {}

  Package run(const UseEntry& use);

 private:
  std::string head(std::string_view name, std::uint64_t most);
  void read_head();
  void check(const RelativePath& name, const ArchiveItem& item, const Entry& entry) const;
  void check_complete(std::size_t seen) const;
  void take_removes(CheckedContent& content, const Entry& entry);

  const std::string& file_;
  const ArchiveLimits& limits_;
  ArchiveReader reader_;
  SeenNames names_;
  Package package_;
  Manifest manifest_;
};

Text larger_than(std::uint64_t bytes) {
  return {fmt::format("larger than {} bytes", bytes), fmt::format("超过 {} 字节", bytes)};
}

[[noreturn]] void hostile(const RelativePath& name, const Text& why) {
  throw Error(Code::hostile_archive, printable(name.bytes()), why);
}

// package.yaml and manifest.mtree stand first, so that everything else can be checked while it streams.
std::string Scan::head(std::string_view name, std::uint64_t most) {
  const auto item = reader_.next();
  if (!item)
    throw Error(Code::hostile_archive, file_,
                Text{fmt::format("'{}' is missing", name), fmt::format("缺少“{}”", name)});
  const auto path = checked_name(item->raw);
  if (path.bytes() != name || item->type != EntryType::file)
    hostile(path,
            {fmt::format("stands where the file '{}' must stand", name), fmt::format("占据了文件“{}”的位置", name)});
  names_.add(path, false);
  if (item->size && *item->size > most) hostile(path, larger_than(most));
  auto text = reader_.read_all();
  if (text.size() > most) hostile(path, larger_than(most));
  return text;
}

void Scan::read_head() {
  const auto meta = head(layout::meta_name, limits_.meta_bytes);
  const auto mtree = head(layout::manifest_name, limits_.manifest_bytes);
  const std::string where = file_ + ":" + std::string(layout::manifest_name);
  try {
    manifest_ = Manifest::from_mtree(mtree, where);
  } catch (const Error& e) {
    throw Error(Code::hostile_archive, where,
                Text{"malformed: " + e.about() + " " + e.detail(),
                     "格式有误：" + e.about_text().zh + " " + e.detail_text().zh});
  }
  const auto* entry = manifest_.find(RelativePath(layout::meta_name));
  if (entry == nullptr || entry->size != meta.size() || entry->digest != Digest::of(meta))
    throw Error(Code::hostile_archive, where,
                Text{"package.yaml is not the one that the manifest names", "package.yaml 与清单所指的不符"});
  package_.meta = require_meta(meta, file_ + ":" + std::string(layout::meta_name));
}

void Scan::check(const RelativePath& name, const ArchiveItem& item, const Entry& entry) const {
  if (item.type != entry.type)
    hostile(name, {fmt::format("is of type '{}', in the manifest '{}'", name_of(item.type), name_of(entry.type)),
                   fmt::format("是{}，文件清单中为{}", chinese_name_of(item.type), chinese_name_of(entry.type))});
  if ((item.mode & 0777U) != entry.mode)
    hostile(name, {fmt::format("has mode {:o}, in the manifest {:o}", item.mode, entry.mode),
                   fmt::format("权限为 {:o}，文件清单中为 {:o}", item.mode, entry.mode)});
  if (item.type == EntryType::link && item.link != entry.link)
    hostile(name, {"has another target than in the manifest", "链接目标与文件清单不符"});
  if (item.type == EntryType::file && item.size.value_or(entry.size) != entry.size)
    hostile(name, {fmt::format("has {} bytes, in the manifest {}", *item.size, entry.size),
                   fmt::format("为 {} 字节，文件清单中为 {}", *item.size, entry.size)});
  if (item.type == EntryType::link) {
    const auto place = layout::place_of(name);
    check_link_target(place.kind == layout::Place::Kind::file ? place.target : name, item.link);
  }
}

void Scan::check_complete(std::size_t seen) const {
  const std::size_t expected = manifest_.size() - 1;  // without package.yaml
  if (seen == expected) return;
  // Which ones: only now, in the error path.
  ArchiveReader again(file_, ArchiveReader::Format::tar_zstd, limits_);
  std::vector<RelativePath> there;
  while (const auto item = again.next()) there.push_back(checked_name(item->raw));
  std::sort(there.begin(), there.end());
  for (const auto& [name, entry] : manifest_.items())
    if (!std::binary_search(there.begin(), there.end(), name))
      hostile(name, {fmt::format("stands in the manifest, not in the archive ({} missing)", expected - seen),
                     fmt::format("列在文件清单中，但压缩包内没有（共缺 {} 个）", expected - seen)});
}

void Scan::take_removes(CheckedContent& content, const Entry& entry) {
  const std::string where = file_ + ":" + std::string(layout::removes_name);
  if (entry.size > limits_.manifest_bytes)
    throw Error(Code::hostile_archive, where, larger_than(limits_.manifest_bytes));
  if (!package_.meta.removes.empty())
    throw Error(Code::package_content, where,
                Text{"package.yaml has a list of its own", "package.yaml 中已另有删除列表"});
  package_.meta.removes = layout::removes_from_list(content.read_all(), where);
}

Package Scan::run(const UseEntry& use) {
  read_head();
  std::size_t seen = 0;
  std::string last;
  bool sorted = true;
  while (const auto item = reader_.next()) {
    const auto name = checked_name(item->raw);
    names_.add(name, item->type == EntryType::folder);
    const auto* entry = manifest_.find(name);
    if (entry == nullptr) hostile(name, {"is not in the manifest", "不在文件清单中"});
    check(name, *item, *entry);
    if (item->type == EntryType::file) {
      CheckedContent content(reader_, name, *entry, Code::hostile_archive);
      if (layout::place_of(name).kind == layout::Place::Kind::removes)
        take_removes(content, *entry);
      else if (use)
        use(name, *entry, content);
      content.finish();
    }
    sorted = sorted && last < name.bytes();
    last = name.bytes();
    ++seen;
  }
  check_complete(seen);
  if (!sorted)
    throw Error(Code::package_content, file_,
                Text{"the entries are not in the order of their names", "条目未按名称排序"});
  package_.digest = reader_.finish();
  layout::fill(package_, manifest_);
  package_.file = file_;
  return std::move(package_);
}

}  // namespace

CheckedContent::CheckedContent(ArchiveReader& reader, const RelativePath& name, const Entry& entry, Code wrong)
    : reader_(reader), name_(name), entry_(entry), wrong_(wrong) {}

std::size_t CheckedContent::read(char* buffer, std::size_t size) {
  if (done_) return 0;
  const auto got = reader_.read(buffer, size);
  bytes_ += got;
  if (bytes_ > entry_.size)
    throw Error(wrong_, printable(name_.bytes()),
                Text{"has more bytes than in the manifest", "字节数多于文件清单所载"});
  hasher_.update({buffer, got});
  if (got > 0) return got;
  done_ = true;
  if (bytes_ != entry_.size || hasher_.finish() != entry_.digest)
    throw Error(wrong_, printable(name_.bytes()),
                Text{"its content is not what the manifest says", "内容与文件清单不符"});
  return 0;
}

void CheckedContent::finish() {
  std::vector<char> buffer;
  while (!done_) {
    buffer.resize(64U << 10U);
    read(buffer.data(), buffer.size());
  }
}

Package scan_package(const std::string& file, const ArchiveLimits& limits, const UseEntry& use) {
  return Scan(file, limits).run(use);
}

namespace {

// A verified package was held against the limits when it was opened.
ArchiveLimits no_limits() {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return ArchiveLimits{most, most, most, most, most, most, most};
}

}  // namespace

EntryWalk::EntryWalk(const Package& package) : reader_(package.file, ArchiveReader::Format::tar_zstd, no_limits()) {}

std::optional<RelativePath> EntryWalk::next() {
  while (const auto item = reader_.next())
    if (item->type == EntryType::file) return checked_name(item->raw);
  return std::nullopt;
}

}  // namespace ferry
