// Who starts an application: unit files, init scripts and files of pm2, as `ferry profile new` finds them on a machine.
#include "host/occupants.h"
#include "survey/look.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  static const TempFolder machine{"ferry-fuzz"};
  static const std::string root = machine / "opt";
  static const bool made = [] {
    for (const char* folder : {"/etc/systemd/system", "/etc/init.d", "/opt"}) make_folders(machine.path() + folder);
    return true;
  }();
  fuzz::promise(made, "folders can be made");
  const auto text = fuzz::text_of(data, size);
  // What does not name the application is not looked at.
  const auto named = "WorkingDirectory=" + root + "\n" + std::string(text);
  const auto put = [&](const char* name, std::string_view bytes) {
    std::FILE* file = std::fopen((machine.path() + name).c_str(), "wb");
    fuzz::promise(
        file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fclose(file) == 0,
        "the input can be written to a file");
  };
  put("/etc/systemd/system/a.service", named);
  put("/etc/init.d/a", named);
  put("/opt/ecosystem.config.js", text);
  fuzz::read_or_refused([&] {
    for (const auto& unit : units_of(root, {}, machine.path()))
      fuzz::promise(!unit.file.empty() && !unit.kind.empty(), "where it was found, and what it is");
  });
  for (const auto& word : split_command(text)) fuzz::promise(word.size() <= text.size(), "words come from the text");
  return 0;
}
