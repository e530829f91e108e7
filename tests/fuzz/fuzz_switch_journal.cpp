// The journal of a switch. Bytes as they are, and the same lines under right seals: else nothing behind them would ever
// be reached.
#include "base/digest.h"
#include "deploy/journal.h"
#include "deploy/sealed_lines.h"
#include "target.h"

namespace {

using namespace ferry;

std::string sealed_journal(std::string_view text) {
  std::string out;
  std::size_t operations = 0;
  std::size_t times = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    operations += line.starts_with("op ") ? 1 : 0;
    times += line.starts_with("time ") ? 1 : 0;
    if (line == "end")
      out += sealed("end " + std::to_string(operations) + " " + std::to_string(times) + " " + Digest::of(out).hex());
    else
      out += sealed(line);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::read_or_refused([&] { parse_journal(text, "journal"); });
  Journal journal;
  const auto whole = sealed_journal(text);
  if (!fuzz::read_or_refused([&] { journal = parse_journal(whole, "journal"); })) return 0;
  fuzz::promise(!journal.marks.empty() && journal.bytes <= whole.size(), "a journal has a mark");
  // Cut anywhere behind its list it is the same journal with fewer marks, or none at all.
  const auto cut = size == 0 ? 0 : whole.size() * data[0] / 256;
  fuzz::read_or_refused([&] {
    const auto shorter = parse_journal(std::string_view(whole).substr(0, cut), "journal");
    fuzz::promise(shorter.operations.size() == journal.operations.size(), "a cut journal lists every operation");
  });
  return 0;
}
