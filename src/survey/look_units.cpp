// Who starts the application: unit files of systemd, init scripts, files of pm2.
#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/error.h"
#include "host/files.h"
#include "survey/look.h"
#include "survey/settings_file.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_unit = 256U << 10U;

std::optional<std::string> text_of(const std::string& path) {
  try {
    return read_file_if_there(path, largest_unit);
  } catch (const Error&) {
    return std::nullopt;  // not ours to read: the processes still tell
  }
}

std::vector<std::string> files_in(const std::string& folder, std::string_view ending) {
  std::vector<std::string> out;
  std::error_code none;
  for (fs::directory_iterator at(folder, none), end; !none && at != end; at.increment(none)) {
    const auto path = at->path().string();
    if (path.ends_with(ending)) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool speaks_of(const std::string& text, const std::string& root) {
  for (auto at = text.find(root); at != std::string::npos; at = text.find(root, at + 1)) {
    const char next = at + root.size() < text.size() ? text[at + root.size()] : '\0';
    if (next == '\0' || std::string_view("/ \t\r\n\"';:").find(next) != std::string_view::npos) return true;
  }
  return false;
}

// systemd.service(5): the last value of a key counts; "-" and the like in front of a command are its flags.
SeenUnit systemd_unit(const std::string& file, const std::string& text) {
  SeenUnit out;
  out.file = file;
  out.kind = "systemd";
  out.name = fs::path(file).filename().string();
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || line.starts_with("#") || line.starts_with(";")) continue;
    const auto key = line.substr(0, equals);
    auto value = line.substr(equals + 1);
    while (!value.empty() && std::string_view("-@:+!").find(value.front()) != std::string_view::npos) value.erase(0, 1);
    if (key == "ExecStart") out.command = split_command(value);
    if (key == "WorkingDirectory") out.directory = value;
    if (key == "EnvironmentFile") out.environment_file = value;
    if (key == "User") out.user = value;
  }
  return out;
}

// pm2's ecosystem file is a program; what it says on lines of their own is taken as it stands.
SeenUnit pm2_file(const std::string& file, const std::string& text) {
  SeenUnit out;
  out.file = file;
  out.kind = "pm2";
  out.directory = fs::path(file).parent_path().string();
  for (const auto& setting : read_settings(text, SettingsForm::text)) {
    if (setting.key == "name" && out.name.empty()) out.name = setting.value;
    if (setting.key == "script" && out.command.empty()) out.command = {"node", setting.value};
    if (setting.key == "cwd" && setting.value.starts_with('/')) out.directory = setting.value;
  }
  return out;
}

}  // namespace

std::vector<std::string> split_command(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool open = false;  // a word has begun, even an empty one in quotes
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (open) out.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) out.push_back(std::move(word));
  return out;
}

std::vector<SeenUnit> units_of(const std::string& root, const Occupants& occupants, const std::string& system) {
  std::set<std::string> named;
  for (const auto& process : occupants.processes)
    if (!process.unit.empty()) named.insert(process.unit);
  std::vector<SeenUnit> out;
  std::set<std::string> seen;
  for (const char* folder :
       {"/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"})
    for (const auto& file : files_in(system + folder, ".service")) {
      const auto text = text_of(file);
      const auto name = fs::path(file).filename().string();
      // The first folder wins, as with systemd; on merged systems /lib is /usr/lib.
      if (!text || (!speaks_of(*text, root) && !named.contains(name)) || !seen.insert(name).second) continue;
      out.push_back(systemd_unit(file, *text));
    }
  for (const auto& file : files_in(system + "/etc/init.d", "")) {
    const auto text = text_of(file);
    if (text && speaks_of(*text, root))
      out.push_back({file, "init", fs::path(file).filename().string(), {}, "", "", ""});
  }
  for (const char* name : {"ecosystem.config.js", "ecosystem.config.cjs", "ecosystem.json"})
    if (const auto text = text_of(root + "/" + name)) out.push_back(pm2_file(root + "/" + name, *text));
  return out;
}

}  // namespace ferry
