// What a vendor delivers, and a set of it. Format of the file: docs/formats/package.md.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/capture.h"
#include "model/manifest.h"
#include "model/value.h"

namespace ferry {

enum class PackageKind { upgrade, feature, patch };
std::string_view name_of(PackageKind kind);
PackageKind package_kind(std::string_view name);

struct PackageMeta {
  int format = 1;
  std::string id;  // unique with its version: "upgrade-8.0"
  PackageKind kind = PackageKind::patch;
  std::string product;
  Text title;
  VersionRange from;                      // product versions it can be laid on
  Version to;                             // product version afterwards; empty: unchanged (feature pack, patch)
  std::vector<std::string> requires_ids;  // "requires" in the file
  std::vector<std::string> supersedes;
  std::vector<std::string> conflicts;
  std::vector<std::string> fixes;        // ids of checks or issues it claims to solve
  std::vector<RelativePath> removes;     // files that must be gone afterwards
  std::string runtime;                   // "java >=17"; empty: no demand
  std::vector<Text> notes;               // configuration notes, post-actions for people
  std::optional<CaptureRecord> capture;  // not there: nobody ran an upgrader for it
  std::string module;                    // feature pack: id of the module in the profile that it belongs to
};

struct PackageScript {
  std::string dialect;  // sqlite
  std::string name;     // 010_columns.sql
  Digest digest;
  std::uint64_t size = 0;
};

struct PackageOrigin {
  enum class Kind { signed_by_key, imported } kind = Kind::imported;
  std::string key_id;   // minisign key id, 16 hexadecimal digits
  std::string comment;  // trusted comment
  std::string person;   // imported by
  std::string at;       // RFC 3339
};

std::string_view name_of(PackageOrigin::Kind kind);

// A verified package: what everything after the package room works with.
struct Package {
  PackageMeta meta;
  Manifest files;  // root-relative target paths
  std::vector<PackageScript> scripts;
  Digest digest;  // of the whole package file
  PackageOrigin origin;
  std::string file;  // where the package file lies on this machine (not hashed)
};

void to_json(Json& json, const PackageMeta& value);
void from_json(const Json& json, PackageMeta& value);
void to_json(Json& json, const PackageScript& value);
void from_json(const Json& json, PackageScript& value);
void to_json(Json& json, const PackageOrigin& value);
void from_json(const Json& json, PackageOrigin& value);

}  // namespace ferry
