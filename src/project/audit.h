// Records chained by hash, so that a changed, removed or inserted one shows (REQUIREMENTS D5). The same chain carries
// the store's collections; here are its rules, without files.
//
// What the chain can't show is a cut at the end: that takes a digest kept elsewhere. Every report and approval prints
// the head for that reason, and the store keeps it beside the log.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace ferry {

struct ChainRecord {
  std::uint64_t number = 0;  // from 1
  Digest previous;           // of the record before; empty for the first
  Json data;
  Digest digest;  // over number, previous and data
};

// Throws Error(invalid_document) for data that have no canonical form (floating point, strings that are not UTF-8).
ChainRecord next_record(const ChainRecord* last, Json data);
// One line without the newline: canonical {"data":...,"hash":...,"n":...,"prev":...}.
std::string line_of(const ChainRecord& record);
// Nothing when the line is not a record whose digest is right.
std::optional<ChainRecord> record_of(std::string_view line);
// Index of the first record that does not follow from the one before; nothing: whole.
std::optional<std::size_t> first_broken(const std::vector<ChainRecord>& records);

// What stands in the audit log.
struct AuditEntry {
  Moment at;
  std::string person;
  std::string user;     // account of the operating system
  std::string action;   // "plan.approve", "gate.waive", "run.start"
  std::string subject;  // id or digest
  Json detail;
};
void to_json(Json& json, const AuditEntry& value);
void from_json(const Json& json, AuditEntry& value);

}  // namespace ferry
