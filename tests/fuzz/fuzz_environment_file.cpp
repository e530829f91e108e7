// KEY=VALUE lines of a service.
#include "host/service.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::read_or_refused([&] {
    for (const auto& [name, value] : parse_environment_file(fuzz::text_of(data, size), "environment"))
      fuzz::promise(!name.empty() && name.find('=') == std::string::npos && name.find('\0') == std::string::npos &&
                        value.find('\0') == std::string::npos,
                    "a name and a value that a process can be given");
  });
  return 0;
}
