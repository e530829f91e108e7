// Looks at this machine, row by row of the sheet.

#include <algorithm>
#include <iterator>
#include <regex>

#include "app/test_sheet.h"
#include "backup/fence.h"
#include "base/clock.h"
#include "base/error.h"
#include "host/account.h"
#include "host/door.h"
#include "host/facts.h"
#include "host/files.h"
#include "host/process.h"
#include "host/program.h"
#include "host/runtime.h"

namespace ferry {
namespace {

struct Look {
  bool right = false;
  Text found;
};

Text same(const std::string& text) {
  return {text, text};
}

// The sheet was written by somebody else, and this runs as root: nothing is started but a question for a version.
bool only_asks_version(const std::vector<std::string>& argv) {
  constexpr std::string_view questions[] = {"--version", "-version", "-V", "-v", "version"};
  return argv.size() == 2 && std::find(std::begin(questions), std::end(questions), argv[1]) != std::end(questions);
}

class Machine {
 public:
  explicit Machine(std::string root) : root_(std::move(root)), facts_(read_host_facts(root_, {})) {}

  Look look(const SheetNeed& need) const {
    switch (need.kind) {
      case SheetKind::system:
        return {any_matches(need.names, facts_.os), same(facts_.os + ", " + facts_.kernel)};
      case SheetKind::cores:
        return {static_cast<std::uint64_t>(std::max(0, facts_.cores)) >= need.number,
                same(std::to_string(facts_.cores))};
      case SheetKind::memory:
        return {facts_.memory_bytes >= need.number, same(human_bytes(facts_.memory_bytes))};
      case SheetKind::disk:
        return disk(need);
      case SheetKind::runtime:
        return runtime(need);
      case SheetKind::program:
        return program(need);
      case SheetKind::database:
        return {true, {"nothing to install", "无需安装"}};
      case SheetKind::port:
        return port(need);
      case SheetKind::account:
        return account(need);
      case SheetKind::root:
        return {facts_.root, facts_.root ? same("root") : same(account_name())};
      case SheetKind::fence:
        return obstacle(fence_obstacle());
      case SheetKind::door:
        return obstacle(door_obstacle());
      case SheetKind::time_zone:
        return {any_matches(need.names, facts_.time_zone), same(facts_.time_zone)};
      case SheetKind::locale:
        return {any_matches(need.names, facts_.locale), same(facts_.locale)};
    }
    return {};
  }

 private:
  static bool any_matches(const std::vector<std::string>& patterns, const std::string& text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches_wildcard(pattern, text); });
  }

  static Look obstacle(const Text& why) {
    return {why.empty(), why.empty() ? Text{"tried out: works", "已试用：可用"} : why};
  }

  Look disk(const SheetNeed& need) const {
    const auto space = free_space(root_);
    const bool files = space.free_inodes == 0 || space.free_inodes >= need.files;
    Text found{human_bytes(space.free) + " free", "可用 " + human_bytes(space.free)};
    if (!files) {
      found.en +=
          ", room for " + std::to_string(space.free_inodes) + " files, " + std::to_string(need.files) + " needed";
      found.zh += "，可建 " + std::to_string(space.free_inodes) + " 个文件，需要 " + std::to_string(need.files);
    }
    return {space.free >= need.number && files, found};
  }

  static Look runtime(const SheetNeed& need) {
    if (!only_asks_version(need.names))
      return {false,
              {"not asked: the sheet's command is more than a question for a version; look yourself",
               "未执行：要求表中的命令不只是查询版本；请自行查看"}};
    try {
      return ask(need);
    } catch (const std::regex_error& error) {
      return {false,
              {std::string("the sheet's expression: ") + error.what(),
               std::string("要求表中的表达式有误：") + error.what()}};
    }
  }

  static Look ask(const SheetNeed& need) {
    Runtime asked;
    asked.run = need.names;
    asked.regex = need.regex;
    Environment here;
    here.root = "/";
    const auto facts = ask_runtime(asked, here, {});
    if (facts.version.empty()) return {false, {facts.problem, "无法得知其版本：" + facts.problem}};
    const bool fits = std::all_of(need.demands.begin(), need.demands.end(), [&](const SheetDemand& demand) {
      return demand.wanted.contains(Version(facts.version));
    });
    return {fits, same(facts.version + " (" + facts.file + ")")};
  }

  static Look program(const SheetNeed& need) {
    const auto found = find_program(need.names.at(0));
    return {!found.empty(), found.empty() ? Text{"not there", "没有"} : same(found)};
  }

  static Look port(const SheetNeed& need) {
    const auto listeners = listeners_on(static_cast<int>(need.number));
    if (listeners.empty()) return {true, {"free", "未占用"}};
    const auto& one = listeners.front();
    return {
        false,
        {"taken by " + (one.pid == 0 ? "a process of another account" : std::to_string(one.pid) + " " + one.command),
         "被占用：" + (one.pid == 0 ? "其他账号的进程" : std::to_string(one.pid) + " " + one.command)}};
  }

  static Look account(const SheetNeed& need) {
    const auto found = account_named(need.names.at(0));
    return {found.has_value(), found ? same("uid " + std::to_string(found->uid)) : Text{"not there", "没有"}};
  }

  std::string root_;
  HostFacts facts_;
};

}  // namespace

std::vector<SheetRow> check_test_sheet(const TestSheet& sheet, const std::string& root) {
  const Machine machine(root.empty() ? sheet.root : root);
  std::vector<SheetRow> out;
  for (const auto& need : sheet.needs) {
    const auto look = machine.look(need);
    SheetRow row{need.id, need.title, need.need, SheetState::right, look.found, {}};
    if (!look.right) {
      row.state = need.required ? SheetState::missing : SheetState::advice;
      row.remedy = need.remedy;
    }
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace ferry
