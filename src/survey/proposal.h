// From what was seen to a first profile: pure rules. Every value carries what it was derived from, and whether that is
// certain or only assumed. Questions are asked where a person knows better; each has a proposal.
#pragma once
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "survey/sighting.h"

namespace ferry {

struct Question {
  std::string id;  // key in an answers file
  Text text;
  std::string proposal;
  Text why;
  std::vector<std::string> choices;  // empty: free
  enum class Kind { text, id, port, yes_no, path, paths } kind = Kind::text;
};
using Answers = std::map<std::string, std::string>;  // by question; what is not there takes its proposal

struct Noted {
  std::string value;
  Text why;
  bool assumed = false;
};

struct ProposedAction {
  std::string id;
  std::string kind;        // env, properties, replace, sql
  std::string file;        // below the root; sql: none
  std::string database;    // sql
  std::vector<Noted> set;  // value "KEY\0NEW": see key_of, new_of
  std::string sql;
  Text why;
};

struct ProposedService {
  std::vector<std::string> run;  // templates
  std::string directory, environment, log, port;
  std::vector<Noted> variables;  // as `set` above
  std::string ready;             // path; empty: none
  int ready_status = 200;
  std::string ready_pointer, ready_value;  // in a JSON answer
  std::string build_pointer;
  Text why_run, why_ready;
  bool assumed = false;
};

struct ProposedDatabase {
  std::string id, file;  // file: template
  Text why;
  std::vector<std::string> own_tables;
  std::string version;                               // fact, or empty
  std::vector<Noted> invariants;                     // table names
  std::vector<std::array<std::string, 3>> settings;  // table, key column, value column: definitions
};

struct Proposal {
  std::string product;
  std::string base;                                 // profile that it extends; empty: none
  Noted version;                                    // fact as YAML
  std::map<std::string, std::vector<Noted>> paths;  // program, data, config, generated, ignored
  std::vector<ProposedDatabase> databases;
  std::vector<ProposedService> services;  // none or one
  std::string migrated;                   // query for migrate.done; empty: none
  Text why_migrated;
  std::vector<ProposedAction> rewrite, silence;
  std::vector<Noted> pages;  // paths that answered, with their status in `why`

  // Environments.
  std::string root, url, direct, user, test_root;
  std::string port, test_port;  // empty: no port is known
  bool needs_production_root = false;
  std::set<std::string> secrets;  // names of variables that the service needs

  std::vector<Question> questions;  // all that were asked on the way, with their proposals
  std::vector<Text> notes;          // what a person must know
};

// A pair in one Noted::value.
std::string pair_of(const std::string& key, const std::string& value);
std::string key_of(const Noted& pair);
std::string new_of(const Noted& pair);

// `bases`: names of profiles that can be extended without a file (built_in_bases). Throws Error(usage) for an answer
// that can't be, Error(unsupported_format) when the root's name can't stand in a file.
Proposal propose(const Sighting& sight, const std::vector<std::string>& bases, const Answers& answers);

}  // namespace ferry
