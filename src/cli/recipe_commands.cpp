#include <fmt/format.h>

#include <algorithm>

#include "app/machine.h"
#include "app/recipes.h"
#include "base/counted.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Text case_text(ConflictKind kind) {
  switch (kind) {
    case ConflictKind::modify_modify:
      return {"both changed it", "双方均修改"};
    case ConflictKind::modify_delete:
      return {"customer changed it, vendor removes it", "客户修改，厂商删除"};
    case ConflictKind::delete_modify:
      return {"customer removed it, vendor changes it", "客户删除，厂商修改"};
    case ConflictKind::add_delete:
      return {"customer added it, the folder is replaced as a whole", "客户新增，该文件夹被整体替换"};
    case ConflictKind::left_behind:
      return {"customised in a folder that the new version leaves", "位于新版本不再使用的文件夹中"};
    case ConflictKind::add_add:
      return {"both added it", "双方均新增"};
    case ConflictKind::no_base:
      return {"differs, and no baseline says by whose hand", "存在差异，且无基线可判断出自何方"};
    case ConflictKind::none:
      break;
  }
  return {};
}

Text choice_text(Choice choice) {
  switch (choice) {
    case Choice::keep:
      return {"keep", "保留"};
    case Choice::take:
      return {"take", "采用新版"};
    case Choice::merge:
      return {"merge", "合并"};
    case Choice::retire:
      return {"retire", "废弃"};
  }
  return {};
}

Json item_json(const ImpactItem& item) {
  Json json{{"path", item.item.path},
            {"conflict", std::string(name_of(item.item.conflict))},
            {"package", item.item.source},
            {"mergeable", item.mergeable},
            {"collisions", item.collisions},
            {"config", item.item.config},
            {"to", item.to}};
  if (item.item.moved) json["moved"] = {{"to", item.item.moved->to}, {"same_content", item.item.moved->same_content}};
  if (item.decision) json["decision"] = *item.decision;
  return json;
}

void show_items(CommandLine& line, const std::vector<ImpactItem>& items, Output& out) {
  if (items.empty()) return;
  std::vector<Row> rows{{line.say({"file", "文件"}), line.say({"conflict", "冲突"}), line.say({"proposal", "建议"}),
                         line.say({"decision", "决定"})}};
  for (const auto& item : items) {
    std::string proposal = item.mergeable ? line.say({"clean merge", "可自动合并"}) : line.say({"choose", "需选择"});
    if (!item.collisions.empty()) proposal = line.say({"lines ", "冲突行 "}) + item.collisions;
    std::string decided = line.say({"OPEN", "未决"});
    if (item.decision)
      decided = line.say(choice_text(item.decision->choice)) + " (" + item.decision->person + ": " +
                item.decision->reason + ")";
    const bool several = items.front().to != items.back().to;
    rows.push_back({printable(item.item.path.bytes()) + (several ? " (" + item.to.text() + ")" : ""),
                    line.say(case_text(item.item.conflict)), proposal, decided});
    out.json["items"].push_back(item_json(item));
  }
  for (const auto& text : table(rows)) out.lines.push_back("  " + text);
  for (const auto& item : items)
    if (item.item.moved)
      out.lines.push_back(
          "  " + printable(item.item.path.bytes()) + " → " + printable(item.item.moved->to.bytes()) +
          (item.item.moved->same_content
               ? line.say({": there the new version has the vendor's file", "：新版本中厂商的该文件在此"})
               : line.say({": there the new version has a file of this name", "：新版本中同名文件在此"})));
}

// Runtimes and what they load, as far as the files tell it.
void show_findings(CommandLine& line, const std::vector<Finding>& findings, Output& out) {
  out.json["findings"] = findings;
  for (const auto& finding : findings) {
    out.lines.push_back(fmt::format("  ! [{}] {}: {}", std::string(name_of(finding.severity)), line.say(finding.title),
                                    line.say(finding.detail)));
    out.lines.push_back("      → " + line.say(finding.remedy));
  }
}

// The way over the required stops, and how far it could be compared.
void show_jumps(CommandLine& line, const RecipeOutcome& outcome, Output& out) {
  std::string way = outcome.composition.from.text();
  out.json["jumps"] = Json::array();
  for (const auto& jump : jumps_of(outcome.composition)) {
    way += " → " + jump.to.text();
    out.json["jumps"].push_back(jump);
  }
  out.lines.push_back(line.say({"jumps, each verified before the next: ", "升级跳（逐跳验证）："}) + way);
  const auto missing = outcome.composition.stops.size() + 1 - outcome.jumps.size();
  if (missing == 0) return;
  out.lines.push_back(
      line.say({fmt::format("when everything is decided in the jump to {}, {} more will be compared",
                            outcome.jumps.back().to.text(), missing),
                fmt::format("到 {} 的升级跳全部决定后，再比较其余 {} 跳", outcome.jumps.back().to.text(), missing)}));
}

void show_comparison(CommandLine& line, const RecipeOutcome& outcome, const JumpImpact& jump, Output& out) {
  const auto& three = jump.comparison;
  const auto conflicts = static_cast<std::size_t>(std::count_if(
      outcome.items.begin(), outcome.items.end(), [&](const ImpactItem& item) { return item.to == jump.to; }));
  const std::string where =
      outcome.jumps.size() > 1 ? fmt::format(" ({} → {})", jump.from.text(), jump.to.text()) : std::string();
  out.lines.push_back(line.say(
      {fmt::format(
           "files{}: {} by the vendor alone, {} customised and untouched by this upgrade, {} equal, {} in conflict",
           where, three.count(ThreeWayCase::vendor_only), three.count(ThreeWayCase::customer_only),
           three.count(ThreeWayCase::both_equal), conflicts),
       fmt::format("文件{}：仅厂商修改 {}，已二次开发但本次不涉及 {}，双方一致 {}，冲突 {}", where,
                   three.count(ThreeWayCase::vendor_only), three.count(ThreeWayCase::customer_only),
                   three.count(ThreeWayCase::both_equal), conflicts)}));
}

Output show_outcome(CommandLine& line, const RecipeOutcome& outcome) {
  Output out;
  const auto& composition = outcome.composition;
  out.json = {{"from", composition.from},  {"to", composition.to},   {"packages", Json::array()},
              {"left_out", Json::array()}, {"items", Json::array()}, {"open", outcome.open}};
  out.lines.push_back(fmt::format("{} {} → {}", composition.product, composition.from.text(), composition.to.text()));
  for (const auto& package : composition.packages) {
    out.json["packages"].push_back({{"id", package.meta.id}, {"digest", package.digest}, {"why", package.why}});
    out.lines.push_back(fmt::format("  + {}  {}  {}", package.meta.id, package.digest.brief(), line.say(package.why)));
  }
  for (const auto& package : composition.left_out) {
    out.json["left_out"].push_back({{"id", package.meta.id}, {"why", package.why}});
    out.lines.push_back(fmt::format("  - {}  {}", package.meta.id, line.say(package.why)));
  }
  for (const auto& bad : outcome.rejected) {
    out.json["left_out"].push_back({{"file", bad.file}, {"why", bad.reason}});
    out.lines.push_back("  ! " + line.say(bad.reason));
  }
  if (!composition.stops.empty()) show_jumps(line, outcome, out);
  for (const auto& jump : outcome.jumps) show_comparison(line, outcome, jump, out);
  show_items(line, outcome.items, out);
  show_findings(line, outcome.findings, out);
  for (const auto& expired : outcome.expired)
    out.lines.push_back("  ! " + printable(expired.decision.path.bytes()) + ": " + line.say(expired.why));
  if (outcome.recipe) {
    out.json["recipe"] = outcome.recipe->digest();
    out.lines.push_back(line.say({"recipe ", "配方 "}) + outcome.recipe->digest().hex());
  } else {
    out.lines.push_back(line.say(
        {fmt::format("still to be decided: {}. ferry decision set PATH keep|take|merge|retire --reason ...",
                     counted(outcome.open, "conflict")),
         fmt::format("还有 {} 处未决：ferry decision set 路径 keep|take|merge|retire --reason ...", outcome.open)}));
    out.status = info(Code::undecided).exit_status;
  }
  return out;
}

struct Options {
  std::vector<std::string> include, exclude;
  std::string target, path, choice, reason, file, jump;
};

void add_decision_commands(CommandLine& line, const std::shared_ptr<Options>& options) {
  auto* noun = line.noun(
      "decision", {"what becomes of each customisation that the upgrade touches", "对受影响的二次开发作处置决定"});
  line.verb(noun, "list", {"conflicts and what was decided", "冲突与决定"}, [&line] {
    const auto outcome = show_impact(line.workspace());
    Output out;
    out.json = {{"items", Json::array()}, {"open", outcome.open}};
    show_items(line, outcome.items, out);
    if (outcome.items.empty()) out.lines.push_back(line.say({"no conflicts", "没有冲突"}));
    return out;
  });
  auto* draft =
      line.verb(noun, "draft",
                {"the proposed merge, with markers where both changed the same lines", "输出合并草稿，冲突处带标记"},
                [&line, options] {
                  const auto proposal = merge_proposal(line.workspace(), RelativePath(options->path), options->jump);
                  const std::string& content = proposal.clean ? proposal.content : proposal.draft;
                  Output out;
                  out.json = {{"clean", proposal.clean}};
                  if (options->file.empty()) {
                    out.json["content"] = is_utf8(content) ? content : escape(content);
                    out.lines.push_back(content);
                  } else {
                    write_document(options->file, content);
                    out.lines.push_back(options->file);
                  }
                  for (const auto& note : proposal.notes) out.lines.push_back("# " + line.say(note));
                  return out;
                });
  draft->add_option("path", options->path)->required();
  draft->add_option("--output,-o", options->file);
  auto* set = line.verb(noun, "set", {"decide", "作出决定"}, [&line, options] {
    const auto decision = set_decision(line.workspace(), RelativePath(options->path), choice_of(options->choice),
                                       options->file, options->reason, line.person(), options->jump);
    return Output{
        Json(decision), {printable(decision.path.bytes()) + ": " + line.say(choice_text(decision.choice))}, 0};
  });
  set->add_option("path", options->path)->required();
  set->add_option("choice", options->choice,
                  line.say({"keep, take, merge or retire", "keep 保留 | take 采用新版 | merge 合并 | retire 废弃"}))
      ->required()
      ->check(CLI::IsMember({"keep", "take", "merge", "retire"}));
  for (auto* command : {draft, set})
    command->add_option("--jump", options->jump,
                        line.say({"version to which the jump leads in which they meet; default: the last one",
                                  "冲突所在升级跳的目标版本；默认为最后一个"}));
  set->add_option("--reason", options->reason)->required();
  set->add_option("--file", options->file,
                  line.say({"merged text; without it the clean proposal", "合并后的文本；省略则采用自动合并结果"}));
}

}  // namespace

void add_recipe_commands(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("recipe", {"package set, decisions, settings: the same for every environment",
                                    "升级配方：包组合、决定与设置，各环境一致"});
  auto* compose = line.verb(
      noun, "compose", {"from the survey and the project's packages", "由调研结果和项目中的包组合"}, [&line, options] {
        RecipeRequest request;
        request.include = options->include;
        request.exclude = options->exclude;
        request.target = Version(options->target);
        return show_outcome(line, compose_recipe(line.workspace(), request, line.reporter()));
      });
  compose->add_option("--include", options->include, line.say({"package that must be in it", "必须包含的包"}));
  compose->add_option("--exclude", options->exclude, line.say({"package left out on purpose", "有意不用的包"}));
  compose->add_option("--target", options->target, line.say({"version to reach", "目标版本"}));
  line.verb(noun, "show", {"the present recipe", "当前配方"}, [&line] {
    const auto recipe = current_recipe(line.workspace());
    Output out;
    out.json = Json(recipe);
    out.json["digest"] = recipe.digest();
    out.lines.push_back(
        fmt::format("{} {} → {}  {}", recipe.product, recipe.from.text(), recipe.to.text(), recipe.digest().hex()));
    for (const auto& hop : recipe.hops) {
      std::string packages;
      for (const auto& id : hop.packages) packages += " " + id;
      out.lines.push_back(line.say({"  jump to ", "  升级跳至 "}) + hop.to.text() + ":" + packages);
    }
    for (const auto& package : recipe.packages) out.lines.push_back("  " + package.id + "  " + package.digest.brief());
    for (const auto& decision : recipe.decisions)
      out.lines.push_back("  " + printable(decision.path.bytes()) + ": " + line.say(choice_text(decision.choice)));
    return out;
  });
  add_decision_commands(line, options);
}

}  // namespace ferry::cli
