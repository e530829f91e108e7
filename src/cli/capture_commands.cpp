#include <fmt/format.h>

#include "app/capture_compare.h"
#include "app/capturing.h"
#include "app/packaging.h"
#include "base/counted.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

struct Options {
  std::string environment, source, spec, output, key, password, work, tree;
  bool once = false;
};

// An environment by its file needs no project: vendors capture without one.
Target environment_of(CommandLine& line, const std::string& name) {
  if (name.ends_with(".yaml") || name.ends_with(".yml")) return load_target(name);
  return line.workspace().target(name);
}

std::vector<std::string> outcome_lines(CommandLine& line, const CaptureOutcome& outcome, const Options& options) {
  const auto& record = outcome.record;
  std::vector<std::string> out;
  if (outcome.package)
    out.push_back(
        line.say({fmt::format("{}: {} added, {} changed, {} removed, {}", outcome.package->meta.id, outcome.added,
                              outcome.changed, outcome.removed, human_bytes(outcome.package->files.bytes())),
                  fmt::format("{}：新增 {}，修改 {}，删除 {}，{}", outcome.package->meta.id, outcome.added,
                              outcome.changed, outcome.removed, human_bytes(outcome.package->files.bytes()))}));
  else
    out.push_back(line.say({fmt::format("{}: {}, {}", options.output, counted(outcome.files, "entry", "entries"),
                                        human_bytes(outcome.bytes)),
                            fmt::format("{}：{} 项，{}", options.output, outcome.files, human_bytes(outcome.bytes))}));
  out.push_back(outcome.package ? line.say({"  valid for source ", "  适用的源程序 "}) + record.source
                                : line.say({"  program ", "  程序 "}) + outcome.digest.hex());
  for (const auto& runtime : record.runtime)
    out.push_back("  " + runtime.program + "  " + runtime.output.substr(0, runtime.output.find('\n')) + "  sha256 " +
                  runtime.digest.substr(0, 12));
  for (const auto& reached : record.network)
    out.push_back("  " + (reached.allowed ? line.say({"network: ", "网络："}) : line.say({"refused: ", "已拒绝："})) +
                  reached.place);
  for (const auto& rule : record.explained)
    out.push_back(fmt::format("  {} {}: {} ({})", rule.how, rule.path, rule.count, rule.why));
  for (const auto& rule : outcome.unused_rules)
    out.push_back(line.say({"  rule not needed: ", "  未用到的规则："}) + rule);
  if (outcome.mode_only > 0)
    out.push_back(line.say(
        {fmt::format("  another mode only, which a package does not carry: {}", counted(outcome.mode_only, "file")),
         fmt::format("  {} 个文件仅权限不同：包不携带权限变化", outcome.mode_only)}));
  if (record.runs == 1)
    out.push_back(line.say({"  NOT COMPARED with a second run: for trying out, no project takes it",
                            "  未与第二次运行比较：仅供试用，项目不接受"}));
  if (outcome.package) out.push_back("  sha256 " + outcome.package->digest.hex());
  return out;
}

Output capture_output(CommandLine& line, const CaptureOutcome& outcome, const Options& options) {
  Output out;
  out.json = {{"output", options.output},       {"capture", outcome.record},
              {"files", outcome.files},         {"bytes", outcome.bytes},
              {"digest", outcome.digest},       {"added", outcome.added},
              {"changed", outcome.changed},     {"removed", outcome.removed},
              {"mode_only", outcome.mode_only}, {"unused_rules", outcome.unused_rules}};
  if (outcome.package) out.json["package"] = {{"meta", outcome.package->meta}, {"digest", outcome.package->digest}};
  out.lines = outcome_lines(line, outcome, options);
  return out;
}

CLI::App* add_verb(CommandLine& line, CLI::App* noun, const Text& about, bool baseline) {
  auto options = std::make_shared<Options>();
  auto* verb = line.verb(noun, "capture", about, [&line, options, baseline] {
    CaptureRequest request;
    request.order = options->spec;
    request.source = options->source;
    request.output = options->output;
    request.key = options->key;
    request.password_variable = options->password;
    request.work = options->work;
    request.tree = options->tree;
    request.once = options->once;
    request.baseline = baseline;
    if (!options->environment.empty()) request.target = environment_of(line, options->environment);
    const auto outcome = capture(request, line.reporter());
    return capture_output(line, outcome, *options);
  });
  verb->add_option("--spec", options->spec,
                   line.say({"capture.yaml (docs/formats/capture.md)", "capture.yaml（见 docs/formats/capture.md）"}))
      ->required();
  verb->add_option("--output,-o", options->output)->required();
  verb->add_option(
      "--work", options->work,
      line.say({"where the copies are made; beside the output when left out", "副本所在目录；默认与输出同目录"}));
  verb->add_flag("--once", options->once,
                 line.say({"one run only, not compared: for trying out", "只运行一次、不作比较：仅供试用"}));
  if (baseline) return verb;
  auto* environment = verb->add_option("--environment", options->environment,
                                       line.say({"capture on a copy of this production (name, or its YAML file)",
                                                 "在该生产环境的副本上采集（名称或其 YAML 文件）"}));
  verb->add_option("--source", options->source,
                   line.say({"capture on a copy of this folder (a pristine installation)",
                             "在该文件夹（原版安装）的副本上采集"}))
      ->excludes(environment);
  verb->add_option("--tree", options->tree,
                   line.say({"also keep the result: FOLDER and FOLDER.mtree, the baseline of the new version",
                             "同时保留结果：FOLDER 与 FOLDER.mtree，即新版本的基准"}));
  verb->add_option("--key", options->key, line.say({"secret key that signs the package", "为包签名的私钥"}));
  verb->add_option("--password-variable", options->password);
  return verb;
}

Output comparison_output(CommandLine& line, const CaptureComparison& compared) {
  constexpr std::size_t most = 50;
  Output out;
  out.json = {{"same", compared.same}, {"whole", compared.whole}, {"differences", Json::array()}};
  std::size_t shown = 0;
  for (const auto& one : compared.differences) {
    out.json["differences"].push_back({{"path", one.path}, {"what", one.what}, {"explained", one.explained}});
    if (one.explained || ++shown > most) continue;
    out.lines.push_back("  " + printable(one.path.bytes()) + ": " + line.say(one.what));
  }
  const auto open = compared.unexplained();
  if (open > most)
    out.lines.push_back(
        line.say({fmt::format("  ... and {} more", open - most), fmt::format("  …… 另有 {} 处", open - most)}));
  out.lines.push_back(line.say({fmt::format("{} as captured, {} not, {} different by a rule of the package",
                                            counted(compared.same, "path"), open, compared.differences.size() - open),
                                fmt::format("{} 项与采集结果一致，{} 项不一致，{} 项的差异由包内规则说明",
                                            compared.same, open, compared.differences.size() - open)}));
  if (!compared.whole)
    out.lines.push_back(
        line.say({"only what the package names was compared: there is no survey of before with its source",
                  "只比较了包中列出的路径：没有升级前与采集源一致的调研"}));
  out.status = open == 0 ? 0 : info(Code::check_failed).exit_status;
  return out;
}

void add_compare(CommandLine& line, CLI::App* noun) {
  auto options = std::make_shared<Options>();
  auto* verb =
      line.verb(noun, "compare",
                {"what the vendor's own upgrader did in an environment, beside what was captured",
                 "将厂商自带升级程序在环境中的结果与采集结果比较"},
                [&line, options] {
                  const bool file = options->environment.ends_with(".yaml") || options->environment.ends_with(".yml");
                  const auto target = environment_of(line, options->environment);
                  const auto package = show_package_file(options->source);
                  std::optional<Manifest> before;
                  if (!file) before = line.workspace().manifest(line.workspace().inventory(target.name()));
                  return comparison_output(
                      line, compare_with_capture(target, package, before ? &*before : nullptr, line.reporter()));
                });
  verb->add_option("file", options->source, line.say({"the captured package", "采集所得的包"}))->required();
  verb->add_option("--environment", options->environment,
                   line.say({"where the vendor's upgrader has run (name, or its YAML file)",
                             "厂商升级程序运行过的环境（名称或其 YAML 文件）"}))
      ->required();
}

}  // namespace

void add_capture_commands(CommandLine& line) {
  add_verb(line, line.noun("package", {"what the vendor delivers", "厂商交付的包"}),
           {"run the product's own upgrader on a copy; what it does becomes a package",
            "在副本上运行产品自带的升级程序，并把其结果做成包"},
           false);
  add_compare(line, line.noun("package", {}));
  add_verb(line, line.noun("baseline", {"the vendor's manifest of a version", "厂商版本的文件清单"}),
           {"run an installer in an empty folder: FOLDER and FOLDER.mtree",
            "在空文件夹中运行安装程序，得到 FOLDER 与 FOLDER.mtree"},
           true);
}

}  // namespace ferry::cli
