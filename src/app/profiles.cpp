#include "app/profiles.h"

#include <filesystem>

#include "base/error.h"
#include "host/files.h"

namespace ferry {

namespace fs = std::filesystem;

ReadDocument base_reader(const std::string& profile_file) {
  return [profile_file](const std::string& name) {
    const fs::path folder = fs::absolute(profile_file).parent_path();
    for (const auto& candidate : {folder / name, folder.parent_path() / name / "profile.yaml"})
      if (fs::is_regular_file(candidate)) return read_file(candidate.string());
    throw Error(Code::not_found, name,
                Text{"profile named by 'extends' in " + profile_file, profile_file + " 的 extends 所指的产品档案"});
  };
}

ProfileResult check_profile(const std::string& file) {
  return parse_profile(read_file(file), file, base_reader(file));
}

}  // namespace ferry
