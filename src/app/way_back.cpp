// The way back of a run, and its end: losses, taking back, commit.
#include <fmt/format.h>

#include <algorithm>

#include "app/doors.h"
#include "app/run_session.h"
#include "app/upgrade.h"
#include "app/way_back_room.h"
#include "base/error.h"
#include "database/script_run.h"
#include "host/files.h"
#include "host/reserve.h"
#include "run/way_back_room.h"

namespace ferry {
namespace {

[[noreturn]] void refuse_losses(const Target& target, const Losses& losses, bool changed) {
  std::string list;
  for (const auto& table : losses.tables)
    list += fmt::format("  {}.{}: +{} -{}\n", table.database, table.table, table.added, table.removed);
  const std::string digest = losses.digest().brief();
  const Text first = changed
                         ? Text{"the list has changed since it was accepted: users go on working. 'ferry door close " +
                                    target.name() + "' keeps them out until it is decided.\n",
                                "清单在接受之后又有变化：用户仍在使用。可用 “ferry door close " + target.name() +
                                    "” 先阻止访问再作决定。\n"}
                         : Text{};
  throw Error(
      Code::cannot_roll_back, losses.run,
      Text{first.en +
               fmt::format("since it was opened at {} users have entered what going back would lose:\n{}  to accept "
                           "exactly this, an approver gives --accept-loss {} (the list: ferry run losses {})",
                           losses.since, list.empty() ? "  nothing\n" : list, digest, target.name()),
           first.zh +
               fmt::format("自 {} 开放以来用户录入了以下数据，回退将丢失：\n{}  审批人用 --accept-loss {} 接受上述损失"
                           "（清单：ferry run losses {}）",
                           losses.since, list.empty() ? "  无\n" : list, digest, target.name())});
}

bool names(const std::string& given, const Losses& losses) {
  return given == losses.digest().hex() || given == losses.digest().brief();
}

// Exactly what is accepted is lost: users are out before it is counted for the last time. Let in again when it is
// refused.
void accept_losses(Workspace& workspace, const Target& target, const RunState& run, const RollbackRequest& request) {
  if (request.accept_loss.empty()) refuse_losses(target, run_losses(target, run.run.id), false);
  const auto project = workspace.project();
  if (std::find(project.approvers.begin(), project.approvers.end(), request.person) == project.approvers.end())
    throw Error(Code::not_allowed, request.person,
                Text{"only an approver may accept the loss", "只有审批人可以接受该损失"});
  const bool was_closed = closed_door(target.staging()).has_value();
  Text why_not;
  keep_users_out(workspace, target, why_not);
  const auto losses = run_losses(target, run.run.id);
  if (!names(request.accept_loss, losses)) {
    if (!was_closed) let_users_in(target);
    refuse_losses(target, losses, true);
  }
  // Kept before anything is taken back: it is what people enter again.
  write_file_atomic(target.staging() + "/runs/" + run.run.id + "/losses.json", Json(losses).dump(1));
  workspace.audit("run.accept-loss", run.run.id, request.person, {{"losses", losses.digest()}});
}

}  // namespace

Losses run_losses(const Target& target, const std::string& run) {
  const auto state = find_run(target, run);
  return losses_since_open(target, target.staging() + "/runs/" + state.run.id, state.run.id);
}

RunOutcome roll_back_run(Workspace& workspace, const Target& target, const RollbackRequest& request,
                         Reporter& reporter) {
  const auto before = find_run(target, request.run);
  const bool lossy = before.opened && before.unfinished() && before.phase != RunPhase::rolling_back;
  if (lossy) {
    const auto held = free_way_back(target, before.run.id);
    try {
      accept_losses(workspace, target, before, request);
    } catch (const Error&) {
      hold_again(target, before.run.id, held);
      throw;
    }
  }
  const auto state = take_back_run(workspace, target, before.run.id, request.person, before.opened, reporter);
  workspace.audit("run.rollback", state.run.id, request.person);
  return finish(workspace, state);
}

RunOutcome back_to_stop(Workspace& workspace, const Target& target, const std::string& run, const std::string& stop,
                        const std::string& person, Reporter& reporter) {
  const auto before = find_run(target, run);
  const auto stops = reached_stops(before);
  // On the way to this stop its recovery point may be taken back already.
  const bool under_way = before.turned_to == std::optional(at_stop("check", stop));
  if (!under_way && std::find(stops.begin(), stops.end(), stop) == stops.end()) {
    std::string known;
    for (const auto& one : stops) known += (known.empty() ? "" : ", ") + one;
    throw Error(Code::cannot_roll_back, before.run.id,
                known.empty() ? Text{"it has no verified stop behind it: 'ferry run rollback' takes everything back",
                                     "尚未离开任何经验证的必经版本：“ferry run rollback” 整体回退"}
                              : Text{"it can go back to: " + known, "可回到：" + known});
  }
  free_way_back(target, before.run.id);
  RunSession session(workspace, target, before, reporter, "ferry run rollback --to-stop");
  const auto state = session.runner().back_to(before.run.id, at_stop("check", stop), person);
  workspace.audit("run.back-to-stop", state.run.id, person, {{"stop", stop}});
  return finish(workspace, state);
}

RunOutcome commit_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                      Reporter& reporter) {
  const auto before = find_run(target, run);
  RunSession session(workspace, target, before, reporter, "ferry run commit");
  const auto state = session.runner().commit(before.run.id, person);
  if (!target.profile.migration.database.empty() || !target.profile.databases.empty()) {
    OpenOptions options;
    options.mode = OpenMode::read_write;
    if (const auto* database = find_database(target.profile, target.profile.migration.database)) {
      auto connection = Connection::open(*database, target.variables, options);
      forget_progress(connection);
    }
  }
  for (const auto& jump : session.run().jumps()) {
    discard(session.run().place(jump.stop));
    for (const char* part : {"point", "opened"}) remove_tree(session.run().folder(jump.stop) + "/" + part);
  }
  give_up_room(way_back_reserve(session.run().folder()));
  workspace.audit("run.commit", state.run.id, person);
  return finish(workspace, state);
}

}  // namespace ferry
