#include "backup/in_place.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "host/files.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

void move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw system_error(to.string(), errno);
}

bool exchange(const fs::path& a, const fs::path& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS) return false;
  throw system_error(b.string(), errno);
}

}  // namespace

bool is_free_place(const fs::path& place) {
  return !path_exists(place.string()) || (is_folder(place.string()) && fs::is_empty(place));
}

void give_to(const fs::path& file, std::uint32_t uid, std::uint32_t gid) {
  if (::geteuid() == 0 && ::lchown(file.c_str(), uid, gid) != 0) throw system_error(file.string(), errno);
}

fs::path put_in_place(const fs::path& made, const fs::path& place, const fs::path& aside) {
  fs::path kept;
  if (is_free_place(place)) {
    move(made, place);
  } else {
    if (path_exists(aside.string())) throw Error(Code::already_exists, aside.string());
    if (exchange(made, place)) {
      move(made, aside);
    } else {
      move(place, aside);
      move(made, place);
    }
    kept = aside;
  }
  sync_file_system(place.parent_path().string());
  return kept;
}

}  // namespace ferry
