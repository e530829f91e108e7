#include "app/calling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "base/path.h"
#include "host/files.h"
#include "host/program.h"

namespace ferry {
namespace {

constexpr std::string_view command = "call-people";
constexpr int known_format = 1;
constexpr std::size_t longest_message = 300;  // that of a few short messages
constexpr std::size_t longest_detail = 500;

std::string calls_folder(const Target& target, const std::string& run) {
  return target.staging() + "/runs/" + run + "/calls";
}

// Records by their number, oldest first.
std::vector<std::string> records_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    if (entry.path().extension() == ".json") out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

Json read_record(const std::string& file) {
  Json json = parse_json(read_file(file), file);
  if (json.value("format", 0) != known_format) throw Error(Code::unsupported_format, file);
  return json;
}

Text title_of(Occasion occasion) {
  switch (occasion) {
    case Occasion::last_safe_moment:
      return {"the last safe moment has passed", "已过最后安全时刻"};
    case Occasion::held:
      return {"the run was interrupted and holds", "执行被中断，停在安全位置"};
    case Occasion::failed:
      return {"the run stopped with an error", "执行因错误停止"};
    case Occasion::waiting:
      return {"verified; waits to be opened", "验证通过，等待开放"};
  }
  return {};
}

// One line, whole characters.
std::string shortened(std::string text, std::size_t most) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most) + " ...";
}

std::string message_of(const Project& project, const Target& target, Occasion occasion, const Text& what) {
  const auto language = project.notify.language;
  const bool english = language == Language::english;
  std::string text = english ? project.title.in(language) + ", " + target.name() + ": "
                             : project.title.in(language) + "，" + target.name() + "：";
  text += title_of(occasion).in(language);
  const auto& more = what.in(language);
  if (!more.empty()) text += (english ? ". " : "。") + more;
  return shortened(is_utf8(text) ? text : printable(text), longest_message);
}

Json record_of(const Project& project, const Target& target, const std::string& run, Occasion occasion,
               const std::string& message, Moment now) {
  Json calls = Json::array();
  for (const auto* person : people_to_call(project)) {
    const Variables values{{"person", person->name},
                           {"contact", person->contact},
                           {"message", message},
                           {"event", std::string(name_of(occasion))},
                           {"run", run},
                           {"environment", target.name()},
                           {"project", project.id}};
    std::vector<std::string> argv;
    for (const auto& word : project.notify.run) argv.push_back(expand(word, values));
    calls.push_back({{"person", person->name},
                     {"contact", person->contact},
                     {"argv", std::move(argv)},
                     {"outcome", "calling"},
                     {"detail", ""}});
  }
  return {{"format", known_format},
          {"occasion", name_of(occasion)},
          {"at", to_string(now)},
          {"message", message},
          {"within_ms", std::int64_t{project.notify.within.count()}},
          {"calls", std::move(calls)}};
}

void begin_calls(const std::string& file) {
  DetachedOptions options;
  options.directory = "/";
  for (const char* name : {"PATH", "HOME", "LANG", "TZ"})
    if (const char* value = std::getenv(name)) options.environment[name] = value;
  options.log_file = file + ".log";
  // The running program, even when its file was replaced meanwhile.
  spawn_detached({"/proc/self/exe", std::string(command), file}, options);
}

void start_calls(Workspace& workspace, const Target& target, const std::string& run, Occasion occasion,
                 const Text& what, Reporter& reporter) {
  const auto project = workspace.project();
  if (project.notify.run.empty() || !target.is_production()) return;
  const auto folder = calls_folder(target, run);
  if (!path_exists(target.staging() + "/runs/" + run + "/log")) return;
  const auto known = records_in(folder);
  const auto message = message_of(project, target, occasion, what);
  if (!known.empty() && read_record(known.back()).at("message") == message) return;
  const Json record = record_of(project, target, run, occasion, message, workspace.clock());
  make_folders(folder);
  const auto file = fmt::format("{}/{:04}.json", folder, known.size() + 1);
  write_file_atomic(file, record.dump(1));
  begin_calls(file);
  Text names;
  for (const auto& call : record.at("calls")) names.en += " " + call.at("person").get<std::string>();
  reporter.note({"  calling" + names.en, "  正在通知" + names.en});
  workspace.audit("run.call", run, "", {{"occasion", name_of(occasion)}});
}

// What it came to, as outcome and detail.
void make_call(Json& call, Milliseconds within) {
  try {
    ProgramOptions options;
    options.directory = "/";
    options.timeout = within;
    const auto result = run_program(call.at("argv").get<std::vector<std::string>>(), options);
    call["outcome"] = result.timed_out ? "timed_out" : result.ok() ? "done" : "failed";
    auto words = result.out + result.err;
    if (words.size() > longest_detail) words = words.substr(words.size() - longest_detail);
    call["detail"] = is_utf8(words) ? words : printable(words);
    if (!result.ok() && !result.timed_out) call["status"] = result.status;
  } catch (const Error& error) {
    call["outcome"] = "failed";
    call["detail"] = error.what();
  }
}

}  // namespace

std::string_view name_of(Occasion occasion) {
  switch (occasion) {
    case Occasion::last_safe_moment:
      return "last_safe_moment";
    case Occasion::held:
      return "held";
    case Occasion::failed:
      return "failed";
    case Occasion::waiting:
      return "waiting";
  }
  return {};
}

Occasion occasion_of(const Error& error) {
  if (error.code() == Code::past_deadline) return Occasion::last_safe_moment;
  return error.code() == Code::interrupted ? Occasion::held : Occasion::failed;
}

std::vector<const Person*> people_to_call(const Project& project) {
  std::vector<std::string> ids{project.owner};
  ids.insert(ids.end(), project.approvers.begin(), project.approvers.end());
  for (const auto& entry : project.standby) ids.push_back(entry.person);
  std::vector<const Person*> out;
  for (const auto& id : ids) {
    const auto* person = project.find_person(id);
    if (person != nullptr && std::find(out.begin(), out.end(), person) == out.end()) out.push_back(person);
  }
  return out;
}

void call_people(Workspace& workspace, const Target& target, const std::string& run, Occasion occasion,
                 const Text& what, Reporter& reporter) {
  try {
    start_calls(workspace, target, run, occasion, what, reporter);
  } catch (const Error& error) {
    reporter.warning({"nobody was called: " + error.describe(Language::english),
                      "未能通知任何人：" + error.describe(Language::chinese)});
  } catch (const std::exception& error) {
    reporter.warning(
        {std::string("nobody was called: ") + error.what(), std::string("未能通知任何人：") + error.what()});
  }
}

void call_people(Workspace& workspace, const Target& target, const std::string& run, const Error& error,
                 Reporter& reporter) {
  const auto& row = info(error.code());
  const auto about = error.about_text();
  call_people(workspace, target, run, occasion_of(error),
              {std::string(row.text.en) + (about.en.empty() ? "" : ": " + about.en),
               std::string(row.text.zh) + (about.zh.empty() ? "" : "：" + about.zh)},
              reporter);
}

std::vector<CallState> calls_of(const Target& target, const std::string& run) {
  std::vector<CallState> out;
  for (const auto& file : records_in(calls_folder(target, run))) {
    const auto record = read_record(file);
    for (const auto& call : record.at("calls"))
      out.push_back({record.at("occasion"), record.at("at"), call.at("person"), call.at("contact"), call.at("outcome"),
                     call.at("detail")});
  }
  return out;
}

bool is_call_command(int argc, char** argv) {
  return argc == 3 && argv[1] == command;
}

int call_main(int, char** argv) {
  try {
    const std::string file = argv[2];
    auto record = read_record(file);
    const Milliseconds within(record.at("within_ms").get<std::int64_t>());
    auto& calls = record.at("calls");
    std::vector<std::future<void>> under_way;
    for (auto& call : calls)
      under_way.push_back(std::async(std::launch::async, [&call, within] { make_call(call, within); }));
    for (auto& one : under_way) one.get();
    write_file_atomic(file, record.dump(1));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

}  // namespace ferry
