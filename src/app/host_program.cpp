#include "app/host_program.h"

#include <filesystem>

#include "host/files.h"
#include "host/tree.h"

namespace ferry {

void keep_host_program(const std::string& staging) {
  const auto source = std::filesystem::read_symlink("/proc/self/exe").parent_path().string() + "/ferry-host";
  const auto copy = staging + "/ferry-host";
  if (!path_exists(source)) return;
  if (path_exists(copy) && digest_of_file(copy) == digest_of_file(source)) return;
  copy_file(source, copy);
}

}  // namespace ferry
