// Settings files of unknown products, and what `ferry profile new` writes of them.
#include "base/path.h"
#include "model/profile.h"
#include "model/yaml_text.h"
#include "survey/settings_file.h"
#include "target.h"

namespace {

using namespace ferry;

void read_all(std::string_view text) {
  for (const auto form : {SettingsForm::env, SettingsForm::properties, SettingsForm::text})
    for (const auto& setting : read_settings(text, form)) {
      fuzz::promise(setting.line > 0 && !setting.key.empty() && !setting.value.empty(), "a line, a key and a value");
      fuzz::promise(!setting.secret || setting.value == "***", "no secret leaves");
      if (const auto address = parse_address(setting.value))
        fuzz::promise(!address->host.empty(), "an address has a host");
    }
  if (const auto address = parse_address(text)) database_product(*address);
  without_password(text);
}

// A text that was found stands in a profile as exactly this text.
void write_and_read(std::string_view text) {
  if (!is_utf8(text) || text.empty() || text.size() > 2000 || text.find('\0') != std::string_view::npos) return;
  const auto yaml = "product: p\nversion: {value: " + yaml_quoted(text) +
                    "}\npaths: {program: a}\ntitle: {en: " + yaml_scalar(text) + "}\n";
  const auto result = parse_profile(yaml, "p.yaml");
  if (!result.profile) return;  // a letter that YAML doesn't allow, or a template that is none
  fuzz::promise(result.profile->title.en == text && result.profile->version.text == text,
                "a text is read back as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_or_refused([&] {
    read_all(fuzz::text_of(data, size));
    write_and_read(fuzz::text_of(data, size));
  });
  return 0;
}
