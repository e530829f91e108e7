#include "model/environment.h"

#include <algorithm>

#include "model/fields.h"
#include "model/profile_check.h"
#include "model/schemas.h"

namespace ferry {
namespace {

constexpr std::pair<Environment::Kind, std::string_view> kind_names[] = {{Environment::Kind::production, "production"},
                                                                         {Environment::Kind::test, "test"},
                                                                         {Environment::Kind::clone, "clone"}};

template <class Visitor, class Value>
void secret_members(Visitor visit, Value& value) {
  visit("environment_variable", value.environment_variable);
  visit("file", value.file);
}

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("name", value.name);
  visit.choice("kind", value.kind, environment_kind);
  visit("profile", value.profile);
  visit("root", value.root);
  visit("staging", value.staging);
  visit("url", value.url);
  visit("direct", value.direct);
  visit("variables", value.variables);
  visit("secrets", value.secrets);
  visit("customer", value.customer);
  visit("licence_file", value.licence_file);
  visit("baseline", value.baseline);
  visit("user", value.user);
}

std::string default_staging(const std::string& root) {
  const auto slash = root.rfind('/');
  if (slash == std::string::npos) return {};
  return root.substr(0, slash) + "/.ferry-" + root.substr(slash + 1);
}

bool is_inside(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

constexpr std::string_view own_names[] = {"name", "root", "url", "direct", "staging"};

void check_environment(document::Typed& document) {
  const Json& json = document.json;
  const auto text = [&](const char* key) {
    return json.contains(key) && json.at(key).is_string() ? json.at(key).get<std::string>() : std::string();
  };
  const auto root = text("root");
  const auto staging = text("staging");
  if (!root.empty() && !staging.empty() && (is_inside(staging, root) || is_inside(root, staging)))
    document.report("/staging",
                    {"'staging' and 'root' must not lie inside each other: a switch would move its own folder",
                     "staging 与 root 不能互相包含：否则切换会移动自己的文件夹"});
  if (!json.contains("variables") || !json.at("variables").is_object()) return;
  for (const auto name : own_names)
    if (json.at("variables").contains(name))
      document.report(document::child("/variables", name),
                      {"'" + std::string(name) + "' is set by the key of that name, not here",
                       "“" + std::string(name) + "”由同名的键给出，不能在此设置"});
}

}  // namespace

std::string_view name_of(Environment::Kind kind) {
  return fields::to_name(kind_names, kind);
}
Environment::Kind environment_kind(std::string_view name) {
  return fields::from_name(kind_names, name);
}

Variables Environment::as_variables() const {
  Variables out{{"environment.name", name},
                {"environment.root", root},
                {"environment.url", url},
                {"environment.direct", direct},
                {"environment.staging", staging}};
  for (const auto& [key, value] : variables) out.emplace("environment." + key, value);
  return out;
}

EnvironmentResult parse_environment(std::string_view yaml, const std::string& file) {
  EnvironmentResult out;
  if (const auto node = document::read_yaml(yaml, file, out.problems)) {
    const auto& schema = document::environment_schema();
    auto typed = schema.typed(*node);
    if (document::known_format(typed)) {
      schema.validate(typed);
      document::check_values(schema, typed);
      check_environment(typed);
    }
    out.problems.insert(out.problems.end(), typed.problems.begin(), typed.problems.end());
    if (out.problems.empty()) out.environment = typed.json.get<Environment>();
  }
  document::sort_problems(out.problems);
  return out;
}

Environment require_environment(std::string_view yaml, const std::string& file) {
  auto result = parse_environment(yaml, file);
  if (!result.environment) throw_problems(result.problems);
  return std::move(*result.environment);
}

std::vector<std::string> missing_variables(const Profile& profile, const Environment& environment) {
  const auto given = environment.as_variables();
  std::vector<std::string> out;
  const auto visit = [&](const std::string& text, const std::string&) {
    for (const auto& name : variables_in(text)) {
      const bool missing = name.starts_with("secret.") ? !environment.secrets.contains(name.substr(7))
                                                       : name.starts_with("environment.") && !given.contains(name);
      if (missing) out.push_back(name);
    }
  };
  document::each_template(document::profile_schema(), profile.resolved, visit);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void to_json(Json& json, const SecretReference& value) {
  json = Json::object();
  if (!value.environment_variable.empty()) json["environment_variable"] = value.environment_variable;
  if (!value.file.empty()) json["file"] = value.file;
}
void from_json(const Json& json, SecretReference& value) {
  value = SecretReference{};
  secret_members(fields::Reader(json), value);
}
void to_json(Json& json, const Environment& value) {
  members(fields::Writer(json), value);
}
void from_json(const Json& json, Environment& value) {
  value = Environment{};
  members(fields::Reader(json), value);
  if (value.staging.empty()) value.staging = default_staging(value.root);
  if (value.direct.empty()) value.direct = value.url;
}

}  // namespace ferry
