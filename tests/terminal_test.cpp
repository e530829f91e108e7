// Progress as people see it: one line that moves on a terminal, with rate and remaining time; plain lines elsewhere.
#include "cli/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace ferry::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A reporter whose time passes when the case says so.
class Shown {
 public:
  Shown(Language language, bool moving)
      : out_(::open_memstream(&text_, &size_)),
        reporter_(std::make_unique<TerminalReporter>(out_, language, moving, false, [this] { return now_; })) {}
  ~Shown() {
    reporter_.reset();
    std::fclose(out_);
    std::free(text_);
  }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

  TerminalReporter& reporter() { return *reporter_; }
  void pass(milliseconds time) { now_ += time; }
  // What was written since the last call.
  std::string take() {
    std::fflush(out_);
    std::string all(text_, size_);
    std::string out = all.substr(seen_);
    seen_ = all.size();
    return out;
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t seen_ = 0;
  TerminalReporter::Steady::time_point now_{seconds(1000)};
  std::FILE* out_;
  std::unique_ptr<TerminalReporter> reporter_;
};

const std::string redrawn = "\r\x1b[K";

TEST(Terminal, AMovingLineSaysHowFarHowFastAndHowLongStill) {
  Shown shown(Language::english, true);
  shown.reporter().begin({"survey production", "调研 production"});
  EXPECT_EQ(shown.take(), "  … survey production");
  shown.pass(seconds(2));
  shown.reporter().progress(20'000'000, 60'000'000, Unit::bytes);
  EXPECT_EQ(shown.take(), redrawn + "  … survey production  20.0 MB / 60.0 MB, 10.0 MB/s, left 4.0 s");
  // Not redrawn more often than an eye can follow.
  shown.pass(milliseconds(50));
  shown.reporter().progress(21'000'000, 60'000'000, Unit::bytes);
  EXPECT_EQ(shown.take(), "");
  shown.pass(milliseconds(950));
  shown.reporter().progress(60'000'000, 60'000'000, Unit::bytes);
  EXPECT_EQ(shown.take(), redrawn + "  … survey production  60.0 MB / 60.0 MB, 20.0 MB/s");
  shown.reporter().done({"12 files", "12 个文件"});
  EXPECT_EQ(shown.take(), redrawn + "  ✓ survey production: 12 files  (3.0 s)\n");
}

TEST(Terminal, SpeaksChineseAndCutsALineAtTheEdgeWithoutCuttingACharacter) {
  Shown shown(Language::chinese, true);
  shown.reporter().begin({"survey", "调研"});
  shown.take();
  shown.pass(seconds(10));
  shown.reporter().progress(100, 600, Unit::files);
  EXPECT_EQ(shown.take(), redrawn + "  … 调研  100 / 600, 10/s，剩余 50 s");
  Text name;
  for (int i = 0; i < 60; ++i) name.zh += "长";
  shown.reporter().begin(name);
  const auto line = shown.take();
  EXPECT_EQ(line.substr(line.rfind("  … ")), "  … " + name.zh.substr(0, 37 * 3)) << "80 columns, two for a character";
}

TEST(Terminal, ElsewhereThereArePlainLinesAFewOfThem) {
  Shown shown(Language::english, false);
  shown.reporter().begin({"back up production", "备份"});
  for (int second = 1; second <= 25; ++second) {
    shown.pass(seconds(1));
    shown.reporter().progress(static_cast<std::uint64_t>(second), 50, Unit::files);
  }
  shown.reporter().warning({"one file is locked", ""});
  shown.reporter().done({"50 files", ""});
  EXPECT_EQ(shown.take(),
            "    back up production  10 / 50, 1/s, left 40 s\n"
            "    back up production  20 / 50, 1/s, left 30 s\n"
            "  ! one file is locked\n"
            "  ✓ back up production: 50 files  (25 s)\n");
}

TEST(Terminal, WhatEndsWithoutAResultIsNotCalledDone) {
  Shown shown(Language::english, true);
  shown.reporter().begin({"first", ""});
  shown.reporter().note({"a word between", ""});
  shown.reporter().begin({"second", ""});
  const auto text = shown.take();
  EXPECT_NE(text.find("  · first\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("✓"), std::string::npos) << text;
}

}  // namespace
}  // namespace ferry::test
