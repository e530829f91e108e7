// "1 script", "2 scripts": a number with its English noun. Chinese needs no such thing.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace ferry {

// `plural` where it is not the noun and an s.
std::string counted(std::uint64_t number, std::string_view noun, std::string_view plural = {});

}  // namespace ferry
