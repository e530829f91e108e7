#include "verify/invariant.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/error.h"
#include "base/path.h"

namespace ferry {
namespace {

constexpr std::size_t most_text = 4U << 20U;
constexpr std::size_t most_marks = 1'000'000;
constexpr std::size_t mark_length = 12;
constexpr std::size_t rows_listed = 20;

std::string row_text(const SqlRow& row) {
  Json out = Json::array();
  for (const auto& value : row) {
    if (!value)
      out.push_back(nullptr);
    else
      out.push_back(is_utf8(*value) ? *value : escape(*value));
  }
  return canonical(out);
}

Digest digest_of_rows(std::vector<Digest>& rows) {
  std::sort(rows.begin(), rows.end());
  Hasher hasher;
  for (const auto& row : rows) hasher.update({reinterpret_cast<const char*>(row.bytes().data()), row.bytes().size()});
  return hasher.finish();
}

// Rows where both sides kept them, else marks of both.
std::vector<std::string> comparable(const InvariantCapture& capture, bool rows) {
  if (rows) return capture.rows;
  if (!capture.rows_kept) return capture.marks;
  std::vector<std::string> marks;
  for (const auto& row : capture.rows) marks.push_back(Digest::of(row).hex().substr(0, mark_length));
  std::sort(marks.begin(), marks.end());
  return marks;
}

void list(std::string& out, const char* title, const std::vector<std::string>& rows) {
  for (std::size_t i = 0; i < rows.size() && i < rows_listed; ++i)
    out += (out.empty() ? "" : "\n") + std::string(title) + ": " + rows[i];
  if (rows.size() > rows_listed) out += "\n" + std::string(title) + ": " + std::to_string(rows.size()) + " in all";
}

std::optional<double> number_in(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

Outcome judge_number(const InvariantCapture& before, const InvariantCapture& after, std::string& observed) {
  const auto old_value = number_in(before.first), new_value = number_in(after.first);
  observed = before.first + " -> " + after.first;
  if (!old_value || !new_value) {
    observed = "not a number: " + observed;
    return Outcome::error;
  }
  return *new_value >= *old_value ? Outcome::passed : Outcome::failed;
}

Outcome judge_rows(bool subset, const InvariantCapture& before, const InvariantCapture& after, std::string& observed) {
  observed = std::to_string(before.count) + " -> " + std::to_string(after.count) + " rows";
  if (before.digest == after.digest && before.count == after.count) return Outcome::passed;
  const bool rows = before.rows_kept && after.rows_kept;
  const auto known = [](const InvariantCapture& capture) {
    return static_cast<std::size_t>(capture.count) == (capture.rows_kept ? capture.rows : capture.marks).size();
  };
  if (!known(before) || !known(after)) {
    observed += "; too many to be compared row by row: narrow the query";
    return subset ? Outcome::error : Outcome::failed;
  }
  const auto old_rows = comparable(before, rows), new_rows = comparable(after, rows);
  std::vector<std::string> gone, added;
  std::set_difference(old_rows.begin(), old_rows.end(), new_rows.begin(), new_rows.end(), std::back_inserter(gone));
  std::set_difference(new_rows.begin(), new_rows.end(), old_rows.begin(), old_rows.end(), std::back_inserter(added));
  if (gone.empty() && subset) return Outcome::passed;
  list(observed, "gone", gone);
  if (!subset) list(observed, "new", added);
  return Outcome::failed;
}

std::string_view relation_text(Invariant::Relation relation) {
  switch (relation) {
    case Invariant::Relation::equal:
      return "the same rows as before";
    case Invariant::Relation::subset:
      return "every row of before";
    case Invariant::Relation::not_less:
      return "not less than before";
  }
  return "";
}

}  // namespace

std::map<std::string, std::string> InvariantCapture::to_values() const {
  std::map<std::string, std::string> out{
      {"digest", digest.hex()}, {"count", std::to_string(count)}, {"first", is_utf8(first) ? first : escape(first)}};
  if (rows_kept) {
    out["rows"] = Json(rows).dump();
  } else {
    auto& all = out["marks"];
    for (const auto& mark : marks) all += mark;
  }
  return out;
}

InvariantCapture InvariantCapture::from_values(const std::map<std::string, std::string>& values) {
  InvariantCapture out;
  try {
    out.digest = Digest::from_hex(values.at("digest"));
    out.count = std::stoll(values.at("count"));
    out.first = values.at("first");
    out.rows_kept = values.contains("rows");
    if (out.rows_kept) {
      out.rows = Json::parse(values.at("rows")).get<std::vector<std::string>>();
    } else {
      const auto& all = values.at("marks");
      for (std::size_t at = 0; at < all.size(); at += mark_length) out.marks.push_back(all.substr(at, mark_length));
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(Code::invalid_document, Text{"remembered rows of an invariant", "不变量所记的行"},
                Text{error.what(), error.what()});
  }
  return out;
}

InvariantCapture capture(Connection& connection, const std::string& sql, std::size_t row_limit) {
  InvariantCapture out;
  std::vector<Digest> digests;
  std::size_t text = 0;
  connection.each_row(sql, {}, [&](const std::vector<std::string>&, const SqlRow& row) {
    if (digests.empty() && !row.empty()) out.first = row.front().value_or("");
    auto line = row_text(row);
    digests.push_back(Digest::of(line));
    text += line.size();
    if (out.rows_kept && (digests.size() > row_limit || text > most_text)) {
      out.rows_kept = false;
      out.rows.clear();
    }
    if (out.rows_kept) out.rows.push_back(std::move(line));
    return true;
  });
  out.count = static_cast<std::int64_t>(digests.size());
  out.digest = digest_of_rows(digests);
  std::sort(out.rows.begin(), out.rows.end());
  if (!out.rows_kept && digests.size() <= most_marks)
    for (const auto& digest : digests) out.marks.push_back(digest.hex().substr(0, mark_length));
  return out;
}

StepsResult compare(const Invariant& invariant, const InvariantCapture& before, const InvariantCapture& after) {
  EvidenceStep step;
  step.action = "SQL " + invariant.after;
  step.expected = relation_text(invariant.relation);
  StepsResult result;
  result.outcome = invariant.relation == Invariant::Relation::not_less
                       ? judge_number(before, after, step.observed)
                       : judge_rows(invariant.relation == Invariant::Relation::subset, before, after, step.observed);
  step.passed = result.outcome == Outcome::passed;
  result.summary = {step.observed, step.observed};
  result.steps.push_back(std::move(step));
  return result;
}

}  // namespace ferry
