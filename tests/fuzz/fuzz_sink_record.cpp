// The record of the fence's sink.
#include "backup/sink_record.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  static const fuzz::InputFile file("sink.jsonl");
  const auto& path = file.with(fuzz::text_of(data, size));
  fuzz::read_or_refused([&] {
    std::uint64_t offset = 0;
    const auto events = read_sink_record(path, offset);
    fuzz::promise(offset <= size, "no further than the file");
    for (const auto& destination : destinations(events)) Json(destination).dump();
    suggestions(events, {"mail.example:25"});
  });
  return 0;
}
