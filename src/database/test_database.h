// For tests of this room: folders of their own, real databases, and another process that works on a database.
#pragma once
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ferry::testing_database {

class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "ferry-database-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline void execute(const std::string& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  char* message = nullptr;
  // These databases are killed, never powered off.
  if (sqlite3_open(file.c_str(), &handle) != SQLITE_OK ||
      sqlite3_exec(handle, "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr) != SQLITE_OK ||
      sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK)
    throw std::runtime_error(message == nullptr ? "sqlite3_open" : message);
  sqlite3_close(handle);
}

inline std::string make_database(const std::string& file, const std::string& sql) {
  execute(file, sql);
  return file;
}

// A process of its own with the database open. run() returns when the statements are done.
class Other {
 public:
  explicit Other(const std::string& file) {
    if (::pipe(to_.data()) != 0 || ::pipe(from_.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) serve(file);
    ::close(to_[0]);
    ::close(from_[1]);
  }
  ~Other() {
    ::close(to_[1]);
    ::close(from_[0]);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  void run(const std::string& sql) {
    const auto size = static_cast<std::uint32_t>(sql.size());
    char answer = 0;
    if (::write(to_[1], &size, sizeof size) != sizeof size ||
        ::write(to_[1], sql.data(), sql.size()) != static_cast<ssize_t>(sql.size()) ||
        ::read(from_[0], &answer, 1) != 1 || answer != '+')
      throw std::runtime_error("the other process failed: " + sql);
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] void serve(const std::string& file) {
    ::close(to_[1]);
    ::close(from_[0]);
    sqlite3* handle = nullptr;
    sqlite3_open(file.c_str(), &handle);
    sqlite3_exec(handle, "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
    std::uint32_t size = 0;
    while (::read(to_[0], &size, sizeof size) == sizeof size) {
      std::string sql(size, '\0');
      if (::read(to_[0], sql.data(), size) != static_cast<ssize_t>(size)) break;
      const char answer = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? '+' : '-';
      if (::write(from_[1], &answer, 1) != 1) break;
    }
    sqlite3_close(handle);
    ::_exit(0);
  }

  std::array<int, 2> to_{}, from_{};
  pid_t pid_ = 0;
};

}  // namespace ferry::testing_database
