// What all commands share: global options, the reporter, how results and errors are printed.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "base/error.h"
#include "base/json.h"

namespace ferry::cli {

struct Globals {
  std::string home;
  std::string project;
  std::string language;  // "", "en", "zh"
  std::string person;    // --as
  bool json = false;
  bool yes = false;
  bool quiet = false;
};

// A result: `json` is what --json prints; `lines` what people read.
struct Output {
  Json json = Json::object();
  std::vector<std::string> lines;
  int status = 0;
};

class CommandLine {
 public:
  CommandLine();

  // Parses and runs the command chosen; returns the exit status. Never throws.
  int run(int argc, char** argv);

  CLI::App& root() { return root_; }
  // The noun's command, made at its first use.
  CLI::App* noun(const std::string& name, const Text& about);
  // A verb below a noun; `action` runs when it is chosen.
  CLI::App* verb(CLI::App* noun, const std::string& name, const Text& about, std::function<Output()> action);

  // For a command without a verb.
  void choose(std::function<Output()> action) { chosen_ = std::move(action); }

  Language language() const { return language_; }
  const std::string& say(const Text& text) const { return text.in(language_); }
  const Globals& globals() const { return globals_; }
  Reporter& reporter();
  // The open project (globals().project, or the only one there is).
  Workspace& workspace();
  std::string home() const;
  // Who acts: --as, else the person whose account this is, else the account's name.
  std::string person();
  // Asks on the terminal unless --yes; without a terminal and without --yes: Error(usage).
  void confirm(const Text& question);
  // For results that are large: made only when somebody reads them.
  bool wants_json() const { return globals_.json; }
  // Whether there is somebody to ask: a terminal, and neither --yes nor --json.
  bool can_ask() const;
  // A line typed as an answer; Error(not_confirmed) when the input ends.
  std::string read_answer(const Text& question);
  // The line typed, lower case; empty without a terminal, with --yes or --json, or when nobody answers in time.
  std::string ask(const Text& question, Seconds patience);

 private:
  int fail(const Error& error);
  void print(const Output& output) const;
  bool flushed() const;

  Globals globals_;
  Language language_;
  CLI::App root_;
  std::unique_ptr<Reporter> reporter_;
  std::unique_ptr<Workspace> workspace_;
  std::function<Output()> chosen_;
};

// One function per noun, one file each.
void add_project_commands(CommandLine& line);
void add_environment_commands(CommandLine& line);
void add_profile_commands(CommandLine& line);
void add_survey_commands(CommandLine& line);
void add_package_commands(CommandLine& line);
void add_package_audit(CommandLine& line, CLI::App* package);
void add_capture_commands(CommandLine& line);
void add_recipe_commands(CommandLine& line);
void add_plan_commands(CommandLine& line);
void add_backup_commands(CommandLine& line);
void add_clone_commands(CommandLine& line);
void add_service_commands(CommandLine& line);
void add_run_commands(CommandLine& line);
void add_door_commands(CommandLine& line);
void add_chaos_commands(CommandLine& line);
void add_check_commands(CommandLine& line);
void add_drift_commands(CommandLine& line);
void add_hotpatch_commands(CommandLine& line);
void add_gate_commands(CommandLine& line);
void add_licence_commands(CommandLine& line);
void add_customisation_commands(CommandLine& line);
void add_report_commands(CommandLine& line);

}  // namespace ferry::cli
