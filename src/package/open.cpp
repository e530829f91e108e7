#include "package/open.h"

#include "base/error.h"
#include "host/files.h"
#include "package/layout.h"
#include "package/origin.h"
#include "package/scan.h"

namespace ferry {
namespace {

// A file that was cut off fails its signature too; that it was cut off is what helps.
[[noreturn]] void refuse_changed(const std::string& file, const Error& error) {
  if (zstd_end(file) == ZstdEnd::truncated)
    throw Error(Code::truncated_archive, file,
                Text{"it ends in the middle; copy or download it again", "文件不完整；请重新复制或下载"});
  throw error;
}

PackageOrigin verified_origin(const std::string& file, const std::string& signature_text, const TrustedKeys& keys,
                              Moment now, const FileHashes& hashes) {
  const auto signature = parse_signature(signature_text, file + std::string(layout::signature_ending));
  const auto& key = keys.require(signature.key_id_text(), now);
  try {
    verify_signature(signature, key.key, hashes, file);
  } catch (const Error& error) {
    refuse_changed(file, error);
  }
  PackageOrigin out;
  out.kind = PackageOrigin::Kind::signed_by_key;
  out.key_id = signature.key_id_text();
  out.comment = signature.trusted_comment;
  return out;
}

PackageOrigin imported_origin(const std::string& file, const std::string& record_text, const FileHashes& hashes) {
  const auto record = parse_import_record(record_text, file + std::string(layout::origin_ending));
  if (record.digest != Digest(hashes.sha256))
    refuse_changed(file, Error(Code::bad_signature, file,
                               Text{"it is not the file that " + record.person + " imported",
                                    "不是 " + record.person + " 当初导入的文件"}));
  PackageOrigin out;
  out.kind = PackageOrigin::Kind::imported;
  out.person = record.person;
  out.at = record.at;
  return out;
}

}  // namespace

Package open_package(const std::string& file, const TrustedKeys& keys, Moment now, const ArchiveLimits& limits) {
  const auto hashes = hash_file(file);
  const auto signature = read_file_if_there(file + std::string(layout::signature_ending), 64U << 10U);
  const auto record = read_file_if_there(file + std::string(layout::origin_ending), 64U << 10U);
  if (!signature && !record)
    throw Error(
        Code::unsigned_package, file,
        Text{"neither " + std::string(layout::signature_ending) + " nor " + std::string(layout::origin_ending) +
                 " lies beside it",
             "旁边既没有 " + std::string(layout::signature_ending) + " 也没有 " + std::string(layout::origin_ending)});
  // A signature says more than an import record; where there is one, it must hold.
  const auto origin =
      signature ? verified_origin(file, *signature, keys, now, hashes) : imported_origin(file, *record, hashes);
  auto out = scan_package(file, limits);
  if (out.digest != Digest(hashes.sha256))
    throw Error(Code::file_changed, file, Text{"it changed while it was read", "读取过程中有变化"});
  out.origin = origin;
  return out;
}

Package inspect_package(const std::string& file, const ArchiveLimits& limits) {
  return scan_package(file, limits);
}

}  // namespace ferry
