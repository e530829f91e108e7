#include "package/publish.h"

#include <filesystem>

#include "base/error.h"
#include "host/durable.h"
#include "host/files.h"

namespace ferry {

void publish(const std::string& made, const std::string& name) {
  namespace fs = std::filesystem;
  durable::Appender(made).sync();
  if (path_exists(name)) throw Error(Code::already_exists, name);
  std::error_code error;
  fs::rename(made, name, error);
  if (error) throw system_error(name, error.value());
  durable::sync_folder(fs::absolute(name).parent_path().string());
}

}  // namespace ferry
