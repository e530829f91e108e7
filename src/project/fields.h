// The model's member lists (model/fields.h) for the types of time as well. Not for use outside this room.
#pragma once
#include <optional>
#include <string>

#include "base/clock.h"
#include "model/fields.h"

namespace ferry::project_fields {

class Writer {
 public:
  explicit Writer(Json& json) : visit_(json) {}

  template <class T>
  void operator()(const char* key, const T& value) {
    visit_(key, value);
  }
  void operator()(const char* key, const Moment& value) { visit_(key, to_string(value)); }
  void operator()(const char* key, const Date& value) { visit_(key, to_string(value)); }
  void operator()(const char* key, const Milliseconds& value) { visit_(key, std::int64_t{value.count()}); }
  template <class T>
  void operator()(const char* key, const std::optional<T>& value) {
    if (value) (*this)(key, *value);
  }
  template <class Enum, class Parse>
  void choice(const char* key, const Enum& value, Parse parse) {
    visit_.choice(key, value, parse);
  }

 private:
  fields::Writer visit_;
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json), visit_(json) {}

  template <class T>
  void operator()(const char* key, T& value) {
    visit_(key, value);
  }
  void operator()(const char* key, Moment& value) { from_text(key, value, parse_moment); }
  void operator()(const char* key, Date& value) { from_text(key, value, parse_date); }
  void operator()(const char* key, Milliseconds& value) {
    std::int64_t count = value.count();
    visit_(key, count);
    value = Milliseconds(count);
  }
  template <class T>
  void operator()(const char* key, std::optional<T>& value) {
    value.reset();
    if (json_.contains(key)) (*this)(key, value.emplace());
  }
  template <class Enum, class Parse>
  void choice(const char* key, Enum& value, Parse parse) {
    visit_.choice(key, value, parse);
  }

 private:
  template <class T, class Parse>
  void from_text(const char* key, T& value, Parse parse) {
    if (!json_.contains(key)) return;
    std::string text;
    visit_(key, text);
    value = parse(text);
  }

  const Json& json_;
  fields::Reader visit_;
};

}  // namespace ferry::project_fields

namespace ferry {

// "a, b, c"
std::string joined(const std::vector<std::string>& items, std::string_view between = ", ");

}  // namespace ferry
