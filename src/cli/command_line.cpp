#include "cli/command_line.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <iostream>

#include "app/machine.h"
#include "base/foreign_error.h"
#include "cli/help.h"
#include "cli/terminal.h"

namespace ferry::cli {
namespace {

Language locale_language() {
  return language_of_locale(std::getenv("LC_ALL"), std::getenv("LC_MESSAGES"), std::getenv("LANG"));
}

// --language must be known before the options are parsed, because the help texts are made first.
Language chosen_language(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    std::string_view value;
    if (argument.starts_with("--language=")) value = argument.substr(11);
    if (argument == "--language" && i + 1 < argc) value = argv[i + 1];
    if (!value.empty()) return value == "zh" ? Language::chinese : Language::english;
  }
  return locale_language();
}

}  // namespace

CommandLine::CommandLine() : language_(locale_language()), root_("", "ferry") {}

CLI::App* CommandLine::noun(const std::string& name, const Text& about) {
  for (auto* existing : root_.get_subcommands([&](const CLI::App* app) { return app->get_name() == name; }))
    return existing;
  auto* command = root_.add_subcommand(name, say(about));
  command->require_subcommand(1);
  command->fallthrough();
  return command;
}

CLI::App* CommandLine::verb(CLI::App* noun, const std::string& name, const Text& about,
                            std::function<Output()> action) {
  auto* command = noun->add_subcommand(name, say(about));
  command->fallthrough();
  command->callback([this, action = std::move(action)] { chosen_ = action; });
  return command;
}

std::string CommandLine::home() const {
  if (!globals_.home.empty()) return globals_.home;
  if (const char* value = std::getenv("FERRY_HOME"); value != nullptr && *value != '\0') return value;
  const char* user = std::getenv("HOME");
  return std::string(user == nullptr ? "/root" : user) + "/.ferry";
}

Reporter& CommandLine::reporter() {
  if (!reporter_) {
    if (globals_.json || globals_.quiet) {
      reporter_ = std::make_unique<SilentReporter>();
    } else {
      const bool terminal = isatty(STDERR_FILENO) != 0;
      const bool colour = terminal && std::getenv("NO_COLOR") == nullptr;
      reporter_ = std::make_unique<TerminalReporter>(stderr, language_, terminal, colour);
    }
  }
  return *reporter_;
}

Workspace& CommandLine::workspace() {
  if (!workspace_) workspace_ = std::make_unique<Workspace>(Workspace::open(home(), globals_.project));
  return *workspace_;
}

std::string CommandLine::person() {
  if (!globals_.person.empty()) return workspace().actor(globals_.person).person;
  const auto* known = workspace().project().person_of_user(acting_account());
  return known == nullptr ? acting_account() : known->id;
}

void CommandLine::confirm(const Text& question) {
  if (globals_.yes) return;
  if (isatty(STDIN_FILENO) == 0 || globals_.json) throw Error(Code::not_confirmed, question);
  std::cerr << say(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes" && answer != "是") throw Error(Code::not_confirmed, question);
}

bool CommandLine::can_ask() const {
  return !globals_.yes && !globals_.json && isatty(STDIN_FILENO) != 0;
}

std::string CommandLine::read_answer(const Text& question) {
  std::cerr << say(question) << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer)) throw Error(Code::not_confirmed, question);
  while (!answer.empty() && (answer.back() == ' ' || answer.back() == '\r')) answer.pop_back();
  return answer.substr(std::min(answer.find_first_not_of(' '), answer.size()));
}

std::string CommandLine::ask(const Text& question, Seconds patience) {
  if (!can_ask()) return {};
  std::cerr << say(question) << std::flush;
  pollfd keyboard{STDIN_FILENO, POLLIN, 0};
  const auto wait = std::chrono::duration_cast<Milliseconds>(patience).count();
  if (poll(&keyboard, 1, static_cast<int>(wait)) != 1) return {};
  std::string answer;
  std::getline(std::cin, answer);
  std::transform(answer.begin(), answer.end(), answer.begin(), [](unsigned char c) { return std::tolower(c); });
  return answer;
}

void CommandLine::print(const Output& output) const {
  if (globals_.json) {
    std::cout << output.json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  for (const auto& line : output.lines) std::cout << line << "\n";
}

// A result that could not be written must not look like success. A reader who has gone (`| head`) has what he wanted.
bool CommandLine::flushed() const {
  errno = 0;
  if (std::cout.flush().good() && std::fflush(stdout) == 0) return true;
  pollfd reader{STDOUT_FILENO, 0, 0};
  const int reason = errno;
  const bool gone = poll(&reader, 1, 0) == 1 && (reader.revents & (POLLERR | POLLHUP)) != 0;
  errno = reason == 0 ? EIO : reason;
  return gone;
}

int CommandLine::fail(const Error& error) {
  const auto& row = info(error.code());
  reporter_.reset();  // takes an unfinished progress line away
  if (globals_.json) {
    const Json json{{"error",
                     {{"code", std::string(row.name)},
                      {"about", printable(error.about())},
                      {"detail", error.detail()},
                      {"context", error.context()},
                      {"message", row.text},
                      {"remedy", row.remedy},
                      {"retry", row.retry},
                      {"exit", row.exit_status}}}};
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    std::cerr << (language_ == Language::chinese ? "错误：" : "error: ") << error.describe(language_) << "\n";
  }
  return row.exit_status;
}

int CommandLine::run(int argc, char** argv) {
  language_ = chosen_language(argc, argv);
  root_.description(
      say({"Ferry upgrades on-premises OA systems: survey, rehearse on a proven-harmless clone, gate, cut "
           "over, verify, go back.",
           "Ferry：本地部署 OA 系统的升级工具：调研、在经证明无害的克隆上测试升级、放行、正式升级、验证、回退。"}));
  root_.set_version_flag("--version", "ferry " FERRY_VERSION, say({"version of this program", "显示程序版本"}));
  root_.add_option("--home", globals_.home,
                   say({"Ferry's home (FERRY_HOME, ~/.ferry)", "Ferry 主目录（FERRY_HOME、~/.ferry）"}));
  root_
      .add_option("--project,-p", globals_.project,
                  say({"project; may be left out when there is only one", "升级项目；只有一个时可省略"}))
      ->envname("FERRY_PROJECT");
  root_
      .add_option(
          "--language", globals_.language,
          say({"en or zh; default by LC_ALL, LC_MESSAGES, LANG", "en 或 zh；默认取自 LC_ALL、LC_MESSAGES、LANG"}))
      ->check(CLI::IsMember({"en", "zh"}));
  root_
      .add_option("--as", globals_.person,
                  say({"person of the project who acts; asserted by your account",
                       "以项目中的哪位人员身份操作（由当前账号声明）"}))
      ->envname("FERRY_PERSON");
  root_.add_flag("--json", globals_.json, say({"result as JSON", "以 JSON 输出结果"}));
  root_.add_flag("--yes,-y", globals_.yes, say({"answer questions with yes", "对询问一律回答“是”"}));
  root_.add_flag("--quiet,-q", globals_.quiet, say({"no progress", "不显示进度"}));
  root_.require_subcommand(1);
  root_.fallthrough();

  prepare_help(root_, language_);
  add_project_commands(*this);
  add_environment_commands(*this);
  add_profile_commands(*this);
  add_survey_commands(*this);
  add_package_commands(*this);
  add_capture_commands(*this);
  add_recipe_commands(*this);
  add_plan_commands(*this);
  add_licence_commands(*this);
  add_customisation_commands(*this);
  add_backup_commands(*this);
  add_clone_commands(*this);
  add_service_commands(*this);
  add_run_commands(*this);
  add_door_commands(*this);
  add_chaos_commands(*this);
  add_check_commands(*this);
  add_drift_commands(*this);
  add_hotpatch_commands(*this);
  add_gate_commands(*this);
  add_report_commands(*this);
  describe_arguments(root_, language_);

  try {
    root_.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return root_.exit(e);  // --help, --version
    // The parser may not have come to it yet.
    globals_.json = globals_.json || std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    return fail(Error(Code::usage, problem_of(root_, e)));
  }
  try {
    const Output output = chosen_();
    reporter_.reset();
    print(output);
    return flushed() ? output.status : fail(system_error("standard output", errno));
  } catch (const Error& e) {
    return fail(e);
  } catch (const std::exception& e) {
    return fail(error_of(e, {}));
  }
}

}  // namespace ferry::cli
