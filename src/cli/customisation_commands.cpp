#include <fmt/format.h>

#include <algorithm>

#include "app/customisations.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Text withheld_text(const std::string& why) {
  return why == "link" ? Text{"a link, named only", "链接，仅列出名称"}
                       : Text{"too large, named only", "过大，仅列出名称"};
}

Output handed(CommandLine& line, const CustomisationReturn& fact, const std::string& output) {
  Output out;
  out.json = Json(fact);
  std::size_t masked = 0;
  for (const auto& change : fact.changes) masked += change.masked;
  out.lines = {
      output,
      line.say(
          {fmt::format("  {} changes, {} secrets hidden; list {}", fact.changes.size(), masked, fact.bundle.brief()),
           fmt::format("  {} 处改动，隐去 {} 处密码；清单 {}", fact.changes.size(), masked, fact.bundle.brief())})};
  for (const auto& change : fact.changes)
    if (!change.withheld.empty())
      out.lines.push_back("  ! " + printable(change.path.bytes()) + ": " + line.say(withheld_text(change.withheld)));
  return out;
}

// What is open first.
Output returned(CommandLine& line, const CustomisationReturn& fact, bool all) {
  Output out;
  out.json = Json(fact);
  const auto open = std::count_if(fact.returned.begin(), fact.returned.end(),
                                  [](const ReturnedChange& one) { return is_open(one.state); });
  for (const bool first : {true, false})
    for (const auto& one : fact.returned) {
      if (is_open(one.state) != first || (!first && !all)) continue;
      const char* sign = first ? "✗" : "✓";
      out.lines.push_back(fmt::format("{} {}  {}{}", sign, printable(one.path.bytes()), line.say(title_of(one.state)),
                                      one.package.empty() ? "" : "  (" + one.package + ")"));
      if (first && !one.why.empty()) out.lines.push_back("    " + line.say(one.why));
      if (one.state == Containment::accepted) out.lines.push_back("    " + one.person + ": " + one.reason);
    }
  if (!fact.looked) {
    out.lines.push_back(
        line.say({fmt::format("{} changes handed over; nothing that came back was looked at", fact.changes.size()),
                  fmt::format("已交出 {} 处改动，尚未核对返回内容", fact.changes.size())}));
    return out;
  }
  out.lines.push_back(line.say({fmt::format("{} changes, {} open", fact.changes.size(), open),
                                fmt::format("{} 处改动，{} 处未落实", fact.changes.size(), open)}));
  out.status = open == 0 ? 0 : info(Code::check_failed).exit_status;
  return out;
}

}  // namespace

void add_customisation_commands(CommandLine& line) {
  struct Options {
    std::string output, path, reason;
    std::vector<std::string> files;
    bool all = false;
  };
  auto options = std::make_shared<Options>();
  auto* noun =
      line.noun("customisation", {"the customer's changes: handed to the vendor, looked for in what comes back",
                                  "客户二次开发：交给厂商，并在返回的包中核对"});
  auto* make = line.verb(noun, "export",
                         {"bundle files, decisions and modules for the vendor; no secrets, no data",
                          "为厂商打包文件、处置决定与模块；不含密码与数据"},
                         [&line, options] {
                           const auto fact = hand_over_customisation(line.workspace(), options->output, line.person(),
                                                                     line.reporter());
                           return handed(line, fact, options->output);
                         });
  make->add_option("--output,-o", options->output, ".tar.gz")->required();
  auto* check = line.verb(noun, "check",
                          {"is each change in what the vendor returned? exit status 9 when one is not",
                           "核对厂商返回的包是否包含每一处改动；有缺失时退出码为 9"},
                          [&line, options] {
                            return returned(
                                line, check_returned(line.workspace(), options->files, line.person(), line.reporter()),
                                options->all);
                          });
  check->add_option("files", options->files,
                    line.say({"packages; default: the composed set", "升级包；默认为已组合的包"}));
  auto* show = line.verb(noun, "show", {"what the last look found", "上次核对的结果"}, [&line, options] {
    const auto fact = customisation_return(line.workspace());
    if (!fact)
      throw Error(Code::not_found, Text{"customisation handed to the vendor", "已交给厂商的二次开发"},
                  Text{"'ferry customisation export' bundles it", "请用 “ferry customisation export” 打包"});
    auto out = returned(line, *fact, options->all);
    out.status = 0;
    return out;
  });
  for (auto* command : {check, show})
    command->add_flag("--all", options->all, line.say({"also what is contained", "同时列出已包含的改动"}));
  auto* accept = line.verb(
      noun, "accept",
      {"answer for one that can't be proved; holds for this content", "对无法证明的一处负责；仅对该内容有效"},
      [&line, options] {
        auto out = returned(
            line, accept_returned(line.workspace(), RelativePath(options->path), options->reason, line.person()),
            false);
        out.status = 0;
        return out;
      });
  accept->add_option("path", options->path)->required();
  accept->add_option("--reason", options->reason)->required();
}

}  // namespace ferry::cli
