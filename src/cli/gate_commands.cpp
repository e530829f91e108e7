#include <fmt/format.h>

#include "app/gating.h"
#include "cli/command_line.h"

namespace ferry::cli {
namespace {

Output show_gate(CommandLine& line) {
  const auto result = compute_gate(line.workspace());
  Output out;
  out.json = Json(result);
  for (const auto& condition : result.conditions) {
    static const char* marks[] = {"✓", "✗", "✗", "✗", "~"};
    static const Text words[] = {
        {"met", "满足"}, {"not met", "不满足"}, {"stale", "已失效"}, {"missing", "缺少证据"}, {"waived", "已豁免"}};
    const auto state = static_cast<std::size_t>(condition.state);
    std::string covers;
    for (const auto& id : condition.covers) covers += " " + id;
    std::string text = fmt::format("{} {} [{}]{}  {}", marks[state], line.say(condition.title), line.say(words[state]),
                                   covers, condition.id);
    if (condition.age) text += line.say({"  age ", "  距今 "}) + human_duration(*condition.age);
    if (condition.asserted) text += line.say({"  (asserted by account only)", "  （仅凭系统账号声明）"});
    out.lines.push_back(text);
    if (!condition.why.empty()) out.lines.push_back("    " + line.say(condition.why));
    if (!condition.remedy.empty()) out.lines.push_back("    → " + line.say(condition.remedy));
  }
  out.lines.push_back(result.open ? line.say({"The gate is OPEN.", "放行条件全部满足。"})
                                  : line.say({"The gate is CLOSED.", "放行条件未满足。"}));
  out.status = result.open ? 0 : info(Code::gate_closed).exit_status;
  return out;
}

}  // namespace

void add_gate_commands(CommandLine& line) {
  struct Options {
    std::string condition, reason, confirm;
    int days = 7;
  };
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("gate", {"what lets production start, computed from evidence", "由证据计算的放行条件"});
  line.verb(noun, "show",
            {"each condition, its evidence, its age, what would turn it green", "逐条显示条件、证据、时效及如何满足"},
            [&line] { return show_gate(line); });
  auto* waive_verb =
      line.verb(noun, "waive",
                {"go on although a condition is not met: reason and a second person", "豁免某条件：需理由及第二人确认"},
                [&line, options] {
                  const auto waiver = waive(line.workspace(), options->condition, options->reason, line.person(),
                                            options->confirm, std::chrono::hours(24 * options->days));
                  return Output{Json(waiver), {line.say({"waived until ", "豁免至 "}) + to_string(waiver.expires)}, 0};
                });
  waive_verb->add_option("condition", options->condition)->required();
  waive_verb->add_option("--reason", options->reason)->required();
  waive_verb->add_option("--confirm-by", options->confirm, line.say({"second person", "第二人"}))->required();
  waive_verb->add_option("--days", options->days)->check(CLI::Range(1, 60));
}

}  // namespace ferry::cli
