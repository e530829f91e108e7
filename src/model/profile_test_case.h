// A test of a profile: an installation in miniature and what the profile must find in it
// (docs/formats/profile-tests.md). Written in YAML beside the profile, in its folder tests/.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/profile.h"

namespace ferry {

struct TestDatabase {
  std::vector<std::string> scripts;  // files, relative to the case
  std::string sql;
};

// What is laid into a folder.
struct TestFixture {
  std::string folder;                        // copied first, relative to the case; may be empty
  std::map<std::string, std::string> files;  // path as written in the document -> content
  std::vector<std::string> removed;
  std::map<std::string, TestDatabase> databases;
};

struct ModuleExpectation {
  std::optional<bool> installed;
  std::optional<std::int64_t> uses;
  std::optional<std::string> version;
};

// What is not there is not compared.
struct TestExpectation {
  std::optional<std::string> version, build;
  std::optional<std::vector<std::string>> packages, scripts;
  std::map<std::string, ModuleExpectation> modules;
  std::map<std::string, std::int64_t> findings;  // rule -> number
  std::map<std::string, std::vector<std::string>> objects;
  std::map<std::string, std::int64_t> definitions, pending;
  std::map<std::string, std::string> checks;  // id -> name_of(Outcome)
  std::map<std::string, std::string> paths;   // path -> program, config, data, generated, ignored, none
};

struct TestUpgrade {
  TestFixture fixture;
  TestExpectation expect;
};

struct ProfileTestCase {
  Text title;
  std::string profile;  // another one, relative to the case; empty: the one tested
  std::string change;   // YAML laid over it
  Variables variables;  // without "environment."
  TestFixture fixture;
  TestExpectation expect;
  std::optional<TestUpgrade> upgrade;
  std::vector<std::string> problems;  // with any, the profile must be refused, and nothing else is looked at
};

struct ProfileTestCaseResult {
  std::optional<ProfileTestCase> test;
  std::vector<DocumentProblem> problems;
};
ProfileTestCaseResult parse_profile_test(std::string_view yaml, const std::string& file);
// Throws an Error that lists every problem.
ProfileTestCase require_profile_test(std::string_view yaml, const std::string& file);

}  // namespace ferry
