#include "deploy/beneath.h"

#include "base/error.h"

namespace ferry {

std::optional<int> Beneath::parent_of(const RelativePath& path) {
  const auto slash = path.bytes().rfind('/');
  if (slash == std::string::npos) return root_.get();
  if (!last_path_ || last_path_->bytes() != std::string_view(path.bytes()).substr(0, slash)) {
    last_path_.reset();
    auto parent = path.parent();
    last_ = calls::open_folder_beneath(root_.get(), parent);
    last_path_ = std::move(parent);
  }
  if (!last_) return std::nullopt;
  return last_->get();
}

std::optional<int> Beneath::parent_if_there(const RelativePath& path) {
  try {
    return parent_of(path);
  } catch (const Error& error) {
    if (error.code() == Code::out_of_bounds_path || error.code() == Code::not_a_directory) return std::nullopt;
    throw;
  }
}

void Beneath::forget(const RelativePath& path) {
  if (!last_path_ || !last_path_->is_under(path)) return;
  last_path_.reset();
  last_.reset();
}

std::optional<calls::Status> Beneath::look(const RelativePath& path) {
  const auto parent = parent_of(path);
  if (!parent) return std::nullopt;
  return calls::status(*parent, name_in_parent(path), path.bytes());
}

std::optional<calls::Status> Beneath::look_if_there(const RelativePath& path) {
  const auto parent = parent_if_there(path);
  if (!parent) return std::nullopt;
  return calls::status(*parent, name_in_parent(path), path.bytes());
}

}  // namespace ferry
