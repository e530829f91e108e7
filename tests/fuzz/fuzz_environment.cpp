// An environment document.
#include "model/environment.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::read_or_refused([&] {
    const auto result = parse_environment(fuzz::text_of(data, size), "environment.yaml");
    fuzz::promise(result.environment.has_value() || !result.problems.empty(), "what is not read has a reason");
  });
  return 0;
}
