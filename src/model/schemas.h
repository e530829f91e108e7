// The schemas that are built into the program. Not for use outside this room.
#pragma once
#include "model/schema.h"
#include "model/value_check.h"

namespace ferry::document {

const Schema& profile_schema();
const Schema& profile_base_schema();  // the same, but only `product` must be there
const Schema& environment_schema();
const Schema& profile_test_schema();

// As they are published, in the order in which the reference tells them. `prefix` stands in front of the names of
// nested objects, so that two documents don't share them.
struct PublishedSchema {
  Text title;
  std::string prefix;
  std::string_view text;
};
std::vector<PublishedSchema> published_schemas();
const Schema& capture_schema();

// False, with a report, when the document carries a `format` number that this program does not know: the rest may
// mean something else there.
bool known_format(Typed& document);

}  // namespace ferry::document
