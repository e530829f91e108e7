#include "app/profile_test_fixture.h"

#include <filesystem>

#include "base/error.h"
#include "database/connection.h"
#include "database/script.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// No test needs a real secret, and none must find its way into a repository.
std::string stand_in_secret(const std::string&) {
  return "secret";
}

}  // namespace

FixturePlace::FixturePlace(const Profile& profile, const Variables& variables, std::string case_folder)
    : folder_("ferry-profile-test"), case_folder_(std::move(case_folder)) {
  environment_.name = "test";
  environment_.kind = Environment::Kind::test;
  environment_.root = folder_ / "root";
  environment_.staging = folder_ / "staging";
  environment_.url = environment_.direct = "http://127.0.0.1";
  environment_.variables = variables;
  make_folders(environment_.root);
  std::string missing;
  for (const auto& name : missing_variables(profile, environment_))
    if (name.starts_with("environment.")) missing += (missing.empty() ? "" : ", ") + name.substr(12);
  if (!missing.empty())
    throw Error(Code::invalid_document, Text{"variables of the test", "测试的 variables"},
                Text{"the profile needs these as well: " + missing, "产品档案还需要：" + missing});
}

std::string FixturePlace::inside(const std::string& path) const {
  return environment_.root + "/" + RelativePath(unescape(path)).bytes();
}

void FixturePlace::lay(const Profile& profile, const TestFixture& fixture) const {
  if (!fixture.folder.empty()) {
    const auto source = fs::path(case_folder_) / fixture.folder;
    if (!fs::is_directory(source))
      throw Error(Code::not_found, source.string(), Text{"named by 'fixture.folder'", "由 fixture.folder 指定"});
    fs::copy(source, environment_.root,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing | fs::copy_options::copy_symlinks);
  }
  for (const auto& path : fixture.removed) remove_tree(inside(path));
  for (const auto& [path, content] : fixture.files) {
    const auto file = inside(path);
    make_folders(fs::path(file).parent_path().string());
    write_file_atomic(file, content);
  }
  for (const auto& [id, database] : fixture.databases) lay_database(profile, id, database);
}

void FixturePlace::lay_database(const Profile& profile, const std::string& id, const TestDatabase& database) const {
  const auto* known = find_database(profile, id);
  if (known == nullptr)
    throw Error(Code::not_found, Text{"database '" + id + "'", "数据库“" + id + "”"},
                Text{"the profile has none of that id", "产品档案中没有该 id 的数据库"});
  const auto file = database_file(*known, environment_.as_variables(), environment_.root);
  make_folders(fs::path(file).parent_path().string());
  if (!path_exists(file)) write_file_atomic(file, "");  // an empty file is an empty database
  OpenOptions options;
  options.mode = OpenMode::read_write;
  auto connection = Connection::open_file(file, options);
  for (const auto& script : database.scripts) {
    const auto path = (fs::path(case_folder_) / script).string();
    execute_all(connection, decode_script(read_file(path), {}, path), path);
  }
  if (!database.sql.empty()) execute_all(connection, database.sql, "sql of database " + id);
}

SurveyOptions FixturePlace::survey_options() const {
  SurveyOptions options;
  options.threads = 1;
  options.runtimes = {};
  options.secret = stand_in_secret;
  return options;
}

CheckContext FixturePlace::check_context() const {
  CheckContext context;
  context.environment = &environment_;
  context.place = CheckPlace::clone;
  context.secret = stand_in_secret;
  return context;
}

FactsReader FixturePlace::facts(const Profile& profile) const {
  return FactsReader(profile, environment_, {}, stand_in_secret);
}

}  // namespace ferry
