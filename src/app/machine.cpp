#include "app/machine.h"

#include <cstdlib>
#include <filesystem>

#include "host/facts.h"
#include "host/files.h"

namespace ferry {

std::string acting_account() {
  // Ferry works as root; with sudo(8) two administrators are still two.
  const std::string account = account_name();
  const char* behind = std::getenv("SUDO_USER");
  return account == "root" && behind != nullptr && *behind != '\0' ? behind : account;
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
