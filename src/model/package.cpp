#include "model/package.h"

#include "model/fields.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

constexpr std::pair<PackageKind, std::string_view> kind_names[] = {
    {PackageKind::upgrade, "upgrade"}, {PackageKind::feature, "feature"}, {PackageKind::patch, "patch"}};
constexpr std::pair<PackageOrigin::Kind, std::string_view> origin_names[] = {
    {PackageOrigin::Kind::signed_by_key, "signed_by_key"}, {PackageOrigin::Kind::imported, "imported"}};

template <class Visitor, class Value>
void meta_members(Visitor visit, Value& value) {
  visit("format", value.format);
  visit("id", value.id);
  visit.choice("kind", value.kind, package_kind);
  visit("product", value.product);
  visit("title", value.title);
  visit("from", value.from);
  visit("to", value.to);
  visit("requires", value.requires_ids);
  visit("supersedes", value.supersedes);
  visit("conflicts", value.conflicts);
  visit("fixes", value.fixes);
  visit("removes", value.removes);
  visit("runtime", value.runtime);
  visit("notes", value.notes);
  visit("module", value.module);
  visit("capture", value.capture);
}

template <class Visitor, class Value>
void script_members(Visitor visit, Value& value) {
  visit("dialect", value.dialect);
  visit("name", value.name);
  visit("digest", value.digest);
  visit("size", value.size);
}

PackageOrigin::Kind origin_kind_of(std::string_view name) {
  return fields::from_name(origin_names, name);
}

template <class Visitor, class Value>
void origin_members(Visitor visit, Value& value) {
  visit.choice("kind", value.kind, origin_kind_of);
  visit("key_id", value.key_id);
  visit("comment", value.comment);
  visit("person", value.person);
  visit("at", value.at);
}

}  // namespace

std::string_view name_of(PackageKind kind) {
  return fields::to_name(kind_names, kind);
}
PackageKind package_kind(std::string_view name) {
  return fields::from_name(kind_names, name);
}
std::string_view name_of(PackageOrigin::Kind kind) {
  return fields::to_name(origin_names, kind);
}

void to_json(Json& json, const PackageMeta& value) {
  meta_members(fields::Writer(json), value);
}
void from_json(const Json& json, PackageMeta& value) {
  fields::require_format(json, known_format, "package");
  value = PackageMeta{};
  meta_members(fields::Reader(json), value);
}
void to_json(Json& json, const PackageScript& value) {
  script_members(fields::Writer(json), value);
}
void from_json(const Json& json, PackageScript& value) {
  value = PackageScript{};
  script_members(fields::Reader(json), value);
}
void to_json(Json& json, const PackageOrigin& value) {
  origin_members(fields::Writer(json), value);
}
void from_json(const Json& json, PackageOrigin& value) {
  value = PackageOrigin{};
  origin_members(fields::Reader(json), value);
}

}  // namespace ferry
