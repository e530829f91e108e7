// The sheet of a test system, as JSON or in the page that carries it.
#include "model/test_sheet.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::read_or_refused([&] {
    const auto sheet = parse_test_sheet(std::string(fuzz::text_of(data, size)), "sheet.html");
    const Json json = sheet;
    fuzz::promise(Json(parse_test_sheet(json.dump(), "sheet.json")) == json, "what was read is read again as written");
  });
  return 0;
}
