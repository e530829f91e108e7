#include <fmt/format.h>

#include "app/capture_compare.h"
#include "app/capturing.h"
#include "app/packaging.h"
#include "app/vendor_upgrader.h"
#include "base/counted.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

struct Options {
  std::string environment, source, spec, output, key, password, work, tree, before, within = "1h";
  bool once = false;
};

// An environment by its file needs no project: vendors capture without one.
bool is_file_name(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}
Target environment_of(CommandLine& line, const std::string& name) {
  if (is_file_name(name)) return load_target(name);
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

void show_differences(CommandLine& line, const CaptureComparison& compared, Output& out) {
  constexpr std::size_t most = 50;
  std::size_t shown = 0;
  std::size_t open = 0;
  for (const auto& one : compared.differences) {
    out.json["differences"].push_back({{"path", one.path}, {"what", one.what}, {"explained", one.explained}});
    if (one.explained || ++open > most) continue;
    ++shown;
    out.lines.push_back("  " + printable(one.path.bytes()) + ": " + line.say(one.what));
  }
  if (open > shown)
    out.lines.push_back(
        line.say({fmt::format("  ... and {} more", open - shown), fmt::format("  …… 另有 {} 处", open - shown)}));
  for (const auto& one : compared.schemas) {
    out.json["databases"].push_back({{"id", one.database}, {"what", one.what}, {"explained", one.explained}});
    out.lines.push_back(line.say({"  database ", "  数据库 "}) + one.database + ": " + line.say(one.what));
  }
}

Output comparison_output(CommandLine& line, const CaptureComparison& compared) {
  Output out;
  out.json = {{"same", compared.same},      {"before", compared.before},
              {"taken", compared.taken},    {"from", compared.from},
              {"to", compared.to},          {"differences", Json::array()},
              {"databases", Json::array()}, {"databases_compared", compared.databases}};
  const auto before = compared.before.ends_with(".mtree") ? compared.before : compared.before.substr(0, 12);
  const auto when = compared.taken.empty() ? before : before + ", " + compared.taken + ", " + compared.from.text();
  out.lines.push_back(line.say({"before: ", "升级前："}) + when);
  show_differences(line, compared, out);
  const auto open = compared.unexplained();
  const auto told = compared.differences.size() + compared.schemas.size();
  out.lines.push_back(line.say(
      {fmt::format("{} as captured, {} not, {} different by a rule of the package", counted(compared.same, "path"),
                   open, told - open),
       fmt::format("{} 项与采集结果一致，{} 项不一致，{} 项的差异由包内规则说明", compared.same, open, told - open)}));
  if (compared.databases == 0) out.lines.push_back(line.say({"databases were not compared", "未比较数据库"}));
  out.status = open == 0 ? 0 : info(Code::check_failed).exit_status;
  return out;
}

void add_compare(CommandLine& line, CLI::App* noun) {
  auto options = std::make_shared<Options>();
  auto* verb = line.verb(noun, "compare",
                         {"what the vendor's own upgrader did in an environment, beside what was captured",
                          "将厂商自带升级程序在环境中的结果与采集结果比较"},
                         [&line, options] {
                           const bool file = is_file_name(options->environment);
                           const auto target = environment_of(line, options->environment);
                           const auto package = show_package_file(options->source);
                           return comparison_output(
                               line, file ? compare_with_capture(target, package, options->before, line.reporter())
                                          : compare_with_capture(line.workspace(), target, package, options->before,
                                                                 line.person(), line.reporter()));
                         });
  verb->add_option("file", options->source, line.say({"the captured package", "采集所得的包"}))->required();
  verb->add_option("--environment", options->environment,
                   line.say({"where the vendor's upgrader has run (name, or its YAML file)",
                             "厂商升级程序运行过的环境（名称或其 YAML 文件）"}))
      ->required();
  verb->add_option(
      "--before", options->before,
      line.say({"how it was before: a survey (see survey list), or a manifest FILE.mtree; default: the "
                "newest survey of a version that the package is laid on",
                "升级前的状态：某次调研（见 survey list）或清单文件 FILE.mtree；默认为版本适用该包的最近一次调研"}));
}

void add_supervise(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("upgrader", {"a vendor's own upgrader, where it must be used", "必须使用的厂商自带升级程序"});
  auto* verb =
      line.verb(noun, "supervise",
                {"run it on a clone with log and time limit, and hold the result against the capture",
                 "在克隆上运行（有日志与时限），并与采集结果核对"},
                [&line, options] {
                  SuperviseRequest request{options->spec, options->source, options->within, line.person()};
                  const auto done = supervise_upgrader(line.workspace(), line.workspace().target(options->environment),
                                                       request, line.reporter());
                  auto out = comparison_output(line, done.compared);
                  out.json["log"] = done.log;
                  out.json["ms"] = done.took.count();
                  out.json["problem"] = done.problem;
                  out.lines.push_back(line.say({"log: ", "日志："}) + done.log);
                  if (!done.problem.empty()) out.lines.push_back("! " + line.say(done.problem));
                  out.lines.push_back(line.say({"the clone is used up: ferry clone reset " + options->environment,
                                                "该克隆已用过，请恢复：ferry clone reset " + options->environment}));
                  if (!done.good()) out.status = info(Code::check_failed).exit_status;
                  return out;
                });
  verb->add_option("environment", options->environment, line.say({"a clone", "克隆环境"}))->required();
  verb->add_option("--package", options->source, line.say({"the captured package", "采集所得的包"}))->required();
  verb->add_option("--spec", options->spec, line.say({"its capture.yaml", "其 capture.yaml"}))->required();
  verb->add_option("--within", options->within, line.say({"time limit; 1h when left out", "时限；默认 1h"}));
}

}  // namespace

void add_capture_commands(CommandLine& line) {
  add_verb(line, line.noun("package", {"what the vendor delivers", "厂商交付的包"}),
           {"run the product's own upgrader on a copy; what it does becomes a package",
            "在副本上运行产品自带的升级程序，并把其结果做成包"},
           false);
  add_compare(line, line.noun("package", {}));
  add_supervise(line);
  add_verb(line, line.noun("baseline", {"the vendor's manifest of a version", "厂商版本的文件清单"}),
           {"run an installer in an empty folder: FOLDER and FOLDER.mtree",
            "在空文件夹中运行安装程序，得到 FOLDER 与 FOLDER.mtree"},
           true);
}

}  // namespace ferry::cli
