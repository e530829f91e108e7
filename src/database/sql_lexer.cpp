#include "database/sql_lexer.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace ferry {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}
// Bytes above ASCII belong to words: Chinese table and column names.
bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || c == '@' || c == '#' || byte >= 0x80;
}

}  // namespace

bool SqlToken::is(std::string_view word) const {
  return kind == Kind::word &&
         std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); });
}

void SqlLexer::fail(int line, const Text& why) const {
  throw Error(Code::invalid_document, name_ + ":" + std::to_string(line), why);
}

std::string_view SqlLexer::rest_of_line(std::size_t from) const {
  return sql_.substr(from, sql_.find('\n', from) - from);
}

std::size_t SqlLexer::word_end(std::size_t from) const {
  while (from < sql_.size() && is_word(sql_[from])) ++from;
  return from;
}

std::size_t SqlLexer::quoted_end(std::size_t from) const {
  const char close = sql_[from] == '[' ? ']' : sql_[from];
  for (auto at = sql_.find(close, from + 1); at != std::string_view::npos; at = sql_.find(close, at + 2)) {
    const bool doubled = close != ']' && at + 1 < sql_.size() && sql_[at + 1] == close;
    if (!doubled) return at + 1;
  }
  fail(line_, {std::string("quote ") + sql_[from] + " is not closed", std::string("引号 ") + sql_[from] + " 没有闭合"});
}

std::size_t SqlLexer::comment_end(std::size_t from) const {
  const auto two = sql_.substr(from, 2);
  if (two == "--") return std::min(sql_.find('\n', from), sql_.size());
  if (two != "/*") return from;
  const auto close = sql_.find("*/", from + 2);
  if (close == std::string_view::npos) fail(line_, {"comment /* is not closed", "注释 /* 没有闭合"});
  return close + 2;
}

SqlToken::Kind SqlLexer::classify(std::size_t& end) {
  const char c = sql_[at_];
  end = comment_end(at_);
  if (end != at_) return SqlToken::Kind::comment;
  end = at_ + 1;
  if (c == ';') return SqlToken::Kind::semicolon;
  if (c == '\'' || c == '"' || c == '`' || c == '[') {
    end = quoted_end(at_);
    return SqlToken::Kind::quoted;
  }
  if (is_word(c)) {
    end = word_end(at_);
    return SqlToken::Kind::word;
  }
  if (c == ':' && end < sql_.size()) {
    if (sql_[end] == ':' || sql_[end] == '=') {  // PostgreSQL's cast, PL/SQL's assignment
      ++end;
      return SqlToken::Kind::other;
    }
    if (is_word(sql_[end]) && std::isdigit(static_cast<unsigned char>(sql_[end])) == 0) {
      end = word_end(end);
      return SqlToken::Kind::parameter;
    }
  }
  return SqlToken::Kind::other;
}

bool SqlLexer::next(SqlToken& token) {
  for (; at_ < sql_.size() && is_blank(sql_[at_]); ++at_) {
    if (sql_[at_] != '\n') continue;
    ++line_;
    line_begins_ = true;
  }
  if (at_ >= sql_.size()) return false;
  std::size_t end = 0;
  token.kind = classify(end);
  token.text = sql_.substr(at_, end - at_);
  token.at = at_;
  token.line = line_;
  token.first_on_line = line_begins_;
  line_begins_ = false;
  line_ += static_cast<int>(std::count(token.text.begin(), token.text.end(), '\n'));
  at_ = end;
  return true;
}

}  // namespace ferry
