// Modules and runtimes out of packages: files of unknown origin, read for what they were built for.
#include "package/native.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  const auto text = fuzz::text_of(data, size);
  for (const char* path : {"a.node", "a.so"})
    if (const auto found = native_module_in(RelativePath(path), text))
      fuzz::promise(!found->runtime.empty() && !(found->any && !found->built_for.empty()), "bound, or not");
  for (const char* path : {"node", "php8.2"})
    if (const auto found = runtime_in(RelativePath(path), text))
      fuzz::promise(!found->version.empty() || !found->loads.empty(), "something is known");
  return 0;
}
