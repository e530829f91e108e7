#include "model/native_module.h"

#include <cstdlib>
#include <map>

#include "model/fields.h"

namespace ferry {
namespace {

template <class Visitor, class Value>
void module_members(Visitor visit, Value& value) {
  visit("path", value.path);
  visit("runtime", value.runtime);
  visit("any", value.any);
  visit("built_for", value.built_for);
}

template <class Visitor, class Value>
void runtime_members(Visitor visit, Value& value) {
  visit("path", value.path);
  visit("runtime", value.runtime);
  visit("version", value.version);
  visit("loads", value.loads);
}

}  // namespace

void to_json(Json& json, const NativeModule& value) {
  module_members(fields::Writer(json), value);
}
void from_json(const Json& json, NativeModule& value) {
  value = NativeModule{};
  module_members(fields::Reader(json), value);
}
void to_json(Json& json, const RuntimeProgram& value) {
  runtime_members(fields::Writer(json), value);
}
void from_json(const Json& json, RuntimeProgram& value) {
  value = RuntimeProgram{};
  runtime_members(fields::Reader(json), value);
}

// One number per major release; Node.js keeps the list in doc/abi_version_registry.json.
std::string node_module_version(const std::string& node_version) {
  static const std::map<int, int> all{{10, 64},  {11, 67},  {12, 72},  {13, 79},  {14, 83},  {15, 88},
                                      {16, 93},  {17, 102}, {18, 108}, {19, 111}, {20, 115}, {21, 120},
                                      {22, 127}, {23, 131}, {24, 137}, {25, 141}};
  const auto found = all.find(std::atoi(node_version.c_str()));
  return found == all.end() ? std::string() : std::to_string(found->second);
}

}  // namespace ferry
