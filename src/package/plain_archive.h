// A .tar.gz for people: what is handed to somebody who has no Ferry.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ferry {

class PlainArchive {
 public:
  // Written beside `file` and named when it is whole. Throws Error(already_exists, io, disk_full).
  explicit PlainArchive(std::string file, std::int64_t time);
  ~PlainArchive();
  PlainArchive(const PlainArchive&) = delete;
  PlainArchive& operator=(const PlainArchive&) = delete;

  // Names are bytes, relative, without '..'. The same content in the same order gives the same bytes.
  void add(const std::string& name, std::string_view bytes);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ferry
