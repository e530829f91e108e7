// The schemas that are built into the program. Not for use outside this room.
#pragma once
#include "model/schema.h"
#include "model/value_check.h"

namespace ferry::document {

const Schema& profile_schema();
const Schema& environment_schema();
const Schema& capture_schema();

// False, with a report, when the document carries a `format` number that this program does not know: the rest may
// mean something else there.
bool known_format(Typed& document);

}  // namespace ferry::document
