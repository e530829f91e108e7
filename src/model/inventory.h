// What is installed: the result of a survey. The manifest of files is stored beside it (mtree) and named by digest.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/finding.h"
#include "model/manifest.h"
#include "model/native_module.h"
#include "model/value.h"

namespace ferry {

struct ModuleState {
  std::string id;
  Text title;
  bool installed = false;
  std::optional<std::int64_t> uses;  // since `used_since` of the inventory
  std::string version;
  bool care = false;
  bool separate = false;  // a feature pack of its own
};

struct HostFacts {
  std::string os;  // PRETTY_NAME of os-release(5)
  std::string kernel;
  std::string cpu;
  int cores = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_free_bytes = 0;  // on the file system of the root
  std::uint64_t disk_total_bytes = 0;
  std::string file_system;
  std::string time_zone;
  std::string locale;
  std::map<std::string, std::string> runtimes;  // java, node, ...: version line
  bool root = false;
};

struct DatabaseFacts {
  std::string id;
  std::string product;  // SQLite
  std::string version;
  std::uint64_t bytes = 0;
  std::string encoding;
  std::map<std::string, std::int64_t> rows;     // table -> rows
  Digest schema;                                // digest of the normalised schema
  std::vector<std::string> custom_objects;      // "table x_own", "view v_own"
  std::map<std::string, std::string> settings;  // of the database itself: page size, journal mode
};

// A program that the product runs on, as it says itself.
struct RuntimeFacts {
  std::string id;
  std::string version;  // empty: see problem
  std::string says;     // its whole line
  std::string file;     // the binary itself, links resolved
  Digest digest;        // of it
  std::string problem;  // why nothing is known
};

struct ServiceFacts {
  std::string id;
  bool running = false;
  std::vector<int> pids;
  std::string started;  // RFC 3339
  std::string account;
  std::string command;
  std::string port;
  std::string build;  // what the running process says
};

struct Inventory {
  int format = 1;
  std::string environment;
  std::string root;
  std::string product;
  Version version;
  std::string build;
  std::string taken;                  // RFC 3339
  std::string used_since;             // date
  std::vector<std::string> packages;  // applied, as the product says
  std::vector<std::string> scripts;   // applied SQL scripts
  std::vector<ModuleState> modules;
  HostFacts host;
  std::vector<DatabaseFacts> databases;
  std::vector<ServiceFacts> services;
  std::vector<RuntimeFacts> runtimes;        // those of the profile for this version
  std::vector<NativeModule> native_modules;  // by path; of program and data
  Digest program;   // Manifest::content_digest of program files (without data, generated, ignored)
  Digest manifest;  // digest of the stored mtree text
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  // Compared with the vendor's baseline of exactly this version; empty without one.
  bool compared = false;
  std::vector<RelativePath> modified, added, deleted;
  std::vector<Finding> findings;
  Digest profile;      // with which it was surveyed
  Digest definitions;  // of the stored DefinitionSnapshot; empty: the profile names none
};

void to_json(Json& json, const ModuleState& value);
void from_json(const Json& json, ModuleState& value);
void to_json(Json& json, const HostFacts& value);
void from_json(const Json& json, HostFacts& value);
void to_json(Json& json, const DatabaseFacts& value);
void from_json(const Json& json, DatabaseFacts& value);
void to_json(Json& json, const RuntimeFacts& value);
void from_json(const Json& json, RuntimeFacts& value);
void to_json(Json& json, const ServiceFacts& value);
void from_json(const Json& json, ServiceFacts& value);
void to_json(Json& json, const Inventory& value);
void from_json(const Json& json, Inventory& value);

}  // namespace ferry
