#include "host/crash_point.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <charconv>

#include <cstdlib>
#include <string>

namespace ferry {
namespace {

struct Named {
  CrashPoint point;
  std::string_view name;
};
constexpr std::array names{
    Named{CrashPoint::durable_written, "durable_written"},
    Named{CrashPoint::durable_in_place, "durable_in_place"},
    Named{CrashPoint::stage_file_begun, "stage_file_begun"},
    Named{CrashPoint::stage_file_done, "stage_file_done"},
    Named{CrashPoint::stage_recorded, "stage_recorded"},
    Named{CrashPoint::stage_before_sync, "stage_before_sync"},
    Named{CrashPoint::stage_done, "stage_done"},
    Named{CrashPoint::journal_written, "journal_written"},
    Named{CrashPoint::journal_in_place, "journal_in_place"},
    Named{CrashPoint::switch_begun, "switch_begun"},
    Named{CrashPoint::switch_operation, "switch_operation"},
    Named{CrashPoint::switch_half_exchange, "switch_half_exchange"},
    Named{CrashPoint::switch_operation_done, "switch_operation_done"},
    Named{CrashPoint::switch_times, "switch_times"},
    Named{CrashPoint::switch_before_sync, "switch_before_sync"},
    Named{CrashPoint::switch_before_mark, "switch_before_mark"},
    Named{CrashPoint::switch_marked, "switch_marked"},
    Named{CrashPoint::discard_begun, "discard_begun"},
    Named{CrashPoint::discard_half, "discard_half"},
    Named{CrashPoint::run_before_record, "run_before_record"},
    Named{CrashPoint::run_after_record, "run_after_record"},
    Named{CrashPoint::point_copied, "point_copied"},
    Named{CrashPoint::restore_staged, "restore_staged"},
    Named{CrashPoint::restore_intended, "restore_intended"},
    Named{CrashPoint::restore_moved, "restore_moved"},
    Named{CrashPoint::restore_half_placed, "restore_half_placed"},
    Named{CrashPoint::restore_placed, "restore_placed"},
    Named{CrashPoint::restore_verified, "restore_verified"},
    Named{CrashPoint::script_statement, "script_statement"},
    Named{CrashPoint::script_committed, "script_committed"},
    Named{CrashPoint::service_spawned, "service_spawned"},
    Named{CrashPoint::service_signalled, "service_signalled"},
    Named{CrashPoint::service_stopped, "service_stopped"},
    Named{CrashPoint::job_begun, "job_begun"},
    Named{CrashPoint::job_ended, "job_ended"},
    Named{CrashPoint::door_spawned, "door_spawned"},
    Named{CrashPoint::door_lifted, "door_lifted"},
};

struct Wish {
  std::optional<CrashPoint> point;
  long hit = 0;
};

// An unknown name must not pass for "never": a matrix that kills nobody would look green.
Wish wish_of(const char* text) {
  const std::string_view all(text);
  const auto colon = all.find(':');
  Wish wish{crash_point_named(all.substr(0, colon)), 1};
  if (colon != std::string_view::npos) {
    const auto number = all.substr(colon + 1);
    const auto result = std::from_chars(number.data(), number.data() + number.size(), wish.hit);
    if (result.ec != std::errc() || result.ptr != number.data() + number.size() || wish.hit < 1) wish.point.reset();
  }
  if (!wish.point) std::abort();
  return wish;
}

}  // namespace

const std::vector<CrashPoint>& crash_points() {
  static const std::vector<CrashPoint> all = [] {
    std::vector<CrashPoint> out;
    for (const auto& item : names) out.push_back(item.point);
    return out;
  }();
  return all;
}

std::string_view name_of(CrashPoint point) {
  return names.at(static_cast<std::size_t>(point)).name;
}

std::optional<CrashPoint> crash_point_named(std::string_view name) {
  for (const auto& item : names)
    if (item.name == name) return item.point;
  return std::nullopt;
}

void crash_point(CrashPoint point) {
  // Asked every time: a test that forks sets the variable in the child only.
  const char* text = std::getenv("FERRY_CRASH");
  if (text == nullptr || *text == '\0') return;
  static std::atomic<long> hits{0};
  const auto wish = wish_of(text);
  if (wish.point == point && ++hits == wish.hit) ::kill(::getpid(), SIGKILL);
}

void refuse_growing_files() {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_FSIZE, &none);
}

}  // namespace ferry
