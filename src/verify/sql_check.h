// Checks made of one query.
#pragma once
#include "verify/context.h"
#include "verify/http_check.h"

namespace ferry {

// `empty`: up to 20 rows found are listed as the failure. An expectation that demands nothing is an Error
// (invalid_document): it could not fail. Parameters in the query: those of context.variables() with '.' as '_'
// (:environment_port). Throws Error of the connection.
StepsResult check_sql(const SqlExpectation& expectation, const Profile& profile, const CheckContext& context);

}  // namespace ferry
