#include "package/build.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/error.h"
#include "host/files.h"
#include "host/tree.h"
#include "model/entry_words.h"
#include "package/layout.h"
#include "package/meta.h"
#include "package/names.h"
#include "package/publish.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

struct Source {
  RelativePath name;
  Entry entry;
  std::optional<std::string> bytes;  // its content; none: it is read
};
// Where the content of an entry lies.
using FindSource = std::function<std::string(const RelativePath& name)>;

[[noreturn]] void refuse(const RelativePath& path, const Text& why) {
  throw Error(Code::package_content, printable(path.bytes()), why);
}

// Names that would be refused when the package is opened are refused when it is made.
void check_names(const Manifest& tree) {
  SeenNames seen;
  try {
    for (const auto& [path, entry] : tree.items()) {
      const auto name = checked_name(path.bytes());
      seen.add(name, entry.type == EntryType::folder);
      const auto place = layout::place_of(name);
      if (entry.type == EntryType::link && place.kind == layout::Place::Kind::file)
        check_link_target(place.target, entry.link);
    }
  } catch (const Error& e) {
    throw Error(Code::package_content, e.about_text(), e.detail_text());
  }
}

// What goes into the archive, with everything that differs between machines made equal.
Entry normal(Entry entry, std::int64_t time) {
  entry.uid = 0;
  entry.gid = 0;
  entry.mtime_ns = time * 1'000'000'000;
  const bool executable = entry.type == EntryType::folder || (entry.mode & 0100U) != 0;
  entry.mode = entry.type == EntryType::link ? 0777U : executable ? 0755U : 0644U;
  return entry;
}

Manifest read_folder(const std::string& folder) {
  TreeOptions options;
  options.extended_attributes = false;
  auto tree = read_tree(folder, options);
  if (!tree.problems.empty()) {
    const auto& first = tree.problems.front();
    throw Error(first.code, folder + "/" + printable(first.path.bytes()), first.detail);
  }
  return std::move(tree.manifest);
}

std::vector<Source> sources_of(const Manifest& tree, std::int64_t time) {
  std::set<RelativePath> with_content;
  for (const auto& [path, entry] : tree.items()) with_content.insert(path.parent());
  std::vector<Source> out;
  for (const auto& [path, entry] : tree.items()) {
    const auto kind = layout::place_of(path).kind;
    if (kind == layout::Place::Kind::meta || kind == layout::Place::Kind::removes) continue;
    if (entry.type == EntryType::folder) {
      const auto top = path.components().front();
      if (top != "files" && top != "sql")
        refuse(path, {"only package.yaml, removes.list, files/ and sql/ may lie in a package folder",
                      "包文件夹中只能有 package.yaml、removes.list、files/ 和 sql/"});
      if (top == "files" && path.bytes() != "files" && !with_content.contains(path))
        out.push_back({path, normal(entry, time), {}});
      continue;
    }
    if (kind != layout::Place::Kind::file && kind != layout::Place::Kind::script)
      refuse(path, {"only package.yaml, removes.list, files/... and sql/<dialect>/<script> may lie in a package folder",
                    "包文件夹中只能有 package.yaml、removes.list、files/... 和 sql/<dialect>/<script>"});
    if (entry.type != EntryType::file && entry.type != EntryType::link)
      refuse(path, {fmt::format("is a {}; only files, folders and links can be packed", name_of(entry.type)),
                    fmt::format("是{}；只能打包文件、文件夹和链接", chinese_name_of(entry.type))});
    out.push_back({path, normal(entry, time), {}});
  }
  return out;
}

Source text_source(std::string_view name, std::string bytes, std::int64_t time) {
  Entry entry;
  entry.mode = 0644;
  entry.size = bytes.size();
  entry.digest = Digest::of(bytes);
  return {RelativePath(name), normal(entry, time), std::move(bytes)};
}

class Writer {
 public:
  Writer(const std::string& file, int level, FindSource find) : file_(file), find_(std::move(find)) {
    // GNU tar keeps names as bytes; pax would have to know their encoding.
    require_ok(archive_write_set_format_gnutar(archive_.get()));
    require_ok(archive_write_add_filter_zstd(archive_.get()));
    require_ok(
        archive_write_set_filter_option(archive_.get(), "zstd", "compression-level", std::to_string(level).c_str()));
    // No padding behind the compressed stream.
    archive_write_set_bytes_in_last_block(archive_.get(), 1);
    require_ok(archive_write_open_filename(archive_.get(), file.c_str()));
  }

  void add(const Source& source) {
    header(source);
    if (source.entry.type != EntryType::file) return;
    if (source.bytes)
      data(*source.bytes);
    else
      copy(source);
  }
  void close() { require_ok(archive_write_close(archive_.get())); }

 private:
  void require_ok(long long result) {
    if (result < ARCHIVE_OK) throw system_error(file_, archive_errno(archive_.get()));
  }
  void header(const Source& source) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), source.name.bytes().c_str());
    const auto type = source.entry.type;
    archive_entry_set_filetype(entry.get(), type == EntryType::folder ? AE_IFDIR
                                            : type == EntryType::link ? AE_IFLNK
                                                                      : AE_IFREG);
    archive_entry_set_perm(entry.get(), source.entry.mode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(source.entry.size));
    archive_entry_set_mtime(entry.get(), source.entry.mtime_ns / 1'000'000'000, 0);
    if (type == EntryType::link) archive_entry_set_symlink(entry.get(), source.entry.link.c_str());
    require_ok(archive_write_header(archive_.get(), entry.get()));
  }
  void data(std::string_view bytes) { require_ok(archive_write_data(archive_.get(), bytes.data(), bytes.size())); }
  void copy(const Source& source) {
    errno = 0;
    const std::string path = find_(source.name);
    std::ifstream in(path, std::ios::binary);
    if (!in) throw system_error(path, errno);
    Hasher hasher;
    std::uint64_t left = source.entry.size;
    while (left > 0 && in) {
      in.read(buffer_.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(buffer_.size(), left)));
      const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(in.gcount()));
      hasher.update(bytes);
      data(bytes);
      left -= bytes.size();
    }
    if (left > 0 || hasher.finish() != source.entry.digest)
      throw Error(Code::file_changed, path, Text{"it changed while it was packed", "打包过程中有变化"});
  }

  std::string file_;
  FindSource find_;
  std::vector<char> buffer_ = std::vector<char>(256U << 10U);
  std::unique_ptr<struct archive, decltype(&archive_write_free)> archive_{archive_write_new(), archive_write_free};
};

// What every package consists of, whatever its files come from.
Package write_package(PackageMeta meta, std::vector<Source> sources, const FindSource& find, const std::string& output,
                      const BuildOptions& options) {
  Package out;
  out.meta = std::move(meta);
  PackageMeta written = out.meta;
  if (written.removes.size() > layout::most_removes_in_meta) {
    sources.push_back(
        text_source(layout::removes_name, layout::removes_to_list(std::move(written.removes)), options.time));
    written.removes.clear();
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.name < b.name; });
  const auto meta_source = text_source(layout::meta_name, meta_to_yaml(written), options.time);
  const TempFolder temp(".ferry-build", fs::absolute(output).parent_path().string());
  const std::string made = temp / "package";
  {
    std::vector<Manifest::Item> items{{meta_source.name, meta_source.entry}};
    for (const auto& source : sources) items.emplace_back(source.name, source.entry);
    const Manifest manifest(std::move(items));
    check_names(manifest);
    layout::fill(out, manifest);
    Writer writer(made, options.level, find);
    writer.add(meta_source);
    writer.add(text_source(layout::manifest_name, manifest.to_mtree(), options.time));
    for (const auto& source : sources) writer.add(source);
    writer.close();
  }
  publish(made, output);
  out.digest = digest_of_file(output);
  out.file = output;
  return out;
}

std::vector<RelativePath> removes_in(const std::string& folder, const PackageMeta& meta) {
  const std::string file = folder + "/" + std::string(layout::removes_name);
  const auto text = read_file_if_there(file);
  if (!text) return meta.removes;
  if (!meta.removes.empty())
    throw Error(Code::package_content, file,
                Text{"package.yaml has a list of its own", "package.yaml 中已另有删除列表"});
  return layout::removes_from_list(*text, file);
}

}  // namespace

Package build_package(const std::string& folder, const std::string& output, const BuildOptions& options) {
  if (path_exists(output)) throw Error(Code::already_exists, output);
  const auto tree = read_folder(folder);
  check_names(tree);
  const std::string meta_file = folder + "/" + std::string(layout::meta_name);
  auto meta = require_meta(read_file(meta_file, 1U << 20U), meta_file);
  meta.removes = removes_in(folder, meta);
  const auto find = [&](const RelativePath& name) { return folder + "/" + name.bytes(); };
  return write_package(std::move(meta), sources_of(tree, options.time), find, output, options);
}

Package build_package(const PackageMeta& meta, const std::string& root, const Manifest& files,
                      const std::string& output, const BuildOptions& options) {
  if (path_exists(output)) throw Error(Code::already_exists, output);
  std::vector<Source> sources;
  sources.reserve(files.size());
  for (const auto& [path, entry] : files.items())
    sources.push_back({layout::file_name(path), normal(entry, options.time), {}});
  const auto find = [&](const RelativePath& name) { return root + "/" + layout::place_of(name).target.bytes(); };
  return write_package(meta, std::move(sources), find, output, options);
}

void sign_package(const std::string& package, const SecretKey& key, std::int64_t timestamp) {
  const auto digest = digest_of_file(package);
  const auto name = fs::path(package).filename().string();
  const auto comment = fmt::format("timestamp:{}\tfile:{}\tsize:{}\tsha256:{}", timestamp, printable(name),
                                   fs::file_size(package), digest.hex());
  write_file_atomic(package + std::string(layout::signature_ending), sign_file(key, package, comment, timestamp));
}

}  // namespace ferry
