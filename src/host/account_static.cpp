// For the static program: from /etc/passwd and /etc/group alone (passwd(5), group(5)). Accounts of directory services
// are not known to it, as on a machine that has lost its network.
#include <algorithm>
#include <charconv>
#include <functional>

#include "host/account.h"
#include "host/files.h"

namespace ferry {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  for (std::size_t begin = 0;;) {
    const auto end = text.find(separator, begin);
    out.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return out;
    begin = end + 1;
  }
}

std::optional<unsigned> number(const std::string& text) {
  unsigned out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<Account> first_account(const std::function<bool(const Account&)>& wanted) {
  for (const auto& line : split(read_file_if_there("/etc/passwd").value_or(""), '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 7) continue;
    const auto uid = number(fields[2]);
    const auto gid = number(fields[3]);
    if (!uid || !gid) continue;
    const Account account{fields[0], *uid, *gid, fields[5], fields[6]};
    if (wanted(account)) return account;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Account> account_named(const std::string& name) {
  return first_account([&](const Account& account) { return account.name == name; });
}

std::optional<Account> account_of(unsigned uid) {
  return first_account([&](const Account& account) { return account.uid == uid; });
}

std::vector<unsigned> groups_of(const Account& account) {
  std::vector<unsigned> out{account.gid};
  for (const auto& line : split(read_file_if_there("/etc/group").value_or(""), '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 4) continue;
    const auto members = split(fields[3], ',');
    const auto gid = number(fields[2]);
    if (gid && *gid != account.gid && std::find(members.begin(), members.end(), account.name) != members.end())
      out.push_back(*gid);
  }
  return out;
}

}  // namespace ferry
