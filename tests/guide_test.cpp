// docs/guide.md, docs/guide-product.md and their Chinese forms are carried out exactly as they stand there: every block
// of commands, one after the other in one shell and a new folder, with the real program; the outputs shown must appear.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/files.h"
#include "host/occupants.h"
#include "support/program.h"

namespace ferry::test {
namespace {

using Lines = std::vector<std::string>;

// Commands, and the lines that must appear among what they print.
struct Step {
  int line = 0;  // in the document
  std::string commands;
  Lines output;
};

Lines lines_of(const std::string& text) {
  Lines out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

std::vector<Step> steps_of(const std::string& document) {
  std::vector<Step> out;
  std::string kind;  // of the block that is open
  int number = 0;
  for (const auto& line : lines_of(read_file(std::string(FERRY_SOURCE_DIR) + "/docs/" + document))) {
    ++number;
    if (line.starts_with("```")) {
      kind = kind.empty() ? line.substr(3) : std::string();
      if (kind == "sh") out.push_back({number + 1, {}, {}});
    } else if (kind == "sh") {
      out.back().commands += line + "\n";
    } else if (kind == "text" && !out.empty()) {
      out.back().output.push_back(line);
    }
  }
  return out;
}

// "…" stands for anything.
bool fits(const std::string& line, const std::string& pattern) {
  const std::string any = "…";
  std::size_t at = 0;
  std::size_t begin = 0;
  for (bool first = true;; first = false) {
    const auto end = pattern.find(any, begin);
    const auto piece = pattern.substr(begin, end == std::string::npos ? std::string::npos : end - begin);
    if (end == std::string::npos && !first) return line.size() >= at + piece.size() && line.ends_with(piece);
    if (end == std::string::npos) return line == piece;
    const auto found = first ? (line.starts_with(piece) ? 0 : std::string::npos) : line.find(piece, at);
    if (found == std::string::npos) return false;
    at = found + piece.size();
    begin = end + any.size();
  }
}

// What must appear, in this order; empty: all of it does.
std::string missing_in(const Lines& printed, const Lines& wanted) {
  std::size_t at = 0;
  for (const auto& pattern : wanted) {
    while (at < printed.size() && !fits(printed[at], pattern)) ++at;
    if (at++ == printed.size()) return pattern;
  }
  return {};
}

class Reader {
 public:
  explicit Reader(std::string language) : place_("ferry-guide"), language_(std::move(language)) {
    std::filesystem::create_directory(place_ / "logs");
  }

  // Whatever a step that failed has left running works in this folder; nobody else does.
  ~Reader() {
    shell("cd guide && FERRY_HOME=$PWD/home ferry clone stop test; FERRY_HOME=$PWD/home ferry service stop production");
    for (const auto& process : occupants_of(place_.path()).processes) ::kill(process.pid, SIGKILL);
  }

  // Each step ends with a line that no command prints, so that its output can be told from the next one's.
  Ended carry_out(const std::vector<Step>& steps) {
    std::string script = "set -euo pipefail\nexec 2>&1\n";
    for (const auto& step : steps) script += step.commands + "\nprintf '%s\\n' '" + std::string(mark) + "'\n";
    std::ofstream(place_ / "guide.sh") << script;
    return run({"/bin/bash", place_ / "guide.sh"});
  }

  static constexpr const char* mark = "@@@ done @@@";

 private:
  Ended run(const std::vector<std::string>& argv) {
    const std::map<std::string, std::string> environment{
        {"PATH", std::string(FERRY_BUILD_DIR) + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
        {"FERRY", FERRY_SOURCE_DIR},
        {"HOME", place_.path()},
        {"LC_ALL", language_ == "zh" ? "zh_CN.UTF-8" : "C.UTF-8"}};
    return Program(argv, environment, place_ / "logs", place_.path()).wait();
  }

  void shell(const std::string& command) { run({"/bin/bash", "-c", command}); }

  TempFolder place_;
  std::string language_;
};

void as_written(const std::string& document, const std::string& language) {
  if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  const auto steps = steps_of(document);
  ASSERT_FALSE(steps.empty());
  Reader reader(language);
  const auto ended = reader.carry_out(steps);
  auto rest = lines_of(ended.out);
  for (const auto& step : steps) {
    const auto end = std::find(rest.begin(), rest.end(), Reader::mark);
    const Lines printed(rest.begin(), end);
    const auto text = [&] {
      std::string out;
      for (const auto& line : printed) out += line + "\n";
      return out;
    };
    ASSERT_NE(end, rest.end()) << document << ":" << step.line << ": the commands failed, status " << ended.status
                               << "\n"
                               << text();
    EXPECT_EQ(missing_in(printed, step.output), "") << document << ":" << step.line << ": not printed; printed was\n"
                                                    << text();
    rest.erase(rest.begin(), end + 1);
  }
}

TEST(Guide, WorksExactlyAsWritten) {
  as_written("guide.md", "en");
}

TEST(Guide, WorksExactlyAsWrittenInChinese) {
  as_written("guide.zh.md", "zh");
}

TEST(Guide, TheSecondPartWorksExactlyAsWritten) {
  as_written("guide-product.md", "en");
}

TEST(Guide, TheSecondPartWorksExactlyAsWrittenInChinese) {
  as_written("guide-product.zh.md", "zh");
}

TEST(Guide, BothLanguagesHaveTheSameCommands) {
  for (const std::string name : {"guide", "guide-product"}) {
    const auto english = steps_of(name + ".md");
    const auto chinese = steps_of(name + ".zh.md");
    ASSERT_EQ(english.size(), chinese.size());
    for (std::size_t i = 0; i < english.size(); ++i)
      EXPECT_EQ(english[i].commands, chinese[i].commands) << name << ".zh.md:" << chinese[i].line;
  }
}

TEST(Guide, ADotDotDotStandsForAnything) {
  EXPECT_TRUE(fits("written: /a/b/profile.yaml", "written: …/profile.yaml"));
  EXPECT_TRUE(fits("abc", "…"));
  EXPECT_TRUE(fits("abc", "a…c"));
  EXPECT_FALSE(fits("abc", "a…d"));
  EXPECT_FALSE(fits("abcx", "a…c"));
  EXPECT_FALSE(fits("xabc", "a…c"));
  EXPECT_EQ(missing_in({"a", "b", "c"}, {"a", "c"}), "");
  EXPECT_EQ(missing_in({"a", "b", "c"}, {"c", "a"}), "a");
}

}  // namespace
}  // namespace ferry::test
