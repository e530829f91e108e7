// mtree manifests.
#include "model/manifest.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  Manifest manifest;
  const auto text = fuzz::text_of(data, size);
  if (!fuzz::read_or_refused([&] { manifest = Manifest::from_mtree(text, "manifest"); })) return 0;
  const auto written = manifest.to_mtree();
  const auto again = Manifest::from_mtree(written, "written");
  fuzz::promise(again.items() == manifest.items(), "a manifest is read as it was written");
  fuzz::promise(again.content_digest() == manifest.content_digest(), "same content, same digest");
  return 0;
}
