// Exceptions of libraries as what they are about: a full disk is one whoever noticed it.
#pragma once
#include <exception>

#include "base/error.h"

namespace ferry {

// An Error as it is; of std::filesystem the path and the code for its errno; lack of memory; everything else is
// Error(internal) about `where`.
Error error_of(const std::exception& error, std::string where);

}  // namespace ferry
