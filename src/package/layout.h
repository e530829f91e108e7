// Where things stand inside a package, and what must hold of its parts. Not for other rooms.
#pragma once
#include <string>
#include <vector>

#include "model/package.h"

namespace ferry::layout {

inline constexpr std::string_view meta_name = "package.yaml";
inline constexpr std::string_view manifest_name = "manifest.mtree";
inline constexpr std::string_view removes_name = "removes.list";
inline constexpr std::string_view signature_ending = ".minisig";
inline constexpr std::string_view origin_ending = ".origin.json";

struct Place {
  enum class Kind { meta, manifest, removes, file, script, other } kind = Kind::other;
  RelativePath target;  // file: from the installation's root
  std::string dialect;  // script
  std::string name;     // script
};
Place place_of(const RelativePath& archive_name);

inline RelativePath file_name(const RelativePath& target) {
  return RelativePath("files") / target.bytes();
}
inline RelativePath script_name(const PackageScript& script) {
  return RelativePath("sql") / script.dialect / script.name;
}

// Above so many `removes` stand in a list of their own, where a package of hundreds of thousands of files has room.
inline constexpr std::size_t most_removes_in_meta = 200;
// One escaped path on a line, sorted. Throws Error(package_content, where:line, why).
std::string removes_to_list(std::vector<RelativePath> removes);
std::vector<RelativePath> removes_from_list(std::string_view text, const std::string& where);

// Splits the manifest of the archive into target files and scripts, and checks that they and the meta data make sense
// together. Throws Error(package_content, name, why).
void fill(Package& package, const Manifest& archive_manifest);

}  // namespace ferry::layout
