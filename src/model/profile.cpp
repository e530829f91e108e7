#include "model/profile.h"

#include <set>

#include "base/counted.h"
#include "model/profile_build.h"
#include "model/profile_check.h"
#include "model/schemas.h"

namespace ferry {
namespace {

using document::Node;

constexpr std::size_t most_bases = 16;

// Reads a profile and what it extends, bottom up.
class Resolver {
 public:
  Resolver(const ReadDocument& read_base, document::Problems& problems) : read_base_(read_base), problems_(problems) {}

  std::optional<Node> resolve(std::string_view yaml, const std::string& file) {
    auto top = document::read_yaml(yaml, file, problems_);
    if (!top) return std::nullopt;
    const auto* extends = top->member("extends");
    if (extends == nullptr) return top;
    auto base = resolve_base(*extends);
    std::erase_if(top->items, [](const Node& item) { return item.key == "extends"; });
    if (!base) return std::nullopt;
    return document::merge(*base, *top, problems_);
  }

 private:
  std::optional<Node> resolve_base(const Node& extends) {
    const auto refuse = [&](Text message) -> std::optional<Node> {
      document::report(problems_, extends.place, "/extends", std::move(message));
      return std::nullopt;
    };
    if (extends.kind != Node::Kind::scalar) return refuse({"the name of a profile is expected", "应为产品档案的名称"});
    const auto& name = extends.text;
    if (!read_base_) return refuse({"'extends' is not possible here", "此处不能使用 extends"});
    if (!names_.insert(name).second || names_.size() > most_bases)
      return refuse({"'" + name + "' extends itself in a circle", "“" + name + "”循环引用自身"});
    try {
      auto base = resolve(read_base_(name), name);
      // What is built on a base is a product, unless it says the same of itself.
      if (base) std::erase_if(base->items, [](const Node& item) { return item.key == "base"; });
      return base;
    } catch (const Error& e) {
      return refuse({e.describe(Language::english), e.describe(Language::chinese)});
    }
  }

  const ReadDocument& read_base_;
  document::Problems& problems_;
  std::set<std::string> names_;
};

}  // namespace

ProfileResult parse_profile(std::string_view yaml, const std::string& file, const ReadDocument& read_base) {
  ProfileResult out;
  const auto node = Resolver(read_base, out.problems).resolve(yaml, file);
  if (node) {
    const auto& whole = document::profile_schema();
    auto typed = whole.typed(*node);
    const bool is_base = typed.json.value("base", Json()) == Json(true);
    const auto& schema = is_base ? document::profile_base_schema() : whole;
    if (document::known_format(typed)) {
      schema.validate(typed);
      document::check_values(schema, typed);
      document::check_profile(schema, typed);
    }
    out.problems.insert(out.problems.end(), typed.problems.begin(), typed.problems.end());
    for (const auto& [pointer, place] : typed.values)
      out.origins[pointer] = place.file + ":" + std::to_string(place.line);
    if (out.problems.empty() && is_base)
      out.base = std::move(typed.json);
    else if (out.problems.empty())
      out.profile = document::build_profile(typed.json);
  }
  document::sort_problems(out.problems);
  return out;
}

Profile require_profile(std::string_view yaml, const std::string& file, const ReadDocument& read_base) {
  return product_of(parse_profile(yaml, file, read_base), file);
}

Profile product_of(ProfileResult result, const std::string& file) {
  if (result.base)
    throw Error(Code::invalid_document, file,
                Text{"it says 'base: true': no product by itself. Write a profile that names it under 'extends'",
                     "其中写明 base: true：本身不是产品。请另写一份以 extends 指明它的产品档案"});
  if (!result.profile) throw_problems(result.problems);
  return std::move(*result.profile);
}

const Database* find_database(const Profile& profile, const std::string& id) {
  for (const auto& database : profile.databases)
    if (id.empty() || database.id == id) return &database;
  return nullptr;
}

const Service* find_service(const Profile& profile, const std::string& id, const Version& version) {
  const Service* first = nullptr;
  for (const auto& service : profile.services) {
    if (service.id != id) continue;
    if (!version.empty() && service.version.contains(version)) return &service;
    if (first == nullptr) first = &service;
  }
  return first;
}

std::vector<Service> services_of_version(const Profile& profile, const Version& version) {
  std::vector<Service> out;
  for (const auto& service : profile.services) {
    const bool known = std::any_of(out.begin(), out.end(), [&](const Service& one) { return one.id == service.id; });
    if (version.empty() ? !known : service.version.contains(version)) out.push_back(service);
  }
  return out;
}

Migration migration_to(const Profile& profile, const Version& version) {
  for (const auto& one : profile.migrations) {
    if (!one.version.contains(version)) continue;
    auto out = one;
    if (out.database.empty()) out.database = profile.migration.database;
    if (out.applied_scripts_sql.empty()) out.applied_scripts_sql = profile.migration.applied_scripts_sql;
    return out;
  }
  Migration out;
  out.database = profile.migration.database;
  out.applied_scripts_sql = profile.migration.applied_scripts_sql;
  return out;
}

const SettledRule* settled_rule(const Profile& profile, const Version& version) {
  for (const auto& rule : profile.settled)
    if (rule.version.contains(version)) return &rule;
  return nullptr;
}

const Runtime* find_runtime(const Profile& profile, const std::string& id, const Version& version) {
  for (const auto& runtime : profile.runtimes)
    if (runtime.id == id && runtime.version.contains(version)) return &runtime;
  return nullptr;
}

const Check* find_check(const Profile& profile, const std::string& id) {
  for (const auto& check : profile.checks)
    if (check.id == id) return &check;
  return nullptr;
}

std::string DocumentProblem::describe(Language language) const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message.in(language);
}

void throw_problems(const std::vector<DocumentProblem>& problems) {
  FERRY_INVARIANT(!problems.empty());
  Code code = problems.front().code;
  std::string english;
  std::string chinese;
  for (const auto& problem : problems) {
    if (problem.code != code) code = Code::invalid_document;
    english += "\n  " + problem.describe(Language::english);
    chinese += "\n  " + problem.describe(Language::chinese);
  }
  const auto count = std::to_string(problems.size());
  throw Error(code, problems.front().file,
              Text{counted(problems.size(), "problem") + ":" + english, count + " 个问题：" + chinese});
}

}  // namespace ferry
