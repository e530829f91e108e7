#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "host/files.h"
#include "host/lock.h"
#include "store/chain_log.h"

namespace ferry {
namespace {

constexpr int known_format = 1;
constexpr unsigned folder_mode = 0750;
constexpr auto lock_patience = std::chrono::seconds(10);

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// How write_file_atomic names what is not finished.
bool is_temporary(std::string_view name) {
  return name.find(".ferry-") != std::string_view::npos;
}

// Names become file names: nothing that leads elsewhere, nothing hidden.
void require_name(std::string_view name, const Text& what) {
  if (name.empty() || name.front() == '.' || name.size() > 100 || is_temporary(name) ||
      !std::all_of(name.begin(), name.end(), is_plain))
    throw Error(Code::invalid_document,
                Text{what.en + " '" + std::string(name) + "'", what.zh + "“" + std::string(name) + "”"},
                Text{"letters, digits, '-', '_' and '.' are allowed, not '.' in front",
                     "可用字母、数字、“-”“_”“.”，且不能以“.”开头"});
}

std::string reference_file(const std::string& name) {
  std::string out;
  for (std::size_t at = 0; at <= name.size();) {
    const auto slash = std::min(name.find('/', at), name.size());
    require_name(std::string_view(name).substr(at, slash - at), {"reference", "引用"});
    // '+' instead of folders, so that "plan" and "plan/production" can both exist.
    out += (out.empty() ? "" : "+") + name.substr(at, slash - at);
    at = slash + 1;
  }
  return out;
}

std::string reference_name(std::string file) {
  std::replace(file.begin(), file.end(), '+', '/');
  return file;
}

// Of a kind and a digest: one folder without further ones, so that syncing it is enough.
std::string named_file(const std::string& kind, const Digest& name) {
  require_name(kind, {"kind", "种类"});
  return "named/" + kind + "-" + name.hex();
}

// What was made inside a folder is there after a power cut: an atomic write syncs the folder it writes to.
void sync_entries(const std::string& folder) {
  write_file_atomic(folder + "/.synced", "", 0640);
}

std::string projects_folder(const std::string& home) {
  return home + "/projects";
}

Digest digest_in(const std::string& path, const std::string& text) {
  if (text.size() != 65 || text.back() != '\n')
    throw Error(Code::corrupt_object, path, Text{"not a digest", "不是摘要值"});
  try {
    return Digest::from_hex(std::string_view(text).substr(0, 64));
  } catch (const Error&) {
    throw Error(Code::corrupt_object, path, Text{"not a digest", "不是摘要值"});
  }
}

}  // namespace

struct Store::State {
  std::string id;
  std::string folder;
  std::optional<InstallationLock> lock;
  int lock_depth = 0;

  std::string at(const std::string& path) const { return folder + "/" + path; }
  std::string object(const Digest& digest) const {
    const auto hex = digest.hex();
    return at("objects/" + hex.substr(0, 2) + "/" + hex.substr(2));
  }
  ChainLog log(const std::string& name) const {
    require_name(name, {"collection", "集合"});
    return {at("log"), name};
  }
  void acquire();
};

InstallationLock wait_for_lock(const std::string& folder, std::chrono::steady_clock::time_point give_up) {
  for (;;) {
    try {
      return InstallationLock(folder, "ferry store");
    } catch (const Error& e) {
      if (e.code() != Code::locked || std::chrono::steady_clock::now() > give_up) throw;
    }
    // Writes take milliseconds; whoever holds the lock longer is stuck.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

// The queue is held only while one waits for the lock: a writer that takes the lock again and again finds the queue
// taken by whoever waits, and so can't keep the others out.
void Store::State::acquire() {
  const auto give_up = std::chrono::steady_clock::now() + lock_patience;
  const auto turn = wait_for_lock(at("queue"), give_up);
  lock.emplace(wait_for_lock(folder, give_up));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Store Store::create(const std::string& home, std::string_view project_yaml) {
  const Project project = require_project(project_yaml, "project.yaml");
  require_name(project.id, {"project", "升级项目"});
  auto state = std::make_unique<State>();
  state->id = project.id;
  state->folder = projects_folder(home) + "/" + project.id;
  make_folders(state->folder, folder_mode);
  Store store(std::move(state));
  store.together([&] {
    const auto& at = *store.state_;
    if (path_exists(at.at("store.json")))
      throw Error(Code::already_exists, Text{"project " + at.id, "升级项目 " + at.id});
    for (const char* folder : {"log", "refs", "named"}) make_folders(at.at(folder), folder_mode);
    for (int first = 0; first < 256; ++first) make_folders(at.at(fmt::format("objects/{:02x}", first)), folder_mode);
    for (const auto& folder : {at.at("objects"), projects_folder(home), home}) sync_entries(folder);
    write_file_atomic(at.at("project.yaml"), project_yaml, 0640);
    // Last: a folder without it was not finished, and create may be repeated.
    write_file_atomic(at.at("store.json"), canonical(Json{{"format", known_format}}) + "\n", 0640);
  });
  return store;
}

Store Store::open(const std::string& home, const std::string& project) {
  require_name(project, {"project", "升级项目"});
  auto state = std::make_unique<State>();
  state->id = project;
  state->folder = projects_folder(home) + "/" + project;
  const auto text = read_file_if_there(state->at("store.json"));
  if (!text)
    throw Error(Code::not_found, Text{"project " + project, "升级项目 " + project}, Text{state->folder, state->folder});
  const Json json = parse_json(*text, state->at("store.json"));
  if (!json.is_object() || json.value("format", Json()) != known_format)
    throw Error(Code::unsupported_format, state->at("store.json"), json.dump());
  return Store(std::move(state));
}

std::vector<std::string> Store::list(const std::string& home) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(projects_folder(home), error))
    if (entry.is_directory() && path_exists(entry.path().string() + "/store.json"))
      out.push_back(entry.path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory) throw system_error(projects_folder(home), error.value());
  std::sort(out.begin(), out.end());
  return out;
}

const std::string& Store::id() const {
  return state_->id;
}
const std::string& Store::folder() const {
  return state_->folder;
}

std::string Store::project_text() const {
  return read_file(state_->at("project.yaml"));
}
Project Store::project() const {
  return require_project(project_text(), state_->at("project.yaml"));
}
void Store::save_project(std::string_view yaml) {
  const Project project = require_project(yaml, "project.yaml");
  if (project.id != state_->id)
    throw Error(Code::invalid_document, Text{"id: " + project.id, "id：" + project.id},
                Text{"the project's id is " + state_->id + " and stays", "项目标识为 " + state_->id + "，不可更改"});
  together([&] { write_file_atomic(state_->at("project.yaml"), yaml, 0640); });
}

Digest Store::put_object(std::string_view bytes) {
  const Digest digest = Digest::of(bytes);
  const auto path = state_->object(digest);
  // Read, not only looked for: putting it again is how a damaged object is mended.
  const auto present = read_file_if_there(path);
  if (present && *present == bytes) return digest;
  write_file_atomic(path, bytes, 0640);
  return digest;
}

std::string Store::get_object(const Digest& digest) const {
  auto bytes = read_file_if_there(state_->object(digest), 4ULL << 30U);
  if (!bytes) throw Error(Code::not_found, Text{"object " + digest.hex(), "对象 " + digest.hex()});
  if (Digest::of(*bytes) != digest) throw Error(Code::corrupt_object, state_->object(digest));
  return std::move(*bytes);
}

bool Store::has_object(const Digest& digest) const {
  return path_exists(state_->object(digest));
}

Digest Store::put_json(const Json& value) {
  return put_object(canonical(value));
}
Json Store::get_json(const Digest& digest) const {
  return parse_json(get_object(digest), "object " + digest.hex());
}

void Store::put_named(const std::string& kind, const Digest& name, const Json& value) {
  put_named_text(kind, name, canonical(value));
}

void Store::put_named_text(const std::string& kind, const Digest& name, std::string_view canonical) {
  const auto path = state_->at(named_file(kind, name));
  const Digest object = put_object(canonical);
  together([&] { write_file_atomic(path, object.hex() + "\n", 0640); });
}

Json Store::get_named(const std::string& kind, const Digest& name) const {
  return parse_json(named_text(kind, name), kind + " " + name.hex());
}

std::string Store::named_text(const std::string& kind, const Digest& name) const {
  const auto path = state_->at(named_file(kind, name));
  const auto text = read_file_if_there(path);
  if (!text) throw Error(Code::not_found, kind + " " + name.hex());
  return get_object(digest_in(path, *text));
}

bool Store::has_named(const std::string& kind, const Digest& name) const {
  return path_exists(state_->at(named_file(kind, name)));
}

ChainRecord Store::append(const std::string& collection, Json data) {
  std::vector<ChainRecord> added;
  together([&] { added = state_->log(collection).append({std::move(data)}); });
  return added.front();
}

void Store::append_all(const std::string& collection, std::vector<Json> data) {
  together([&] { state_->log(collection).append(std::move(data)); });
}

std::vector<ChainRecord> Store::read(const std::string& collection) const {
  return state_->log(collection).read();
}

Digest Store::head(const std::string& collection) const {
  return state_->log(collection).head();
}

void Store::audit(const AuditEntry& entry) {
  append(collection::audit, entry);
}

void Store::set_reference(const std::string& name, const Digest& digest) {
  const auto path = state_->at("refs/" + reference_file(name));
  together([&] { write_file_atomic(path, digest.hex() + "\n", 0640); });
}

std::optional<Digest> Store::reference(const std::string& name) const {
  const auto path = state_->at("refs/" + reference_file(name));
  const auto text = read_file_if_there(path);
  if (!text) return std::nullopt;
  return digest_in(path, *text);
}

void Store::clear_reference(const std::string& name) {
  const auto path = state_->at("refs/" + reference_file(name));
  together([&] {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) throw system_error(path, error.value());
  });
}

std::map<std::string, Digest> Store::references() const {
  std::map<std::string, Digest> out;
  for (const auto& entry : std::filesystem::directory_iterator(state_->at("refs"))) {
    const auto file = entry.path().filename().string();
    // Of a writer that is at work, or of one that was killed.
    if (is_temporary(file)) continue;
    if (const auto digest = reference(reference_name(file))) out.emplace(reference_name(file), *digest);
  }
  return out;
}

void Store::together(const std::function<void()>& work) {
  auto& state = *state_;
  if (state.lock_depth == 0) state.acquire();
  ++state.lock_depth;
  struct Release {
    State& state;
    ~Release() {
      if (--state.lock_depth == 0) state.lock.reset();
    }
  } release{state};
  work();
}

std::string ferry_home(const std::string& flag, const char* ferry_home_variable, const char* home_variable) {
  if (!flag.empty()) return flag;
  if (ferry_home_variable != nullptr && *ferry_home_variable != '\0') return ferry_home_variable;
  if (home_variable != nullptr && *home_variable != '\0') return std::string(home_variable) + "/.ferry";
  throw Error(Code::usage, Text{"no home folder", "没有主目录"},
              Text{"give --home or set FERRY_HOME", "请使用 --home 或设置 FERRY_HOME"});
}

}  // namespace ferry
