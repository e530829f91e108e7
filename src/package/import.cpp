#include "package/import.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "base/error.h"
#include "host/files.h"
#include "host/tree.h"
#include "package/archive_reader.h"
#include "package/layout.h"
#include "package/meta.h"
#include "package/open.h"
#include "package/origin.h"
#include "package/publish.h"
#include "package/zip_end.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// Unpacks a zip into the folder form that build_package reads. Nothing is written for an entry before its name and
// kind were checked, and nothing outside the folder: links are made last.
class Unpacker {
 public:
  Unpacker(std::string zip, std::string folder, const ImportOptions& options)
      : options_(options),
        folder_(std::move(folder)),
        reader_(std::move(zip), ArchiveReader::Format::zip, options.limits,
                options.keep_names ? std::string() : options.archive_names) {}

  void run() {
    while (const auto item = reader_.next()) take(*item);
    for (const auto& [target, path] : links_) {
      make_folders(fs::path(path).parent_path().string());
      fs::create_symlink(target, path);
    }
  }

 private:
  void take(const ArchiveItem& item) {
    const auto name = checked_name(item.raw);
    const bool is_folder = item.type == EntryType::folder;
    names_.add(name, is_folder);
    if (!options_.keep_names && !is_utf8(item.raw))
      throw Error(
          Code::package_content, printable(item.raw),
          Text{"its name is not UTF-8: the code page must be given", "文件名不是 UTF-8：须指定代码页（--names）"});
    for (const auto& ignored : options_.ignore)
      if (name.is_under(ignored)) return skip(item);
    if (!name.is_under(options_.strip)) {
      if (is_folder && options_.strip.is_under(name)) return;
      throw Error(Code::package_content, printable(name.bytes()),
                  Text{"stands outside '" + printable(options_.strip.bytes()) + "/' and is not in the list to ignore",
                       "位于“" + printable(options_.strip.bytes()) + "/”之外，且不在忽略列表中"});
    }
    if (name == options_.strip) {
      if (is_folder) return;
      throw Error(Code::package_content, printable(name.bytes()),
                  Text{"the folder to strip is no folder", "要去掉的前缀不是文件夹"});
    }
    const auto depth = options_.strip.empty() ? 0 : options_.strip.bytes().size() + 1;
    place(item, RelativePath(std::string_view(name.bytes()).substr(depth)));
  }

  // What is left out must not hide a bomb either.
  void skip(const ArchiveItem& item) {
    if (item.type != EntryType::file) return;
    std::vector<char> buffer(64U << 10U);
    while (reader_.read(buffer.data(), buffer.size()) > 0) continue;
  }

  void place(const ArchiveItem& item, const RelativePath& target) {
    std::string path = folder_ + "/files/" + target.bytes();
    for (const auto& [scripts, dialect] : options_.scripts) {
      if (!target.is_under(scripts)) continue;
      if (item.type == EntryType::folder) return;
      if (target == scripts || target.parent() != scripts)
        throw Error(Code::package_content, printable(target.bytes()),
                    Text{"scripts must stand right in their folder", "脚本必须直接位于其文件夹中"});
      path = folder_ + "/sql/" + dialect + "/" + std::string(target.name());
    }
    if (item.type == EntryType::link) {
      check_link_target(target, item.link);
      links_.emplace_back(item.link, path);
      return;
    }
    if (item.type == EntryType::folder) return make_folders(path);
    make_folders(fs::path(path).parent_path().string());
    write(path, (item.mode & 0100U) != 0);
  }

  void write(const std::string& path, bool executable) {
    errno = 0;
    std::ofstream out(path, std::ios::binary);
    std::vector<char> buffer(256U << 10U);
    while (const auto size = reader_.read(buffer.data(), buffer.size()))
      out.write(buffer.data(), static_cast<std::streamsize>(size));
    out.close();
    if (!out) throw system_error(path, errno == 0 ? EIO : errno);
    if (executable) fs::permissions(path, fs::perms(0755));
  }

  const ImportOptions& options_;
  std::string folder_;
  ArchiveReader reader_;
  SeenNames names_;
  std::vector<std::pair<std::string, std::string>> links_;
};

}  // namespace

Package import_zip(const std::string& zip, const PackageMeta& meta, const std::string& output,
                   const ImportOptions& options) {
  if (options.person.empty()) throw Error(Code::usage, zip, Text{"who imports it must be named", "必须指明导入人"});
  if (path_exists(output)) throw Error(Code::already_exists, output);
  require_whole_zip(zip);
  const auto source_digest = digest_of_file(zip);
  const TempFolder temp(".ferry-import", fs::absolute(output).parent_path().string());
  Unpacker(zip, temp.path(), options).run();
  if (digest_of_file(zip) != source_digest)
    throw Error(Code::file_changed, zip, Text{"it changed while it was read", "读取过程中有变化"});
  write_file_atomic(temp / layout::meta_name, meta_to_yaml(meta));
  // The record first, the package's name last: killed in between, nothing looks like a package.
  const TempFolder built(".ferry-import", fs::absolute(output).parent_path().string());
  auto out = build_package(temp.path(), built / "package", options.build);
  ImportRecord record;
  record.digest = out.digest;
  record.person = options.person;
  record.at = to_string(options.at);
  record.source_name = fs::path(zip).filename().string();
  record.source_digest = source_digest;
  write_file_atomic(output + std::string(layout::origin_ending), to_text(record));
  publish(built / "package", output);
  out.file = output;
  out.origin.kind = PackageOrigin::Kind::imported;
  out.origin.person = record.person;
  out.origin.at = record.at;
  return out;
}

}  // namespace ferry
