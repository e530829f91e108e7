// Words of SQL text, just enough to find where statements end and what they begin with. Not for use outside this room.
#pragma once
#include <string>
#include <string_view>

#include "base/text.h"

namespace ferry {

struct SqlToken {
  enum class Kind { word, quoted, parameter, semicolon, other, comment };
  Kind kind = Kind::other;
  std::string_view text;
  std::size_t at = 0;  // byte
  int line = 1;
  bool first_on_line = false;

  bool is(std::string_view word) const;  // a word, any case
  std::size_t end() const { return at + text.size(); }
};

class SqlLexer {
 public:
  // `name` is for errors: Error(invalid_document, name:line) on what is not closed.
  SqlLexer(std::string_view sql, std::string name) : sql_(sql), name_(std::move(name)) {}

  bool next(SqlToken& token);  // comments included; false at the end
  std::string_view rest_of_line(std::size_t from) const;
  [[noreturn]] void fail(int line, const Text& why) const;

 private:
  std::size_t word_end(std::size_t from) const;
  std::size_t quoted_end(std::size_t from) const;
  std::size_t comment_end(std::size_t from) const;  // same as `from` when there is none
  SqlToken::Kind classify(std::size_t& end);

  std::string_view sql_;
  std::string name_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_begins_ = true;
};

}  // namespace ferry
