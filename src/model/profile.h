// A product described by data (REQUIREMENTS D4). Written in YAML, checked against the published schema
// (src/model/schema/profile.schema.json), format in docs/formats/profile.md. The structures here mirror it key by key.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "model/value.h"

namespace ferry {

// Where one fact is read from in an installation. Exactly one kind.
struct FactSource {
  enum class Kind { json_file, properties_file, text_match, path_exists, sql, constant };
  Kind kind = Kind::constant;
  std::string file;      // template; relative to the root (json_file, properties_file, text_match, path_exists)
  std::string key;       // JSON pointer, property name, or regular expression with one group
  std::string database;  // sql: id of the database, default the first one
  std::string text;      // sql: the query (first column of the first row); constant: the value
};

struct Module {
  std::string id;
  Text title;
  std::optional<FactSource> installed;  // true when the fact is there and neither empty, 0 nor false
  std::optional<FactSource> used;       // a number: uses since :since (a parameter, ISO date of `used_days` ago)
  std::optional<FactSource> version;
  bool care = false;      // beyond the standard modules: needs care in an upgrade (A1.1)
  bool separate = false;  // comes as a feature pack of its own: a new version needs a new pack (B3, B6.3)
};

struct Paths {
  std::vector<RelativePath> program;    // what releases replace
  std::vector<RelativePath> data;       // never touched by a switch
  std::vector<RelativePath> config;     // inside program, but the customer's: merged, never overwritten
  std::vector<RelativePath> generated;  // dropped on every switch (compiled pages)
  std::vector<RelativePath> ignored;    // logs, temporary files: not looked at
  std::vector<RelativePath> whole;      // inside program: an upgrade that touches one replaces all that is in it
};

// What a program needs to run, as the product names it: java, node, php. Asked on the machine (`runtimes`).
using RuntimeDemands = std::map<std::string, VersionRange>;

struct Runtime {
  std::string id;  // may repeat when the version ranges do not overlap
  Text title;
  VersionRange version;          // product versions whose runtime is found so
  std::vector<std::string> run;  // argv, templates; prints its version on stdout or stderr
  std::string regex;             // one group: the version; empty: the first number with a point
};

struct HttpReady {
  std::string path;  // template
  int status = 200;
  std::map<std::string, std::string> json;  // JSON pointer -> expected value as text
};

struct Service {
  std::string id;  // may repeat when the version ranges do not overlap
  Text title;
  VersionRange version;                          // of the product: started so on these
  RuntimeDemands runtime;                        // {node: ">=20"}
  std::vector<std::string> run;                  // argv, templates; runs in the foreground
  std::string directory;                         // template, default ${environment.root}
  std::string environment_file;                  // KEY=VALUE lines, relative to the root; may be empty
  std::map<std::string, std::string> variables;  // added to the environment; templates
  std::string log;   // stdout and stderr go there (relative to the root, inside data or ignored)
  std::string port;  // template; must be free before the start
  std::optional<HttpReady> ready;
  Milliseconds ready_within{60000};
  std::string stop_signal = "TERM";
  Milliseconds grace{30000};
  bool kill_after_grace = false;  // may the service be killed (signal 9) when it does not stop?
  // Proof that the running process serves the new code (B6.1): JSON pointer of the build id in the answer of `ready`.
  std::string build_pointer;
};

struct Database {
  std::string id;    // unique in the profile
  std::string kind;  // sqlite (others later)
  std::string file;  // sqlite: template, relative to the root or absolute
  std::string encoding;
  std::optional<FactSource> version;  // version the data belong to
  // Hold part of its state although they lie beside it (records of migrations, keys): inside data, saved with its
  // recovery point, put back with it.
  std::vector<RelativePath> files;
  // Tables (LIKE patterns) that the product itself keeps writing: queues, job states, logs. Not what users have
  // entered: left out of what going back would lose.
  std::vector<std::string> own_tables;
};

// How the database moves to a version. Scripts of packages, a command of the product's, or the product at its start.
struct Migration {
  VersionRange version;  // that is reached
  // SQL scripts of packages: the statement tells which are already applied (first column: script name).
  std::string database;
  std::string applied_scripts_sql;
  // A command of the product's own, after the scripts; it ends by itself, with status 0. Empty: the application
  // migrates at its start, where `done` is given.
  std::vector<std::string> command;  // argv, templates
  std::string directory;             // template, default ${environment.root}
  std::string service;               // its account, environment file and variables; default the first service
  std::string environment_file;      // instead of the service's
  std::map<std::string, std::string> variables;  // added to the environment; templates
  std::string log;                               // its output; default in the run's folder
  RuntimeDemands runtime;
  // Finished when this query returns `done_equals`, or more than before.
  std::string done_sql;
  std::string done_equals;
  bool done_grows = false;
  Milliseconds within{600000};

  bool by_command() const { return !command.empty(); }
  bool at_start() const { return command.empty() && !done_sql.empty(); }
};

// The product works on in the background after its start (indexes, conversions): the upgrade waits for its end.
struct SettledRule {
  VersionRange version;  // that runs
  std::string database;  // sql
  std::string sql;       // exactly one of the two
  std::string equals;    // template
  std::optional<HttpReady> http;
  Milliseconds within{1800000};
};

// Something done to an installation: in a clone (rewrite, silence, mark), or to hold production's effects.
struct Action {
  enum class Kind { properties, env, sql, replace, write, remove };
  std::string id;
  Text why;
  Kind kind = Kind::sql;
  std::string file;                        // template; relative to the root
  std::map<std::string, std::string> set;  // properties, env: keys to set; replace: text -> text. Templates
  std::string database;                    // sql
  std::string text;                        // sql: statements; write: content. Template
};

// Held from before the stop until "open" (E6). `hold` and `release` are both applied through the profile.
struct Effect {
  std::string id;
  Text title;
  std::vector<Action> hold;
  std::vector<Action> release;
  std::optional<FactSource> pending;  // a number: what waits to go out
};

// One HTTP exchange of a check or of the clone's proof.
struct HttpStep {
  std::string method = "GET";
  std::string path;                            // template; may use values kept before: ${kept.token}
  std::map<std::string, std::string> headers;  // templates
  std::map<std::string, std::string> form;     // application/x-www-form-urlencoded
  Json json;                                   // request body; strings in it are templates; null = none
  std::string body;
  std::string content_type;
  VersionRange version;                         // only when the version tested is in it
  std::vector<int> expect{200};                 // HTTP status, any of these
  std::vector<std::string> contains;            // text that the answer must contain (templates)
  std::vector<std::string> lacks;               // text that it must not contain
  std::vector<std::string> called;              // texts of one call to the outside; judged behind a fence only
  std::map<std::string, Json> expect_json;      // JSON pointer -> value (strings are templates)
  std::map<std::string, std::string> keep;      // name -> JSON pointer or "regex:...": for later steps
  std::map<std::string, std::string> remember;  // name -> pointer: kept from the old version ...
  std::map<std::string, std::string> same;      // ... and compared on the new one
};

struct SqlExpectation {
  std::string database;
  std::string sql;
  std::optional<std::string> equals;  // first column of the first row
  bool empty = false;                 // no rows: rows found are listed as the failure
  std::optional<std::int64_t> at_least;
};

struct Invariant {
  std::string id;
  Text title;
  std::vector<std::string> covers;
  std::string database;
  std::string before;  // query on the old version
  std::string after;   // query on the new one; same as before when only `sql` was given
  // equal: same rows in any order; subset: every row of before is in after; not_less: first number did not shrink
  enum class Relation { equal, subset, not_less } relation = Relation::equal;
  bool required = true;
};

struct Check {
  enum class Kind { http, sql, process, manual };
  std::string id;  // unique in the profile, among invariants too
  Text title;
  std::vector<std::string> covers;  // requirement ids
  Kind kind = Kind::http;
  std::vector<HttpStep> steps;
  std::vector<HttpStep> cleanup;  // run after the steps whatever happened, in production too (C5)
  std::optional<SqlExpectation> sql;
  std::string service;  // process: runs, listens on its port, started after the switch, serves the new build
  Text manual;          // what a person does and what to expect
  VersionRange version;
  bool on_clone = true;
  bool on_production = true;  // false: only on the clone (side effects that can't be cleaned up)
  bool required = true;
  // Paths whose change makes an earlier result stale although the recipe did not (manual results after a patch, B8).
  std::vector<RelativePath> touches;
};

// Where a licence says for whom and for what it is. Each may be empty: not said.
struct LicenceFields {
  std::string customer, users, modules, expires;
};

struct LicenceRule {
  VersionRange version;  // that need this licence
  std::string file;      // relative to the root; installed by the switch, so that rollback brings the old one back
  std::optional<HttpStep> read_back;              // from the running system (B6.2)
  LicenceFields answer;                           // JSON pointers into the answer of read_back
  LicenceFields text;                             // regular expressions with one group, over the licence file
  std::optional<FactSource> machine_code;         // what the vendor binds a licence to; at most one of the two
  std::vector<std::string> machine_code_command;  // argv, templates; prints it
};

// What the product demands of a machine, beside the room for the installation and its rehearsal (B4).
struct MachineNeeds {
  std::vector<std::string> systems;  // patterns of the system's name ("CentOS Linux 7*"); empty: any
  int cores = 0;                     // 0: not said
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_bytes = 0;       // in addition
  std::vector<std::string> programs;  // that must be in the PATH
  std::vector<Text> notes;            // for whoever prepares the machine
};

struct CloneRule {
  std::vector<Action> rewrite;
  std::vector<Action> silence;
  std::vector<Action> mark;
  std::vector<HttpStep> prove;     // what provokes effects: run inside the fence before it is called harmless
  Milliseconds prove_wait{10000};  // how long the jobs are watched after that
};

// Rows of the customer's definitions (workflows, nodes, forms, roles ...) that administrators change while the upgrade
// is being tested (E7). Kept at each survey and compared row by row with those of the moment of the clone.
struct Definition {
  std::string id;
  Text title;            // "Workflow node"
  VersionRange version;  // of the product: read on these only
  std::string database;  // empty: the first one
  std::string table;     // exactly one of the two
  std::string sql;
  std::vector<std::string> key;        // columns that tell the rows apart
  std::vector<std::string> name;       // columns by which people know a row; the key when left out
  std::vector<std::string> ignored;    // not compared: counters, times of use
  std::vector<std::string> secret;     // compared, but never kept readable
  std::map<std::string, Text> labels;  // column -> what people call it
  std::vector<std::string> checks;     // checks and invariants that test it: stale when it changes
};

// What counts as grown since the clone was made: both the factor and the least amount are exceeded.
struct GrowthRule {
  int percent = 150;                   // of what was there then
  std::int64_t rows = 1000;            // a table grew by at least so many
  std::uint64_t bytes = 64ULL << 20U;  // a database or a data folder grew by at least so many
};

// Hot patches between releases (C6).
struct HotPatchRule {
  std::vector<RelativePath> no_restart;  // what is served as it lies there: a patch of nothing else needs no stop
};

struct TaskTemplate {
  std::string id;
  Text title;
  std::string stage;                // prepare, test, accept, production, watch
  std::string role;                 // project_manager, vendor_engineer, administrator, tester, approver, developer
  int half_days = 2;                // likely duration; half days (0.3 d counts as 1)
  int half_days_if_customised = 0;  // > 0: used instead when the survey found customisation (B3: 3-5 days)
  std::vector<std::string> after;
  std::vector<std::string> covers;
};

struct Profile {
  std::string product;
  Text title;
  int format = 1;
  FactSource version;
  std::optional<FactSource> build;
  std::optional<FactSource> packages_applied;  // sql: one row per package, columns id and (optionally) time
  std::vector<Module> modules;
  int used_days = 90;
  Paths paths;
  std::vector<Database> databases;
  std::vector<Runtime> runtimes;
  std::vector<Service> services;  // in start order; stopped in reverse
  Migration migration;            // the first one: `database` and `applied_scripts_sql` hold for all versions
  std::vector<Migration> migrations;
  std::vector<SettledRule> settled;
  std::optional<LicenceRule> licence;
  MachineNeeds machine;
  std::vector<Effect> effects;
  CloneRule clone;
  std::vector<Invariant> invariants;
  std::vector<Check> checks;
  std::vector<TaskTemplate> tasks;
  // Queries whose rows are findings (early forms, foreign objects): one row each; columns are named in `detail`.
  struct FindingRule {
    std::string id;
    Text title;
    std::string severity = "medium";  // info, low, medium, high
    bool blocking = false;
    std::string database;
    std::string sql;
    Text detail;  // with ${column}
    Text remedy;
    std::string audience = "vendor_engineer";
    std::vector<std::string> covers;
  };
  std::vector<FindingRule> findings;
  std::vector<Definition> definitions;
  GrowthRule growth;
  HotPatchRule hotpatch;
  // Code page of names inside vendor zips ("GBK"), empty for UTF-8.
  std::string archive_names;
  // Names of database objects (tables, views) the vendor ships, as LIKE patterns; others are customer objects (A2).
  std::vector<std::string> vendor_objects;
  Digest digest;  // of the resolved document, canonical JSON
  Json resolved;  // the document itself, as hashed
};

// One problem in a document: a place a person can go to.
struct DocumentProblem {
  std::string file;
  int line = 0;  // 1-based; 0 unknown
  int column = 0;
  std::string pointer;  // JSON pointer
  Text message;         // what is wrong and what is allowed
  Code code = Code::invalid_document;

  std::string describe(Language language) const;  // "file:line:column: message"
};
// Throws one Error that lists all of them; its code is that of the problems where they agree, else invalid_document.
[[noreturn]] void throw_problems(const std::vector<DocumentProblem>& problems);

// Parses and checks a profile text. All problems are found, not only the first; with any, `profile` is empty.
struct ProfileResult {
  std::optional<Profile> profile;
  std::optional<Json> base;  // instead of a profile: the document says that it is a base, and is right as one
  std::vector<DocumentProblem> problems;  // in the order of the file
  // JSON pointer in `resolved` -> "file:line" of the value, for `ferry profile show --resolved`.
  std::map<std::string, std::string> origins;
};
// `read_base` gives the text of a profile named by `extends`; lists merge by id (a list item `{id: x, remove: true}`
// removes), mappings merge by key, scalars replace.
using ReadDocument = std::function<std::string(const std::string& name)>;
ProfileResult parse_profile(std::string_view yaml, const std::string& file, const ReadDocument& read_base = nullptr);
// Throws an Error that lists every problem, or says that it is a base.
Profile require_profile(std::string_view yaml, const std::string& file, const ReadDocument& read_base = nullptr);
Profile product_of(ProfileResult result, const std::string& file);

const Database* find_database(const Profile& profile, const std::string& id);  // empty id: the first one
// Of this version; an unknown version, or one without such a service: the first of that id.
const Service* find_service(const Profile& profile, const std::string& id, const Version& version = {});
// Those of this version in their order. An unknown version: each id once.
std::vector<Service> services_of_version(const Profile& profile, const Version& version);
// How one gets to this version; without a rule for it only `database` and `applied_scripts_sql` are set.
Migration migration_to(const Profile& profile, const Version& version);
// What has to be waited for on this version; nullptr: nothing.
const SettledRule* settled_rule(const Profile& profile, const Version& version);
// How this runtime is asked on a machine with this version; nullptr: the profile does not say.
const Runtime* find_runtime(const Profile& profile, const std::string& id, const Version& version);
const Check* find_check(const Profile& profile, const std::string& id);

}  // namespace ferry
