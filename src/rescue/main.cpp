// ferry-host: what is needed when nothing else is left. Two commands; see arguments.cpp.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "base/foreign_error.h"
#include "rescue/arguments.h"
#include "rescue/print.h"

namespace ferry::rescue {
namespace {

void print(const Json& json) {
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

void print(const std::vector<std::string>& lines) {
  for (const auto& line : lines) std::cout << line << "\n";
}

void show(const Arguments& arguments) {
  const auto record = load_run(find_staging(arguments.folder), arguments.run);
  require_same_place(record, arguments.folder);
  const auto truth = look(record);
  if (!arguments.json) return print(lines_of(record, truth, arguments.language));
  Json json = truth;
  json["state"] = record.state;
  json["staging"] = escape(record.staging);
  json["effects_held"] = record.effects_held();
  json["start"] = start_commands(record);
  print(json);
}

void confirm(const Arguments& arguments, const RunRecord& record) {
  if (arguments.yes) return;
  const auto& root = record.environment ? record.environment->root : record.staging;
  const Text question{"Recover " + root + " now?", "现在恢复 " + root + "？"};
  if (isatty(STDIN_FILENO) == 0 || arguments.json) throw Error(Code::not_confirmed, question);
  std::cerr << question.in(arguments.language) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes" && answer != "是") throw Error(Code::not_confirmed, question);
}

RunEvents progress(const Arguments& arguments) {
  if (arguments.json) return {};
  RunEvents out;
  out.step = [language = arguments.language](const StepState& step) {
    if (step.status != StepStatus::undo_in_air && step.status != StepStatus::in_air) return;
    const Text what = step.status == StepStatus::in_air ? Text{"complete: ", "完成："} : Text{"take back: ", "回退："};
    std::cerr << what.in(language) << step.title.in(language) << std::endl;
  };
  return out;
}

void recover(const Arguments& arguments) {
  const auto staging = find_staging(arguments.folder);
  require_same_place(load_run(staging, arguments.run), arguments.folder);
  // Read again below the lock: until then another ferry may have gone on.
  const InstallationLock lock(staging, "ferry-host recover");
  const auto record = load_run(staging, arguments.run);
  confirm(arguments, record);
  const auto recovered = recover_run(record, lock, arguments.recover, progress(arguments));
  if (!arguments.json) return print(lines_of(record, recovered, arguments.language));
  Json json = recovered;
  json["start"] = start_commands(record);
  print(json);
}

void run(const Arguments& arguments) {
  switch (arguments.command) {
    case Arguments::Command::help:
      std::cout << help().in(arguments.language);
      break;
    case Arguments::Command::version:
      std::cout << "ferry-host " FERRY_VERSION "\n";
      break;
    case Arguments::Command::show:
      show(arguments);
      break;
    case Arguments::Command::recover:
      recover(arguments);
      break;
  }
  if (!std::cout.flush()) throw system_error("standard output", errno);
}

int fail(const Error& error, bool json, Language language) {
  const auto& row = info(error.code());
  if (json)
    print(Json{{"error",
                {{"code", std::string(row.name)},
                 {"about", printable(error.about())},
                 {"detail", error.detail()},
                 {"context", error.context()},
                 {"message", row.text},
                 {"remedy", row.remedy},
                 {"retry", row.retry},
                 {"exit", row.exit_status}}}});
  else
    std::cerr << (language == Language::chinese ? "错误：" : "error: ") << error.describe(language) << "\n";
  return row.exit_status;
}

}  // namespace
}  // namespace ferry::rescue

int main(int argc, char** argv) {
  using namespace ferry;
  // The digests need no configuration, and that of another OpenSSL may name libraries that a static program can't load.
  ::setenv("OPENSSL_CONF", "/dev/null", 1);
  // Who reads our output may go away; that must not end a recovery in the middle.
  std::signal(SIGPIPE, [](int) {});
  const auto language = rescue::language_of(argc, argv);
  const bool json = rescue::wants_json(argc, argv);
  try {
    rescue::run(rescue::parse(argc, argv));
    return 0;
  } catch (const Error& error) {
    return rescue::fail(error, json, language);
  } catch (const std::exception& error) {
    return rescue::fail(error_of(error, {}), json, language);
  }
}
