// Progress on the command line: a line that moves with rate and remaining time on a terminal, plain lines otherwise.
#pragma once
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

#include "app/reporter.h"

namespace ferry {

class TerminalReporter : public Reporter {
 public:
  using Steady = std::chrono::steady_clock;
  // Writes to `out` (standard error, so that standard output stays the result). `now`: what rates are measured by.
  TerminalReporter(std::FILE* out, Language language, bool moving, bool colour,
                   std::function<Steady::time_point()> now = Steady::now);
  ~TerminalReporter() override;
  void begin(const Text& what) override;
  void progress(std::uint64_t done, std::uint64_t total, Unit unit) override;
  void done(const Text& result) override;
  void note(const Text& text) override;
  void warning(const Text& text) override;

 private:
  void clear_line();
  void finish_line(const char* mark, const std::string& result);
  std::string progress_text(std::uint64_t done, std::uint64_t total, Unit unit) const;

  std::FILE* out_;
  Language language_;
  bool moving_;
  bool colour_;
  std::function<Steady::time_point()> now_;
  bool open_ = false;     // a piece of work has begun and not ended
  bool on_line_ = false;  // the cursor stands behind an unfinished line
  std::string what_;
  Steady::time_point began_;
  Steady::time_point last_shown_;
  Steady::time_point last_plain_;
};

}  // namespace ferry
