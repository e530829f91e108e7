// Numbers as text behind other text, without a string of their own: for lists of hundreds of thousands of lines.
#pragma once
#include <charconv>
#include <string>

namespace ferry {

// `width`: filled up with zeros in front.
template <class Number>
void append_number(std::string& out, Number number, int base = 10, std::size_t width = 0) {
  char digits[32];
  const auto result = std::to_chars(digits, digits + sizeof digits, number, base);
  const auto length = static_cast<std::size_t>(result.ptr - digits);
  if (length < width) out.append(width - length, '0');
  out.append(digits, length);
}

}  // namespace ferry
