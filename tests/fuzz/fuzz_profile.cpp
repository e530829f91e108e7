// A product's profile; what stands behind a line "--- base" is the profile that it extends.
#include "model/profile.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  auto text = fuzz::text_of(data, size);
  std::string base;
  const auto border = text.find("\n--- base\n");
  if (border != std::string_view::npos) {
    base = text.substr(border + 10);
    text = text.substr(0, border + 1);
  }
  fuzz::read_or_refused([&] {
    const auto result = parse_profile(text, "profile.yaml", [&](const std::string&) { return base; });
    fuzz::promise(result.profile.has_value() || !result.problems.empty(), "what is not read has a reason");
  });
  return 0;
}
