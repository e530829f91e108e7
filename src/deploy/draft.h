// The list of a switch's operations with the identities of the old and new objects: a journal without marks.
#pragma once
#include "deploy/examine.h"
#include "deploy/journal.h"
#include "deploy/staged_record.h"

namespace ferry {

// Looks at every staged object. Throws Error(usage) with the path of one that is not as the record says.
Journal draft_journal(const DeployPlace& place, Examined examined, const StagedRecord& record);

}  // namespace ferry
