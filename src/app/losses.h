// What going back after "open" would lose: everything entered since then, table by table (promise 7).
#pragma once
#include <string>
#include <vector>

#include "app/workspace.h"
#include "base/digest.h"
#include "base/json.h"

namespace ferry {

struct TableLoss {
  std::string database;
  std::string table;
  std::int64_t added = 0;    // rows that are there now and were not when it was opened
  std::int64_t removed = 0;  // rows of then that are gone or changed
  std::vector<std::string> columns;
  // The added ones, the first 200: for entering them again. Columns that hold secrets by their name are masked.
  std::vector<std::vector<std::string>> rows;
  Digest content;  // of all rows added and removed, in any order
};
struct Losses {
  std::string run;
  std::string since;  // RFC 3339
  std::vector<TableLoss> tables;
  bool none() const { return tables.empty(); }
  // What an approval names.
  Digest digest() const;
};
void to_json(Json& json, const Losses& value);

// Compares each database of the profile with the copy taken at the moment of opening, below <run folder>/opened/.
// Throws Error(not_found) when the run was not opened.
Losses losses_since_open(const Target& target, const std::string& run_folder, const std::string& run);
// The same against the recovery point from before the switch, below <run folder>/point/: what a rollback must have made
// undone. Databases without a point yet are left out.
Losses changes_since_point(const Target& target, const std::string& run_folder, const std::string& run);

}  // namespace ferry
