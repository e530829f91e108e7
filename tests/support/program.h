// A program under test as a process of its own: started, watched, killed by its id.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace ferry::test {

struct Ended {
  int status = -1;  // exit status; -1: it ended by a signal
  int signal = 0;
  std::string out;
  std::string err;
  Json json() const;          // of what it printed; null when that was no JSON
  std::string error() const;  // "error.code" of it; empty without one
  std::string all() const;    // for messages
};

class Program {
 public:
  // Output goes to files in `logs`: a service that keeps a descriptor open must not keep the test waiting.
  Program(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment,
          const std::string& logs, const std::string& directory);
  ~Program();  // kills it when it still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();
  // Waits for its end; when it lasts longer it is killed and the signal shows it.
  Ended wait(std::chrono::milliseconds longest = std::chrono::minutes(2));

 private:
  void collect(int raw);

  pid_t pid_ = -1;
  bool reaped_ = false;
  Ended ended_;
  std::string out_file_, err_file_;
};

}  // namespace ferry::test
