#include "base/counted.h"

namespace ferry {

std::string counted(std::uint64_t number, std::string_view noun, std::string_view plural) {
  std::string out = std::to_string(number) + " ";
  if (number != 1 && !plural.empty()) return out.append(plural);
  out.append(noun);
  return number == 1 ? out : out + "s";
}

}  // namespace ferry
