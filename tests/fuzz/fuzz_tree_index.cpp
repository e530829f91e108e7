// The index of a tree: bytes as they are, and the same under a right checksum.
#include "base/digest.h"
#include "host/tree_index.h"
#include "target.h"

namespace {

using namespace ferry;

void look_up(const std::string& file) {
  IndexReader index(file, "/oa", true);
  Digest digest;
  Attributes attributes;
  FileKey key;
  key.inode = 7;
  for (const char* first : {"a", "conf/x.properties"})
    fuzz::read_or_refused([&] {
      IndexCursor cursor(index, RelativePath(first));
      for (const char* path : {"a", "conf/x.properties", "m", "zz"})
        cursor.find(RelativePath(path), key, digest, attributes);
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputFile file("index");
  const auto bytes = fuzz::text_of(data, size);
  look_up(file.with(bytes));
  const auto digest = Digest::of(bytes);
  look_up(file.with(std::string(bytes) +
                    std::string(reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size())));
  return 0;
}
