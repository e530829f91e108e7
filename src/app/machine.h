// The few things that the faces need of the machine itself.
#pragma once
#include <string>
#include <string_view>

namespace ferry {

// The operating system's account that runs this process.
std::string acting_account();
// The file of the program that runs, absolute.
std::string own_program();
// Writes a document for people, atomically. Throws Error.
void write_document(const std::string& file, std::string_view text);
std::string read_document(const std::string& file);

}  // namespace ferry
