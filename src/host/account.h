// Accounts of the machine. Two implementations: ferry asks the system (account.cpp: NSS, so that directory services
// count); ferry-host reads the files (account_static.cpp), because a static program that asks NSS would load the
// libraries of whatever machine it happens to run on.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace ferry {

struct Account {
  std::string name;
  unsigned uid = 0;
  unsigned gid = 0;
  std::string home;
  std::string shell;
};

std::optional<Account> account_named(const std::string& name);
std::optional<Account> account_of(unsigned uid);
// Its group and those that it is a member of.
std::vector<unsigned> groups_of(const Account& account);

}  // namespace ferry
