#include "model/stops.h"

namespace ferry {

StepName step_name(std::string_view id) {
  const auto at = id.find('@');
  if (at == std::string_view::npos) return {std::string(id), {}};
  return {std::string(id.substr(0, at)), std::string(id.substr(at + 1))};
}

std::string at_stop(std::string_view step, std::string_view stop) {
  std::string out(step);
  if (!stop.empty()) out.append("@").append(stop);
  return out;
}

std::string place_of_stop(const std::string& run, std::string_view stop) {
  if (stop.empty()) return run;
  static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+";
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = run + "/stops/v";  // so that no version is '.' or '..'
  for (const char c : stop) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain.find(c) != std::string_view::npos)
      out += c;
    else
      out.append("%").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
  }
  return out;
}

}  // namespace ferry
