// What SQLite reports that is not about the statement but about the machine: the disk, the memory. Not for use outside
// this room.
#pragma once
#include <optional>
#include <string>

#include "base/error.h"

namespace ferry {

// What the detail says of a file that is damaged, or was never a database.
Text damaged_words();

// `code` is SQLite's result, `error_number` sqlite3_system_errno, `message` its own words. Empty: not the machine's
// fault.
std::optional<Error> sqlite_fault(int code, int error_number, const std::string& file, const std::string& message);

// The same for a line of PRAGMA integrity_check: "unable to get the page. error code=266" says nothing about the
// database.
std::optional<Error> fault_in_check(const std::string& line, const std::string& file);

}  // namespace ferry
