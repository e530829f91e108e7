#include "package/library.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "base/error.h"
#include "host/files.h"
#include "package/layout.h"
#include "package/publish.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view ending = ".fpk";
constexpr int known_format = 1;

// Changes with every change of the file's content, and with most that pretend there was none.
std::string sign_of(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) throw system_error(file, errno);
  return std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec) + " " + std::to_string(info.st_ctim.tv_sec) + "." +
         std::to_string(info.st_ctim.tv_nsec) + " " + std::to_string(info.st_ino);
}
std::string signs_of(const std::string& file) {
  std::string out = sign_of(file);
  for (const auto beside : {layout::signature_ending, layout::origin_ending})
    if (path_exists(file + std::string(beside))) out += " | " + sign_of(file + std::string(beside));
  return out;
}

Json index_record(const Package& package, const std::string& sign) {
  return Json{{"format", known_format},
              {"sign", sign},
              {"meta", package.meta},
              {"scripts", package.scripts},
              {"digest", package.digest},
              {"origin", package.origin},
              {"files", package.files.to_mtree()}};
}

Package package_of(const Json& record, const std::string& file) {
  Package out;
  record.at("meta").get_to(out.meta);
  record.at("scripts").get_to(out.scripts);
  record.at("digest").get_to(out.digest);
  record.at("origin").get_to(out.origin);
  out.files = Manifest::from_mtree(record.at("files").get<std::string>(), file);
  out.file = file;
  return out;
}

}  // namespace

Library::Library(std::string folder, TrustedKeys keys, ArchiveLimits limits)
    : folder_(std::move(folder)), keys_(std::move(keys)), limits_(limits) {}

namespace {

Text reason_of(const Error& error) {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  return {first_line(error.describe(Language::english)), first_line(error.describe(Language::chinese))};
}

}  // namespace

std::string Library::path_of(const Digest& digest) const {
  return folder_ + "/" + digest.hex() + std::string(ending);
}

Package Library::add(const std::string& file, Moment now) {
  const auto package = open_package(file, keys_, now, limits_);
  const auto target = path_of(package.digest);
  make_folders(folder_);
  for (const auto& other : list(now))
    if (other.meta.id == package.meta.id && other.digest != package.digest)
      throw Error(Code::already_exists, package.meta.id,
                  Text{"another package with this id is in the library: " + other.digest.brief(),
                       "项目中已有同一编号的另一个包：" + other.digest.brief()});
  if (!path_exists(target)) {
    // What vouches for it first, the package last: list() looks at packages.
    for (const auto beside : {layout::signature_ending, layout::origin_ending})
      if (const auto text = read_file_if_there(file + std::string(beside), 64U << 10U))
        write_file_atomic(target + std::string(beside), *text);
    const TempFolder temp(".adding", folder_);
    copy_file(file, temp / "package");
    if (hash_file(temp / "package").sha256 != package.digest.bytes())
      throw Error(Code::file_changed, file, Text{"it changed while it was copied", "复制过程中有变化"});
    publish(temp / "package", target);
  }
  return get(package.digest, now);
}

Package Library::get(const Digest& digest, Moment now) const {
  const auto file = path_of(digest);
  if (!path_exists(file))
    throw Error(Code::not_found, Text{"package " + digest.hex(), "包 " + digest.hex()}, Text{folder_, folder_});
  const auto sign = signs_of(file);
  auto package = open_package(file, keys_, now, limits_);
  if (package.digest != digest)
    throw Error(Code::file_changed, file, Text{"it is not the file that was added", "不是当初加入的文件"});
  write_file_atomic(file + ".index", index_record(package, sign).dump());
  return package;
}

// The package from its index record while the file is the one that was verified, else verified again.
Package Library::indexed(const std::string& file, Moment now) const {
  const auto text = read_file_if_there(file + ".index", 1ULL << 30U);
  const Json record = text ? Json::parse(*text, nullptr, false) : Json();
  try {
    if (record.is_object() && record.value("format", 0) == known_format && record.value("sign", "") == signs_of(file)) {
      auto package = package_of(record, file);
      if (package.origin.kind == PackageOrigin::Kind::signed_by_key) keys_.require(package.origin.key_id, now);
      return package;
    }
  } catch (const Json::exception&) {
    // A record that says nothing is like none: it is only there to save time.
  }
  return get(Digest::from_hex(fs::path(file).stem().string()), now);
}

std::vector<Package> Library::list(Moment now, std::vector<Rejected>* rejected) const {
  std::vector<Package> out;
  if (!path_exists(folder_)) return out;
  for (const auto& item : fs::directory_iterator(folder_)) {
    if (item.path().extension() != ending) continue;
    try {
      out.push_back(indexed(item.path().string(), now));
    } catch (const Error& e) {
      if (rejected != nullptr) rejected->push_back({item.path().string(), e.what(), reason_of(e)});
    }
  }
  std::sort(out.begin(), out.end(), [](const Package& a, const Package& b) {
    return std::tie(a.meta.product, a.meta.kind, a.meta.id) < std::tie(b.meta.product, b.meta.kind, b.meta.id);
  });
  return out;
}

Package Library::get(const std::string& id, Moment now) const {
  for (const auto& package : list(now))
    if (package.meta.id == id) return get(package.digest, now);
  throw Error(Code::not_found, Text{"package " + id, "包 " + id}, Text{folder_, folder_});
}

std::vector<Package> Library::get_all(const std::vector<RecipePackage>& packages, Moment now) const {
  std::vector<Package> out;
  for (const auto& wanted : packages) {
    if (!path_exists(path_of(wanted.digest)))
      throw Error(Code::package_missing, wanted.id + " " + wanted.digest.brief(), folder_);
    out.push_back(get(wanted.digest, now));
  }
  return out;
}

}  // namespace ferry
