#include "model/capture.h"

#include <regex>

#include "model/fields.h"
#include "model/schemas.h"

namespace ferry {
namespace {

constexpr std::pair<DifferenceRule::How, std::string_view> how_names[] = {
    {DifferenceRule::How::drop, "drop"},
    {DifferenceRule::How::ignore_text, "ignore_text"},
    {DifferenceRule::How::keep_first, "keep"}};

// A command as a list; a text is split at blanks.
std::vector<std::string> command_of(const Json& json) {
  if (json.is_array()) return json.get<std::vector<std::string>>();
  std::vector<std::string> out;
  const auto& text = json.get_ref<const std::string&>();
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::vector<std::vector<std::string>> commands_of(const Json& json, const char* key) {
  std::vector<std::vector<std::string>> out;
  for (const auto& one : json.value(key, Json::array())) out.push_back(command_of(one));
  return out;
}

// Reads what the schema has let pass; what it can't know becomes a problem.
class OrderReader {
 public:
  explicit OrderReader(document::Typed& document) : document_(document), top_(document.json) {}

  CaptureOrder read() {
    order_.package = top_.value("package", Json());
    order_.profile = top_.value("profile", "");
    order_.root = top_.value("root", "");
    order_.user = top_.value("user", "");
    if (top_.contains("directory")) order_.directory = RelativePath(unescape(top_.value("directory", ""))).bytes();
    order_.run = commands_of(top_, "run");
    order_.runtime = commands_of(top_, "runtime");
    order_.readable = top_.value("readable", std::vector<std::string>{});
    order_.database_declared = top_.value("database", "none") == "declared";
    empty_commands("run", order_.run);
    empty_commands("runtime", order_.runtime);
    variables();
    files();
    network();
    differences();
    return std::move(order_);
  }

 private:
  void empty_commands(const char* key, const std::vector<std::vector<std::string>>& commands) {
    for (std::size_t i = 0; i < commands.size(); ++i)
      if (commands[i].empty() || commands[i].front().empty())
        document_.report(document::child(document::child("", key), i), {"a command is missing", "缺少命令"});
  }
  void variables() {
    const Json given = top_.value("variables", Json::object());
    for (const auto& [name, value] : given.items()) {
      CaptureVariable variable;
      if (value.is_string())
        variable.value = value.get<std::string>();
      else
        variable.from = value.value("environment_variable", "");
      order_.variables[name] = std::move(variable);
    }
  }
  void files() {
    for (const auto& file : top_.value("files", Json::array()))
      order_.files.push_back(
          {file.value("from", ""), RelativePath(unescape(file.value("to", ""))), file.value("optional", false)});
  }
  void network() {
    for (const auto& one : top_.value("network", Json::array())) {
      NetworkRule rule;
      if (one.is_string()) {
        rule.place = one.get<std::string>();
      } else {
        rule.url_in = one.value("url_in", "");
        if (one.contains("url_from")) rule.url_from = command_of(one.at("url_from"));
      }
      order_.network.push_back(std::move(rule));
    }
  }
  void differences() {
    const Json given = top_.value("differences", Json::array());
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto at = document::child("/differences", i);
      const auto& one = given[i];
      DifferenceRule rule;
      rule.why = one.value("why", "");
      rule.how = one.contains("ignore_text") ? DifferenceRule::How::ignore_text
                 : one.contains("keep")      ? DifferenceRule::How::keep_first
                                             : DifferenceRule::How::drop;
      rule.ignore_text = one.value("ignore_text", "");
      try {
        rule.path = PathPattern(one.value("path", ""));
      } catch (const Error& e) {
        document_.report(document::child(at, "path"), e.detail_text());
      }
      try {
        const std::regex wanted(rule.ignore_text);
      } catch (const std::regex_error& e) {
        document_.report(document::child(at, "ignore_text"),
                         {std::string("no regular expression (ECMAScript): ") + e.what(),
                          std::string("不是正则表达式（ECMAScript）：") + e.what()});
      }
      order_.differences.push_back(std::move(rule));
    }
  }

  document::Typed& document_;
  const Json& top_;
  CaptureOrder order_;
};

template <class Visitor, class Value>
void runtime_members(Visitor visit, Value& value) {
  visit("command", value.command);
  visit("output", value.output);
  visit("program", value.program);
  visit("digest", value.digest);
}
template <class Visitor, class Value>
void reached_members(Visitor visit, Value& value) {
  visit("place", value.place);
  visit("allowed", value.allowed);
}
template <class Visitor, class Value>
void explained_members(Visitor visit, Value& value) {
  visit("path", value.path);
  visit("how", value.how);
  visit("why", value.why);
  visit("count", value.count);
}
template <class Visitor, class Value>
void record_members(Visitor visit, Value& value) {
  visit("source", value.source);
  visit("runs", value.runs);
  visit("root", value.root);
  visit("commands", value.commands);
  visit("runtime", value.runtime);
  visit("network", value.network);
  visit("explained", value.explained);
  visit("database_declared", value.database_declared);
}

}  // namespace

std::string_view name_of(DifferenceRule::How how) {
  return fields::to_name(how_names, how);
}

CaptureOrderResult parse_capture_order(std::string_view yaml, const std::string& file) {
  CaptureOrderResult out;
  if (const auto node = document::read_yaml(yaml, file, out.problems)) {
    const auto& schema = document::capture_schema();
    auto typed = schema.typed(*node);
    std::optional<CaptureOrder> order;
    if (document::known_format(typed)) {
      schema.validate(typed);
      document::check_values(schema, typed);
      if (typed.problems.empty() && out.problems.empty()) order = OrderReader(typed).read();
    }
    out.problems.insert(out.problems.end(), typed.problems.begin(), typed.problems.end());
    if (out.problems.empty()) out.order = std::move(order);
  }
  document::sort_problems(out.problems);
  return out;
}

CaptureOrder require_capture_order(std::string_view yaml, const std::string& file) {
  auto result = parse_capture_order(yaml, file);
  if (!result.order) throw_problems(result.problems);
  return std::move(*result.order);
}

void to_json(Json& json, const CaptureRecord::Runtime& value) {
  runtime_members(fields::Writer(json), value);
}
void from_json(const Json& json, CaptureRecord::Runtime& value) {
  value = {};
  runtime_members(fields::Reader(json), value);
}
void to_json(Json& json, const CaptureRecord::Reached& value) {
  reached_members(fields::Writer(json), value);
}
void from_json(const Json& json, CaptureRecord::Reached& value) {
  value = {};
  reached_members(fields::Reader(json), value);
}
void to_json(Json& json, const CaptureRecord::Explained& value) {
  explained_members(fields::Writer(json), value);
}
void from_json(const Json& json, CaptureRecord::Explained& value) {
  value = {};
  explained_members(fields::Reader(json), value);
}
void to_json(Json& json, const CaptureRecord& value) {
  record_members(fields::Writer(json), value);
}
void from_json(const Json& json, CaptureRecord& value) {
  value = {};
  record_members(fields::Reader(json), value);
}

}  // namespace ferry
