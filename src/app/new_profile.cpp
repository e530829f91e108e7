#include "app/new_profile.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "app/profiles.h"
#include "base/counted.h"
#include "base/error.h"
#include "host/files.h"
#include "model/document.h"
#include "model/environment.h"
#include "survey/look.h"
#include "survey/profile_text.h"
#include "verify/http.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds patience{2000};  // for one answer
constexpr Milliseconds all_patience{15'000};
constexpr std::uint64_t largest_answer = 1U << 20U;
constexpr std::size_t most_values = 30;

// Nobody has it: what it gets is what everything gets that is not there.
constexpr const char* nowhere = "/ferry-asks-for-nothing";
constexpr std::array<const char*, 13> candidates = {
    "/",       "/health", "/api/health", "/healthz", "/api/healthz",     "/api/v1/health", "/api/status",
    "/status", "/-/ping", "/ping",       "/ready",   "/actuator/health", "/login"};

// "::" and 0.0.0.0 listen everywhere.
std::string host_of(const Listener& listener) {
  if (listener.address == "0.0.0.0" || listener.address == "::") return "127.0.0.1";
  return listener.address.find(':') == std::string::npos ? listener.address : "[" + listener.address + "]";
}

std::map<std::string, std::string> values_of(const HttpResponse& response) {
  std::map<std::string, std::string> out;
  try {
    const auto json = parse_json(response.body, "answer");
    if (!json.is_object()) return out;
    for (const auto& [key, value] : json.items()) {
      if (out.size() >= most_values) break;
      if (value.is_string() && value.get_ref<const std::string&>().size() < 200) out[key] = value.get<std::string>();
      if (value.is_number_integer() || value.is_boolean()) out[key] = value.dump();
    }
  } catch (const Error&) {
    // No JSON: the status is what it says.
  }
  return out;
}

class Asker {
 public:
  explicit Asker(std::vector<SeenAnswer>& answers)
      : answers_(answers), until_(std::chrono::steady_clock::now() + all_patience) {}

  // False: it does not speak HTTP.
  void ask(const Listener& listener) {
    const auto base = "http://" + host_of(listener) + ":" + std::to_string(listener.port);
    const auto nothing = get(base, nowhere);
    if (!nothing) return;
    for (const auto* path : candidates) {
      if (std::chrono::steady_clock::now() > until_) return;
      const auto response = get(base, path);
      if (!response || response->status == 404) continue;
      SeenAnswer answer;
      answer.port = listener.port;
      answer.path = path;
      answer.status = response->status;
      const auto type = response->header("content-type");
      answer.type = type.substr(0, type.find(';'));
      answer.values = values_of(*response);
      answer.distinct =
          std::string_view(path) == "/" || response->status != nothing->status || response->body != nothing->body;
      answers_.push_back(std::move(answer));
    }
  }

 private:
  static std::optional<HttpResponse> get(const std::string& base, const std::string& path) {
    try {
      HttpRequest request;
      request.path = path;
      request.timeout = patience;
      request.connect_timeout = patience;
      request.body_limit = largest_answer;
      return HttpClient(base).send(request);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  std::vector<SeenAnswer>& answers_;
  std::chrono::steady_clock::time_point until_;
};

void ask_services(Sighting& sight) {
  Asker asker(sight.answers);
  std::set<int> asked;
  for (const auto& process : sight.occupants.processes)
    for (const auto& listener : process.listens)
      if (asked.insert(listener.port).second) asker.ask(listener);
}

// What was written must be accepted by what reads it; else the rules that made it are wrong.
void require_good(const std::vector<NewFile>& files) {
  const auto& profile = files.at(0);
  const auto parsed = require_profile(profile.text, profile.path, base_reader(profile.path));
  for (std::size_t i = 1; i < files.size(); ++i) {
    const auto environment = require_environment(files[i].text, files[i].path);
    const auto missing = missing_variables(parsed, environment);
    if (!missing.empty())
      throw Error(Code::invalid_document, files[i].path,
                  Text{"variable " + missing.front() + " is missing", "缺少变量 " + missing.front()});
  }
}

}  // namespace

Sighting look_for_profile(const std::string& folder, Reporter& reporter) {
  reporter.begin({"look at " + printable(folder), "查看 " + printable(folder)});
  LookOptions options;
  options.progress = [&](const Text&, std::uint64_t things) { reporter.progress(things, 0, Unit::files); };
  auto sight = look_at(folder, options);
  ask_services(sight);
  const auto things = sight.tree.things.size();
  const auto processes = sight.occupants.processes.size();
  const auto databases = sight.databases.size();
  reporter.done({counted(things, "file or folder", "files and folders") + ", " +
                     counted(processes, "process", "processes") + ", " + counted(databases, "database"),
                 std::to_string(things) + " 个文件和文件夹，" + std::to_string(processes) + " 个进程，" +
                     std::to_string(databases) + " 个数据库"});
  return sight;
}

Proposal propose_profile(const Sighting& sight, const Answers& answers) {
  return propose(sight, built_in_bases(), answers);
}

Answers read_answers(const std::string& file) {
  document::Problems problems;
  const auto node = document::read_yaml(read_file(file), file, problems);
  Answers out;
  if (node)
    for (const auto& item : node->items) {
      if (item.kind == document::Node::Kind::scalar || item.kind == document::Node::Kind::empty)
        out[item.key] = item.text;
      else
        document::report(problems, item.place, "/" + item.key, {"a text is expected here", "此处应为文字"});
    }
  if (!problems.empty()) throw_problems(problems);
  return out;
}

std::vector<NewFile> new_profile_files(const Proposal& proposal, const std::string& output, Language language) {
  const auto folder = fs::absolute(output).lexically_normal();
  std::vector<NewFile> out;
  out.push_back({(folder / "profile.yaml").string(), profile_text(proposal, language), false});
  out.push_back({(folder / "production.yaml").string(), production_text(proposal, "profile.yaml", language), false});
  out.push_back({(folder / "test.yaml").string(), clone_text(proposal, "profile.yaml", language), false});
  for (auto& file : out) file.there_already = path_exists(file.path);
  require_good(out);
  return out;
}

void write_new_files(const std::vector<NewFile>& files) {
  for (const auto& file : files) {
    make_folders(fs::path(file.path).parent_path().string());
    write_file_atomic(file.path, file.text);
  }
}

void to_json(Json& json, const Question& value) {
  json = {{"id", value.id},
          {"text", value.text},
          {"proposal", printable(value.proposal)},
          {"why", value.why},
          {"choices", value.choices}};
}

}  // namespace ferry
