#include "model/test_sheet.h"

#include "model/fields.h"

namespace ferry {
namespace {

constexpr std::pair<SheetKind, std::string_view> kind_names[] = {
    {SheetKind::system, "system"},       {SheetKind::cores, "cores"},     {SheetKind::memory, "memory"},
    {SheetKind::disk, "disk"},           {SheetKind::runtime, "runtime"}, {SheetKind::program, "program"},
    {SheetKind::database, "database"},   {SheetKind::port, "port"},       {SheetKind::account, "account"},
    {SheetKind::root, "root"},           {SheetKind::fence, "fence"},     {SheetKind::door, "door"},
    {SheetKind::time_zone, "time_zone"}, {SheetKind::locale, "locale"}};
constexpr std::pair<SheetState, std::string_view> state_names[] = {
    {SheetState::right, "right"}, {SheetState::advice, "advice"}, {SheetState::missing, "missing"}};

template <class Visitor, class Value>
void need_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit.choice("kind", value.kind, sheet_kind);
  visit("title", value.title);
  visit("need", value.need);
  visit("why", value.why);
  visit("remedy", value.remedy);
  visit("required", value.required);
  visit("names", value.names);
  visit("number", value.number);
  visit("files", value.files);
  visit("regex", value.regex);
  visit("demands", value.demands);
}

template <class Visitor, class Value>
void sheet_members(Visitor visit, Value& value) {
  visit("project", value.project);
  visit("product", value.product);
  visit("title", value.title);
  visit("customer", value.customer);
  visit("from", value.from);
  visit("to", value.to);
  visit("environment", value.environment);
  visit("root", value.root);
  visit("made", value.made);
  visit("surveyed", value.surveyed);
  visit("needs", value.needs);
  visit("room", value.room);
  visit("notes", value.notes);
}

}  // namespace

std::string_view name_of(SheetKind kind) {
  return fields::to_name(kind_names, kind);
}
SheetKind sheet_kind(std::string_view name) {
  return fields::from_name(kind_names, name);
}
std::string_view name_of(SheetState state) {
  return fields::to_name(state_names, state);
}

// Backtracks to the last star only: linear for what people write.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

TestSheet parse_test_sheet(const std::string& text, const std::string& file) {
  std::string json = text;
  if (const auto at = text.find(sheet_opening); at != std::string::npos) {
    const auto begin = at + sheet_opening.size();
    const auto end = text.find("</script>", begin);
    json = text.substr(begin, end == std::string::npos ? end : end - begin);
  } else if (text.find_first_not_of(" \t\r\n") == std::string::npos || text[text.find_first_not_of(" \t\r\n")] != '{') {
    throw Error(Code::invalid_document, file,
                Text{"neither a sheet as JSON nor a page that carries one; 'ferry environment sheet' makes it",
                     "既不是 JSON 格式的要求表，也不是含有该表的网页；请用 “ferry environment sheet” 生成"});
  }
  try {
    return parse_json(json, file).get<TestSheet>();
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, file, error.what());
  }
}

void to_json(Json& json, const SheetDemand& value) {
  json = Json{{"version", value.version}, {"wanted", value.wanted}};
}
void from_json(const Json& json, SheetDemand& value) {
  json.at("version").get_to(value.version);
  json.at("wanted").get_to(value.wanted);
}
void to_json(Json& json, const SheetRoom& value) {
  json = Json{{"what", value.what}, {"bytes", value.bytes}};
}
void from_json(const Json& json, SheetRoom& value) {
  json.at("what").get_to(value.what);
  value.bytes = fields::read_integer<std::uint64_t>(json.at("bytes"));
}
void to_json(Json& json, const SheetNeed& value) {
  need_members(fields::Writer(json), value);
}
void from_json(const Json& json, SheetNeed& value) {
  value = SheetNeed{};
  need_members(fields::Reader(json), value);
}
void to_json(Json& json, const TestSheet& value) {
  sheet_members(fields::Writer(json), value);
  json["format"] = value.format;
}
void from_json(const Json& json, TestSheet& value) {
  value = TestSheet{};
  fields::require_format(json, value.format, "test sheet");
  if (!json.is_object() || !json.contains("format") || !json.contains("needs"))
    throw Error(Code::invalid_document, Text{"test sheet", "环境要求表"},
                Text{"this is no such sheet", "不是环境要求表"});
  sheet_members(fields::Reader(json), value);
}
void to_json(Json& json, const SheetRow& value) {
  json = Json{{"id", value.id},       {"title", value.title},  {"need", value.need}, {"state", name_of(value.state)},
              {"found", value.found}, {"remedy", value.remedy}};
}

}  // namespace ferry
