// What a use case says while it works; the faces (command line, later the web) decide how it looks.
#pragma once
#include <cstdint>

#include "base/text.h"

namespace ferry {

enum class Unit { none, bytes, files };

class Reporter {
 public:
  virtual ~Reporter() = default;
  // A piece of work begins; it ends with the next begin(), with done() or with an error.
  virtual void begin(const Text& what) = 0;
  // How far it is; total 0 = not known.
  virtual void progress(std::uint64_t done, std::uint64_t total, Unit unit) = 0;
  virtual void done(const Text& result) = 0;
  // Something to read that is no progress.
  virtual void note(const Text& text) = 0;
  virtual void warning(const Text& text) = 0;
};

// For tests and for --json, where only the result counts.
class SilentReporter : public Reporter {
 public:
  void begin(const Text& /*what*/) override {}
  void progress(std::uint64_t /*done*/, std::uint64_t /*total*/, Unit /*unit*/) override {}
  void done(const Text& /*result*/) override {}
  void note(const Text& /*text*/) override {}
  void warning(const Text& /*text*/) override {}
};

}  // namespace ferry
