#include "verify/sql_check.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/path.h"

namespace ferry {
namespace {

constexpr std::size_t rows_listed = 20;

std::string row_text(const SqlRow& row) {
  std::string out;
  for (const auto& value : row) out += (out.empty() ? "" : ", ") + (value ? printable(*value) : std::string("NULL"));
  return "(" + out + ")";
}

SqlParameters parameters_of(const CheckContext& context) {
  SqlParameters out;
  for (const auto& [name, value] : context.variables()) {
    auto parameter = name;
    std::replace(parameter.begin(), parameter.end(), '.', '_');
    out[parameter] = value;
  }
  return out;
}

std::string demand(const SqlExpectation& expectation) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  if (expectation.equals) add("= " + *expectation.equals);
  if (expectation.empty) add("no rows");
  if (expectation.at_least) add(">= " + std::to_string(*expectation.at_least));
  return out;
}

// What is wrong with the value; empty when nothing is.
std::string judge_value(const SqlExpectation& expectation, Connection& connection, const SqlParameters& parameters,
                        std::string& observed) {
  const auto value = connection.scalar(expectation.sql, parameters);
  observed = value ? printable(*value) : "NULL or no row";
  if (expectation.equals && value != expectation.equals) return "is not " + *expectation.equals;
  if (!expectation.at_least) return {};
  const auto number = connection.number(expectation.sql, parameters);
  return number < *expectation.at_least ? "is less than " + std::to_string(*expectation.at_least) : std::string();
}

}  // namespace

StepsResult check_sql(const SqlExpectation& expectation, const Profile& profile, const CheckContext& context) {
  EvidenceStep step;
  step.action = "SQL " + expectation.sql;
  step.expected = demand(expectation);
  if (step.expected.empty())
    throw Error(Code::invalid_document, "SQL " + expectation.sql,
                Text{"nothing is demanded of it", "没有规定任何要求"});
  const auto began = std::chrono::steady_clock::now();
  auto connection = context.connect(profile, expectation.database);
  const auto parameters = parameters_of(context);
  std::string problem;
  if (expectation.empty) {
    const auto found = connection.query(expectation.sql, parameters, rows_listed);
    step.observed = found.rows.empty() ? "no rows" : "";
    for (const auto& row : found.rows) step.observed += (step.observed.empty() ? "" : "\n") + row_text(row);
    if (found.truncated) step.observed += "\n...";
    if (!found.rows.empty()) problem = "rows were found";
  }
  if (expectation.equals || expectation.at_least) {
    std::string observed;
    const auto wrong = judge_value(expectation, connection, parameters, observed);
    step.observed += (step.observed.empty() ? "" : "\n") + observed;
    if (problem.empty()) problem = wrong;
  }
  step.ms = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began).count();
  step.passed = problem.empty();
  StepsResult result;
  result.outcome = step.passed ? Outcome::passed : Outcome::failed;
  result.summary = {step.observed + (problem.empty() ? "" : ": " + problem),
                    step.observed + (problem.empty() ? "" : "，期望 " + step.expected)};
  result.steps.push_back(std::move(step));
  return result;
}

}  // namespace ferry
