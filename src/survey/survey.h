// An installed system becomes an inventory and findings (A1, A1.1, A1.2, A2, A3). Strictly reading: no file below the
// root and no row of a database is changed, so that it may run on production in working hours.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/facts.h"
#include "host/tree.h"
#include "model/definition.h"
#include "model/environment.h"
#include "model/inventory.h"
#include "model/profile.h"

namespace ferry {

struct SurveyProgress {
  Text stage;         // what it is looking at now
  TreeProgress tree;  // while the files are read
};

struct SurveyOptions {
  std::string index_file;  // of read_tree; empty: <staging>/index, if the staging folder is there, else none
  const Manifest* baseline = nullptr;  // the vendor's manifest of exactly this version; none: nothing is compared
  std::vector<RelativePath> exclude;   // also not looked at (attachments of terabytes); told as a finding
  bool cold = false;
  int threads = 0;
  bool thorough = true;  // databases check their whole content, not only their structure
  Moment now = system_now();
  std::uint64_t disk_need = 0;  // bytes; 0: a twentieth of the installation is wanted free
  RuntimeCommands runtimes = usual_runtimes();
  std::map<std::string, std::string> service_builds;  // service id -> build that the running process says, if asked
  std::vector<std::string> runtime_prefix;            // a clone's runtimes are asked behind its fence
  SecretLookup secret;
  std::function<void(const SurveyProgress&)> progress;  // may throw to stop
};

struct SurveyResult {
  Inventory inventory;
  Manifest files;  // everything but what the profile ignores
  std::map<RelativePath, std::map<std::string, std::string>> attributes;
  DefinitionSnapshot definitions;     // Inventory::definitions names them
  std::vector<TreeProblem> problems;  // also told as findings
  IndexUse index = IndexUse::none;
  std::uint64_t hashed_files = 0;
};

// What can't be read becomes a finding (A1: a survey that stops at the first obstacle helps nobody); thrown are only
// Error(not_found, not_a_directory, permission) for the root itself and Error(invalid_document) for a profile whose
// templates can't be expanded.
SurveyResult survey(const Profile& profile, const Environment& environment, const SurveyOptions& options = {});

// Program files only: without data, generated and ignored paths. Their Manifest::content_digest is Inventory::program.
Manifest program_files(const Profile& profile, const Manifest& files);

}  // namespace ferry
