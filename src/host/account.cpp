// By the system's own rules. Nothing else may stand in this file: ferry-host links account_static.cpp in its place.
#include "host/account.h"

#include <grp.h>
#include <pwd.h>

namespace ferry {
namespace {

constexpr std::size_t longest_entry = 16384;

std::optional<Account> value_of(const passwd* found) {
  if (found == nullptr) return std::nullopt;
  return Account{found->pw_name, found->pw_uid, found->pw_gid, found->pw_dir, found->pw_shell};
}

}  // namespace

std::optional<Account> account_named(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(longest_entry, '\0');
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return value_of(found);
}

std::optional<Account> account_of(unsigned uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(longest_entry, '\0');
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return value_of(found);
}

std::vector<unsigned> groups_of(const Account& account) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    getgrouplist(account.name.c_str(), account.gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(count));
  return {groups.begin(), groups.end()};
}

}  // namespace ferry
