#include "base/id.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <vector>

#include "base/digest.h"
#include "base/error.h"

namespace ferry {

std::string new_id(std::string_view prefix, Moment now) {
  static constexpr std::string_view alphabet = "23456789abcdefghijkmnpqrstuvwxyz";
  std::array<unsigned char, 4> random{};
  FERRY_INVARIANT(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
  const std::string time = to_string(now);  // 2026-01-31T08:00:00.000Z
  std::string out = fmt::format("{}-{}{}{}-{}{}{}-", prefix, time.substr(0, 4), time.substr(5, 2), time.substr(8, 2),
                                time.substr(11, 2), time.substr(14, 2), time.substr(17, 2));
  for (const auto byte : random) out += alphabet[byte % alphabet.size()];
  return out;
}

std::string random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> random(bytes);
  FERRY_INVARIANT(RAND_bytes(random.data(), static_cast<int>(bytes)) == 1);
  return to_hex(random);
}

}  // namespace ferry
