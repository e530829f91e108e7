// The tiny product (tests/support/tiny) in a folder of its own, worked on by the real program.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "host/files.h"
#include "support/program.h"

namespace ferry::test {

using Words = std::vector<std::string>;

class TinyWorld {
 public:
  enum class Stage {
    files,     // make.sh has run, nothing else
    surveyed,  // project, environments, baseline, survey of production
    packaged,  // and upgrade-2.0.fpk, signed with a trusted key, in the library
    composed   // and the one conflict decided
  };
  // `variant`: a script beside make.sh that makes something else of its world (jumps).
  explicit TinyWorld(Stage stage, const std::string& variant = {});
  ~TinyWorld();  // ends every service of both environments
  TinyWorld(const TinyWorld&) = delete;
  TinyWorld& operator=(const TinyWorld&) = delete;

  std::string place() const { return place_.path(); }
  std::string path(const std::string& name) const { return place_ / name; }
  int port() const { return port_; }

  // Just as a person types it, in English, standing in place(); `more` is added to its environment.
  Ended ferry(const Words& words, const std::map<std::string, std::string>& more = {}) const;
  std::unique_ptr<Program> begin(const Words& words, const std::map<std::string, std::string>& more = {}) const;
  // ferry that must succeed; what it printed.
  std::string done(const Words& words) const;
  // A shell command that must succeed, standing in place(); its output.
  std::string shell(const std::string& command) const;
  void write(const std::string& name, const std::string& text) const;
  // Replaces in a file; the text must be there.
  void edit(const std::string& name, const std::string& text, const std::string& by) const;
  std::string read(const std::string& name) const { return read_file(path(name)); }

  // The command must be refused with this code, its exit status, its text, and all of `words`, in Chinese without
  // leftovers in English, and as JSON. Asked twice, so it must be a command that changes nothing when refused.
  void refused(const Words& command, Code code, const Words& words = {}) const;
  // The same for a result that was got already by ferry({..., "--language", "zh"}).
  static void refusal(const Ended& ended, Code code, const Words& words);

  // A package of the library's format from the upgrade's folder, its package.yaml edited by sed; signed with `key`.
  std::string package(const std::string& id, const std::string& sed, const std::string& key = "vendor.key") const;

 private:
  std::map<std::string, std::string> variables(const std::map<std::string, std::string>& more) const;
  TempFolder place_;
  int port_ = 0;
};

// Four English words in a row that are neither quoted nor a path: a sentence that nobody translated. Empty: none.
std::string english_in(const std::string& text);

}  // namespace ferry::test
