// An upgrade with everything that can happen to one: staged, interrupted, staged again, switched, taken back, switched
// again, the way back given up - and beside it a run log. And what must hold when the power fails anywhere in it.
#pragma once
#include <optional>
#include <string>

#include "deploy/deploy_test_tree.h"
#include "power/model.h"

namespace ferry::power {

// How far the work said that it was before the power failed. Where nothing is said, everything is allowed.
struct Progress {
  std::string last;                     // the last phase that was begun: stage, switch, back, discard; or unknown
  bool ended = false;                   // and had returned
  std::optional<std::uint64_t> logged;  // records of the run log whose append had returned
  std::optional<int> written;           // version of the document whose write had returned
  std::optional<bool> way_back;         // whether there must be one
  bool again = false;                   // a recovery: what it found may have been any position
  static Progress of(const Trace& trace, std::size_t instant);
  void add(const std::string& note);
};

// The journal's list is prepared while staging, or written at the switch, since something had been changed just now; or
// that, and every exchange is made of two renames.
enum class Manner { prepared, unprepared, two_renames };
constexpr Manner all_manners[] = {Manner::prepared, Manner::unprepared, Manner::two_renames};

class Scenario {
 public:
  // In a folder of its own below TMPDIR.
  explicit Scenario(Manner manner);

  const std::string& base() const { return base_; }  // everything lies below it
  // Does it all; says how far it is through `tell`.
  void work(const std::function<void(const std::string&)>& tell) const;
  // The versions as they must be; called once, on a tree that nothing has happened to; leaves the new one.
  void learn_versions();

  // After a power cut: is what the program says true, and no more lost than may be? Empty: yes; else what is wrong.
  std::string check(const Progress& progress) const;
  bool has_way_back() const;
  // Brings it to the new version (else to the old one), by whatever way the program offers. `staged`: it had said that
  // everything is staged, so that need not be asked for again. Empty: it is exactly that.
  std::string finish(bool forward, bool staged, const std::function<void(const std::string&)>& tell) const;

 private:
  void upgrade(bool staged, const std::function<void(const std::string&)>& tell) const;
  void disturb_staging() const;
  std::uint32_t number_of(std::string_view path) const;
  std::string check_document(const Progress& progress) const;
  std::string check_log(const Progress& progress) const;

  testing::Installation oa_;
  DeployOptions options_;
  std::string base_;
  testing::Snapshot old_;
  testing::Snapshot new_;
};

}  // namespace ferry::power
