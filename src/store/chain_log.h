// One append-only collection: <name>.jsonl with hash-chained lines, and <name>.head which says how far it was
// acknowledged. Not for use outside this room.
//
// The order of writing is the point: lines, fsync, then the head. So every state that a crash can leave is one of
//   log beyond head:   an append that was not acknowledged. Whole records of it stay (they are on the disk), the torn
//                      rest is ignored by readers and cut off by the next writer.
//   log equals head:   nothing was under way.
// A log that ends before its head, or is damaged before it, has lost what was promised to be kept: corrupt_log.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "project/audit.h"

namespace ferry {

class ChainLog {
 public:
  // `folder` must exist before the first append.
  ChainLog(const std::string& folder, const std::string& name);

  std::vector<ChainRecord> read() const;
  // The last acknowledged record's digest.
  Digest head() const;
  // The caller holds the project's lock. Returns the new records.
  std::vector<ChainRecord> append(std::vector<Json> data);

 private:
  struct Head {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;  // length of the log up to and with this record
    Digest digest;
  };
  struct Parsed {
    std::vector<ChainRecord> records;
    std::uint64_t good_bytes = 0;
    std::uint64_t all_bytes = 0;
    bool valid_after_damage = false;
  };

  Head read_head() const;
  void write_head(const Head& head) const;
  Parsed parse(std::string_view text, const Head& from) const;
  void require_intact(const Head& head, const Parsed& parsed) const;
  Parsed parse_tail(const Head& head) const;
  void write_lines(const std::string& lines, std::uint64_t size_before, const Head& head) const;

  std::string log_;
  std::string head_;
};

}  // namespace ferry
