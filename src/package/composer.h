// The search behind compose.h. Not for other rooms.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "package/compose.h"

namespace ferry {

class Composer {
 public:
  explicit Composer(const ComposeRequest& request);
  Composition run();

 private:
  using Selected = std::map<std::string, Text>;  // id -> why

  // composer.cpp: which upgrades, and what else belongs to the version they lead to
  void sort_out();
  void find_way();
  std::vector<const Package*> steps_from(const Version& version) const;
  void lay_way(const std::vector<const Package*>& way);
  void require_before(const Package& upgrade, const Version& at, std::set<std::string>& visiting);
  void choose_feature(const Package& package);
  void choose_patch(const Package& package);
  bool module_installed(const std::string& id) const;
  bool takes_over_installed(const PackageMeta& meta) const;

  // composer_rules.cpp: supersedes, requires, conflicts, order
  void drop_superseded();
  void close_requirements();
  void require(const std::string& id, const PackageMeta& by);
  bool satisfied(const std::string& id, std::set<std::string> visiting = {}) const;
  void find_missing_packs();
  void find_conflicts();
  void put_in_order();
  void explain_nothing();

  const Package* find(const std::string& id) const;
  bool is_installed(const std::string& id) const;
  bool counts_as_there(const std::string& id) const;  // installed, and no upgrade goes over it
  void select(const Package& package, Text why) { selected_.try_emplace(package.meta.id, std::move(why)); }
  void leave_out(const Package& package, LeftOut cause, Text why);
  void problem(Code code, std::string about, Text text, Text request = {});

  const ComposeRequest& request_;
  Composition out_;
  std::vector<const Package*> own_;  // of this product, not excluded; sorted by kind and id
  std::vector<const Package*> way_;  // upgrades in order
  Selected selected_;                // feature packs and patches for the version reached
  std::set<std::string> before_;     // already in out_.packages, in front of an upgrade
};

}  // namespace ferry
