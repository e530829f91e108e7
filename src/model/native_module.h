// Programs in machine code that a runtime loads (Node.js, PHP, Java), and what of the runtime they were built for.
#pragma once
#include <string>

#include "base/json.h"
#include "base/path.h"

namespace ferry {

struct NativeModule {
  RelativePath path;
  std::string runtime;    // node, php, java
  bool any = false;       // built for an interface that stays the same from version to version (Node-API, JNI)
  std::string built_for;  // node: NODE_MODULE_VERSION "115"; php: "20220829,NTS"; empty and not `any`: it does not say
  bool operator==(const NativeModule&) const = default;
};

// A runtime as a file, by what stands in it: it need not be executed.
struct RuntimeProgram {
  RelativePath path;
  std::string runtime;
  std::string version;  // may be empty
  std::string loads;    // modules that were built for this; empty: not known
  bool operator==(const RuntimeProgram&) const = default;
};

void to_json(Json& json, const NativeModule& value);
void from_json(const Json& json, NativeModule& value);
void to_json(Json& json, const RuntimeProgram& value);
void from_json(const Json& json, RuntimeProgram& value);

// NODE_MODULE_VERSION of a release of Node.js ("22.3.0" -> "127"); empty for one that is not known here.
std::string node_module_version(const std::string& node_version);

}  // namespace ferry
