// A plan's JSON text, written and read change by change: a plan of hundreds of thousands of changes as one JSON value
// takes gigabytes.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/plan.h"

namespace ferry {

// Byte by byte canonical(Json(plan)). `lines`: a line feed behind every change, for people; not canonical then.
std::string plan_text(const Plan& plan, bool lines = false);

// Any JSON text of a plan. Throws Error(invalid_document, unsupported_format) naming `where`.
Plan parse_plan(std::string_view text, const std::string& where);

// For readers of a part: everything but the changes, whose lists are empty in the value returned. `change` gets each of
// them as it is read, with the number of its hop, or none when it is one of the plan's own.
using ChangeReader = std::function<void(std::optional<std::size_t> hop, const Json& change)>;
Json parse_plan_head(std::string_view text, const std::string& where, const ChangeReader& change = {});

}  // namespace ferry
