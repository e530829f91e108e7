// What is staged already.
#include "deploy/sealed_lines.h"
#include "deploy/staged_record.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  static const fuzz::InputFile file("staged");
  auto text = fuzz::text_of(data, size);
  file.with(text);
  read_staged_record(file.folder());
  std::string lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines += sealed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  file.with(lines);
  fuzz::read_or_refused([&] { read_staged_record(file.folder()); });
  return 0;
}
