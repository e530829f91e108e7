#include <fmt/format.h>

#include "app/surveying.h"
#include "base/counted.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

std::string severity_word(CommandLine& line, const Finding& finding) {
  static const Text words[] = {{"info", "提示"}, {"low", "低"}, {"medium", "中"}, {"high", "高"}};
  return line.say(words[static_cast<std::size_t>(finding.severity)]) +
         (finding.blocking ? line.say({" BLOCKS", " 阻断"}) : "");
}

void show_modules(CommandLine& line, const Inventory& inventory, Output& out) {
  if (inventory.modules.empty()) return;
  std::vector<Row> rows{{line.say({"module", "模块"}), line.say({"installed", "已安装"}),
                         line.say({"uses since ", "使用次数，自 "}) + inventory.used_since, ""}};
  for (const auto& module : inventory.modules)
    rows.push_back({line.say(module.title), module.installed ? line.say({"yes", "是"}) : line.say({"no", "否"}),
                    module.uses ? std::to_string(*module.uses) : "-",
                    module.care ? line.say({"needs care", "需特别关注"}) : ""});
  for (const auto& text : table(rows)) out.lines.push_back("  " + text);
}

// Host, databases, services and runtimes: one line each.
void show_machine(CommandLine& line, const Inventory& inventory, Output& out) {
  const auto& host = inventory.host;
  const auto memory = human_bytes(host.memory_bytes);
  out.lines.push_back(
      line.say({fmt::format("  {}, {}, {}", host.os, counted(static_cast<std::uint64_t>(host.cores), "core"), memory),
                fmt::format("  {}，{} 核，{}", host.os, host.cores, memory)}));
  for (const auto& database : inventory.databases) {
    const auto size = human_bytes(database.bytes);
    const auto tables = database.rows.size();
    out.lines.push_back(line.say(
        {fmt::format("  database {} {}, {}, {}", database.product, database.version, size, counted(tables, "table")),
         fmt::format("  数据库 {} {}，{}，{} 张表", database.product, database.version, size, tables)}));
  }
  for (const auto& service : inventory.services) {
    const auto build = service.build.empty() ? "" : " " + service.build;
    out.lines.push_back(
        line.say({fmt::format("  service {}: {}{}", service.id, service.running ? "running" : "stopped", build),
                  fmt::format("  服务 {}：{}{}", service.id, service.running ? "运行中" : "已停止", build)}));
  }
  for (const auto& runtime : inventory.runtimes) {
    const auto found = runtime.version.empty()
                           ? runtime.problem
                           : fmt::format("{}  {}  {}", runtime.version, runtime.file, runtime.digest.brief());
    out.lines.push_back(line.say(
        {fmt::format("  runtime {}: {}", runtime.id, found), fmt::format("  运行环境 {}：{}", runtime.id, found)}));
  }
}

Output show_inventory(CommandLine& line, const Inventory& inventory, bool findings) {
  Output out;
  out.json = Json(inventory);
  out.lines.push_back(
      fmt::format("{}{} {}  {}", inventory.environment, line.say({": ", "："}) + inventory.product,
                  inventory.version.empty() ? line.say({"version unknown", "版本未知"}) : inventory.version.text(),
                  line.say({"(" + inventory.taken + ")", "（" + inventory.taken + "）"})));
  show_machine(line, inventory, out);
  if (inventory.compared)
    out.lines.push_back(
        line.say({fmt::format("  customised: {} modified, {} added, {} deleted", inventory.modified.size(),
                              inventory.added.size(), inventory.deleted.size()),
                  fmt::format("  二次开发：修改 {}，新增 {}，删除 {}", inventory.modified.size(),
                              inventory.added.size(), inventory.deleted.size())}));
  show_modules(line, inventory, out);
  std::size_t blocking = 0;
  for (const auto& finding : inventory.findings) blocking += finding.blocking ? 1 : 0;
  out.lines.push_back(
      line.say({fmt::format("  {}, {} blocking", counted(inventory.findings.size(), "finding"), blocking),
                fmt::format("  {} 个发现项，{} 个阻断", inventory.findings.size(), blocking)}));
  for (const auto& finding : inventory.findings) {
    // What blocks is said whether it was asked for or not.
    if (!findings && !finding.blocking) continue;
    out.lines.push_back(
        fmt::format("  [{}] {}  {}", severity_word(line, finding), line.say(finding.title), finding.key));
    if (!finding.detail.empty()) out.lines.push_back("      " + line.say(finding.detail));
    if (!finding.remedy.empty()) out.lines.push_back("      → " + line.say(finding.remedy));
  }
  return out;
}

}  // namespace

void add_survey_commands(CommandLine& line) {
  struct Options {
    std::string environment, root, output, index;
    bool cold = false, findings = false;
  };
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("survey", {"look at an installation, changing nothing", "只读调研安装实例"});
  auto* run = line.verb(noun, "run", {"survey an environment", "调研环境"}, [&line, options] {
    auto& workspace = line.workspace();
    const auto outcome =
        survey_environment(workspace, workspace.target(options->environment), line.reporter(), options->cold);
    return show_inventory(line, outcome.inventory, options->findings);
  });
  run->add_option("environment", options->environment)->required();
  run->add_flag(
      "--cold", options->cold,
      line.say({"read in disk order with more readers: for caches that are cold", "按磁盘顺序并多路读取：用于冷缓存"}));
  run->add_flag("--findings", options->findings, line.say({"show every finding", "显示全部发现项"}));
  auto* show = line.verb(noun, "show", {"open the last survey again", "查看最近一次调研"}, [&line, options] {
    return show_inventory(line, line.workspace().inventory(options->environment), true);
  });
  show->add_option("environment", options->environment)->required();

  auto* list = line.verb(noun, "list", {"all surveys of an environment", "环境的全部调研"}, [&line, options] {
    Output out;
    out.json = Json::array();
    std::vector<Row> rows{{line.say({"taken", "时间"}), line.say({"version", "版本"}), line.say({"program", "程序"}),
                           line.say({"survey", "调研"})}};
    for (const auto& one : surveys_of(line.workspace(), options->environment)) {
      rows.push_back({one.taken, one.version.text(), one.program.brief(), one.inventory.brief()});
      out.json.push_back(one);
    }
    out.lines = table(rows);
    return out;
  });
  list->add_option("environment", options->environment)->required();

  auto* baseline = line.noun("baseline", {"the vendor's manifest of a version", "厂商版本的文件清单"});
  auto* make = line.verb(baseline, "make", {"write the manifest of a folder", "写出文件夹的清单"}, [&line, options] {
    const auto made = make_baseline(options->root, options->output, options->index, options->cold, line.reporter());
    return Output{{{"files", made.files},
                   {"bytes", made.bytes},
                   {"read", made.read_files},
                   {"digest", made.digest},
                   {"ms", made.took.count()}},
                  {options->output + "  " + made.digest.hex()},
                  0};
  });
  make->add_option("root", options->root, line.say({"folder with the version as shipped", "厂商原版所在文件夹"}))
      ->required();
  make->add_option("--output,-o", options->output)->required();
  make->add_option("--index", options->index,
                   line.say({"digests of the last time: reads only what changed", "上次的摘要索引：只读取变化的文件"}));
  make->add_flag("--cold", options->cold);
}

}  // namespace ferry::cli
