// A vendor's zip on its way to a package; the first byte chooses the options.
#include <filesystem>

#include "package/import.h"
#include "package/meta.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  static const fuzz::InputFile file("vendor.zip");
  static const auto meta =
      require_meta("format: 1\nid: fuzz\nkind: patch\nproduct: fuzz\ntitle: fuzz\nfrom: \"*\"\n", "package.yaml");
  if (size == 0) return 0;
  ImportOptions options;
  options.person = "fuzz";
  options.build.level = 1;
  options.limits.entries = 1000;
  options.limits.total_bytes = 8U << 20U;
  options.limits.file_bytes = 4U << 20U;
  if ((data[0] & 1U) != 0) options.archive_names = "GBK";
  if ((data[0] & 2U) != 0) options.keep_names = true;
  if ((data[0] & 4U) != 0) options.strip = RelativePath("ecology");
  if ((data[0] & 8U) != 0) options.scripts = {{RelativePath("sql/SQLite"), "sqlite"}};
  const auto output = file.folder() + "/out.ferry";
  const auto& zip = file.with(fuzz::text_of(data + 1, size - 1));
  fuzz::read_or_refused([&] { import_zip(zip, meta, output, options); });
  std::filesystem::remove(output);
  std::filesystem::remove(output + ".origin.json");
  std::size_t left = 0;
  for ([[maybe_unused]] const auto& item : std::filesystem::directory_iterator(file.folder())) ++left;
  fuzz::promise(left == 1, "nothing is left behind");
  return 0;
}
