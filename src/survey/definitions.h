// Reads the rows of the profile's definitions (E7). Strictly reading, like the rest of a survey.
#pragma once
#include "model/definition.h"
#include "survey/product_facts.h"

namespace ferry {

// What can't be read becomes a finding and a `problem` of its table: a definition that was not read is not "unchanged".
// More than 100,000 rows of one definition are refused in the same way.
DefinitionSnapshot read_definitions(Surveyor& surveyor);

}  // namespace ferry
