// Names inside archives, one a line; behind a tab the target of a link.
#include "base/path.h"
#include "package/names.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  auto text = fuzz::text_of(data, size);
  SeenNames seen;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto tab = std::min(line.find('\t'), line.size());
    fuzz::promise(unescape(escape(line)) == line, "an escaped name is the name");
    fuzz::promise(is_utf8(printable(line)), "what is shown is UTF-8");
    fuzz::read_or_refused([&] {
      const auto path = checked_name(line.substr(0, tab));
      fuzz::promise(!path.bytes().starts_with('/'), "no absolute name");
      for (const auto& part : path.components()) fuzz::promise(part != ".." && part != ".", "no way out");
      fuzz::promise(folded(folded(path.bytes())) == folded(path.bytes()), "folding twice is folding once");
      seen.add(path, line.size() % 2 == 0);
      if (tab < line.size()) check_link_target(path, line.substr(tab + 1));
    });
  }
  return 0;
}
