// What the tests of the whole program stand in: a production of the sample OA at 7.4, a project, and a fenced clone,
// all made by the real program (world.sh). Made once per test program, ended and removed with it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "host/files.h"
#include "support/program.h"

namespace ferry::test {

using Variables = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

// Everything that "exactly as before" means of an installation.
struct Snapshot {
  Lines files;     // program, configuration and licence: kind, mode, owner, times, content, link
  Lines database;  // every statement of a dump but those of what changes by itself
};

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The program to its end, in the world's folder; always with --json and --yes.
  Ended ferry(std::vector<std::string> arguments, const Variables& more = {}) const;
  std::unique_ptr<Program> begin(std::vector<std::string> arguments, const Variables& more = {}) const;
  // Any other program; its standard output. Throws when it fails.
  std::string tool(const std::vector<std::string>& argv) const;

  std::string root(const std::string& environment) const { return place_ / (environment + "/oa"); }
  std::string staging(const std::string& environment) const { return place_ / (environment + "/.ferry-oa"); }
  std::string place() const { return place_.path(); }
  int port(const std::string& environment) const { return environment == "test" ? test_port_ : production_port_; }

  Json run_state(const std::string& environment) const;          // `ferry run show`
  std::string newest_run(const std::string& environment) const;  // its id; empty: none
  Snapshot snapshot(const std::string& environment) const;
  std::string sql(const std::string& environment, const std::string& statement) const;
  // What the server says of itself: "7.4.0", or why not.
  std::string served_version(const std::string& environment) const;

  // Status of HTTP that somebody gets who comes in as users do.
  int status_for_users(const std::string& environment) const;

  // Ends every service by the program itself; what is still there afterwards, one line per process.
  Lines stop_everything() const;

 private:
  Variables environment() const;

  TempFolder place_;
  int production_port_ = 0;
  int test_port_ = 0;
};

// Lines that stand in only one of the two, each with - or +; at most a few. Empty: equal.
std::string difference_of(const Lines& before, const Lines& after);

// What was installed may be older in one clone than in the next; everything else must be the same.
Lines without_times(Lines lines);

// The world of this test program, made at the first call.
World& world();

}  // namespace ferry::test
