#include "app/machine.h"

#include "host/facts.h"
#include "host/files.h"

namespace ferry {

std::string acting_account() {
  return account_name();
}
void write_document(const std::string& file, std::string_view text) {
  write_file_atomic(file, text);
}
std::string read_document(const std::string& file) {
  return read_file(file);
}

}  // namespace ferry
