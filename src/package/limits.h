// What an archive from outside may demand of this machine before it is called a bomb.
#pragma once
#include <cstdint>

namespace ferry {

struct ArchiveLimits {
  std::uint64_t entries = 500000;
  std::uint64_t total_bytes = 64ULL << 30U;      // unpacked
  std::uint64_t file_bytes = 16ULL << 30U;       // one file, unpacked
  std::uint64_t ratio = 300;                     // unpacked : packed, over the whole archive ...
  std::uint64_t ratio_from = 64ULL << 20U;       // ... looked at once this much was unpacked
  std::uint64_t meta_bytes = 1ULL << 20U;        // package.yaml
  std::uint64_t manifest_bytes = 256ULL << 20U;  // manifest.mtree
};

}  // namespace ferry
