// The journal of a switch: all operations with the identities of the old and new objects, durable before the first of
// them, then marks. Format: docs/formats/switch-journal.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/operation.h"

namespace ferry {

// Modification time of a folder whose entries the operations change; empty where the folder does not exist then.
struct FolderTime {
  RelativePath path;  // empty: the root
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> after;
};

enum class Mark { forward_begun, forward_done, back_begun, back_done, discarded };
std::string_view name_of(Mark mark);

struct Journal {
  std::string root;
  std::uint64_t root_inode = 0;
  std::vector<Operation> operations;  // in forward order
  std::vector<FolderTime> times;
  std::vector<Mark> marks;  // empty only while nothing has begun: the first one gets into place together with the list
  std::uint64_t bytes = 0;  // of whole lines

  bool discarded() const { return marks.back() == Mark::discarded; }
  // The last mark that speaks about the tree.
  Mark position() const;
};

std::string journal_path(const std::string& run_folder);

// Everything but the marks, as text.
std::string list_of(const Journal& journal);
// Of text that is_whole_list; whether it is may be found out at the same time on another core. Of any other text the
// result means nothing, or it throws as read_journal.
Journal parse_list(std::string_view text, const std::string& where);
// The list up to its end has the digest that its end says. Marks may follow.
bool is_whole_list(std::string_view text);

// Makes the journal with the mark forward_begun, durably. The file appears only when it is complete: no journal means
// that no operation has begun.
void write_journal(const std::string& run_folder, Journal& journal);
// Empty optional: there is none. Throws Error(corrupt_log) when it is not whole; a torn line among the marks is one
// that was being written when the power failed, and is dropped.
std::optional<Journal> read_journal(const std::string& run_folder);
Journal parse_journal(std::string_view text, const std::string& where);
// To the file of the journal at `path`. Durable when it returns. What a torn line left behind is cut off first.
void append_mark(const std::string& path, Journal& journal, Mark mark);

}  // namespace ferry
