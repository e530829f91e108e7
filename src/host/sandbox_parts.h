// Between the two sides of the sandbox. Not for other rooms.
#pragma once
#include "base/json.h"
#include "host/sandbox.h"

namespace ferry {

Text ended_by_signal(int signal);

void to_json(Json& json, const SandboxOptions& value);
void from_json(const Json& json, SandboxOptions& value);
void to_json(Json& json, const SandboxCommand& value);
void from_json(const Json& json, SandboxCommand& value);

}  // namespace ferry
