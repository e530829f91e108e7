// What a machine must have to become the test system (B4): computed where production was surveyed, sent to whoever
// prepares the machine, and checked there (docs/formats/test-sheet.md).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "model/value.h"

namespace ferry {

enum class SheetKind {
  system,
  cores,
  memory,
  disk,
  runtime,
  program,
  database,
  port,
  account,
  root,
  fence,
  door,
  time_zone,
  locale
};
std::string_view name_of(SheetKind kind);
SheetKind sheet_kind(std::string_view name);

struct SheetDemand {
  std::string version;  // of the product
  VersionRange wanted;
};

struct SheetNeed {
  std::string id;  // "port:18080": unique, stable
  SheetKind kind = SheetKind::system;
  Text title;
  Text need;             // what must be there
  Text why;              // may be empty
  Text remedy;           // what to do where it is not
  bool required = true;  // false: advice

  std::vector<std::string> names;    // system: patterns; program, account, time_zone, locale: the one; runtime: command
  std::uint64_t number = 0;          // cores, bytes, port
  std::uint64_t files = 0;           // disk: free inodes
  std::string regex;                 // runtime
  std::vector<SheetDemand> demands;  // runtime
};

// A line of the computation of the room.
struct SheetRoom {
  Text what;
  std::uint64_t bytes = 0;
};

struct TestSheet {
  int format = 1;
  std::string project, product;
  Text title;  // of the product
  std::string customer;
  Version from, to;  // `to` is empty as long as there is no recipe
  std::string environment, root;
  std::string made;      // RFC 3339
  std::string surveyed;  // production
  std::vector<SheetNeed> needs;
  std::vector<SheetRoom> room;
  std::vector<Text> notes;
};

enum class SheetState { right, advice, missing };
std::string_view name_of(SheetState state);

// One row after a look at a machine.
struct SheetRow {
  std::string id;
  Text title, need;
  SheetState state = SheetState::right;
  Text found;
  Text remedy;  // empty when right
};

// "CentOS Linux 7*": '*' stands for anything, '/' included.
bool matches_wildcard(std::string_view pattern, std::string_view text);

// The sheet out of its file: JSON, or the page that carries it. Throws Error(invalid_document, unsupported_format).
TestSheet parse_test_sheet(const std::string& text, const std::string& file);
// Where the page carries it.
inline constexpr std::string_view sheet_opening = "<script type=\"application/json\" id=\"ferry-sheet\">";

void to_json(Json& json, const SheetNeed& value);
void from_json(const Json& json, SheetNeed& value);
void to_json(Json& json, const TestSheet& value);
void from_json(const Json& json, TestSheet& value);
void to_json(Json& json, const SheetRow& value);

}  // namespace ferry
