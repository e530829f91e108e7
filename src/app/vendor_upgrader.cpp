#include "app/vendor_upgrader.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "app/capture_run.h"
#include "app/packaging.h"
#include "app/services.h"
#include "app/surveying.h"
#include "base/error.h"
#include "base/id.h"
#include "host/files.h"
#include "host/scratch.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// What went wrong in words, with the last lines; empty: nothing.
Text problem_of(const CaptureOrder& order, const SandboxResult& result, Milliseconds within) {
  if (result.timed_out) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(within).count();
    return {fmt::format("not done after {} s: ended", seconds), fmt::format("{} 秒后仍未完成：已终止", seconds)};
  }
  try {
    require_success(order.run, result);
    return {};
  } catch (const Error& error) {
    return {error.about_text().en + ": " + error.detail_text().en,
            error.about_text().zh + "：" + error.detail_text().zh};
  }
}

CaptureGround ground_of(const CaptureOrder& order, const std::string& file, const Workspace& workspace,
                        const Target& target) {
  CaptureGround out{order, file, order.root, order.user, {"/root", "/home"}, {}};
  if (out.root.empty()) out.root = workspace.production().root();
  if (out.user.empty()) out.user = target.environment.user;
  return out;
}

// Runs the commands on the clone's own tree, seen at production's place; every line goes into the log.
SandboxResult run_logged(const CaptureRun& run, Milliseconds within, const std::string& log, Reporter& reporter) {
  std::ofstream out(log, std::ios::binary);
  std::uint64_t lines = 0;
  auto result = run.run_within(within, [&](std::string_view line) {
    out << line << '\n' << std::flush;
    reporter.progress(++lines, 0, Unit::none);
  });
  if (!out) throw system_error(log, errno);
  return result;
}

}  // namespace

SuperviseOutcome supervise_upgrader(Workspace& workspace, const Target& target, const SuperviseRequest& request,
                                    Reporter& reporter) {
  if (!target.is_clone())
    throw Error(
        Code::usage, target.name(),
        Text{"only a clone is given to the vendor's upgrader by Ferry. In production people start it; "
             "'ferry package compare' then says what it did",
             "Ferry 只在克隆上运行厂商升级程序。生产环境由人员启动，之后用 “ferry package compare” 核对其结果"});
  const auto order_file = fs::absolute(request.order).lexically_normal().string();
  const auto order = require_capture_order(read_file(order_file), order_file);
  require_apart(order, order_file, fs::path(target.root()).parent_path().string());
  const auto within = parse_duration(request.within);
  const auto package = show_package_file(request.package);
  const auto lock = hold_installation(target, "ferry upgrader supervise");
  stop_services(target, reporter);
  const auto before = survey_environment(workspace, target, reporter);
  const StateBefore state{before.files, before.inventory,
                          workspace.store().reference("inventory/" + target.name())->hex()};
  // The clone's own files may be rewritten; of the same program is what it was made from.
  const auto production = workspace.manifest(workspace.inventory(workspace.production().name()));
  const auto baseline = workspace.baseline(target);
  compare_files(target.profile, package, state, baseline ? baseline : std::optional(production), before.files);

  const Scratch scratch(".ferry-upgrader", fs::path(target.root()).parent_path().string());
  auto ground = ground_of(order, order_file, workspace, target);
  ground.hidden.push_back(scratch.path());
  CaptureRun run(ground, scratch / "run", target.root());
  make_folders(scratch / "run");
  run.prepare();
  ground.network = places_of(ground, run, reporter);
  SuperviseOutcome out;
  make_folders(workspace.path("upgrader"));
  out.log = workspace.path("upgrader/" + new_id("up", workspace.clock()) + ".log");
  reporter.begin({"the vendor's upgrader runs", "厂商升级程序运行中"});
  const auto began = std::chrono::steady_clock::now();
  const auto result = run_logged(run, within, out.log, reporter);
  out.took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
  out.problem = problem_of(order, result, within);

  const auto after = survey_environment(workspace, target, reporter);
  out.compared =
      compare_files(target.profile, package, state, baseline ? baseline : std::optional(production), after.files);
  out.compared.to = after.inventory.version;
  const auto rehearsed = rehearsed_inventory(workspace, after.inventory.version,
                                             *workspace.store().reference("inventory/" + target.name()));
  compare_schemas(package, before.inventory, after.inventory, rehearsed ? &*rehearsed : nullptr, out.compared);
  keep_upgrader_evidence(workspace, target, after.inventory, out.compared, request.person, out.problem, out.took);
  workspace.audit(
      "upgrader.supervise", package.digest.hex(), request.person,
      {{"environment", target.name()}, {"log", fs::path(out.log).filename().string()}, {"good", out.good()}});
  return out;
}

}  // namespace ferry
