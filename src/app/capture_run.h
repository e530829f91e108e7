// One copy and the commands in it. For capturing.cpp.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "host/sandbox.h"
#include "model/capture.h"

namespace ferry {

// What every run of one capture has in common.
struct CaptureGround {
  const CaptureOrder& order;
  std::string order_file;
  std::string root;                  // where the commands see the copy
  std::string user;                  // empty: root
  std::vector<std::string> hidden;   // beside the homes
  std::vector<std::string> network;  // places, once known
};

// A copy of the program at `folder`/tree, or another tree; its private /tmp at `folder`/tmp.
class CaptureRun {
 public:
  CaptureRun(const CaptureGround& ground, std::string folder, std::string tree = {});

  std::string tree() const { return tree_; }
  // Makes the private home with the files that the order names. Error(not_found), Error(missing_secret).
  void prepare();
  // `writable` false: the copy can't be changed, for commands that only tell something.
  SandboxResult run(const std::vector<std::vector<std::string>>& commands, bool writable, Reporter& reporter) const;
  // The order's commands with a time limit, each line of their output to `line`.
  SandboxResult run_within(Milliseconds within, const std::function<void(std::string_view line)>& line) const;

 private:
  std::map<std::string, std::string> environment() const;
  SandboxOptions options(const std::vector<std::vector<std::string>>& commands, bool writable) const;

  const CaptureGround& ground_;
  std::string folder_, tree_;
};

// Error(invalid_document) when a folder under `readable` holds the one where the copies are made: what is hidden in
// there can't be shown.
void require_apart(const CaptureOrder& order, const std::string& order_file, const std::string& copies);

// Places that may be reached, with the addresses that variables and commands give. Error(missing_secret,
// program_failed).
std::vector<std::string> places_of(const CaptureGround& ground, const CaptureRun& run, Reporter& reporter);
std::vector<CaptureRecord::Runtime> runtime_of(const CaptureGround& ground, const CaptureRun& run, Reporter& reporter);

// Error(program_failed) or Error(program_missing) unless all have ended well.
void require_success(const std::vector<std::vector<std::string>>& commands, const SandboxResult& result);

}  // namespace ferry
