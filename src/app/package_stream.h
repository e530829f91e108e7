// Files of one package on demand, in one pass. The archive pushes its files, staging pulls them: a worker thread reads
// the archive and hands portions over a bounded queue.
#pragma once
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "model/package.h"

namespace ferry {

class PackageStream {
 public:
  explicit PackageStream(Package package);
  ~PackageStream();
  PackageStream(const PackageStream&) = delete;
  PackageStream& operator=(const PackageStream&) = delete;

  // Content of one file. Asked in the order of paths the archive is read once; a path before the last one starts it
  // over. Throws Error(not_found), and what stream_files throws.
  void content(const RelativePath& path, const std::function<void(std::string_view)>& sink);

 private:
  struct Portion {
    RelativePath path;
    std::string bytes;
    bool last = false;  // of this file
  };
  void start();
  void stop();
  void read_archive();
  void push(Portion portion);
  std::optional<Portion> pop();  // nothing: the archive has ended

  Package package_;
  std::thread worker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Portion> waiting_;
  RelativePath last_;
  bool started_ = false;
  bool ended_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_;
};

}  // namespace ferry
