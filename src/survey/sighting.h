// What a look at a folder of this machine saw, before anybody has said which product it is: facts with the place where
// each stands, no judgement. `ferry profile new` makes a proposal of it (proposal.h).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/glance.h"
#include "host/occupants.h"

namespace ferry {

// A value in a settings file.
struct Setting {
  int line = 0;  // 1-based
  std::string key;
  std::string value;  // "***" when `secret`; passwords inside addresses are always masked
  bool secret = false;
};

// How a value can be changed: by its key (env, properties), or only as a text (everything else).
enum class SettingsForm { env, properties, text };

struct SettingsFile {
  RelativePath path;
  SettingsForm form = SettingsForm::text;
  std::vector<Setting> settings;
};

// A source for the version that gave a value when it was tried.
struct SeenVersion {
  std::string source;  // YAML of a fact: {json: package.json, at: /version}
  std::string value;
  Text where;
  bool in_database = false;
};

struct SettingRow {
  std::string table, key_column, value_column;
  std::string key;
  std::string value;  // "***" when secret
  bool secret = false;
};

struct PathColumn {  // a column whose values begin with the root
  std::string table, column;
};

struct AddressColumn {  // a column of addresses that lead outside
  std::string table, column, example;
};

struct SeenTable {
  std::string name;
  std::int64_t rows = 0;
};

struct SeenDatabase {
  std::string file;  // below the root as printable path, or absolute
  Text why;          // how it was found
  std::uint64_t bytes = 0;
  std::vector<SeenTable> tables;
  std::vector<SettingRow> settings;
  std::vector<PathColumn> paths;
  std::vector<AddressColumn> addresses;
  std::vector<SeenVersion> versions;
  Text problem;  // it could not be read, and why
};

// A database that Ferry can't upgrade yet.
struct ForeignDatabase {
  std::string product;  // PostgreSQL
  std::string shown;    // the connection string, secrets masked
  std::string where;    // file:line
};

// What starts the application: a unit of systemd, an init script, a file of pm2.
struct SeenUnit {
  std::string file;  // absolute
  std::string kind;  // systemd, init, pm2
  std::string name;
  std::vector<std::string> command;
  std::string directory;
  std::string environment_file;
  std::string user;
};

struct NodePackage {
  std::string name, version, main, start;
};

// What the running service answered.
struct SeenAnswer {
  int port = 0;
  std::string path;
  int status = 0;
  std::string type;
  std::map<std::string, std::string> values;  // top-level texts and numbers of a JSON answer, by name
  bool distinct = true;                       // false: a path that can't exist gets the same answer
};

struct Sighting {
  std::string root;  // absolute, links resolved
  Glance tree;
  Occupants occupants;
  std::vector<SeenUnit> units;
  std::vector<SettingsFile> settings;
  std::vector<SeenVersion> versions;  // of files; those of databases stand there
  std::vector<SeenDatabase> databases;
  std::vector<ForeignDatabase> foreign;
  std::optional<NodePackage> node;
  std::vector<int> tomcat_ports;  // connectors of conf/server.xml
  std::vector<int> taken_ports;   // that somebody listens on, on this machine
  std::vector<SeenAnswer> answers;
  std::vector<Text> unreadable;  // files that would have told something
  std::int64_t now = 0;          // seconds since 1970
};

}  // namespace ferry
