#include "model/profile_test_case.h"

#include "model/document.h"
#include "model/schemas.h"

namespace ferry {
namespace {

using Strings = std::vector<std::string>;

// A list, or one alone.
Strings strings(const Json& json) {
  return json.is_array() ? json.get<Strings>() : Strings{json.get<std::string>()};
}

template <class T>
std::optional<T> optional(const Json& json, const char* key) {
  return json.contains(key) ? std::optional(json.at(key).get<T>()) : std::nullopt;
}

std::optional<Strings> optional_strings(const Json& json, const char* key) {
  return json.contains(key) ? std::optional(strings(json.at(key))) : std::nullopt;
}

template <class T>
std::map<std::string, T> map_of(const Json& json, const char* key) {
  return json.contains(key) ? json.at(key).get<std::map<std::string, T>>() : std::map<std::string, T>{};
}

// The mapping at the key, empty when there is none. A value of its own: what is walked through must outlive the walk.
Json members(const Json& json, const char* key) {
  return json.value(key, Json::object());
}

TestFixture fixture_of(const Json& json) {
  TestFixture out;
  out.folder = json.value("folder", "");
  out.files = map_of<std::string>(json, "files");
  out.removed = optional_strings(json, "remove").value_or(Strings{});
  const auto databases = members(json, "databases");
  for (const auto& [id, database] : databases.items())
    out.databases[id] = {optional_strings(database, "scripts").value_or(Strings{}), database.value("sql", "")};
  return out;
}

TestExpectation expectation_of(const Json& json) {
  TestExpectation out;
  out.version = optional<std::string>(json, "version");
  out.build = optional<std::string>(json, "build");
  out.packages = optional_strings(json, "packages");
  out.scripts = optional_strings(json, "scripts");
  const auto modules = members(json, "modules");
  for (const auto& [id, module] : modules.items())
    out.modules[id] = {optional<bool>(module, "installed"), optional<std::int64_t>(module, "uses"),
                       optional<std::string>(module, "version")};
  const auto all_objects = members(json, "objects");
  for (const auto& [id, objects] : all_objects.items()) out.objects[id] = strings(objects);
  out.findings = map_of<std::int64_t>(json, "findings");
  out.definitions = map_of<std::int64_t>(json, "definitions");
  out.pending = map_of<std::int64_t>(json, "pending");
  out.checks = map_of<std::string>(json, "checks");
  out.paths = map_of<std::string>(json, "paths");
  return out;
}

ProfileTestCase case_of(const Json& json) {
  ProfileTestCase out;
  if (json.contains("title"))
    out.title =
        json.at("title").is_string() ? Text{json.at("title").get<std::string>(), ""} : json.at("title").get<Text>();
  out.profile = json.value("profile", "");
  out.change = json.value("change", "");
  out.variables = map_of<std::string>(json, "variables");
  out.problems = json.value("problems", Strings{});
  if (json.contains("fixture")) out.fixture = fixture_of(json.at("fixture"));
  if (json.contains("expect")) out.expect = expectation_of(json.at("expect"));
  if (json.contains("upgrade"))
    out.upgrade = TestUpgrade{fixture_of(json.at("upgrade")), expectation_of(json.at("upgrade").at("expect"))};
  return out;
}

}  // namespace

ProfileTestCaseResult parse_profile_test(std::string_view yaml, const std::string& file) {
  ProfileTestCaseResult out;
  if (const auto node = document::read_yaml(yaml, file, out.problems)) {
    const auto& schema = document::profile_test_schema();
    auto typed = schema.typed(*node);
    if (document::known_format(typed)) {
      schema.validate(typed);
      document::check_values(schema, typed);
    }
    out.problems.insert(out.problems.end(), typed.problems.begin(), typed.problems.end());
    if (out.problems.empty()) out.test = case_of(typed.json);
  }
  document::sort_problems(out.problems);
  return out;
}

ProfileTestCase require_profile_test(std::string_view yaml, const std::string& file) {
  auto result = parse_profile_test(yaml, file);
  if (!result.test) throw_problems(result.problems);
  return std::move(*result.test);
}

}  // namespace ferry
