#include "verify/extract.h"

#include <unicode/regex.h>
#include <unicode/unistr.h>

#include <memory>

#include "base/error.h"

namespace ferry {

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// ICU, because the standard library's expressions recurse for every character and end the program on a long line.
std::optional<std::string> first_match(const std::string& expression, const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  icu::RegexMatcher matcher(icu::UnicodeString::fromUTF8(expression), 0, status);
  if (U_FAILURE(status)) throw Error(Code::invalid_document, "regex:" + expression, u_errorName(status));
  const auto input = icu::UnicodeString::fromUTF8(text);
  matcher.reset(input);
  matcher.setTimeLimit(5000, status);  // steps of the engine; about as many milliseconds
  const bool found = matcher.find(status) != 0;
  if (U_FAILURE(status)) throw Error(Code::invalid_document, "regex:" + expression, u_errorName(status));
  if (!found) return std::nullopt;
  std::string out;
  matcher.group(matcher.groupCount() > 0 ? 1 : 0, status).toUTF8String(out);
  return out;
}

const std::string& Answer::text() const {
  if (!text_) text_ = response_->text();
  return *text_;
}

const Json* Answer::json() const {
  if (!json_) json_ = Json::parse(text(), nullptr, false);
  return json_->is_discarded() ? nullptr : &*json_;
}

const Json* Answer::at(const std::string& pointer) const {
  try {
    const Json::json_pointer where(pointer);
    const auto* whole = json();
    if (whole == nullptr || !whole->contains(where)) return nullptr;
    return &whole->at(where);
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, Text{"JSON pointer '" + pointer + "'", "JSON 指针“" + pointer + "”"},
                Text{error.what(), error.what()});
  }
}

std::optional<std::string> Answer::value(const std::string& where) const {
  constexpr std::string_view prefix = "regex:";
  if (where.starts_with(prefix)) return first_match(where.substr(prefix.size()), text());
  const auto* found = at(where);
  if (found == nullptr) return std::nullopt;
  return as_text(*found);
}

}  // namespace ferry
