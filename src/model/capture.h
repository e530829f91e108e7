// Capture: a product's own upgrader is run on a copy, and what it does becomes a package. The order for it
// (capture.yaml, docs/formats/capture.md) and the record of it that stands in the package.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/path_pattern.h"
#include "model/profile.h"

namespace ferry {

// What explains that two runs differ, or is no part of the package.
struct DifferenceRule {
  PathPattern path;
  enum class How { drop, ignore_text, keep_first } how = How::drop;
  std::string ignore_text;  // expression whose matches are no difference
  std::string why;
};
std::string_view name_of(DifferenceRule::How how);

// Where the commands may go: exactly one of the three.
struct NetworkRule {
  std::string place;                  // host:port
  std::string url_in;                 // variable of Ferry's environment that holds an address
  std::vector<std::string> url_from;  // command that prints one
};

// A value for the commands; never written down.
struct CaptureVariable {
  std::string value;
  std::string from;  // variable of Ferry's environment; empty: `value`
};

// A file of this machine that the commands need: settings of a package manager, certificates.
struct CaptureFile {
  std::string from;  // absolute, or relative to the order
  RelativePath to;   // below the private home folder
  bool optional = false;
};

struct CaptureOrder {
  int format = 1;
  Json package;                               // package.yaml of the result, without `removes` and `capture`
  std::string profile;                        // relative to the order; its data folders are no part of the copy
  std::string root;                           // where the copy is seen; an environment's when left out
  std::string user;                           // account that runs the commands
  std::vector<std::vector<std::string>> run;  // one after the other
  std::string directory;                      // below the root; where the commands begin
  std::map<std::string, CaptureVariable> variables;
  std::vector<CaptureFile> files;
  std::vector<std::string> readable;  // absolute folders below homes that the commands need
  std::vector<NetworkRule> network;
  std::vector<std::vector<std::string>> runtime;  // commands that say their version
  std::vector<DifferenceRule> differences;
  bool database_declared = false;  // the commands may change databases; that is the migration's matter
};

struct CaptureOrderResult {
  std::optional<CaptureOrder> order;
  std::vector<DocumentProblem> problems;
};
CaptureOrderResult parse_capture_order(std::string_view yaml, const std::string& file);
// Throws one Error that lists every problem (throw_problems).
CaptureOrder require_capture_order(std::string_view yaml, const std::string& file);

// In package.yaml under `capture`.
struct CaptureRecord {
  std::string source;  // content digest of the program that it was run on, hexadecimal
  int runs = 0;        // 2: compared with a second one; 1: for trying out
  std::string root;    // where the program stood
  std::vector<std::vector<std::string>> commands;
  struct Runtime {
    std::vector<std::string> command;
    std::string output;
    std::string program;  // full path
    std::string digest;   // of that file
    bool operator==(const Runtime&) const = default;
  };
  std::vector<Runtime> runtime;
  struct Reached {
    std::string place;
    bool allowed = false;
    bool operator==(const Reached&) const = default;
  };
  std::vector<Reached> network;  // everything that was asked for
  struct Explained {
    std::string path;  // pattern
    std::string how;
    std::string why;
    std::uint64_t count = 0;  // paths
    bool operator==(const Explained&) const = default;
  };
  std::vector<Explained> explained;
  bool database_declared = false;

  bool operator==(const CaptureRecord&) const = default;
};

void to_json(Json& json, const CaptureRecord::Runtime& value);
void from_json(const Json& json, CaptureRecord::Runtime& value);
void to_json(Json& json, const CaptureRecord::Reached& value);
void from_json(const Json& json, CaptureRecord::Reached& value);
void to_json(Json& json, const CaptureRecord::Explained& value);
void from_json(const Json& json, CaptureRecord::Explained& value);
void to_json(Json& json, const CaptureRecord& value);
void from_json(const Json& json, CaptureRecord& value);

}  // namespace ferry
