// Products as data: check, show, make a first one, test, reference.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "app/new_profile.h"
#include "app/profile_tests.h"
#include "app/profiles.h"
#include "base/counted.h"
#include "cli/command_line.h"
#include "model/reference.h"

namespace ferry::cli {
namespace {

struct Options {
  std::string file, name, output = ".", answers;
  std::vector<std::string> cases;
  bool resolved = false, overwrite = false;
};

Output check(CommandLine& line, const Options& options) {
  const auto result = check_profile(options.file);
  Output out;
  const bool right = result.profile || result.base;
  out.json = {{"file", options.file}, {"valid", right}, {"base", result.base.has_value()}, {"problems", Json::array()}};
  for (const auto& problem : result.problems) {
    out.json["problems"].push_back({{"file", problem.file},
                                    {"line", problem.line},
                                    {"column", problem.column},
                                    {"pointer", problem.pointer},
                                    {"message", problem.message}});
    out.lines.push_back(
        fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, line.say(problem.message)));
  }
  if (result.profile)
    out.lines.push_back(
        line.say({fmt::format("valid: {}, {}, {}, digest {}", result.profile->product,
                              counted(result.profile->checks.size(), "check"),
                              counted(result.profile->invariants.size(), "invariant"), result.profile->digest.brief()),
                  fmt::format("有效：{}，{} 个验证项，{} 个不变量，摘要 {}", result.profile->product,
                              result.profile->checks.size(), result.profile->invariants.size(),
                              result.profile->digest.brief())}));
  if (result.base) {
    const auto product = result.base->at("product").get<std::string>();
    out.lines.push_back(
        line.say({"valid as a base: " + product + ", for profiles that say 'extends'; no product by itself",
                  "作为基础档案有效：" + product + "，供其他档案以 extends 引用；本身不是产品"}));
  }
  out.status = right ? 0 : info(Code::invalid_document).exit_status;
  return out;
}

Output show(const Options& options) {
  const auto result = check_profile(options.file);
  if (!result.profile && !result.base) throw_problems(result.problems);
  const auto& resolved = result.base ? *result.base : result.profile->resolved;
  Output out;
  out.json = resolved;
  if (!options.resolved) {
    out.lines.push_back(resolved.dump(2));
    return out;
  }
  out.json = {{"profile", resolved}, {"origins", result.origins}};
  out.lines = with_origins(result);
  return out;
}

// ---- a first profile ------------------------------------------------------------------------------------------------

std::string shown(const std::string& value) {
  return value.empty() ? "-" : printable(value);
}

std::string asked(CommandLine& line, const Question& question) {
  std::cerr << "\n" << line.say(question.text) << "\n";
  const auto why = line.say(question.why);
  if (!why.empty()) std::cerr << "  " << why << "\n";
  std::string choices;
  for (const auto& choice : question.choices) choices += (choices.empty() ? " (" : ", ") + choice;
  if (!choices.empty()) choices += ")";
  const auto prompt = choices.substr(choices.empty() ? 0 : 1) + " [" + shown(question.proposal) + "] ";
  const auto answer = line.read_answer(Text{prompt, prompt});
  return answer.empty() ? question.proposal : answer;
}

// One question after the other, since an answer can change what is asked next.
Proposal converse(CommandLine& line, const Sighting& sight, Answers answers) {
  std::cerr << line.say(
                   {"A few questions; Enter takes what is proposed in [ ].", "以下几个问题，回车即采用 [ ] 中的建议。"})
            << "\n";
  for (;;) {
    const auto proposal = propose_profile(sight, answers);
    const Question* next = nullptr;
    for (const auto& question : proposal.questions)
      if (next == nullptr && !answers.contains(question.id)) next = &question;
    if (next == nullptr) return proposal;
    auto trial = answers;
    trial[next->id] = asked(line, *next);
    try {
      propose_profile(sight, trial);
      answers = std::move(trial);
    } catch (const Error& error) {
      if (error.code() != Code::usage) throw;
      std::cerr << "  " << error.describe(line.language()) << "\n";
    }
  }
}

Proposal decide(CommandLine& line, const Sighting& sight, const Options& options) {
  Answers answers;
  if (!options.answers.empty()) answers = read_answers(options.answers);
  if (!options.name.empty()) answers["product"] = options.name;
  if (line.can_ask()) return converse(line, sight, answers);
  if (!line.globals().yes && options.answers.empty())
    throw Error(Code::not_confirmed, Text{"the questions of 'ferry profile new'", "“ferry profile new” 的问题"},
                Text{"there is no terminal to ask on: give --answers FILE, or --yes to take every proposal",
                     "没有可询问的终端：请用 --answers 文件，或用 --yes 采用全部建议"});
  return propose_profile(sight, answers);
}

void refuse_output_inside(const std::string& output, const std::string& root) {
  const auto folder = std::filesystem::weakly_canonical(output).string();
  if (folder == root || folder.starts_with(root + "/"))
    throw Error(Code::usage, folder,
                Text{"the folder that is looked at is left as it is: name another one with --output",
                     "不在被查看的目录中写入：请用 --output 指定其他目录"});
}

void require_permission(CommandLine& line, const std::vector<NewFile>& files, const Options& options) {
  std::string there;
  for (const auto& file : files)
    if (file.there_already) there += (there.empty() ? "" : ", ") + file.path;
  if (there.empty() || options.overwrite) return;
  if (!line.can_ask())
    throw Error(Code::already_exists, there,
                Text{"nothing was written; name another folder with --output, or say --overwrite",
                     "未写入任何文件；请用 --output 指定其他目录，或使用 --overwrite"});
  line.confirm({"Overwrite " + there + "?", "覆盖 " + there + "？"});
}

std::vector<std::string> next_commands(const std::string& output) {
  const auto at = [&](const char* name) { return (std::filesystem::path(output) / name).lexically_normal().string(); };
  return {"ferry profile check " + at("profile.yaml"), "ferry project create project.yaml",
          "ferry environment add " + at("production.yaml"), "ferry environment add " + at("test.yaml"),
          "ferry survey run production --findings"};
}

Output make_new(CommandLine& line, const Options& options) {
  const auto sight = look_for_profile(options.file, line.reporter());
  refuse_output_inside(options.output, sight.root);
  const auto proposal = decide(line, sight, options);
  const auto files = new_profile_files(proposal, options.output, line.language());
  require_permission(line, files, options);
  write_new_files(files);
  Output out;
  out.json = {{"product", proposal.product},
              {"extends", proposal.base},
              {"files", Json::array()},
              {"questions", proposal.questions},
              {"notes", proposal.notes}};
  for (const auto& file : files) {
    out.json["files"].push_back(file.path);
    out.lines.push_back(line.say({"written: ", "已写入："}) + file.path);
  }
  for (const auto& note : proposal.notes) out.lines.push_back("  ! " + line.say(note));
  out.lines.push_back(line.say({"Read the comments in them, then:", "请阅读其中的注释，然后："}));
  const auto next = next_commands(options.output);
  out.json["next"] = next;
  for (const auto& command : next) out.lines.push_back("  " + command);
  return out;
}

// ---- tests ----------------------------------------------------------------------------------------------------------

Output run_tests(CommandLine& line, const Options& options) {
  const auto outcomes = run_profile_tests(options.file, options.cases, line.reporter());
  Output out;
  int failed = 0;
  for (const auto& outcome : outcomes) {
    failed += outcome.passed() ? 0 : 1;
    const auto name = std::filesystem::path(outcome.file).stem().string();
    const auto title = outcome.title.empty() ? "" : "  " + line.say(outcome.title);
    out.lines.push_back((outcome.passed() ? line.say({"ok      ", "通过    "}) : line.say({"FAILED  ", "失败    "})) +
                        name + title);
    for (const auto& difference : outcome.differences) {
      out.lines.push_back("    " + difference.what);
      out.lines.push_back("      " + line.say({"expected  ", "期望  "}) + difference.expected);
      out.lines.push_back("      " + line.say({"got       ", "实际  "}) + difference.got);
      if (!difference.detail.empty()) out.lines.push_back("      " + line.say(difference.detail));
    }
  }
  out.json = {{"file", options.file}, {"tests", outcomes}, {"failed", failed}};
  const auto passed = static_cast<int>(outcomes.size()) - failed;
  out.lines.push_back(
      line.say({fmt::format("{} passed, {} failed", passed, failed), fmt::format("通过 {}，失败 {}", passed, failed)}));
  out.status = failed == 0 ? 0 : info(Code::check_failed).exit_status;
  return out;
}

void add_new(CommandLine& line, CLI::App* noun, const std::shared_ptr<Options>& options) {
  auto* make = line.verb(
      noun, "new",
      {"look at a folder and write a first profile and environments", "查看一个目录，写出初始产品档案与环境文件"},
      [&line, options] { return make_new(line, *options); });
  make->add_option("folder", options->file, line.say({"the application as it is installed", "已安装的应用所在目录"}))
      ->required();
  make->add_option("--name", options->name, line.say({"name of the product", "产品名称"}));
  make->add_option(
      "--output,-o", options->output,
      line.say({"folder for the new files; the present one when left out", "新文件所在目录；省略时为当前目录"}));
  make->add_option("--answers", options->answers,
                   line.say({"file of answers (question: answer); the rest is taken as proposed",
                             "答案文件（问题：答案）；其余采用建议"}));
  make->add_flag("--overwrite", options->overwrite, line.say({"replace files that are there already", "覆盖已有文件"}));
}

}  // namespace

void add_profile_commands(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("profile", {"products as data", "产品档案"});
  auto* check_verb = line.verb(
      noun, "check", {"report every error with file, line and what is allowed", "检查并逐条指出错误位置及允许的内容"},
      [&line, options] { return check(line, *options); });
  auto* show_verb =
      line.verb(noun, "show", {"the profile as it is used, inheritance resolved", "显示解析继承后的产品档案"},
                [options] { return show(*options); });
  show_verb->add_flag("--resolved", options->resolved,
                      line.say({"as YAML, each value with file and line that it came from",
                                "以 YAML 显示，并注明每个值来自哪个文件的哪一行"}));
  auto* test = line.verb(noun, "test", {"run the profile's own tests", "执行产品档案自带的测试"},
                         [&line, options] { return run_tests(line, *options); });
  for (auto* command : {check_verb, show_verb, test}) command->add_option("file", options->file, "YAML")->required();
  test->add_option("cases", options->cases,
                   line.say({"names of tests; all when left out", "测试名称；省略时执行全部"}));
  add_new(line, noun, options);
  line.verb(noun, "reference", {"all keys, as Markdown", "全部键的参考（Markdown）"}, [&line] {
    const auto text = key_reference(line.language());
    return Output{{{"markdown", text}}, {text.substr(0, text.size() - 1)}, 0};
  });
}

}  // namespace ferry::cli
