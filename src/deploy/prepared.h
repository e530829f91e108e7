// The journal's list of operations, written while users work. At the switch it only has to be looked at whether
// everything is as it was then; if so, the list with one mark behind it becomes the journal. Formats:
// docs/formats/switch-journal.md, "prepared".
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "deploy/examine.h"
#include "deploy/journal.h"

namespace ferry {

std::string prepared_list_path(const std::string& run_folder);

// Writes the list of everything that `examined` looked at and `draft` (draft_journal of it) names. `looked_ns` (Unix
// time): when the looking began. Returns the signs by which it will be seen whether all is as it was then; empty, and
// nothing is written, when something had been changed so shortly before that a later change could keep its ctime: then
// the switch looks at everything itself. None may be there (forget_prepared).
std::string write_prepared_list(const std::string& run_folder, const Examined& examined, const Journal& draft,
                                const Digest& input, std::int64_t looked_ns);
// Makes the list valid. Only after everything that it names is on the medium.
void validate_prepared_list(const std::string& run_folder, const std::string& signs);
void forget_prepared(const std::string& run_folder);

// The prepared list, when it was made from this input and every path, every folder that holds one and every staged
// object still has the inode, size, owner, mode, times and mount of then. Empty optional otherwise, also when there is
// none or it is damaged: no reason is given, since the long way finds it. Changes nothing.
std::optional<Journal> unchanged_since_prepared(const DeployPlace& place, const DeployInput& input);

// Puts the mark forward_begun behind the list and renames it into the journal's place, durably. `journal` as it came
// from unchanged_since_prepared.
void begin_prepared(const std::string& run_folder, Journal& journal);

}  // namespace ferry
