#include "package/layout.h"

#include <algorithm>
#include <regex>
#include <set>

#include "base/error.h"

namespace ferry::layout {
namespace {

[[noreturn]] void refuse(const RelativePath& path, const Text& why) {
  throw Error(Code::package_content, printable(path.bytes()), why);
}

PackageScript script_of(const RelativePath& name, const Place& place, const Entry& entry) {
  // The number orders the scripts and makes their names telling in the product's own table of applied scripts.
  static const std::regex allowed("[0-9]{3,}_[A-Za-z0-9._-]+\\.sql");
  if (entry.type != EntryType::file) refuse(name, {"a script must be a file", "脚本必须是文件"});
  if (!std::regex_match(place.name, allowed))
    refuse(name, {"a script's name is a number of three or more digits, '_', a name, '.sql': 010_columns.sql",
                  "脚本名应为三位以上数字、下划线、名称和 .sql，如 010_columns.sql"});
  static const std::regex dialect("[a-z][a-z0-9]*");
  if (!std::regex_match(place.dialect, dialect))
    refuse(name, {"sql/<dialect>/: small letters and digits", "sql/<dialect>/ 只能用小写字母和数字"});
  return PackageScript{place.dialect, place.name, entry.digest, entry.size};
}

void check_together(const Package& package) {
  const auto& meta = package.meta;
  for (const auto& removed : meta.removes)
    for (auto path = removed; !path.empty(); path = path.parent())
      if (const auto* entry = package.files.find(path);
          entry != nullptr && (path == removed || entry->type != EntryType::folder))
        refuse(removed, {"the package brings it and removes it", "包中既有该文件又要删除它"});
  for (const auto& [path, entry] : package.files.items())
    for (auto parent = path.parent(); !parent.empty(); parent = parent.parent()) {
      const auto* above = package.files.find(parent);
      if (above != nullptr && above->type != EntryType::folder)
        refuse(path, {"its folder is a file or link", "其所在文件夹是文件或链接"});
    }
  const std::set<RelativePath> once(meta.removes.begin(), meta.removes.end());
  if (once.size() != meta.removes.size())
    throw Error(Code::package_content, meta.id, Text{"a path stands twice in 'removes'", "removes 中有重复的路径"});
  if (package.files.size() == 0 && package.scripts.empty() && meta.removes.empty())
    throw Error(Code::package_content, meta.id,
                Text{"brings no file and no script, and removes nothing", "不含文件和脚本，也不删除任何内容"});
}

}  // namespace

Place place_of(const RelativePath& archive_name) {
  Place out;
  if (archive_name.bytes() == meta_name) out.kind = Place::Kind::meta;
  if (archive_name.bytes() == manifest_name) out.kind = Place::Kind::manifest;
  if (archive_name.bytes() == removes_name) out.kind = Place::Kind::removes;
  const auto parts = archive_name.components();
  if (parts.size() >= 2 && parts[0] == "files") {
    out.kind = Place::Kind::file;
    out.target = RelativePath(std::string_view(archive_name.bytes()).substr(6));
  }
  if (parts.size() == 3 && parts[0] == "sql") {
    out.kind = Place::Kind::script;
    out.dialect = parts[1];
    out.name = parts[2];
  }
  return out;
}

std::string removes_to_list(std::vector<RelativePath> removes) {
  std::sort(removes.begin(), removes.end());
  std::string out;
  for (const auto& path : removes) out += escape(path.bytes()) + "\n";
  return out;
}

std::vector<RelativePath> removes_from_list(std::string_view text, const std::string& where) {
  std::vector<RelativePath> out;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    const auto refuse_line = [&](const Text& why) {
      throw Error(Code::package_content, where + ":" + std::to_string(line), why);
    };
    if (end == std::string_view::npos) refuse_line({"the last line has no end", "最后一行没有换行符"});
    try {
      RelativePath path(unescape(text.substr(0, end)));
      if (path.empty()) refuse_line({"the root itself", "安装目录本身"});
      if (escape(path.bytes()) != text.substr(0, end))
        refuse_line({"not in the form in which it is written", "不是规范的书写形式"});
      if (!out.empty() && !(out.back() < path)) refuse_line({"not in the order of paths", "未按路径排序"});
      out.push_back(std::move(path));
    } catch (const Error& e) {
      if (e.code() == Code::package_content) throw;
      refuse_line(e.detail_text());
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

void fill(Package& package, const Manifest& archive_manifest) {
  std::vector<Manifest::Item> files;
  package.scripts.clear();
  for (const auto& [name, entry] : archive_manifest.items()) {
    const auto place = place_of(name);
    switch (place.kind) {
      case Place::Kind::file:
        files.emplace_back(place.target, entry);
        break;
      case Place::Kind::script:
        package.scripts.push_back(script_of(name, place, entry));
        break;
      case Place::Kind::meta:
      case Place::Kind::removes:
        break;
      default:
        refuse(name, {"allowed are package.yaml, removes.list, files/..., sql/<dialect>/<script>",
                      "只允许 package.yaml、removes.list、files/... 和 sql/<dialect>/<script>"});
    }
  }
  package.files = Manifest(std::move(files));
  check_together(package);
}

}  // namespace ferry::layout
