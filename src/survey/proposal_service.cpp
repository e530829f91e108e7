// Which process is the application, how it is started, how one knows that it is ready.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/secret_name.h"
#include "survey/draft.h"
#include "survey/look.h"

namespace ferry {
namespace {

using Words = std::vector<std::string>;

// Programs of people, who happen to stand in the folder.
bool is_interactive(const Occupant& process) {
  static const std::set<std::string> programs = {"bash", "sh",        "dash", "zsh",  "fish", "vi",
                                                 "vim",  "vim.basic", "nano", "less", "more", "tail",
                                                 "top",  "htop",      "sshd", "sudo", "su",   "mc"};
  return programs.contains(process.executable.substr(process.executable.rfind('/') + 1));
}

const Occupant* by_pid(const Sighting& sight, int pid) {
  for (const auto& process : sight.occupants.processes)
    if (process.pid == pid) return &process;
  return nullptr;
}

// A server that shares its socket with workers is their parent.
const Occupant* head_of(const Sighting& sight, const Occupant* process) {
  for (;;) {
    const auto* parent = by_pid(sight, process->parent);
    if (parent == nullptr || parent->executable != process->executable || is_interactive(*parent)) return process;
    // npm and the like are of the same make, but start something else.
    if (parent->argv.size() > 1 && parent->argv[1].ends_with("/npm")) return process;
    process = parent;
  }
}

std::string printed(const Words& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + printable(word);
  return out.size() > 120 ? out.substr(0, 120) + "..." : out;
}

std::optional<int> number(const std::string& text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoi(text);
}

// Ports that settings name, with where: PORT=3000, server.port: 8080.
std::map<int, Text> configured_ports(const Sighting& sight) {
  std::map<int, Text> out;
  for (const int port : sight.tomcat_ports) out[port] = {"conf/server.xml", "conf/server.xml"};
  for (const auto& file : sight.settings)
    for (const auto& setting : file.settings) {
      const auto key = lower_case(setting.key);
      const bool names_port = key == "port" || key == "server.port" || key == "http_port" || key == "app_port" ||
                              (key.ends_with("_port") && key.find("smtp") == std::string::npos &&
                               key.find("db") == std::string::npos && key.find("mail") == std::string::npos);
      const auto port = number(setting.value);
      if (!names_port || !port || *port == 0) continue;
      const auto where = printable(file.path.bytes()) + ":" + std::to_string(setting.line);
      out.try_emplace(*port, Text{where, where});
    }
  return out;
}

struct PortChoice {
  int port = 0;
  const Occupant* process = nullptr;
  Text why;
};

std::vector<PortChoice> listening(const Sighting& sight) {
  std::vector<PortChoice> out;
  for (const auto& process : sight.occupants.processes) {
    if (is_interactive(process)) continue;
    for (const auto& listener : process.listens) {
      const bool known =
          std::any_of(out.begin(), out.end(), [&](const auto& one) { return one.port == listener.port; });
      if (known) continue;
      const auto text = "pid " + std::to_string(process.pid) + ": " + printed(process.argv);
      out.push_back({listener.port, head_of(sight, &process), {text, text}});
    }
  }
  return out;
}

bool answered(const Sighting& sight, int port) {
  return std::any_of(sight.answers.begin(), sight.answers.end(),
                     [&](const SeenAnswer& answer) { return answer.port == port; });
}

// Speaks HTTP, then named by a setting, then the lowest.
void sort_by_likelihood(const Sighting& sight, const std::map<int, Text>& configured,
                        std::vector<PortChoice>& choices) {
  const auto rank = [&](const PortChoice& one) {
    return std::make_tuple(!answered(sight, one.port), !configured.contains(one.port), one.port);
  };
  std::sort(choices.begin(), choices.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

void choose_port(Draft& draft) {
  const auto& sight = draft.sight;
  const auto configured = configured_ports(sight);
  auto choices = listening(sight);
  sort_by_likelihood(sight, configured, choices);
  Question question{"port", {"Port of the application", "应用的端口"},
                    "",     {"nobody listens, no setting names one", "无进程监听，也无设置指明"},
                    {},     Question::Kind::port};
  if (!choices.empty()) {
    question.proposal = std::to_string(choices.front().port);
    question.why = choices.front().why;
    if (choices.size() > 1)
      for (std::size_t i = 0; i < choices.size(); ++i) {
        const auto text = std::to_string(choices[i].port) + " (" + choices[i].why.en + ")";
        question.why.en = (i == 0 ? std::string("candidates: ") : question.why.en + "; ") + text;
        question.why.zh = (i == 0 ? std::string("候选：") : question.why.zh + "；") + text;
      }
  } else if (!configured.empty()) {
    question.proposal = std::to_string(configured.begin()->first);
    question.why = configured.begin()->second;
  }
  draft.out.port = draft.ask(question);
  const auto port = number(draft.out.port);
  for (const auto& choice : choices) {
    if (port && choice.port == *port) {
      draft.process = choice.process;
      continue;
    }
    draft.note({"Port " + std::to_string(choice.port) + " is listened on as well (" + choice.why.en +
                    "): if it belongs to the product, give it a service of its own.",
                "端口 " + std::to_string(choice.port) + " 也在监听（" + choice.why.zh +
                    "）：若属于该产品，请另行描述为一个服务。"});
  }
  if (port) draft.ports.push_back(*port);
}

// One that works in the folder without listening: a batch, or a server that is just starting.
void choose_silent_process(Draft& draft) {
  if (draft.process != nullptr || !draft.out.port.empty()) return;
  for (const auto& process : draft.sight.occupants.processes)
    if (!is_interactive(process) && draft.process == nullptr) draft.process = head_of(draft.sight, &process);
}

// Ferry's own PATH finds it where every shell does.
bool in_usual_path(const std::string& executable, const std::string& name) {
  static const std::array<std::string_view, 5> folders = {"/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/",
                                                          "/sbin/"};
  return std::any_of(folders.begin(), folders.end(),
                     [&](std::string_view folder) { return executable == std::string(folder) + name; });
}

std::string program_of(const Draft& draft, const Occupant& process, const std::string& first) {
  if (first.starts_with('/')) return draft.templated(first);
  if (first.find('/') != std::string::npos)
    return draft.templated(process.directory + "/" + first.substr(first.starts_with("./") ? 2 : 0));
  if (in_usual_path(process.executable, first) || process.executable.empty()) return first;
  return draft.templated(process.executable);
}

// The port inside an argument: "3000", "--port=3000", ":3000".
std::string with_port(const Draft& draft, const std::string& argument) {
  const auto& port = draft.out.port;
  if (port.empty()) return argument;
  if (argument == port) return "${environment.port}";
  for (const char before : {'=', ':'})
    if (argument.ends_with(before + port))
      return argument.substr(0, argument.size() - port.size()) + "${environment.port}";
  return argument;
}

Words command_of_process(const Draft& draft, const Occupant& process, bool& assumed) {
  auto argv = process.argv;
  if (argv.size() == 1 && argv.front().find(' ') != std::string::npos) {
    argv = split_command(argv.front());  // it has written a title over its command line
    assumed = true;
  }
  Words out;
  for (std::size_t i = 0; i < argv.size(); ++i)
    out.push_back(i == 0 ? program_of(draft, process, argv[i]) : with_port(draft, draft.templated(argv[i])));
  return out;
}

const SeenUnit* unit_for(const Draft& draft) {
  for (const auto& unit : draft.sight.units)
    if (!unit.command.empty() || !unit.environment_file.empty()) return &unit;
  return nullptr;
}

void propose_command(Draft& draft, ProposedService& service) {
  const auto* unit = unit_for(draft);
  if (draft.tomcat && (draft.process == nullptr || draft.process->executable.ends_with("/java"))) {
    service.run = {"${environment.root}/bin/catalina.sh", "run"};
    service.why_run = {"bin/catalina.sh and conf/server.xml are there", "存在 bin/catalina.sh 与 conf/server.xml"};
  } else if (draft.process != nullptr) {
    service.run = command_of_process(draft, *draft.process, service.assumed);
    service.why_run = {"the process that runs now (pid " + std::to_string(draft.process->pid) + ", " +
                           printable(draft.process->executable) + ")",
                       "当前运行的进程（pid " + std::to_string(draft.process->pid) + "，" +
                           printable(draft.process->executable) + "）"};
  } else if (unit != nullptr && !unit->command.empty()) {
    for (const auto& word : unit->command) service.run.push_back(with_port(draft, draft.templated(word)));
    service.why_run = {unit->file, unit->file};
    service.assumed = unit->kind == "pm2";
  } else if (draft.sight.node && (!draft.sight.node->start.empty() || !draft.sight.node->main.empty())) {
    const auto& node = *draft.sight.node;
    service.run = node.start.empty() ? Words{"node", node.main} : split_command(node.start);
    service.why_run = {"package.json", "package.json"};
    service.assumed = true;
  }
}

// A file of settings in the root whose names the process was started with.
std::string environment_file_of(const Draft& draft, const SeenUnit* unit) {
  if (unit != nullptr && draft.is_inside(unit->environment_file)) return draft.below_root(unit->environment_file);
  if (draft.process == nullptr) return {};
  for (const auto& file : draft.sight.settings) {
    if (file.form != SettingsForm::env || file.settings.empty() || !is_utf8(file.path.bytes())) continue;
    const auto& environment = draft.process->environment;
    const bool given = std::all_of(file.settings.begin(), file.settings.end(), [&](const Setting& setting) {
      const auto at = environment.find(setting.key);
      return at != environment.end() && (setting.secret || at->second == setting.value);
    });
    if (given) return file.path.bytes();
  }
  return {};
}

bool in_file(const Draft& draft, const std::string& path, const std::string& name) {
  for (const auto& file : draft.sight.settings)
    if (file.path.bytes() == path)
      return std::any_of(file.settings.begin(), file.settings.end(),
                         [&](const Setting& one) { return one.key == name; });
  return false;
}

// What a shell, a session or a supervisor sets for everybody.
bool is_of_the_session(const std::string& name) {
  static const std::set<std::string> names = {"PATH",     "HOME",      "USER",          "LOGNAME",
                                              "SHELL",    "PWD",       "OLDPWD",        "SHLVL",
                                              "TERM",     "_",         "MAIL",          "LANG",
                                              "DISPLAY",  "HOSTNAME",  "INVOCATION_ID", "JOURNAL_STREAM",
                                              "EDITOR",   "COLORTERM", "LS_COLORS",     "SYSTEMD_EXEC_PID",
                                              "INIT_CWD", "NODE"};
  if (names.contains(name)) return true;
  for (const char* prefix :
       {"LC_", "SSH_", "XDG_", "SUDO_", "npm_", "NVM_", "TMUX", "FERRY_", "MEMORY_PRESSURE", "pm_", "PM2_", "LESS"})
    if (name.starts_with(prefix)) return true;
  return false;
}

// A unit gives only what is meant; a shell gives everything its owner ever exported.
bool is_for_the_application(const Draft& draft, const std::string& name, const std::string& value) {
  if (!draft.process->unit.empty()) return true;
  static const std::set<std::string> names = {"PORT",          "HOST",          "NODE_ENV",
                                              "NODE_OPTIONS",  "JAVA_OPTS",     "JAVA_HOME",
                                              "CATALINA_OPTS", "CATALINA_BASE", "CATALINA_HOME"};
  auto own = draft.out.product;
  std::replace(own.begin(), own.end(), '-', '_');
  return names.contains(name) || value == draft.out.port || value.find(draft.sight.root) != std::string::npos ||
         lower_case(name).starts_with(lower_case(own) + "_");
}

void propose_variables(Draft& draft, ProposedService& service) {
  if (draft.process == nullptr) return;
  std::string left;
  for (const auto& [name, value] : draft.process->environment) {
    if (is_of_the_session(name) || in_file(draft, service.environment, name)) continue;
    if (!is_utf8(value) || !is_for_the_application(draft, name, value)) {
      if (is_utf8(name) && left.size() < 120) left += (left.empty() ? "" : ", ") + name;
      continue;
    }
    const Text why{"environment of pid " + std::to_string(draft.process->pid),
                   "pid " + std::to_string(draft.process->pid) + " 的环境变量"};
    if (names_a_secret(name)) {
      draft.out.secrets.insert(name);
      service.variables.push_back({pair_of(name, "${secret." + name + "}"), why, false});
    } else {
      service.variables.push_back(
          {pair_of(name, with_port(draft, draft.templated(value))), why, draft.process->unit.empty()});
    }
  }
  if (!left.empty())
    draft.note({"Also set for the running process, taken for its session's and left out: " + left,
                "运行中进程还设有以下变量，视为会话自带而未采用：" + left});
}

bool means_well(const std::string& value) {
  static const std::set<std::string> words = {"ok", "up", "healthy", "pass", "true", "ready", "success"};
  return words.contains(lower_case(value));
}

// Which answer tells best that the application is ready.
int rank_of(const SeenAnswer& answer) {
  if (answer.status != 200 || !answer.distinct) return answer.path == "/" && answer.status < 400 ? 1 : 0;
  if (answer.path == "/") return 2;
  const bool says_so =
      std::any_of(answer.values.begin(), answer.values.end(), [](const auto& one) { return means_well(one.second); });
  return says_so ? 5 : answer.type.find("json") != std::string::npos ? 4 : 3;
}

const SeenAnswer* best_answer(const Draft& draft) {
  const SeenAnswer* best = nullptr;
  for (const auto& answer : draft.sight.answers)
    if (std::to_string(answer.port) == draft.out.port && rank_of(answer) > 0 &&
        (best == nullptr || rank_of(answer) > rank_of(*best)))
      best = &answer;
  return best;
}

void propose_health(Draft& draft, ProposedService& service) {
  if (draft.out.port.empty()) return;
  const auto* best = best_answer(draft);
  Question question{"health", {"Path that answers when the application is ready", "应用就绪时应答的路径"},
                    "/",      {"nothing answered: assumed", "无应答：假定"},
                    {},       Question::Kind::text};
  if (best != nullptr) {
    question.proposal = best->path;
    question.why = {"it answered " + std::to_string(best->status) + " " + best->type,
                    "应答 " + std::to_string(best->status) + " " + best->type};
  }
  service.ready = draft.ask(question);
  if (!service.ready.starts_with('/'))
    throw Error(Code::usage, Text{"answer 'health': " + service.ready, "答案“health”：" + service.ready},
                Text{"expected: a path that begins with /", "应为：以 / 开头的路径"});
  service.why_ready = question.why;
  for (const auto& answer : draft.sight.answers) {
    if (answer.path != service.ready || std::to_string(answer.port) != draft.out.port) continue;
    service.ready_status = answer.status;
    for (const auto& [name, value] : answer.values)
      if (service.ready_pointer.empty() && means_well(value) && name.find_first_of("/~") == std::string::npos) {
        service.ready_pointer = "/" + name;
        service.ready_value = value;
      }
    // The program tells its version: then it can be proved that the new code serves.
    for (const auto& [name, value] : answer.values)
      for (const auto& version : draft.sight.versions)
        if (value == version.value && lower_case(name).find("version") != std::string::npos)
          service.build_pointer = "/" + name;
  }
  for (const auto& answer : draft.sight.answers)
    if (std::to_string(answer.port) == draft.out.port && answer.status == 200 && answer.distinct &&
        answer.path != service.ready)
      draft.out.pages.push_back({answer.path, {"answered 200 " + answer.type, "应答 200 " + answer.type}, false});
}

// Folders that are private to the fence, so that a clone finds nothing there.
void note_what_the_fence_hides(Draft& draft) {
  if (draft.process == nullptr) return;
  for (const auto* path : {&draft.process->executable, &draft.process->directory})
    for (const char* hidden : {"/tmp/", "/var/tmp/", "/run/", "/dev/"})
      if (path->starts_with(hidden) && !draft.is_inside(*path) && is_utf8(*path))
        draft.note({*path + " lies where the fence around a clone hides everything: install it elsewhere, or the clone "
                            "can't start.",
                    *path + " 位于克隆隔离所隐藏的目录：请安装到别处，否则克隆无法启动。"});
}

}  // namespace

void propose_service(Draft& draft) {
  choose_port(draft);
  choose_silent_process(draft);
  ProposedService service;
  propose_command(draft, service);
  if (service.run.empty()) {
    const auto command = draft.ask({"command",
                                    {"Command that starts the application in the foreground", "在前台启动应用的命令"},
                                    "",
                                    {"no process runs, no unit and no package.json tell it; empty: no service",
                                     "无进程、单元文件或 package.json 可循；留空表示没有服务"},
                                    {},
                                    Question::Kind::text});
    for (const auto& word : split_command(command)) service.run.push_back(with_port(draft, draft.templated(word)));
    service.why_run = {"answered", "人工回答"};
  }
  if (service.run.empty()) {
    draft.note({"No service is described: nothing can be started, stopped or asked.",
                "未描述任何服务：无法启动、停止或访问。"});
    return;
  }
  const auto* unit = unit_for(draft);
  const auto directory = draft.process != nullptr ? draft.process->directory
                         : unit != nullptr        ? unit->directory
                                                  : std::string();
  if (is_utf8(directory) && !directory.empty() && directory != draft.sight.root && !draft.tomcat)
    service.directory = draft.templated(directory);
  note_what_the_fence_hides(draft);
  service.environment = environment_file_of(draft, unit);
  propose_variables(draft, service);
  if (!draft.out.port.empty()) service.port = "${environment.port}";
  propose_health(draft, service);
  if (draft.process != nullptr) draft.out.user = draft.process->account;
  if (draft.process == nullptr)
    draft.note(
        {"The application does not run: health address, environment and port are less certain. Start it and look "
         "again.",
         "应用未在运行：健康地址、环境变量和端口不够确定。请启动后再查看一次。"});
  draft.out.services.push_back(std::move(service));
}

}  // namespace ferry
