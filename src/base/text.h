// Texts that people read exist in Chinese and English (REQUIREMENTS D2); a value of this type carries both.
#pragma once
#include <string>
#include <string_view>

namespace ferry {

enum class Language { english, chinese };

struct Text {
  std::string en;
  std::string zh;

  // The text in the language asked for; the other one where this one was left empty.
  const std::string& in(Language language) const {
    if (language == Language::chinese) return zh.empty() ? en : zh;
    return en.empty() ? zh : en;
  }
  bool empty() const { return en.empty() && zh.empty(); }
  bool operator==(const Text&) const = default;
};

// Language of a POSIX locale name: LC_ALL, LC_MESSAGES, LANG in that order of rank, as POSIX.1-2017 section 8.2 ranks
// them. Read from the environment values directly, because the machines have no zh_CN locale installed.
Language language_of_locale(const char* lc_all, const char* lc_messages, const char* lang);

// Width in terminal columns of UTF-8 text: East Asian wide characters take two.
std::size_t display_width(std::string_view utf8);

}  // namespace ferry
