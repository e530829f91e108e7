// What restic prints, and the records of backups that lie in its repository.
#include <algorithm>

#include "backup/restic_json.h"
#include "base/json.h"
#include "target.h"

namespace {

using namespace ferry;

// Each read again as it is written.
template <class Value>
void there_and_back(const Value& value, Value (*read)(std::string_view, const std::string&)) {
  const auto text = canonical(Json(value));
  fuzz::promise(canonical(Json(read(text, "again"))) == text, "a record is read as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    restic::message_of(text.substr(at, end - at));
    at = end + 1;
  }
  fuzz::read_or_refused([&] {
    for (const auto& one : restic::snapshots_of(text))
      fuzz::promise(!one.id.empty() && one.backup.starts_with("bak-"), "what is listed can be asked for");
  });
  fuzz::read_or_refused([&] { there_and_back(restic::content_of(text, "backup.json"), restic::content_of); });
  fuzz::read_or_refused(
      [&] { there_and_back(restic::verification_of(text, "verified.json"), restic::verification_of); });
  return 0;
}
