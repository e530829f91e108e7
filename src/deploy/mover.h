// Brings one operation after the other into its old or its new state. It does not ask what was done before: it looks
// where the wanted object is and puts it in its place. So the same code switches, takes back and recovers, and may be
// stopped between any two system calls.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "deploy/beneath.h"
#include "deploy/journal.h"
#include "deploy/look_ahead.h"
#include "deploy/slots.h"

namespace ferry {

class Mover {
 public:
  Mover(const std::string& run_folder, const Journal& journal, bool use_exchange);

  // Whether the root is still the folder that the journal speaks about; else Error(drift).
  void require_root() const;

  // `seen`: how both places looked a moment ago (LookAhead), null if nobody looked. Used only for the plain case, the
  // one object here and the other in its slot; everything else is looked at again.
  void settle(const Operation& operation, Direction direction, const Seen* seen = nullptr);
  void settle_time(const FolderTime& time, Direction direction);

  // Which of its states the path is in now; both false: a third one.
  struct Position {
    bool at_old = false;
    bool at_new = false;
    bool old_kept = true;  // the old object is in its place or in a slot
  };
  Position position(const Operation& operation);

  std::uint64_t moved() const { return moved_; }
  const std::vector<RelativePath>& lost() const { return lost_; }
  const std::vector<ThirdState>& left() const { return left_; }  // third states that stay in their place

 private:
  struct Here;
  enum class Match { wanted, opposite, other };

  Here here(const Operation& operation);
  std::optional<int> folder_in_slot(const RelativePath& folder);
  bool is(const Operation& operation, const Identity& identity, int folder, const std::string& name,
          const calls::Status& status) const;
  Match match(const Operation& operation, const Here& at, const std::optional<Identity>& wanted,
              const std::optional<Identity>& opposite) const;
  std::optional<SlotPlace> find(const Operation& operation, const Identity& identity);
  bool swapped_as_seen(const Operation& operation, Direction direction, const Seen& seen);
  void settle_place(const Operation& operation, Direction direction);
  void settle_drop(const Operation& operation, Direction direction);
  void settle_attributes(const Operation& operation, Direction direction);
  void put(const Operation& operation, const Here& at, SlotPlace from);
  void swap(const Operation& operation, const Here& at, SlotPlace from);
  void move_to_slot(const Operation& operation, const Here& at);
  void keep_third(const Operation& operation, const Here& at);

  std::string run_folder_;
  const Journal& journal_;
  Beneath tree_;
  Slots slots_;
  bool use_exchange_;
  std::map<RelativePath, std::uint32_t> folders_;  // that appear or go away: number of their operation
  Descriptor in_slot_;                             // what folder_in_slot found last
  std::uint64_t moved_ = 0;
  std::vector<RelativePath> lost_;
  std::vector<ThirdState> left_;
};

// <run folder>/third/<number>-<n>: what keep_third put there, as a report.
std::vector<ThirdState> kept_third(const std::string& run_folder, const Journal& journal);

}  // namespace ferry
