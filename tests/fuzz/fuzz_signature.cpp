// Signatures, public and secret key files in minisign's form, the list of trusted keys, the record of an import.
#include "base/digest.h"
#include "package/key.h"
#include "package/origin.h"
#include "package/trusted_keys.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  static const fuzz::InputFile file("trusted.json");
  const auto text = fuzz::text_of(data, size);
  fuzz::read_or_refused([&] { parse_signature(text, "signature"); });
  fuzz::read_or_refused([&] {
    const auto key = parse_public_key(text, "key");
    fuzz::promise(parse_public_key(key.text(), "again") == key, "a key is read as it was written");
  });
  fuzz::read_or_refused([&] { needs_password(text, "secret"); });
  // Without a password: guessing one is meant to be slow.
  fuzz::read_or_refused([&] { parse_secret_key(text, std::nullopt, "secret"); });
  fuzz::read_or_refused([&] {
    const auto record = parse_import_record(text, "origin");
    fuzz::promise(to_text(parse_import_record(to_text(record), "again")) == to_text(record), "a record stays itself");
  });
  fuzz::read_or_refused([&] { TrustedKeys::load(file.with(text)); });
  fuzz::read_or_refused([&] { from_base64(text); });
  return 0;
}
