#include "app/licences.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "app/recipes.h"
#include "app/services.h"
#include "app/tasks.h"
#include "base/error.h"
#include "host/files.h"
#include "host/program.h"
#include "survey/facts_reader.h"

namespace ferry {
namespace {

constexpr Milliseconds longest_command{60000};
constexpr std::uint64_t largest_licence = 1U << 20U;
constexpr const char* task_id = "licence";

const LicenceRule& rule_of(const Target& target) {
  if (!target.profile.licence)
    throw Error(Code::usage, target.profile.product, Text{"its profile knows no licence", "其产品档案没有许可证规则"});
  return *target.profile.licence;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t value = 0;
  const auto word = trimmed(text);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// What a licence says, wherever that was read.
struct Said {
  std::optional<std::string> customer, users, modules, expires;
};

struct Understood {
  std::optional<std::int64_t> users;
  std::optional<std::vector<std::string>> modules;
  std::optional<Date> expires;
  Text problem;
};

Understood understand(const Said& said) {
  Understood out;
  if (said.users) {
    out.users = number_in(*said.users);
    if (!out.users)
      out.problem = {"the number of users is no number: " + printable(*said.users),
                     "用户数不是数字：" + printable(*said.users)};
  }
  if (said.modules) out.modules = licence_modules(*said.modules);
  if (said.expires) {
    try {
      out.expires = licence_end(trimmed(*said.expires));
    } catch (const Error&) {
      out.problem = {"its last day is no day: " + printable(*said.expires),
                     "有效期不是日期：" + printable(*said.expires)};
    }
  }
  return out;
}

Said said_in_file(const Target& target, const LicenceFields& text, const std::string& file) {
  FactsReader reader(target.profile, target.environment, {}, target.secret);
  const auto read = [&](const std::string& expression, const char* key) -> std::optional<std::string> {
    if (expression.empty()) return std::nullopt;
    FactSource source;
    source.kind = FactSource::Kind::text_match;
    source.file = file;
    source.key = expression;
    const auto found = reader.read(source);
    if (!found)
      throw Error(Code::licence_invalid, file,
                  Text{std::string("it does not say its ") + key + " (licence.text." + key + ")",
                       std::string("其中没有 ") + key + "（licence.text." + key + "）"});
    return trimmed(*found);
  };
  return {read(text.customer, "customer"), read(text.users, "users"), read(text.modules, "modules"),
          read(text.expires, "expires")};
}

// What the file says against the contract.
void require_terms(const Workspace& workspace, const Target& target, const std::string& file) {
  const auto project = workspace.project();
  const auto said = said_in_file(target, rule_of(target).text, file);
  const auto understood = understand(said);
  if (!understood.problem.empty()) throw Error(Code::licence_invalid, file, understood.problem);
  if (said.customer && *said.customer != project.contract_name)
    throw Error(Code::licence_invalid, file,
                Text{"it is made out to '" + *said.customer + "', the contract says '" + project.contract_name + "'",
                     "客户名称为“" + *said.customer + "”，合同为“" + project.contract_name + "”"});
  Text detail;
  for (const auto& one :
       licence_shortfalls(project.licence, understood.users, understood.modules, understood.expires)) {
    detail.en += (detail.en.empty() ? "" : "; ") + one.en;
    detail.zh += (detail.zh.empty() ? "" : "；") + one.zh;
  }
  if (!detail.empty()) throw Error(Code::licence_invalid, file, detail);
}

// For the version that the upgrade leads to, where that is known.
Version wanted_version(const Workspace& workspace) {
  if (workspace.store().reference("recipe")) return current_recipe(workspace).to;
  return workspace.inventory(workspace.production().name()).version;
}

void report_task(Workspace& workspace, TaskReport report) {
  const auto tasks = workspace.production().profile.tasks;
  const bool known =
      std::any_of(tasks.begin(), tasks.end(), [](const TaskTemplate& task) { return task.id == task_id; });
  if (!known) return;
  report.tasks = {task_id};
  report_tasks(workspace, report);
}

void store(Workspace& workspace, const LicenceApplication& application, const std::string& action) {
  workspace.store().append(collection::applications, Json(application));
  workspace.audit(action, application.environment, application.by, Json(application));
}

}  // namespace

std::string machine_code(const Target& target) {
  const auto& rule = rule_of(target);
  if (rule.machine_code) {
    FactsReader reader(target.profile, target.environment, {}, target.secret);
    const auto found = reader.read(*rule.machine_code);
    if (!found || trimmed(*found).empty())
      throw Error(
          Code::not_found, Text{"machine code of " + target.name(), target.name() + " 的机器码"},
          Text{"the profile's licence.machine_code finds nothing there", "产品档案的 licence.machine_code 未取到值"});
    return trimmed(*found);
  }
  if (rule.machine_code_command.empty()) return {};
  const auto place = service_place(target);
  auto argv = place.prefix;
  for (const auto& word : rule.machine_code_command) argv.push_back(expand(word, target.variables));
  auto& program = argv.at(place.prefix.size());
  if (!program.starts_with('/') && program.find('/') != std::string::npos) program = target.root() + "/" + program;
  ProgramOptions options;
  options.directory = target.root();
  if (place.prefix.empty()) options.user = target.environment.user;
  options.timeout = longest_command;
  auto code = trimmed(require_program(argv, options).out);
  if (code.empty()) throw Error(Code::program_failed, program, Text{"it printed no machine code", "未输出机器码"});
  return code;
}

LicenceApplication apply_for_licence(Workspace& workspace, const Target& target, const LicenceRequest& request) {
  rule_of(target);
  const auto project = workspace.project();
  if (project.contract_name.empty())
    throw Error(Code::project_incomplete, project.id,
                Text{"contract_name is missing: the licence must carry exactly this name",
                     "未填写 contract_name：许可证须与其完全一致"});
  LicenceApplication out;
  out.environment = target.name();
  out.kind = std::string(name_of(target.environment.kind));
  out.product = target.profile.product;
  out.title = target.profile.title;
  out.version = wanted_version(workspace).text();
  out.contract_name = project.contract_name;
  out.machine_code = machine_code(target);
  out.terms = project.licence;
  out.applied = workspace.clock();
  out.by = request.person;
  out.promised = request.promised;
  store(workspace, out, "licence.apply");
  report_task(workspace,
              {{}, std::chrono::floor<std::chrono::days>(out.applied), {}, request.promised, request.person});
  return out;
}

LicenceApplication receive_licence(Workspace& workspace, const Target& target, const std::string& file,
                                   const std::string& person) {
  const std::string real = file.empty() ? target.environment.licence_file : file;
  if (real.empty())
    throw Error(Code::usage, target.name(),
                Text{"say which file was received, or name it in the environment (licence_file)",
                     "请指定收到的文件，或在环境文件中填写 licence_file"});
  for (auto& known : licence_applications(workspace)) {
    if (known.environment != target.name()) continue;
    const auto content = read_file(real, largest_licence);
    require_terms(workspace, target, std::filesystem::absolute(real).string());
    known.file = Digest::of(content);
    known.received = workspace.clock();
    known.installed.reset();
    known.by = person;
    store(workspace, known, "licence.receive");
    const auto all = licence_applications(workspace);
    if (std::all_of(all.begin(), all.end(),
                    [](const LicenceApplication& one) { return one.state() != LicenceState::applied; }))
      report_task(workspace, {{}, {}, std::chrono::floor<std::chrono::days>(*known.received), {}, person});
    return known;
  }
  throw Error(Code::not_found, Text{"application for " + target.name(), target.name() + " 的许可证申请"},
              Text{"'ferry licence apply " + target.name() + "' writes it",
                   "请用 “ferry licence apply " + target.name() + "” 申请"});
}

std::vector<LicenceApplication> licence_applications(const Workspace& workspace) {
  return latest_applications(workspace.store().read_as<LicenceApplication>(collection::applications));
}

HttpStep licence_question(const LicenceRule& rule) {
  HttpStep step = *rule.read_back;
  const auto keep = [&](const char* name, const std::string& pointer) {
    if (!pointer.empty()) step.keep[name] = pointer;
  };
  keep("licence.customer", rule.answer.customer);
  keep("licence.users", rule.answer.users);
  keep("licence.modules", rule.answer.modules);
  keep("licence.expires", rule.answer.expires);
  return step;
}

LicenceAnswer licence_said(const LicenceRule& rule, const StepsResult& result, const Target& target, Moment now) {
  LicenceAnswer out;
  LicenceFact& fact = out.fact;
  fact.checked = now;
  fact.environment = target.name();
  fact.valid = result.outcome == Outcome::passed;
  fact.customer = target.environment.customer;
  if (!fact.valid) {
    out.problem = result.summary;
    fact.problem = out.problem.en;
    return out;
  }
  const auto said = [&](const char* name, const std::string& pointer) -> std::optional<std::string> {
    const auto found = result.kept.find(name);
    if (pointer.empty() || found == result.kept.end()) return std::nullopt;
    return found->second;
  };
  const Said all{said("licence.customer", rule.answer.customer), said("licence.users", rule.answer.users),
                 said("licence.modules", rule.answer.modules), said("licence.expires", rule.answer.expires)};
  if (all.customer) fact.customer = *all.customer;
  const auto understood = understand(all);
  fact.users = understood.users;
  fact.modules = understood.modules;
  fact.expires = understood.expires;
  out.problem = understood.problem;
  fact.problem = out.problem.en;
  fact.valid = fact.problem.empty();
  return out;
}

void remember_installed(Workspace& workspace, const std::string& environment) {
  for (auto& known : licence_applications(workspace)) {
    if (known.environment != environment || !known.received || known.installed) continue;
    known.installed = workspace.clock();
    workspace.store().append(collection::applications, Json(known));
  }
}

std::optional<Digest> licence_file_digest(const Target& target) {
  if (target.environment.licence_file.empty()) return std::nullopt;
  try {
    return Digest::of(read_file(target.environment.licence_file, largest_licence));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace ferry
