#include "app/backups.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "app/doors.h"
#include "app/services.h"
#include "app/surveying.h"
#include "backup/installation.h"
#include "base/counted.h"
#include "base/error.h"
#include "host/files.h"
#include "project/predict.h"
#include "run/run_state.h"
#include "verify/http_check.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

BackupWatch watch(Reporter& reporter) {
  BackupWatch out;
  out.progress = [&reporter](const BackupProgress& progress) {
    reporter.progress(progress.bytes_done, progress.bytes_total, Unit::bytes);
  };
  return out;
}

// With its databases: all that the product has, which may be none.
BackupFact fact_of(const Backup& backup, const Profile& profile) {
  BackupFact fact;
  fact.id = backup.id;
  fact.taken = parse_moment(backup.content.taken);
  const auto& saved = backup.content.databases;
  fact.databases = std::all_of(profile.databases.begin(), profile.databases.end(), [&](const Database& database) {
    return std::any_of(saved.begin(), saved.end(), [&](const auto& one) { return one.id == database.id; });
  });
  if (backup.counts()) fact.verified = parse_moment(backup.verified->when);
  return fact;
}

// So that the next one can be foretold; its time grows with what production holds.
void remember_time(Workspace& workspace, const std::string& backup, const char* step,
                   std::chrono::steady_clock::time_point began) {
  TimingSample sample{backup, step, {}, 0};
  sample.took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
  const auto production = workspace.production().name();
  if (workspace.store().reference("inventory/" + production)) sample.size = workspace.inventory(production).bytes;
  workspace.store().append(collection::timings, Json(sample));
}

std::string latest_backup(Workspace& workspace, Reporter& reporter) {
  auto repository = workspace.repository();
  const auto all = repository.exists() ? repository.list(watch(reporter)) : std::vector<Backup>();
  if (all.empty()) throw Error(Code::no_backup, Text{"production", "正式环境"});
  return all.back().id;
}

Error no_clone(const std::string& name) {
  return Error(Code::not_found, Text{"clone " + name, "克隆 " + name},
               Text{"make it with 'ferry clone create " + name + "'", "请用 “ferry clone create " + name + "” 建立"});
}

// A clone that was cut while it was made is finished by making it again. One that is in use is not: it would pass for
// production's state without being it.
void require_untouched(const Target& clone, const CloneRecord& known, const std::string& backup) {
  const std::string reset = "'ferry clone reset " + clone.name() + "'";
  const std::string remove = "'ferry clone remove " + clone.name() + "'";
  const Text about{"clone " + clone.name(), "克隆 " + clone.name()};
  if (known.backup != backup)
    throw Error(Code::already_exists, about,
                Text{"made from " + known.backup + "; " + remove + " takes it away",
                     "由 " + known.backup + " 建立；可用 " + remove + " 删除"});
  if (!list_runs(clone.staging()).empty())
    throw Error(Code::already_exists, about,
                Text{"upgrades ran on it; " + reset + " brings it back to production's state",
                     "其上执行过升级；可用 " + reset + " 恢复到生产状态"});
}

// Runs on a clone that is no more: what they put aside can't be put back and is production's data; their logs stay as
// records. Without this the next clone at this place would be taken for the one they ran on.
void retire_runs(const Target& clone) {
  const std::string kept = clone.staging() + "/removed-clones";
  for (const auto& run : list_runs(clone.staging())) {
    const std::string folder = clone.staging() + "/runs/" + run.id;
    if (const auto log = read_file_if_there(folder + "/log")) {
      make_folders(kept, 0700);
      write_file_atomic(kept + "/" + run.id + ".log", *log, 0600);
    }
    remove_tree(folder);
  }
}

std::vector<FenceForward> forwards_of(const Target& clone) {
  std::vector<FenceForward> out;
  for (const auto& service : clone.profile.services) {
    if (service.port.empty()) continue;
    const int port = std::stoi(expand(service.port, clone.variables, clone.secret));
    const FenceForward forward{port, port, "127.0.0.1"};
    // Services of several versions listen on one port.
    if (std::none_of(out.begin(), out.end(), [&](const FenceForward& known) { return known.inside == port; }))
      out.push_back(forward);
  }
  return out;
}

void remember_fence(Workspace& workspace, const Target& clone, const CloneRecord& record) {
  FenceFact fact;
  fact.environment = clone.name();
  fact.at = workspace.clock();
  if (record.proof) {
    fact.proved = record.proof->proved && record.refused.empty();
    for (const auto& attempt : record.proof->attempts) fact.attempts += static_cast<std::uint64_t>(attempt.count);
    for (const auto& condition : record.proof->conditions)
      if (!condition.passed) fact.limits += (fact.limits.empty() ? "" : "; ") + condition.id + ": " + condition.detail;
  } else {
    fact.limits = fence_obstacle().in(Language::english);
  }
  for (const auto& refused : record.refused) fact.limits += (fact.limits.empty() ? "" : "; ") + refused;
  workspace.store().append(collection::fences, Json(fact));
}

// Causes what would go out and watches the jobs for a while. False when a step failed.
bool provoke_effects(const Target& clone, Reporter& reporter) {
  CheckContext context;
  context.environment = &clone.environment;
  context.secret = clone.secret;
  const auto provoked = run_steps(clone.profile.clone.prove, context);
  const auto wait = clone.profile.clone.prove_wait;
  const auto until = std::chrono::steady_clock::now() + wait;
  while (std::chrono::steady_clock::now() < until) {
    const auto left = std::chrono::duration_cast<Milliseconds>(until - std::chrono::steady_clock::now());
    reporter.progress(static_cast<std::uint64_t>((wait - left).count() / 1000),
                      static_cast<std::uint64_t>(wait.count() / 1000), Unit::none);
    std::this_thread::sleep_for(std::min(left, Milliseconds(250)));
  }
  if (provoked.outcome == Outcome::failed || provoked.outcome == Outcome::error) reporter.warning(provoked.summary);
  return provoked.outcome != Outcome::failed && provoked.outcome != Outcome::error;
}

FenceProofOptions proof_options(const Target& production, const Target& clone) {
  FenceProofOptions options;
  for (const auto& service : production.profile.services)
    if (!service.port.empty())
      options.outside.push_back("127.0.0.1:" + expand(service.port, production.variables, production.secret));
  options.no_write.push_back(production.root());
  for (const auto& line : services_of(clone))
    options.services.insert(options.services.end(), line.state.pids.begin(), line.state.pids.end());
  return options;
}

void show_proof(const CloneRecord& record, Reporter& reporter) {
  const auto& proof = *record.proof;
  std::uint64_t attempts = 0;
  for (const auto& attempt : proof.attempts) attempts += static_cast<std::uint64_t>(attempt.count);
  const bool proved = proof.proved && record.refused.empty();
  reporter.done(proved
                    ? Text{fmt::format("proved, {}; {} ended in the sink",
                                       counted(proof.conditions.size(), "condition"), counted(attempts, "attempt")),
                           fmt::format("已证明，{} 项条件；{} 次外联均落入收集器", proof.conditions.size(), attempts)}
                    : Text{"not proved", "未能证明"});
  for (const auto& condition : proof.conditions)
    if (!condition.passed)
      reporter.warning({condition.text.en + ": " + condition.detail, condition.text.zh + "：" + condition.detail});
  for (const auto& refused : record.refused) reporter.warning({refused, refused});
  for (const auto& suggestion : proof.uncovered) {
    const std::string command = suggestion.commands.empty() ? "?" : suggestion.commands.front();
    reporter.warning(
        {fmt::format("{}:{} was wanted {} by {}; no silence rule covers it", suggestion.host, suggestion.port,
                     counted(static_cast<std::uint64_t>(suggestion.count), "time"), command),
         fmt::format("{}:{} 被访问 {} 次（{}），没有静默规则覆盖", suggestion.host, suggestion.port, suggestion.count,
                     command)});
  }
}

}  // namespace

Backup create_backup(Workspace& workspace, const Target& target, Reporter& reporter) {
  const auto began = std::chrono::steady_clock::now();
  const auto surveyed = survey_environment(workspace, target, reporter);
  auto repository = workspace.repository();
  reporter.begin({"back up " + target.name(), "备份 " + target.name()});
  repository.init(watch(reporter));
  auto request =
      backup_request(target.profile, target.environment, *workspace.store().reference("inventory/" + target.name()),
                     workspace.path("index/backup-" + target.name()));
  request.version = surveyed.inventory.version;
  request.clock = workspace.clock;
  auto backup = repository.create(request, watch(reporter));
  workspace.store().append(collection::backups, Json(fact_of(backup, target.profile)));
  if (target.is_production()) remember_time(workspace, backup.id, "backup", began);
  reporter.done(
      {fmt::format("{}, {}, {}", backup.id, counted(backup.content.files, "file"), human_bytes(backup.content.bytes)),
       fmt::format("{}，{} 个文件，{}", backup.id, backup.content.files, human_bytes(backup.content.bytes))});
  return backup;
}

BackupVerification verify_backup(Workspace& workspace, const std::string& id, Reporter& reporter) {
  const auto began = std::chrono::steady_clock::now();
  auto repository = workspace.repository();
  reporter.begin({"restore the backup and compare", "还原备份并比对"});
  const std::string real = id.empty() ? latest_backup(workspace, reporter) : id;
  // Beside the repository: the room for it was found there before.
  auto verification = repository.verify(real, workspace.path("restore-drill"), watch(reporter), workspace.clock);
  workspace.store().append(collection::backups, Json(fact_of(repository.find(real), workspace.production().profile)));
  if (!verification.passed) {
    std::string lines;
    for (const auto& line : verification.differences) lines += "  " + line + "\n";
    throw Error(Code::backup_unverified, real,
                Text{counted(verification.differing, "difference") + "\n" + lines,
                     fmt::format("{} 处差异\n{}", verification.differing, lines)});
  }
  remember_time(workspace, real, "verify-backup", began);
  reporter.done({fmt::format("{} restored and equal, {} in {}", real, human_bytes(verification.bytes),
                             human_duration(Milliseconds(verification.restore_ms))),
                 fmt::format("{} 已还原且一致，{}，用时 {}", real, human_bytes(verification.bytes),
                             human_duration(Milliseconds(verification.restore_ms)))});
  return verification;
}

std::vector<Backup> list_backups(Workspace& workspace) {
  auto repository = workspace.repository();
  if (!repository.exists()) return {};
  return repository.list();
}

Target clone_target(const Workspace& workspace, const std::string& environment) {
  auto target = workspace.target(environment);
  if (!target.is_clone())
    throw Error(Code::usage, target.name(),
                Text{"this environment is no clone; only one whose file says 'kind: clone' is ever overwritten",
                     "该环境不是克隆；只有环境文件中写明 kind: clone 的环境才会被覆盖"});
  return target;
}

CloneOutcome create_clone(Workspace& workspace, const Target& clone, const std::string& backup, Reporter& reporter) {
  auto repository = workspace.repository();
  const auto known = load_clone(clone.environment);
  std::string id = backup;
  if (id.empty()) id = known ? known->backup : latest_backup(workspace, reporter);
  if (known)
    require_untouched(clone, *known, id);
  else
    retire_runs(clone);
  // A backup that was never restored must not become the clone that everything is rehearsed on.
  if (!repository.find(id).counts()) verify_backup(workspace, id, reporter);
  if (known && known->state != CloneState::none)
    reporter.note(
        {"it was restored before from " + id + "; going on from there", "此前已由 " + id + " 还原，从该处继续"});
  reporter.begin({"restore into the clone", "还原到克隆"});
  clone_files(clone.environment, repository, id, workspace.production().name(), watch(reporter));
  reporter.done({clone.root(), clone.root()});
  reporter.begin({"rewrite, silence, mark", "改写、静默、标识"});
  auto record = clone_actions(clone.environment, clone.profile, clone.secret);
  reporter.done({counted(record.actions.size(), "action"), fmt::format("{} 项操作", record.actions.size())});
  start_clone(workspace, clone, reporter);
  CloneOutcome out;
  out.without_fence = fence_obstacle();
  out.fenced = out.without_fence.empty();
  out.record = prove_clone(workspace, clone, reporter);
  workspace.audit("clone.create", clone.name(), "", {{"backup", id}, {"fenced", out.fenced}});
  return out;
}

void require_fence(Workspace& workspace, const Target& clone, Reporter& reporter) {
  const auto record = load_clone(clone.environment);
  if (!record) throw no_clone(clone.name());
  if (record->state < CloneState::silenced)
    throw Error(Code::run_unfinished, Text{"clone " + clone.name(), "克隆 " + clone.name()},
                Text{"it is not silenced yet and must not run; 'ferry clone create " + clone.name() + "' finishes it",
                     "尚未静默，不得启动；请用 “ferry clone create " + clone.name() + "” 完成"});
  const auto obstacle = fence_obstacle();
  if (obstacle.empty()) {
    reporter.begin({"close the fence", "建立出网隔离"});
    // Production and the backups are shown empty inside: the clone's processes have no business there.
    clone_fence(clone.environment, forwards_of(clone), {workspace.production().root(), workspace.path("backups")});
    reporter.done({"network, mounts and processes of its own", "独立的网络、挂载与进程空间"});
  } else {
    reporter.warning({"no fence: " + obstacle.en, "未建立出网隔离：" + obstacle.zh});
  }
}

void start_clone(Workspace& workspace, const Target& clone, Reporter& reporter, const Version& version) {
  require_fence(workspace, clone, reporter);
  start_services(clone, reporter, version);
}

void stop_clone(Workspace& /*workspace*/, const Target& clone, Reporter& reporter) {
  stop_services(clone, reporter);
  end_fence(clone_fence_folder(clone.environment));
}

CloneRecord prove_clone(Workspace& workspace, const Target& clone, Reporter& reporter, bool provoke) {
  auto record = load_clone(clone.environment);
  if (!record) throw no_clone(clone.name());
  if (fence_obstacle().empty()) {
    reporter.begin({"prove that nothing gets out", "证明无法外联"});
    // A silence that was never tested proves nothing: what should have gone out must have been attempted.
    if (provoke && !provoke_effects(clone, reporter))
      refuse_proof(clone.environment, "the steps that provoke effects failed");
    record = clone_prove(clone.environment, proof_options(workspace.production(), clone));
    show_proof(*record, reporter);
  }
  remember_fence(workspace, clone, *record);
  return *record;
}

CloneRecord reset_clone_environment(Workspace& workspace, const Target& clone, Reporter& reporter) {
  stop_clone(workspace, clone, reporter);
  reporter.begin({"take the clone back to production's state", "将克隆恢复到生产状态"});
  auto repository = workspace.repository();
  const auto record = reset_clone(clone.environment, clone.profile, repository, clone.secret, watch(reporter));
  reporter.done({fmt::format("reset {}", record.resets), fmt::format("第 {} 次重置", record.resets)});
  start_clone(workspace, clone, reporter);
  // The fence is a new one: what was proved about the old one says nothing about it.
  return prove_clone(workspace, clone, reporter, false);
}

void remove_clone_environment(Workspace& workspace, const Target& clone, Reporter& reporter) {
  stop_clone(workspace, clone, reporter);
  let_users_in(clone);
  remove_clone(clone.environment);
  retire_runs(clone);
  workspace.audit("clone.remove", clone.name(), "");
}

}  // namespace ferry
