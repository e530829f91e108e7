// The run log: bytes as they are, and the same records chained anew.
#include "base/json.h"
#include "run/run_log.h"
#include "target.h"

namespace {

using namespace ferry;

std::string chained(std::string_view text) {
  std::string out;
  Digest previous;
  std::uint64_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto json = parse_json(line, "log");
    if (!json.is_object()) throw Error(Code::invalid_document, "log");
    json.erase("sha256");
    json["n"] = ++number;
    json["prev"] = previous;
    previous = digest_of(json);
    json["sha256"] = previous;
    out += canonical(json) + "\n";
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::read_or_refused([&] { parse_log(text, "log"); });
  std::string whole;
  LogContent content;
  if (!fuzz::read_or_refused([&] { whole = chained(text); })) return 0;
  if (!fuzz::read_or_refused([&] { content = parse_log(whole, "log"); })) return 0;
  const auto cut = size == 0 ? 0 : whole.size() * data[size - 1] / 256;
  const auto shorter = parse_log(std::string_view(whole).substr(0, cut), "log");
  fuzz::promise(shorter.records.size() <= content.records.size(), "a cut log is the beginning of the log");
  return 0;
}
