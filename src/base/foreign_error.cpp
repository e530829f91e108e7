#include "base/foreign_error.h"

#include <cerrno>
#include <filesystem>
#include <new>

namespace ferry {

Error error_of(const std::exception& error, std::string where) {
  if (const auto* own = dynamic_cast<const Error*>(&error)) return *own;
  // Its codes are errno values in either of the two categories.
  if (const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return system_error(files->path1().empty() ? std::move(where) : files->path1().string(), files->code().value());
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return system_error(std::move(where), ENOMEM);
  return Error(Code::internal, std::move(where), error.what());
}

}  // namespace ferry
