#include <fmt/format.h>

#include "app/backups.h"
#include "app/restoring.h"
#include "app/services.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Output show_clone(CommandLine& line, const CloneRecord& record) {
  Output out;
  out.json = Json(record);
  out.lines.push_back(fmt::format("{}: {} ← {}  {}", record.environment, record.root, record.backup,
                                  line.say(state_text(record.state))));
  for (const auto& action : record.actions)
    out.lines.push_back(fmt::format("  {}  {} {}  {} {}", action.id, action.kind, action.target, action.changed,
                                    line.say({"changed", "处更改"})));
  for (const auto& refused : record.refused) out.lines.push_back("  ! " + refused);
  if (!record.proof) {
    out.lines.push_back(line.say({"  not proved to be harmless", "  尚未证明无害"}));
    return out;
  }
  for (const auto& condition : record.proof->conditions)
    out.lines.push_back(
        fmt::format("  {} {}{}", condition.passed ? "✓" : "✗", line.say(condition.text),
                    condition.passed || condition.detail.empty() ? "" : line.say({": ", "："}) + condition.detail));
  std::vector<Row> rows{
      {line.say({"wanted to reach", "企图访问"}), line.say({"times", "次数"}), line.say({"what", "内容"})}};
  for (const auto& attempt : record.proof->attempts)
    rows.push_back({fmt::format("{}:{}", attempt.host, attempt.port), std::to_string(attempt.count), attempt.example});
  if (rows.size() > 1)
    for (const auto& text : table(rows)) out.lines.push_back("  " + text);
  return out;
}

Output restored(CommandLine& line, const RestoreOutcome& outcome, bool in_place) {
  Output out;
  const auto& backup = outcome.backup;
  out.json = Json{{"backup", backup.id},
                  {"taken", backup.content.taken},
                  {"version", backup.content.version},
                  {"root", outcome.root},
                  {"databases", outcome.databases},
                  {"aside", outcome.aside},
                  {"verification", outcome.verification}};
  out.lines.push_back(line.say({fmt::format("{} of {} stands in {}", backup.id, backup.content.taken, outcome.root),
                                fmt::format("{}（{}）已还原到 {}", backup.id, backup.content.taken, outcome.root)}));
  for (const auto& file : outcome.databases) out.lines.push_back(line.say({"  database ", "  数据库 "}) + file);
  for (const auto& one : outcome.aside)
    out.lines.push_back(line.say({"  what was there is kept: ", "  原有内容保留在："}) + one);
  if (in_place)
    out.lines.push_back(
        line.say({fmt::format("  nothing was started; when it is looked at: 'ferry service start {}'",
                              backup.content.environment),
                  fmt::format("  尚未启动；确认后执行 “ferry service start {}”", backup.content.environment)}));
  return out;
}

// After the loss of a disk, or into a folder to look into.
void add_restore_command(CommandLine& line, CLI::App* noun) {
  struct Options {
    RestoreRequest request;
    std::string repository, password_file;
  };
  auto options = std::make_shared<Options>();
  auto* restore = line.verb(
      noun, "restore", {"back into its place, or into a folder; compared afterwards", "还原到原位或指定文件夹，并比对"},
      [&line, options] {
        auto request = options->request;
        if (!options->repository.empty())
          return restored(
              line, restore_from_repository(options->repository, options->password_file, request, line.reporter()),
              false);
        auto& workspace = line.workspace();
        request.person = line.person();
        if (request.to.empty()) {
          const auto backup = backup_to_restore(workspace, request.id);
          const auto root = workspace.target(backup.content.environment).root();
          line.confirm({"Restore " + backup.id + " of " + backup.content.taken + " into " + root +
                            "? What was entered since is not in it.",
                        "将 " + backup.content.taken + " 的备份 " + backup.id + " 还原到 " + root +
                            "？此后录入的数据不在其中。"});
        }
        return restored(line, restore_backup(workspace, request, line.reporter()), request.to.empty());
      });
  restore->add_option("id", options->request.id, line.say({"default: the latest", "默认最近一次"}));
  restore->add_option(
      "--to", options->request.to,
      line.say({"a folder that is empty or not there; default: where it stood", "空的或不存在的文件夹；默认原位"}));
  restore->add_flag("--replace", options->request.replace,
                    line.say({"what stands there is kept aside", "该处原有内容改名保留"}));
  auto* repository = restore->add_option("--repository", options->repository,
                                         line.say({"without a project: the folder of the backups; needs --to",
                                                   "没有项目时：备份仓库文件夹；须同时给出 --to"}));
  auto* password = restore->add_option("--password-file", options->password_file,
                                       line.say({"its password, first line", "其口令所在文件（第一行）"}));
  repository->needs(password);
  password->needs(repository);
}

}  // namespace

void add_backup_commands(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  auto* noun = line.noun("backup", {"backups; one counts after it was restored once", "备份（还原过一次才算数）"});
  auto* create = line.verb(noun, "create", {"back up files and databases", "备份文件与数据库"}, [&line, name] {
    auto& workspace = line.workspace();
    const auto backup =
        create_backup(workspace, name->empty() ? workspace.production() : workspace.target(*name), line.reporter());
    return Output{Json(backup), {backup.id}, 0};
  });
  create->add_option("environment", *name);
  line.verb(noun, "list", {"backups and whether they were restored", "备份及是否经过还原验证"}, [&line] {
    Output out;
    out.json = Json::array();
    std::vector<Row> rows{{"id", line.say({"taken", "时间"}), line.say({"files", "文件"}), line.say({"size", "大小"}),
                           line.say({"restored", "还原验证"})}};
    for (const auto& backup : list_backups(line.workspace())) {
      out.json.push_back(Json(backup));
      rows.push_back({backup.id, backup.content.taken, std::to_string(backup.content.files),
                      human_bytes(backup.content.bytes),
                      backup.counts() ? backup.verified->when : line.say({"not yet", "尚未"})});
    }
    out.lines = table(rows);
    return out;
  });
  auto* verify =
      line.verb(noun, "verify", {"restore into a scratch folder and compare", "还原到临时目录并比对"}, [&line, name] {
        const auto verification = verify_backup(line.workspace(), *name, line.reporter());
        return Output{Json(verification), {line.say({"equal", "一致"})}, 0};
      });
  verify->add_option("id", *name);
  add_restore_command(line, noun);
}

void add_clone_commands(CommandLine& line) {
  struct Options {
    std::string environment, backup;
  };
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("clone", {"a copy of production that can't reach the outside", "无法外联的生产克隆"});
  const auto with_environment = [options](CLI::App* command) {
    command->add_option("environment", options->environment)->required();
  };
  auto* create = line.verb(
      noun, "create", {"restore, rewrite, silence, fence, start, prove", "还原、改写、静默、隔离、启动、证明"},
      [&line, options] {
        auto& workspace = line.workspace();
        const auto clone = clone_target(workspace, options->environment);
        const auto alone = hold_installation(clone, "ferry clone create");
        return show_clone(line, create_clone(workspace, clone, options->backup, line.reporter()).record);
      });
  with_environment(create);
  create->add_option("--backup", options->backup, line.say({"default: the latest", "默认最近一次"}));
  with_environment(
      line.verb(noun, "show", {"what it is made of and what it wanted to reach", "克隆的来源、操作及其外联企图"},
                [&line, options] {
                  const auto record = load_clone(clone_target(line.workspace(), options->environment).environment);
                  if (!record)
                    throw Error(Code::not_found, Text{"clone " + options->environment, "克隆 " + options->environment});
                  return show_clone(line, *record);
                }));
  const auto simple = [&](const char* verb, const Text& about, auto action) {
    with_environment(line.verb(noun, verb, about, [&line, options, action, verb] {
      auto& workspace = line.workspace();
      const auto clone = clone_target(workspace, options->environment);
      const auto alone = hold_installation(clone, std::string("ferry clone ") + verb);
      action(workspace, clone, line.reporter());
      return Output{Json::object(), {line.say({"done", "完成"})}, 0};
    }));
  };
  simple(
      "start", {"fence up, services up", "建立隔离并启动服务"},
      [](Workspace& workspace, const Target& clone, Reporter& reporter) { start_clone(workspace, clone, reporter); });
  simple("stop", {"services down, fence down", "停止服务并撤除隔离"}, stop_clone);
  with_environment(line.verb(noun, "prove",
                             {"provoke effects and prove that nothing got out", "触发外部动作并证明无法外联"},
                             [&line, options] {
                               auto& workspace = line.workspace();
                               const auto clone = clone_target(workspace, options->environment);
                               const auto alone = hold_installation(clone, "ferry clone prove");
                               return show_clone(line, prove_clone(workspace, clone, line.reporter()));
                             }));
  simple("reset", {"back to production's state", "恢复到生产状态"}, reset_clone_environment);
  with_environment(line.verb(
      noun, "remove", {"remove it with all of production's data in it", "删除克隆及其中的生产数据"}, [&line, options] {
        auto& workspace = line.workspace();
        line.confirm({"Remove the clone " + options->environment + "?", "删除克隆 " + options->environment + "?"});
        const auto clone = clone_target(workspace, options->environment);
        const auto alone = hold_installation(clone, "ferry clone remove");
        remove_clone_environment(workspace, clone, line.reporter());
        return Output{Json::object(), {line.say({"removed", "已删除"})}, 0};
      }));
}

}  // namespace ferry::cli
