// One object of a file tree, as mtree(5) describes it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/json.h"

namespace ferry {

enum class EntryType { file, folder, link, fifo, socket, block_device, character_device };

struct Entry {
  EntryType type = EntryType::file;
  std::uint32_t mode = 0;  // permission bits, 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;     // bytes; files only
  std::int64_t mtime_ns = 0;  // since 1970-01-01 UTC
  Digest digest;              // SHA-256 of the content; files only
  std::string link;           // target, bytes; links only

  // Same content and kind, whatever owner, mode and times: what a three-way comparison asks.
  bool same_content(const Entry& other) const {
    return type == other.type && digest == other.digest && link == other.link;
  }
  // Same in everything that a switch restores except times of folders.
  bool operator==(const Entry&) const = default;
};

std::string_view name_of(EntryType type);  // mtree's words: file, dir, link, fifo, socket, block, char
EntryType entry_type(std::string_view name);

void to_json(Json& json, const Entry& value);
void from_json(const Json& json, Entry& value);

}  // namespace ferry
