#include "database/script.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/charset.h"
#include "base/error.h"
#include "base/path.h"
#include "database/connection.h"
#include "database/dialect.h"
#include "database/sql_lexer.h"

namespace ferry {
namespace {

using Kind = SqlToken::Kind;

// Gathers tokens until the statement ends.
class Splitter {
 public:
  Splitter(std::string_view sql, Separator separator, const std::string& name)
      : sql_(sql), separator_(separator), lexer_(sql, name) {}

  std::vector<Statement> split() {
    SqlToken token;
    while (lexer_.next(token)) {
      if (token.kind == Kind::comment) continue;
      if (ends_by_line(token) || (token.kind == Kind::semicolon && ends_by_semicolon()))
        finish();
      else
        add(token);
    }
    if (trigger_ && !ends_by_semicolon())
      lexer_.fail(line_, {"CREATE TRIGGER does not end with END;", "CREATE TRIGGER 没有以 END; 结尾"});
    finish();
    return std::move(statements_);
  }

 private:
  bool ends_by_line(const SqlToken& token) const {
    if (!token.first_on_line) return false;
    const bool go = separator_ == Separator::go_line && token.is("GO");
    const bool slash = separator_ == Separator::slash_line && token.text == "/";
    if (!go && !slash) return false;
    const auto rest = lexer_.rest_of_line(token.end());
    if (rest.find_first_not_of(" \t\r") == std::string_view::npos) return true;
    if (go) lexer_.fail(token.line, {"GO with something behind it is not supported", "不支持 GO 之后还有其他内容"});
    return false;
  }

  bool ends_by_semicolon() const {
    if (separator_ == Separator::go_line || block_) return false;
    // Inside a trigger every statement has a ';'. The last one is followed by END; while the END of a CASE never
    // stands behind a ';'.
    return !trigger_ || (previous_.is("END") && before_previous_.kind == Kind::semicolon);
  }

  void add(const SqlToken& token) {
    if (words_ == 0) {
      if (token.kind == Kind::semicolon && separator_ != Separator::go_line) return;
      begin_ = token.at;
      line_ = token.line;
    }
    if (words_ < 6) opening_ += " " + std::string(token.text) + " ";
    if (words_++ < 6) look_at_opening();
    end_ = token.end();
    before_previous_ = previous_;
    previous_ = token;
  }

  void look_at_opening() {
    std::transform(opening_.begin(), opening_.end(), opening_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto begins = [this](std::string_view word) { return opening_.starts_with(word); };
    const auto has = [this](std::string_view word) { return opening_.find(word) != std::string::npos; };
    const bool creates = begins(" CREATE ");
    // The name comes behind the kind, so a table called "trigger" is not taken for one.
    const bool named = has(" TABLE ") || has(" VIEW ") || has(" INDEX ");
    if (separator_ == Separator::semicolon) trigger_ = creates && has(" TRIGGER ") && !named;
    if (separator_ == Separator::slash_line)
      block_ = begins(" DECLARE ") || begins(" BEGIN ") ||
               (creates && !named &&
                (has(" PROCEDURE ") || has(" FUNCTION ") || has(" PACKAGE ") || has(" TRIGGER ") || has(" TYPE ")));
  }

  void finish() {
    if (words_ > 0) statements_.push_back({std::string(sql_.substr(begin_, end_ - begin_)), line_});
    words_ = 0;
    opening_.clear();
    trigger_ = block_ = false;
    previous_ = before_previous_ = SqlToken{};
  }

  std::string_view sql_;
  Separator separator_;
  SqlLexer lexer_;
  std::vector<Statement> statements_;
  std::size_t begin_ = 0, end_ = 0, words_ = 0;
  int line_ = 1;
  std::string opening_;
  bool trigger_ = false;
  bool block_ = false;  // PL/SQL: only '/' ends it
  SqlToken previous_, before_previous_;
};

int line_of(std::string_view text, std::size_t byte) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(byte), '\n'));
}

// Position of the first byte that is no UTF-8: that of the longest good prefix, by halving.
std::size_t first_bad_byte(std::string_view bytes) {
  std::size_t good = 0;
  for (std::size_t at = 0; at < bytes.size(); at = std::min(bytes.find('\n', at), bytes.size() - 1) + 1) {
    const auto line = bytes.substr(at, bytes.find('\n', at) - at);
    if (!is_utf8(line)) return at;
    good = at;
  }
  return good;
}

}  // namespace

std::string decode_script(std::string_view bytes, std::string_view encoding, const std::string& name) {
  if (bytes.starts_with("\xFF\xFE")) return to_utf8(bytes.substr(2), "utf-16le");
  if (bytes.starts_with("\xFE\xFF")) return to_utf8(bytes.substr(2), "utf-16be");
  if (bytes.starts_with("\xEF\xBB\xBF")) return decode_script(bytes.substr(3), "utf-8", name);
  const bool utf8 = encoding.empty() || encoding == "UTF-8" || encoding == "utf-8";
  if (utf8 && !is_utf8(bytes))
    throw Error(Code::invalid_document, name + ":" + std::to_string(line_of(bytes, first_bad_byte(bytes))),
                Text{"not UTF-8; if the script is GBK, say so in 'encoding' of the database in the profile",
                     "不是 UTF-8 编码；若脚本为 GBK，请在产品档案中该数据库的 encoding 项注明"});
  if (utf8) return std::string(bytes);
  try {
    return to_utf8(bytes, encoding);
  } catch (Error& error) {
    throw std::move(error).within(Text{"SQL script " + name, "SQL 脚本 " + name});
  }
}

std::vector<Statement> split_statements(std::string_view utf8, Separator separator, const std::string& name) {
  return Splitter(utf8, separator, name).split();
}

Script read_script(std::string name, std::string_view bytes, Separator separator, std::string_view encoding) {
  Script script;
  script.digest = Digest::of(bytes);
  script.statements = split_statements(decode_script(bytes, encoding, name), separator, name);
  script.name = std::move(name);
  return script;
}

std::string normalised_sql(std::string_view sql) {
  SqlLexer lexer(sql, "SQL");
  SqlToken token;
  std::string out;
  while (lexer.next(token)) {
    if (token.kind == Kind::comment) continue;
    if (!out.empty()) out += ' ';
    if (token.kind == Kind::word)
      for (const char c : token.text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    else
      out += token.text;
  }
  while (out.ends_with(" ;") || out == ";") out.resize(out.size() - std::min<std::size_t>(2, out.size()));
  return out;
}

std::vector<std::string> parameter_names(std::string_view sql) {
  SqlLexer lexer(sql, "SQL");
  SqlToken token;
  std::vector<std::string> names;
  while (lexer.next(token)) {
    if (token.kind != Kind::parameter) continue;
    const std::string name(token.text.substr(1));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void execute_all(Connection& connection, std::string_view sql, const std::string& name) {
  const auto statements = split_statements(sql, connection.dialect().separator(), name);
  Transaction transaction(connection);
  for (const auto& statement : statements) {
    try {
      connection.execute(statement.text);
    } catch (Error& error) {
      throw std::move(error).within(name + ":" + std::to_string(statement.line));
    }
  }
  transaction.commit();
}

}  // namespace ferry
