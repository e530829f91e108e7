// A small but nasty installation and a plan that changes all of it, for the tests of this room.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "deploy/deployment.h"
#include "host/crash_point.h"
#include "host/files.h"

namespace ferry::testing {

// path -> everything that must survive: kind, mode, owner, time, content, link target, extended attributes with ACLs,
// and of a file with several names in the tree the first of them.
using Snapshot = std::map<std::string, std::string>;
Snapshot snapshot(const std::string& root);
// Readable difference; empty when equal.
std::string difference(const Snapshot& expected, const Snapshot& found);

void write_text(const std::string& path, std::string_view text);
void set_time(const std::string& path, std::int64_t seconds);
std::string text_of(const std::string& path);

// Code of what it throws; internal when it throws nothing.
template <class Call>
Code code_of(const Call& call, std::string* told = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (told != nullptr) *told = error.what();
    return error.code();
  }
  return Code::internal;
}

// For DeployOptions::now: what the tests have just written counts as unchanged for long.
Moment a_minute_later();

// From now on a system call of this process and its threads gives `error` without being done (0: pretends success).
void fake_call(int call, int error);

// These run the work in a process of its own. Flushes are only pretended where that is said: a killed process loses
// nothing that the kernel has, and hundreds of real flushes would wait for everybody else's data on the disk.
//
// With FERRY_CRASH="point:hit", without flushes. False: the point was not passed so often, and the work ended well;
// anything else fails the test.
bool killed_at(CrashPoint point, int hit, const std::function<void()>& work);
// Without flushes; fails the test unless the work ends well.
void do_unflushed(const std::function<void()>& work);
// With flushes; the code it throws, `internal` if none.
Code code_in_child(const std::function<void()>& work);

// For code_in_child: mounts of its own. As root in its own, else with the rights of a user namespace in which the
// account keeps its number.
void enter_mount_namespace();

class Installation {
 public:
  Installation();

  const DeployPlace& place() const { return place_; }
  const DeployInput& input() const { return input_; }
  DeployInput& input() { return input_; }
  std::string root(std::string_view name = {}) const;
  std::string outside() const { return folder_ / "outside.txt"; }
  ContentSource content() const;
  // Plans what is there now at `path` -> `after`. New files get `text`.
  void plan(const std::string& path, const std::string& text, std::uint32_t mode = 0644);
  void plan_link(const std::string& path, const std::string& target);
  void plan_folder(const std::string& path, std::uint32_t mode = 0755);
  void plan_removal(const std::string& path);
  void plan_mode(const std::string& path, std::uint32_t mode);
  std::optional<Entry> entry_now(const std::string& path) const;

 private:
  void make_tree();
  void make_plan();
  PlannedChange& add(const std::string& path);
  Entry entry(EntryType type, std::uint32_t mode) const;

  TempFolder folder_{"ferry-deploy"};
  DeployPlace place_;
  DeployInput input_;
  std::map<std::string, std::string> texts_;
};

}  // namespace ferry::testing
