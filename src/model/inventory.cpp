#include "model/inventory.h"

#include "model/fields.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

template <class Visitor, class Value>
void module_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("title", value.title);
  visit("installed", value.installed);
  visit("uses", value.uses);
  visit("version", value.version);
  visit("care", value.care);
  visit("separate", value.separate);
}

template <class Visitor, class Value>
void host_members(Visitor visit, Value& value) {
  visit("os", value.os);
  visit("kernel", value.kernel);
  visit("cpu", value.cpu);
  visit("cores", value.cores);
  visit("memory_bytes", value.memory_bytes);
  visit("disk_free_bytes", value.disk_free_bytes);
  visit("disk_total_bytes", value.disk_total_bytes);
  visit("file_system", value.file_system);
  visit("time_zone", value.time_zone);
  visit("locale", value.locale);
  visit("runtimes", value.runtimes);
  visit("root", value.root);
}

template <class Visitor, class Value>
void database_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("product", value.product);
  visit("version", value.version);
  visit("bytes", value.bytes);
  visit("encoding", value.encoding);
  visit("rows", value.rows);
  visit("schema", value.schema);
  visit("custom_objects", value.custom_objects);
  visit("settings", value.settings);
}

template <class Visitor, class Value>
void runtime_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("version", value.version);
  visit("says", value.says);
  visit("file", value.file);
  visit("digest", value.digest);
  visit("problem", value.problem);
}

template <class Visitor, class Value>
void service_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("running", value.running);
  visit("pids", value.pids);
  visit("started", value.started);
  visit("account", value.account);
  visit("command", value.command);
  visit("port", value.port);
  visit("build", value.build);
}

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("format", value.format);
  visit("environment", value.environment);
  visit("root", value.root);
  visit("product", value.product);
  visit("version", value.version);
  visit("build", value.build);
  visit("taken", value.taken);
  visit("used_since", value.used_since);
  visit("packages", value.packages);
  visit("scripts", value.scripts);
  visit("modules", value.modules);
  visit("host", value.host);
  visit("databases", value.databases);
  visit("services", value.services);
  visit("runtimes", value.runtimes);
  visit("native_modules", value.native_modules);
  visit("program", value.program);
  visit("manifest", value.manifest);
  visit("files", value.files);
  visit("bytes", value.bytes);
  visit("compared", value.compared);
  visit("modified", value.modified);
  visit("added", value.added);
  visit("deleted", value.deleted);
  visit("findings", value.findings);
  visit("profile", value.profile);
  visit("definitions", value.definitions);
}

}  // namespace

void to_json(Json& json, const ModuleState& value) {
  module_members(fields::Writer(json), value);
}
void from_json(const Json& json, ModuleState& value) {
  value = ModuleState{};
  module_members(fields::Reader(json), value);
}
void to_json(Json& json, const HostFacts& value) {
  host_members(fields::Writer(json), value);
}
void from_json(const Json& json, HostFacts& value) {
  value = HostFacts{};
  host_members(fields::Reader(json), value);
}
void to_json(Json& json, const DatabaseFacts& value) {
  database_members(fields::Writer(json), value);
}
void from_json(const Json& json, DatabaseFacts& value) {
  value = DatabaseFacts{};
  database_members(fields::Reader(json), value);
}
void to_json(Json& json, const RuntimeFacts& value) {
  runtime_members(fields::Writer(json), value);
}
void from_json(const Json& json, RuntimeFacts& value) {
  value = RuntimeFacts{};
  runtime_members(fields::Reader(json), value);
}
void to_json(Json& json, const ServiceFacts& value) {
  service_members(fields::Writer(json), value);
}
void from_json(const Json& json, ServiceFacts& value) {
  value = ServiceFacts{};
  service_members(fields::Reader(json), value);
}
void to_json(Json& json, const Inventory& value) {
  members(fields::Writer(json), value);
}
void from_json(const Json& json, Inventory& value) {
  fields::require_format(json, known_format, "inventory");
  value = Inventory{};
  members(fields::Reader(json), value);
}

}  // namespace ferry
