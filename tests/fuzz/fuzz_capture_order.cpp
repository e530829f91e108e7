// capture.yaml.
#include "model/capture.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::read_or_refused([&] {
    const auto result = parse_capture_order(fuzz::text_of(data, size), "capture.yaml");
    fuzz::promise(result.order.has_value() == result.problems.empty(), "what is not read has a reason");
    if (!result.order) return;
    for (const auto& command : result.order->run) fuzz::promise(!command.empty(), "no command is empty");
    for (const auto& rule : result.order->differences) rule.path.matches(RelativePath("a/b/.cache/c.log"));
  });
  return 0;
}
