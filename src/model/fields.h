// One list of members serves both directions of a JSON form, so that writing and reading can't drift apart:
//
//   template <class Visitor, class Value>
//   void members(Visitor& visit, Value& value) { visit("id", value.id); visit.choice("kind", value.kind, kind_of); }
//
// JSON names are the C++ member names. Empty optionals are left out; what is missing is read as the default.
// Strings that are not UTF-8 (a GBK name in somebody's output) are written escaped, because JSON can't carry them.
// For this room, and for the project file (src/project).
#pragma once
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace ferry::fields {

inline std::string as_utf8(const std::string& bytes) {
  return is_utf8(bytes) ? bytes : escape(bytes);
}

template <class T>
Json write_value(const T& value) {
  if constexpr (std::same_as<T, std::string>) {
    return as_utf8(value);
  } else if constexpr (std::same_as<T, Text>) {
    return Json{{"en", as_utf8(value.en)}, {"zh", as_utf8(value.zh)}};
  } else {
    return value;
  }
}
template <class T>
Json write_value(const std::vector<T>& list) {
  Json out = Json::array();
  for (const auto& item : list) out.push_back(write_value(item));
  return out;
}
template <class T>
Json write_value(const std::map<std::string, T>& map) {
  Json out = Json::object();
  for (const auto& [key, item] : map) out[as_utf8(key)] = write_value(item);
  return out;
}

class Writer {
 public:
  explicit Writer(Json& json) : json_(json) { json_ = Json::object(); }

  template <class T>
  void operator()(const char* key, const T& value) {
    json_[key] = write_value(value);
  }
  template <class T>
  void operator()(const char* key, const std::optional<T>& value) {
    if (value) json_[key] = write_value(*value);
  }
  template <class Enum, class Parse>
  void choice(const char* key, const Enum& value, Parse) {
    json_[key] = std::string(name_of(value));
  }

 private:
  Json& json_;
};

// Reads a number without the silent conversions of the library (1.9 to 1, -1 to a huge number, true to 1).
template <std::integral T>
T read_integer(const Json& json) {
  const auto refuse = [&](const char* why) { throw Error(Code::invalid_document, json.dump(), why); };
  if (!json.is_number_integer()) refuse("a whole number is expected");
  if (json.is_number_unsigned()) {
    if (!std::in_range<T>(json.get<std::uint64_t>())) refuse("out of range");
    return static_cast<T>(json.get<std::uint64_t>());
  }
  if (!std::in_range<T>(json.get<std::int64_t>())) refuse("out of range");
  return static_cast<T>(json.get<std::int64_t>());
}

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {
    if (!json.is_object())
      throw Error(Code::invalid_document, json.type_name(), Text{"an object is expected", "此处应为对象"});
  }

  template <class T>
  void operator()(const char* key, T& value) {
    read(key, [&](const Json& json) {
      if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        value = read_integer<T>(json);
      } else {
        json.get_to(value);
      }
    });
  }
  template <class T>
  void operator()(const char* key, std::optional<T>& value) {
    value.reset();
    if (!json_.contains(key)) return;
    (*this)(key, value.emplace());
  }
  template <class Enum, class Parse>
  void choice(const char* key, Enum& value, Parse parse) {
    read(key, [&](const Json& json) { value = parse(json.get<std::string>()); });
  }

 private:
  template <class Use>
  void read(const char* key, Use use) {
    const auto found = json_.find(key);
    if (found == json_.end()) return;
    try {
      use(*found);
    } catch (const Json::exception& e) {
      throw Error(Code::invalid_document, key, e.what());
    } catch (Error& e) {
      throw std::move(e).within(key);
    }
  }

  const Json& json_;
};

// Every durable document carries `format`; a number that this program does not know is refused before anything else
// is read, because the rest may mean something else there.
inline void require_format(const Json& json, int known, const char* document) {
  if (!json.is_object() || !json.contains("format")) return;
  const auto& format = json.at("format");
  if (format.is_number_integer() && format == known) return;
  throw Error(Code::unsupported_format, document,
              Text{"format " + format.dump() + ", known: " + std::to_string(known),
                   "格式 " + format.dump() + "，已知：" + std::to_string(known)});
}

// Names of an enumeration in the order of its values.
template <class Enum, std::size_t N>
Enum from_name(const std::pair<Enum, std::string_view> (&names)[N], std::string_view name) {
  std::string allowed;
  for (const auto& [value, text] : names) {
    if (text == name) return value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(text);
  }
  throw Error(Code::invalid_document, as_utf8(std::string(name)), Text{"allowed: " + allowed, "允许：" + allowed});
}
template <class Enum, std::size_t N>
std::string_view to_name(const std::pair<Enum, std::string_view> (&names)[N], Enum value) {
  for (const auto& [known, text] : names)
    if (known == value) return text;
  broken_invariant("an enumeration value has a name", __FILE__, __LINE__);
}

}  // namespace ferry::fields
