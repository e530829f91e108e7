#include "project/audit.h"

#include "base/error.h"
#include "project/fields.h"

namespace ferry {
namespace {

Json body_of(const ChainRecord& record) {
  return Json{{"data", record.data}, {"n", record.number}, {"prev", record.previous}};
}

// canonical() aborts on floating point, because nothing inside the program makes it; records may hold what came from
// outside, so here it is refused politely.
void refuse_floats(const Json& value) {
  if (value.is_number_float())
    throw Error(
        Code::invalid_document, value.dump(),
        Text{"floating point has no canonical form; use whole numbers or text", "小数没有规范形式；请用整数或文本"});
  if (value.is_structured())
    for (const auto& item : value) refuse_floats(item);
}

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("at", value.at);
  visit("person", value.person);
  visit("user", value.user);
  visit("action", value.action);
  visit("subject", value.subject);
  visit("detail", value.detail);
}

}  // namespace

ChainRecord next_record(const ChainRecord* last, Json data) {
  refuse_floats(data);
  ChainRecord record;
  record.number = last == nullptr ? 1 : last->number + 1;
  record.previous = last == nullptr ? Digest() : last->digest;
  record.data = std::move(data);
  record.digest = digest_of(body_of(record));
  return record;
}

std::string line_of(const ChainRecord& record) {
  Json line = body_of(record);
  line["hash"] = record.digest;
  return canonical(line);
}

std::optional<ChainRecord> record_of(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded() || !json.is_object() || json.size() != 4) return std::nullopt;
  try {
    ChainRecord record;
    record.number = json.at("n").get<std::uint64_t>();
    record.previous = json.at("prev").get<Digest>();
    record.data = json.at("data");
    record.digest = json.at("hash").get<Digest>();
    // Compared as text first: only the canonical form is a record, so that no two texts mean the same one.
    refuse_floats(record.data);
    if (digest_of(body_of(record)) != record.digest || line_of(record) != line) return std::nullopt;
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::size_t> first_broken(const std::vector<ChainRecord>& records) {
  Digest previous;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    if (record.number != i + 1 || record.previous != previous || digest_of(body_of(record)) != record.digest) return i;
    previous = record.digest;
  }
  return std::nullopt;
}

void to_json(Json& json, const AuditEntry& value) {
  members(project_fields::Writer(json), value);
}
void from_json(const Json& json, AuditEntry& value) {
  value = AuditEntry{};
  members(project_fields::Reader(json), value);
}

std::string joined(const std::vector<std::string>& items, std::string_view between) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += between;
    out += item;
  }
  return out;
}

}  // namespace ferry
