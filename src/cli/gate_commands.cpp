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

Output show_waivers(CommandLine& line) {
  Output out;
  out.json = Json::array();
  for (const auto& [waiver, problem] : list_waivers(line.workspace())) {
    Json json = waiver;
    json["problem"] = problem;
    out.json.push_back(std::move(json));
    out.lines.push_back(fmt::format("{} {}  {}", problem.empty() ? "~" : "✗", waiver.id, waiver.condition));
    out.lines.push_back("    " + waiver.requested_by.person + line.say({": ", "："}) + waiver.reason);
    out.lines.push_back("    " + (problem.empty() ? line.say({"counts until ", "有效期至 "}) + to_string(waiver.expires)
                                                  : line.say({"does not count: ", "不计入："}) + line.say(problem)));
  }
  if (out.lines.empty()) out.lines.push_back(line.say({"none", "无"}));
  return out;
}

}  // namespace

void add_gate_commands(CommandLine& line) {
  struct Options {
    std::string condition, reason, confirm, waiver;
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
                  const std::string until = line.say({"waived until ", "豁免至 "}) + to_string(waiver.expires);
                  const std::string waits =
                      line.say({"asked for; an approver confirms it from his own account: ferry gate confirm ",
                                "已申请；由审批人以其本人账号确认：ferry gate confirm "}) +
                      waiver.id;
                  return Output{Json(waiver), {waiver.confirmed_by ? until : waits}, 0};
                });
  waive_verb->add_option("condition", options->condition)->required();
  waive_verb->add_option("--reason", options->reason)->required();
  waive_verb->add_option("--confirm-by", options->confirm,
                         line.say({"second person, where both have proved who they are; otherwise he confirms himself",
                                   "第二人（二人身份均已核验时）；否则由其本人确认"}));
  waive_verb->add_option("--days", options->days)->check(CLI::Range(1, 60));
  auto* confirm = line.verb(noun, "confirm", {"a second person's yes to a waiver", "第二人确认豁免"}, [&line, options] {
    const auto waiver = confirm_waiver_as(line.workspace(), options->waiver, line.person());
    return Output{
        Json(waiver), {waiver.condition + line.say({": waived until ", "：豁免至 "}) + to_string(waiver.expires)}, 0};
  });
  confirm
      ->add_option("waiver", options->waiver,
                   line.say({"id of the waiver ('ferry gate waivers')", "豁免编号（见 ferry gate waivers）"}))
      ->required();
  line.verb(noun, "waivers", {"all waivers, and why some do not count", "全部豁免及不计入的原因"},
            [&line] { return show_waivers(line); });
}

}  // namespace ferry::cli
