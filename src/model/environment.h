// One installation of a product in one place. Written in YAML (docs/formats/environment.md), beside nothing secret.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/profile.h"

namespace ferry {

// Where a secret's value comes from; never the value itself.
struct SecretReference {
  std::string environment_variable;  // exactly one of the two
  std::string file;                  // first line
};

struct Environment {
  std::string name;
  enum class Kind { production, test, clone } kind = Kind::test;
  std::string profile;  // path of the profile, relative to this file
  std::string root;     // absolute
  std::string staging;  // absolute, same file system; default: <parent of root>/.ferry-<name of root>
  std::string url;      // where people reach it
  std::string direct;   // where the program on this host reaches it, past proxies; default: url
  Variables variables;  // port and whatever the profile's templates need: ${environment.NAME}
  std::map<std::string, SecretReference> secrets;
  std::string customer;      // as in the contract (B6.2)
  std::string licence_file;  // the licence for this environment's target version; may be empty
  std::string baseline;      // path of the vendor's manifest (mtree) of exactly the version installed; may be empty
  std::string user;          // account that runs the services; empty: the one that runs ferry

  // "environment.name", ".root", ".url", ".staging" and all variables, ready for expand().
  Variables as_variables() const;
};

struct EnvironmentResult {
  std::optional<Environment> environment;
  std::vector<DocumentProblem> problems;
};
EnvironmentResult parse_environment(std::string_view yaml, const std::string& file);
Environment require_environment(std::string_view yaml, const std::string& file);

// Names ("environment.port", "secret.tester") that the templates of the profile's resolved document use but the
// environment does not give; sorted, each once.
std::vector<std::string> missing_variables(const Profile& profile, const Environment& environment);

std::string_view name_of(Environment::Kind kind);
Environment::Kind environment_kind(std::string_view name);

void to_json(Json& json, const SecretReference& value);
void from_json(const Json& json, SecretReference& value);
void to_json(Json& json, const Environment& value);  // no secrets inside, only references
void from_json(const Json& json, Environment& value);

}  // namespace ferry
