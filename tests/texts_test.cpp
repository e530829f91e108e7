// Whoever reads Ferry in Chinese gets no English sentence and no half-width stops: held by reading the sources, because
// no test reaches every error.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
const fs::path source_dir = FERRY_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Behind the literal that begins at `at`; raw strings included.
std::size_t literal_end(std::string_view text, std::size_t at) {
  if (at > 0 && text[at - 1] == 'R' && text[at] == '"') {
    const auto open = text.find('(', at);
    const std::string close = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
    return text.find(close, open) + close.size();
  }
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[at])
      return i + 1;
  }
  return text.size();
}

// Comments become blanks, so that places stay where they are.
std::string without_comments(std::string text) {
  for (std::size_t i = 0; i + 1 < text.size();) {
    const bool digit_mark = text[i] == '\'' && i > 0 && std::isdigit(static_cast<unsigned char>(text[i - 1])) != 0;
    if ((text[i] == '"' || text[i] == '\'') && !digit_mark) {
      i = literal_end(text, i);
    } else if (text[i] == '/' && text[i + 1] == '/') {
      while (i < text.size() && text[i] != '\n') text[i++] = ' ';
    } else {
      ++i;
    }
  }
  return text;
}

// "(...)" or "{...}" that begins at `at`, with its brackets.
std::string_view bracketed(std::string_view text, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = literal_end(text, i);
      continue;
    }
    depth += c == '(' || c == '{' || c == '[' ? 1 : c == ')' || c == '}' || c == ']' ? -1 : 0;
    ++i;
    if (depth == 0) return text.substr(at, i - at);
  }
  return text.substr(at);
}

// What is left of a call's arguments when every Text{...} is taken out of them.
std::string without_texts(std::string_view arguments) {
  std::string out;
  for (std::size_t i = 0; i < arguments.size();) {
    if (arguments[i] == '"') {
      const auto end = literal_end(arguments, i);
      out += arguments.substr(i, end - i);
      i = end;
    } else if (arguments.substr(i).starts_with("Text{") && (i == 0 || !is_word(arguments[i - 1]))) {
      i += 4 + bracketed(arguments, i + 4).size();
      out += "Text";
    } else {
      out += arguments[i++];
    }
  }
  return out;
}

// A literal with a blank beside a word is a sentence or a piece of one: "no such file", "check ". Names have none, and
// options of a command are its own.
bool is_prose(const std::string& literal) {
  static const std::regex prose("[a-z]{2,}[,:;]? | [a-z]{2,}");
  return !literal.starts_with("\"--") && std::regex_search(literal, prose);
}

std::string prose_in(const std::string& arguments) {
  for (std::size_t i = 0; i < arguments.size();) {
    const auto end = arguments[i] == '"' || arguments[i] == '\'' ? literal_end(arguments, i) : i + 1;
    auto literal = arguments.substr(i, end - i);
    if (literal.front() == '"' && is_prose(literal)) return literal;
    i = end;
  }
  return {};
}

// What only English readers would understand in the Error(...) and within(...) of a source: line and words.
std::vector<std::string> english_only(std::string_view given) {
  const std::string source = without_comments(std::string(given));
  static const std::regex call(R"(\b(?:Error|within)\()");
  std::vector<std::string> out;
  for (auto it = std::sregex_iterator(source.begin(), source.end(), call); it != std::sregex_iterator(); ++it) {
    const auto begin = static_cast<std::size_t>(it->position());
    const auto arguments = bracketed(source, begin + static_cast<std::size_t>(it->length()) - 1);
    // A fault of Ferry itself is told to those who make it.
    if (arguments.starts_with("(Code::internal")) continue;
    const auto left = without_texts(arguments);
    auto words = prose_in(left);
    // Another error's English detail taken over, where its detail_text() has both.
    if (words.empty() && left.find(".detail()") != std::string::npos) words = left;
    if (words.empty()) continue;
    const auto line = 1 + std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
    out.push_back(std::to_string(line) + ": " + words);
  }
  return out;
}

// Half-width stops right beside Chinese.
std::vector<std::string> mixed_stops(std::string_view given) {
  const std::string source = without_comments(std::string(given));
  static const std::string chinese = "[\xE4-\xE9][\x80-\xBF][\x80-\xBF]";
  static const std::regex mixed(chinese + "[,;:!?()]|[,;:!?(]" + chinese + "|" + chinese + "\\)");
  std::vector<std::string> out;
  for (std::size_t i = 0; i < source.size();) {
    if (source[i] != '"' && source[i] != '\'') {
      ++i;
      continue;
    }
    const auto end = literal_end(source, i);
    const auto literal = source.substr(i, end - i);
    i = end;
    if (source[i - 1] == '"' && std::regex_search(literal, mixed))
      out.push_back(
          std::to_string(1 + std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(i), '\n')) + ": " +
          literal);
  }
  return out;
}

template <class Use>
void each_source(Use use) {
  for (const auto& item : fs::recursive_directory_iterator(source_dir / "src")) {
    const auto extension = item.path().extension();
    const auto name = item.path().stem().string();
    if (extension != ".h" && extension != ".cpp") continue;
    if (name.find("test") != std::string::npos || name.find("fixture") != std::string::npos) continue;
    use(fs::relative(item.path(), source_dir).string(), read(item.path()));
  }
}

TEST(Texts, EveryErrorSpeaksChineseToo) {
  std::size_t files = 0;
  each_source([&](const std::string& file, const std::string& text) {
    ++files;
    for (const auto& line : english_only(text))
      ADD_FAILURE() << file << ":" << line << "\nan English sentence for everybody: give Text{\"...\", \"...\"}";
  });
  EXPECT_GT(files, 300U);
}

TEST(Texts, ChineseHasItsOwnStops) {
  const auto hold = [](const std::string& file, const std::string& text) {
    for (const auto& line : mixed_stops(text)) ADD_FAILURE() << file << ":" << line;
  };
  each_source(hold);
  for (const auto& item : fs::directory_iterator(source_dir / "src/model/schema"))
    hold(item.path().filename().string(), read(item.path()));
}

TEST(Texts, TheRulesAboveSeeWhatTheyShall) {
  const auto counts = [](const std::string& source) { return english_only(source).size(); };
  EXPECT_EQ(counts(R"(throw Error(Code::io, path, "reading failed");)"), 1U);
  EXPECT_EQ(counts(R"(throw Error(Code::not_found, "check " + id);)"), 1U);
  EXPECT_EQ(counts("throw Error(\n    Code::io, path,\n    fmt::format(\"more than {} bytes\", most));"), 1U);
  EXPECT_EQ(counts(R"(throw Error(Code::io, path, ready ? "was ready" : why);)"), 1U);
  EXPECT_EQ(counts(R"(throw Error(code, where, e.detail());)"), 1U);
  EXPECT_EQ(counts(R"(throw std::move(e).within("SQL script " + name);)"), 1U);
  EXPECT_EQ(counts(R"(throw Error(Code::io, path, Text{"reading " + name, "读取 " + name});)"), 0U);
  EXPECT_EQ(counts(R"(throw Error(Code::io, path, Text{fmt::format("{} of {}", a, b), "甲（乙）"});)"), 0U);
  EXPECT_EQ(counts(R"(throw Error(Code::io, "fence", e.what()); // "no such file")"), 0U);
  EXPECT_EQ(counts(R"(throw Error(Code::internal, path, "no database was given");)"), 0U);
  EXPECT_EQ(mixed_stops(R"(say("名称:" + name);)").size(), 1U);
  EXPECT_EQ(mixed_stops(R"(say("{},甲");)").size(), 1U);
  EXPECT_EQ(mixed_stops(R"(say("名称：甲，乙（丙）；ferry --as 用户");)").size(), 0U);
}

}  // namespace
