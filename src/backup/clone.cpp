#include "backup/clone.h"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/id.h"
#include "database/connection.h"
#include "database/point.h"
#include "host/files.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 5> states{"none", "restored", "silenced", "fenced", "proved"};

fs::path staging_of(const Environment& clone) {
  if (!clone.staging.empty()) return clone.staging;
  const fs::path root(clone.root);
  return root.parent_path() / (".ferry-" + root.filename().string());
}

fs::path pristine_of(const Environment& clone) {
  return staging_of(clone) / "pristine";
}

Text about(const std::string& clone) {
  return {"clone " + clone, "克隆 " + clone};
}

Text made_elsewhere(const CloneRecord& record) {
  return {"was made at " + record.root, "当初建于 " + record.root};
}

CloneRecord require_clone(const Environment& clone) {
  auto record = load_clone(clone);
  if (!record) throw Error(Code::not_found, about(clone.name));
  if (record->root != clone.root) throw Error(Code::drift, about(clone.name), made_elsewhere(*record));
  return std::move(*record);
}

void require_state(const CloneRecord& record, CloneState least) {
  if (record.state >= least) return;
  throw Error(Code::run_unfinished, about(record.environment),
              Text{"is " + std::string(name_of(record.state)) + ", must be " + std::string(name_of(least)),
                   "状态为“" + state_text(record.state).zh + "”，须先达到“" + state_text(least).zh + "”"});
}

void require_no_fence(const Environment& clone) {
  if (fence_status(clone_fence_folder(clone)).running()) {
    throw Error(Code::busy_files, clone.root,
                Text{"the clone's fence is running: stop its services and end the fence",
                     "克隆的出网隔离仍在运行：请先停止其服务并撤除隔离"});
  }
}

void remove_database(const std::string& file) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) remove_tree(file + suffix);
}

// Databases outside the root. A file that this clone did not make is never replaced: it could be production's.
void load_outside(const Environment& clone, const Profile& profile, CloneRecord& record, const BackupContent& content,
                  const fs::path& dumps) {
  for (const auto& entry : content.databases) {
    if (!entry.place.empty()) continue;
    const Database* database = find_database(profile, entry.id);
    const std::string folder = (dumps / entry.dump).parent_path().string();
    const auto point = read_point(folder, entry.id);
    if (database == nullptr || !point) throw Error(Code::not_found, Text{"database " + entry.id, "数据库 " + entry.id});
    const std::string file = database_file(*database, clone.as_variables(), clone.root);
    const bool ours = std::find(record.databases.begin(), record.databases.end(), file) != record.databases.end();
    if (ours) {
      remove_database(file);
    } else if (path_exists(file)) {
      throw Error(Code::already_exists, file,
                  Text{"a database that does not belong to this clone", "该数据库不属于此克隆"});
    } else {
      record.databases.push_back(file);
      save_clone(clone, record);  // before it is made, so that a cut clone may be taken away again
    }
    load_point(folder, *point, file);
  }
}

// Puts `made` in the place of the root in one operation; what was there is removed.
void take_place(const fs::path& made, const fs::path& root) {
  if (!path_exists(root.string())) {
    if (::rename(made.c_str(), root.c_str()) != 0) throw system_error(root.string(), errno);
  } else {
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, root.c_str(), RENAME_EXCHANGE) != 0) {
      throw system_error(root.string(), errno);
    }
    remove_tree(made.string());
  }
  sync_file_system(root.parent_path().string());
}

void keep_pristine(const Environment& clone, CloneRecord& record, std::uint64_t bytes) {
  if (!record.databases.empty()) return;  // they are not part of the root
  if (free_space(staging_of(clone).string()).free < 3 * bytes) return;
  const fs::path unfinished = pristine_of(clone).string() + ".unfinished";
  remove_tree(unfinished.string());
  remove_tree(pristine_of(clone).string());
  copy_tree(clone.root, unfinished.string());
  sync_file_system(unfinished.string());
  if (::rename(unfinished.c_str(), pristine_of(clone).c_str()) != 0) throw system_error(unfinished.string(), errno);
  record.pristine = true;
}

// Brings the root to production's state. The record says "none" while that is going on: a clone that was cut here has
// no silenced root and must not be started.
void bring_back(const Environment& clone, const Profile& profile, BackupRepository& repository, CloneRecord& record,
                const BackupWatch& watch) {
  record.state = CloneState::none;
  record.actions.clear();
  record.proof.reset();
  save_clone(clone, record);
  const fs::path root(clone.root);
  const fs::path made = root.parent_path() / ("." + root.filename().string() + ".ferry-clone");
  remove_tree(made.string());
  std::uint64_t bytes = 0;
  if (record.pristine && is_folder(pristine_of(clone).string())) {
    copy_tree(pristine_of(clone).string(), made.string());
    sync_file_system(made.string());
  } else {
    record.pristine = false;
    const auto load = [&](const BackupContent& content, const fs::path&, const fs::path& dumps) {
      load_outside(clone, profile, record, content, dumps);
    };
    bytes = repository.restore(record.backup, made, watch, load).bytes;
  }
  take_place(made, root);
  if (!record.pristine) keep_pristine(clone, record, bytes);
  record.state = CloneState::restored;
  save_clone(clone, record);
}

}  // namespace

std::string_view name_of(CloneState state) {
  return states.at(static_cast<std::size_t>(state));
}

Text state_text(CloneState state) {
  switch (state) {
    case CloneState::none:
      return {"not finished", "未完成"};
    case CloneState::restored:
      return {"restored, not silenced", "已还原，未静默"};
    case CloneState::silenced:
      return {"silenced, no fence", "已静默，未隔离"};
    case CloneState::fenced:
      return {"fenced, not proved", "已隔离，未证明"};
    case CloneState::proved:
      return {"proved", "已证明无法外联"};
  }
  return {};
}

fs::path clone_record_file(const Environment& clone) {
  return staging_of(clone) / "clone.json";
}
fs::path clone_fence_folder(const Environment& clone) {
  return staging_of(clone) / "fence";
}

std::optional<CloneRecord> load_clone(const Environment& clone) {
  const std::string file = clone_record_file(clone).string();
  const auto text = read_file_if_there(file);
  if (!text) return std::nullopt;
  try {
    return parse_json(*text, file).get<CloneRecord>();
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, file, error.what());
  }
}

void save_clone(const Environment& clone, const CloneRecord& record) {
  make_folders(staging_of(clone).string(), 0700);
  write_file_atomic(clone_record_file(clone).string(), Json(record).dump(2) + "\n", 0600);
}

CloneRecord clone_files(const Environment& clone, const Profile& profile, BackupRepository& repository,
                        const std::string& backup, const std::string& source, const BackupWatch& watch) {
  if (clone.kind == Environment::Kind::production) {
    throw Error(Code::usage, clone.name,
                Text{"is a production environment: a clone never takes its place", "这是正式环境，克隆不会覆盖它"});
  }
  const Backup found = repository.find(backup, watch);
  auto record = load_clone(clone);
  if (record && record->backup != found.id)
    throw Error(Code::already_exists, about(clone.name), Text{record->backup, record->backup});
  if (record && record->state >= CloneState::restored) return *record;
  if (!record) {
    if (path_exists(clone.root) && !(is_folder(clone.root) && fs::is_empty(clone.root))) {
      throw Error(Code::already_exists, clone.root,
                  Text{"a clone is made in an empty folder only", "克隆只能建在空文件夹中"});
    }
    record.emplace();
    record->id = new_id("cln", system_now());
    record->environment = clone.name;
    record->source = source;
    record->root = clone.root;
    record->inventory = found.content.inventory;
    record->backup = found.id;
    record->made = to_string(system_now());
  }
  require_no_fence(clone);
  bring_back(clone, profile, repository, *record, watch);
  return *record;
}

CloneRecord clone_files(const Environment& clone, BackupRepository& repository, const std::string& backup,
                        const std::string& source, const BackupWatch& watch) {
  return clone_files(clone, Profile{}, repository, backup, source, watch);
}

CloneRecord clone_actions(const Environment& clone, const Profile& profile, const SecretLookup& secret) {
  CloneRecord record = require_clone(clone);
  require_state(record, CloneState::restored);
  ActionContext context;
  context.root = clone.root;
  context.variables = clone.as_variables();
  for (const auto& [name, value] : fence_variables()) context.variables.emplace(name, value);
  context.secret = secret;
  context.sql = sql_runner(profile, clone.root, context.variables);
  record.actions.clear();
  for (const auto* actions : {&profile.clone.rewrite, &profile.clone.silence, &profile.clone.mark}) {
    const auto reports = apply_actions(*actions, context);
    record.actions.insert(record.actions.end(), reports.begin(), reports.end());
  }
  record.state = std::max(record.state, CloneState::silenced);
  save_clone(clone, record);
  return record;
}

CloneRecord clone_fence(const Environment& clone, const std::vector<FenceForward>& forwards,
                        const std::vector<fs::path>& hidden, const std::string& program) {
  CloneRecord record = require_clone(clone);
  require_state(record, CloneState::silenced);
  const fs::path folder = clone_fence_folder(clone);
  if (fence_status(folder).kind == FenceStatus::Kind::running) return record;
  end_fence(folder);  // one without its forwarder is replaced as a whole
  FenceOptions options;
  options.folder = folder;
  options.writable = {clone.root};
  for (const auto& file : record.databases) options.writable.push_back(fs::path(file).parent_path());
  options.hidden = hidden;
  options.forwards = forwards;
  options.program = program;
  start_fence(options);
  record.state = CloneState::fenced;  // an earlier proof was about another fence
  record.proof.reset();
  save_clone(clone, record);
  return record;
}

CloneRecord clone_prove(const Environment& clone, const FenceProofOptions& options) {
  CloneRecord record = require_clone(clone);
  FenceProof proof = prove_fence(clone_fence_folder(clone), options);
  for (const auto& why : record.refused) {
    const Text text{"nothing is shared with production", "未与生产环境共享任何服务"};
    proof.conditions.push_back({"shared", text, false, why});
    proof.proved = false;
  }
  if (record.state >= CloneState::fenced) record.state = proof.proved ? CloneState::proved : CloneState::fenced;
  record.proof = std::move(proof);
  save_clone(clone, record);
  return record;
}

void refuse_proof(const Environment& clone, const std::string& why) {
  CloneRecord record = require_clone(clone);
  if (std::find(record.refused.begin(), record.refused.end(), why) == record.refused.end()) {
    record.refused.push_back(why);
  }
  record.state = std::min(record.state, CloneState::fenced);
  save_clone(clone, record);
}

CloneRecord reset_clone(const Environment& clone, const Profile& profile, BackupRepository& repository,
                        const SecretLookup& secret, const BackupWatch& watch) {
  CloneRecord record = require_clone(clone);
  require_no_fence(clone);
  ++record.resets;
  bring_back(clone, profile, repository, record, watch);
  return clone_actions(clone, profile, secret);
}

void remove_clone(const Environment& clone) {
  const auto record = load_clone(clone);
  if (!record) return;
  if (record->root != clone.root) throw Error(Code::drift, about(clone.name), made_elsewhere(*record));
  end_fence(clone_fence_folder(clone));
  const fs::path root(clone.root);
  remove_tree(clone.root);
  remove_tree((root.parent_path() / ("." + root.filename().string() + ".ferry-clone")).string());
  remove_tree(pristine_of(clone).string());
  remove_tree(pristine_of(clone).string() + ".unfinished");
  for (const auto& file : record->databases) remove_database(file);
  remove_tree(clone_fence_folder(clone).string());
  remove_tree(clone_record_file(clone).string());  // last: until then the clone can be removed again
}

void to_json(Json& json, const CloneRecord& value) {
  json = {{"format", value.format},           {"id", value.id},
          {"environment", value.environment}, {"source", value.source},
          {"root", escape(value.root)},       {"inventory", value.inventory},
          {"backup", value.backup},           {"made", value.made},
          {"state", name_of(value.state)},    {"pristine", value.pristine},
          {"databases", Json::array()},       {"actions", value.actions},
          {"refused", value.refused},         {"resets", value.resets}};
  for (const auto& file : value.databases) json["databases"].push_back(escape(file));
  if (value.proof) json["proof"] = *value.proof;
}
void from_json(const Json& json, CloneRecord& value) {
  json.at("format").get_to(value.format);
  if (value.format != 1) throw Error(Code::unsupported_format, "clone.json", std::to_string(value.format));
  json.at("id").get_to(value.id);
  json.at("environment").get_to(value.environment);
  json.at("source").get_to(value.source);
  value.root = unescape(json.at("root").get<std::string>());
  json.at("inventory").get_to(value.inventory);
  json.at("backup").get_to(value.backup);
  json.at("made").get_to(value.made);
  const auto state = std::find(states.begin(), states.end(), json.at("state").get<std::string>());
  if (state == states.end()) throw Error(Code::invalid_document, "clone.json", Text{"unknown state", "未知的状态"});
  value.state = static_cast<CloneState>(state - states.begin());
  json.at("pristine").get_to(value.pristine);
  for (const auto& file : json.at("databases")) value.databases.push_back(unescape(file.get<std::string>()));
  json.at("actions").get_to(value.actions);
  json.at("refused").get_to(value.refused);
  json.at("resets").get_to(value.resets);
  if (json.contains("proof")) value.proof = json.at("proof").get<FenceProof>();
}

}  // namespace ferry
