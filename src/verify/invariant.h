// A query before and after, and the relation that must hold.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "verify/context.h"
#include "verify/http_check.h"

namespace ferry {

struct InvariantCapture {
  Digest digest;  // of all rows, independent of their order
  std::int64_t count = 0;
  std::string first;               // first column of the first row: for not_less
  std::vector<std::string> rows;   // canonical JSON arrays, sorted; none when there are more than the limit
  std::vector<std::string> marks;  // instead of rows that were not kept: 12 hex digits of each row's digest, sorted
  bool rows_kept = true;

  // The form of Evidence::values.
  std::map<std::string, std::string> to_values() const;
  // Throws Error(invalid_document) when the values are none of a capture.
  static InvariantCapture from_values(const std::map<std::string, std::string>& values);
};

// Rows are kept up to so many and up to 4 MiB, marks up to a million; beyond that only count and digest are known.
constexpr std::size_t invariant_row_limit = 20'000;

InvariantCapture capture(Connection& connection, const std::string& sql, std::size_t row_limit = invariant_row_limit);

// passed or failed with up to 20 differing rows ("gone: [...]", "new: [...]"; marks stand for rows that were not kept).
// `subset` on more than a million rows whose digests differ can't be decided: Outcome::error that says so; the same for
// not_less on something that is no number.
StepsResult compare(const Invariant& invariant, const InvariantCapture& before, const InvariantCapture& after);

}  // namespace ferry
