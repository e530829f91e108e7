// The one exception type of the program. A code names the cause; the table in error.cpp gives each code its texts in
// both languages, what to do about it, exit status, HTTP status and whether trying again can help.
//
// Rules: throw with the thing it is about (`what`: a path, an id, file:line) and, where known, the technical detail
// (`detail`: errno text, the other side's message); add context on the way up with `within`; catch only at a step, a
// command or a route; report or rethrow, never both.
#pragma once
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace ferry {

enum class Code {
  // usage and input files
  usage,
  not_confirmed,
  yaml_syntax,
  invalid_document,
  unknown_key,
  not_found,
  already_exists,
  unsupported_format,
  missing_secret,
  // operating system
  io,
  permission,
  disk_full,
  too_many_files,
  out_of_memory,
  file_changed,
  not_a_directory,
  link_loop,
  other_device,
  immutable_file,
  out_of_bounds_path,
  protected_path,
  busy_files,
  port_in_use,
  program_missing,
  program_failed,
  needs_root,
  kernel_refused,
  // runs
  locked,
  drift,
  stale_plan,
  not_approved,
  not_allowed,
  run_unfinished,
  nothing_to_resume,
  cannot_roll_back,
  corrupt_log,
  corrupt_object,
  third_state,
  interrupted,
  past_deadline,
  sync_failed,
  // services
  service_not_ready,
  service_not_stopping,
  service_left_behind,
  no_answer,
  // databases
  database_unreachable,
  database_locked,
  database_version,
  database_query,
  migration_failed,
  // packages
  unsigned_package,
  bad_signature,
  untrusted_key,
  truncated_archive,
  hostile_archive,
  wrong_product,
  wrong_version,
  wrong_runtime,
  package_conflict,
  package_missing,
  package_content,
  runs_differ,
  wrong_source,
  // project and evidence
  undecided,
  gate_closed,
  no_backup,
  backup_unverified,
  backup_damaged,
  wrong_secret,
  licence_invalid,
  check_failed,
  impossible_date,
  project_incomplete,
  fence_unproven,
  // the rest
  internal
};

struct CodeInfo {
  Code code;
  std::string_view name;  // stable, for --json
  int exit_status;        // docs/manual.md lists them
  int http_status;
  bool retry;  // can the same call succeed later without anybody changing something?
  Text text;
  Text remedy;
};

const CodeInfo& info(Code code);
// Whether the cause is the machine (disk, memory, descriptors), so that it says nothing about what was looked at.
bool is_fault_of_machine(Code code);

class Error : public std::exception {
 public:
  explicit Error(Code code, std::string what = {}, std::string detail = {});
  // For what a person reads as a sentence or a name with words around it.
  Error(Code code, std::string what, Text detail);
  Error(Code code, Text what, Text detail = {});

  Code code() const { return code_; }
  const std::string& about() const { return about_; }
  const std::string& detail() const { return detail_; }
  const std::vector<std::string>& context() const { return context_; }
  // In both languages, for what is kept and shown later.
  Text about_text() const { return {about_, chinese_about_.empty() ? about_ : chinese_about_}; }
  Text detail_text() const { return {detail_, chinese_detail_.empty() ? detail_ : chinese_detail_}; }

  // Adds where this happened, from the inside out.
  Error&& within(std::string context) &&;
  Error&& within(Text context) &&;
  // The detail in Chinese, where it was written for people: describe(chinese) then shows it instead of detail().
  Error&& with_chinese_detail(std::string detail) &&;

  // "text: about (detail)" plus context lines and the remedy.
  std::string describe(Language language) const;
  const char* what() const noexcept override { return rendered_.c_str(); }

 private:
  void render();

  Code code_;
  std::string about_;
  std::string detail_;
  std::string chinese_about_;  // empty: as in English
  std::string chinese_detail_;
  std::vector<std::string> context_;
  std::vector<std::string> chinese_context_;  // beside context_
  std::string rendered_;                      // English, for logs and test failures
};

// Error for the present errno: picks the code by its value (ENOSPC, EACCES, ELOOP, ...; `io` otherwise).
Error system_error(std::string what, int error_number);

// For an invariant of the program itself: prints and aborts, because going on could destroy data.
[[noreturn]] void broken_invariant(const char* expression, const char* file, int line);
#define FERRY_INVARIANT(expression) \
  ((expression) ? static_cast<void>(0) : ::ferry::broken_invariant(#expression, __FILE__, __LINE__))

}  // namespace ferry
