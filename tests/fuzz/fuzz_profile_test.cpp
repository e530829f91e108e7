// Tests of a profile: what their authors write.
#include "model/profile_test_case.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::read_or_refused([&] {
    const auto result = parse_profile_test(fuzz::text_of(data, size), "test.yaml");
    fuzz::promise(result.test.has_value() == result.problems.empty(), "a test, or reasons why it is none");
  });
  return 0;
}
