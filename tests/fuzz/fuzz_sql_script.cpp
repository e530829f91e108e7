// SQL scripts; the first byte chooses the separator and the encoding.
#include "database/script.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  if (size == 0) return 0;
  const auto text = fuzz::text_of(data + 1, size - 1);
  const auto separator = static_cast<Separator>(data[0] % 3);
  const char* encoding = (data[0] & 8U) != 0 ? "GBK" : "";
  fuzz::read_or_refused([&] {
    for (const auto& statement : read_script("fuzz.sql", text, separator, encoding).statements) {
      fuzz::promise(!statement.text.empty() && statement.line > 0, "a statement has a text and a line");
      const auto normal = normalised_sql(statement.text);
      fuzz::promise(normalised_sql(normal) == normal, "normalised twice is normalised once");
      parameter_names(statement.text);
    }
  });
  return 0;
}
