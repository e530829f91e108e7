// A fuzz target is one function over bytes from outside. libFuzzer calls it (preset `fuzz`, tools/fuzz), and so does
// the driver of this folder in `./test`. A refusal is an Error and is fine. Everything else is a find: a crash, another
// exception, a hang, a promise of the format that does not hold.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "host/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ferry::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// True when it was read, false when it was refused with an Error.
template <class Read>
bool read_or_refused(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error&) {
    return false;
  }
}

inline void promise(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// A file of these bytes, for readers that want a path. The same one each time: it lies in memory (TMPDIR permitting).
class InputFile {
 public:
  explicit InputFile(const char* name) : path_(folder_ / name) {}
  const std::string& with(std::string_view bytes) const {
    std::FILE* file = std::fopen(path_.c_str(), "wb");
    promise(
        file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fclose(file) == 0,
        "the input can be written to a file");
    return path_;
  }
  std::string folder() const { return folder_.path(); }

 private:
  TempFolder folder_{"ferry-fuzz"};
  std::string path_;
};

}  // namespace ferry::fuzz
