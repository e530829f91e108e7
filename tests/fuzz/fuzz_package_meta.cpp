// package.yaml.
#include "package/meta.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  const auto result = parse_meta(fuzz::text_of(data, size), "package.yaml");
  fuzz::promise(result.meta.has_value() == result.problems.empty(), "what is not read has a reason");
  if (!result.meta) return 0;
  const auto canonical = meta_to_yaml(*result.meta);
  const auto again = parse_meta(canonical, "package.yaml");
  fuzz::promise(again.meta && meta_to_yaml(*again.meta) == canonical, "the canonical form is read as what it is");
  return 0;
}
