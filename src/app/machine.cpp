#include "app/machine.h"

#include <filesystem>

#include "host/facts.h"
#include "host/files.h"

namespace ferry {

std::string acting_account() {
  return account_name();
}
std::string own_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}
void write_document(const std::string& file, std::string_view text) {
  write_file_atomic(file, text);
}
std::string read_document(const std::string& file) {
  return read_file(file);
}

}  // namespace ferry
