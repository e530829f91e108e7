#include "host/scratch.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "host/account.h"
#include "host/program.h"

namespace ferry {

Scratch::Scratch(const std::string& prefix, const std::string& parent) : folder_(prefix, parent) {
  const auto self = identify(static_cast<int>(::getpid()));
  DetachedOptions options;
  options.directory = "/";
  spawn_detached({std::filesystem::read_symlink("/proc/self/exe").string(), "scratch-sweep",
                  std::filesystem::absolute(folder_.path()).string(), std::to_string(self.pid),
                  std::to_string(self.start_ticks), self.boot},
                 options);
}

void give_to(const std::string& folder, const std::string& account) {
  if (account.empty()) return;
  const auto found = account_named(account);
  if (!found) throw Error(Code::not_found, Text{"account " + account, "账号 " + account});
  const auto give = [&](const std::string& path) {
    if (::lchown(path.c_str(), found->uid, found->gid) != 0) throw system_error(path, errno);
  };
  give(folder);
  for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) give(item.path().string());
}

int sweep_scratch(const std::vector<std::string>& arguments) {
  if (arguments.size() != 4) return 2;
  try {
    const ProcessIdentity owner{std::stoi(arguments[1]), std::stoull(arguments[2]), arguments[3]};
    while (!wait_for_end(owner, Seconds(3600))) {
    }
    // Its own children die with it, but not in the same moment; until then names may come back.
    for (int attempt = 0; attempt < 100; ++attempt) {
      try {
        remove_tree(arguments[0]);
        return 0;
      } catch (const Error&) {
        ::usleep(100'000);
      }
    }
  } catch (const std::exception&) {
    return 2;
  }
  return 1;
}

}  // namespace ferry
