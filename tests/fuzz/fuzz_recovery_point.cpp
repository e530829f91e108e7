// The record of a recovery point, and the intent of a restore beside the database.
#include "database/point.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  static const fuzz::InputFile file("main.point.json");
  file.with(fuzz::text_of(data, size));
  fuzz::read_or_refused([&] {
    const auto point = read_point(file.folder(), "main");
    if (point) Json(*point).dump();
  });
  return 0;
}
