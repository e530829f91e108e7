// A package file: bytes as they are, and the same bytes as the tar inside the compression.
#include <zstd.h>

#include "package/open.h"
#include "target.h"

namespace {

using namespace ferry;

ArchiveLimits small() {
  ArchiveLimits limits;
  limits.entries = 1000;
  limits.total_bytes = 8U << 20U;
  limits.file_bytes = 4U << 20U;
  return limits;
}

void open_it(const std::string& file) {
  fuzz::read_or_refused([&] {
    const auto package = inspect_package(file, small());
    stream_files(package, [](const RelativePath&, const Entry&, ContentReader& content) { content.read_all(); });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputFile file("fuzz.ferry");
  open_it(file.with(fuzz::text_of(data, size)));
  std::string packed(ZSTD_compressBound(size), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), data, size, 1));
  open_it(file.with(packed));
  return 0;
}
