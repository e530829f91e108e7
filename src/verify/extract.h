// Values out of an answer. Not for use outside this room.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "verify/http.h"

namespace ferry {

// An answer whose text and JSON are made when somebody asks.
class Answer {
 public:
  explicit Answer(const HttpResponse& response) : response_(&response) {}

  int status() const { return response_->status; }
  const std::string& text() const;
  // None when the body is no JSON.
  const Json* json() const;

  // Value at a JSON pointer; none when it isn't there. Throws Error(invalid_document) for a malformed pointer.
  const Json* at(const std::string& pointer) const;
  // "regex:..." -> the first group (or the whole match), else a JSON pointer -> the value as text. None when there is
  // no such thing. Throws Error(invalid_document) for a malformed expression or one that needs too long.
  std::optional<std::string> value(const std::string& where) const;

 private:
  const HttpResponse* response_;
  mutable std::optional<std::string> text_;
  mutable std::optional<Json> json_;
};

// A JSON value as people and templates see it: strings without quotes.
std::string as_text(const Json& value);

// First group, or the whole match when there is none, of the first match in UTF-8 text.
std::optional<std::string> first_match(const std::string& expression, const std::string& text);

}  // namespace ferry
