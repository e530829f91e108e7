#include "survey/settings_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <set>

#include "base/secret_name.h"
#include "base/text.h"

namespace ferry {
namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::string_view blanks = " \t\r";
constexpr std::string_view mask = "***";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool is_key_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

std::string_view unquoted(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2) return text;
  for (const char quote : {'"', '\''})
    if (text.front() == quote) {
      const auto end = text.find(quote, 1);
      if (end != std::string_view::npos) return text.substr(1, end - 1);
    }
  return text;
}

void add(std::vector<Setting>& out, int line, std::string_view key, std::string_view value) {
  if (key.empty() || value.empty()) return;
  Setting setting;
  setting.line = line;
  setting.key = printable(key);
  // A word like "true" or a number is no secret whatever its name says (TOKEN_EXPIRES=3600).
  const bool plain =
      value == "true" || value == "false" || value.find_first_not_of("0123456789") == std::string_view::npos;
  setting.secret = names_a_secret(key) && !plain;
  setting.value = setting.secret ? std::string(mask) : without_password(value);
  out.push_back(std::move(setting));
}

// KEY=VALUE, "export KEY=VALUE", key: value, key value of properties.
void key_value(std::string_view line, int number, SettingsForm form, std::vector<Setting>& out) {
  line = trimmed(line);
  if (line.empty() || line.front() == '#' || line.front() == ';' || line.front() == '!' || line.front() == '[') return;
  if (form == SettingsForm::env && line.starts_with("export ")) line = trimmed(line.substr(7));
  const auto separator = form == SettingsForm::env ? line.find('=') : line.find_first_of("=:");
  if (separator == std::string_view::npos) return;
  const auto value =
      form == SettingsForm::env ? unquoted(line.substr(separator + 1)) : trimmed(line.substr(separator + 1));
  add(out, number, trimmed(line.substr(0, separator)), value);
}

// The end of a value that begins at `begin` and is not quoted.
std::size_t end_of_plain(std::string_view line, std::size_t begin) {
  const auto end = line.find_first_of(",;#<>{}[]\"'", begin);
  return end == std::string_view::npos ? line.size() : end;
}

// JSON, YAML, JavaScript, XML, ini: every KEY followed by ':' or '=' and a value, quoted or not.
void anything(std::string_view line, int number, std::vector<Setting>& out) {
  const auto first = trimmed(line);
  if (first.starts_with("//") || first.starts_with("#") || first.starts_with("*") || first.starts_with("<!--")) return;
  for (std::size_t at = 0; at < line.size();) {
    const auto separator = line.find_first_of(":=", at);
    if (separator == std::string_view::npos) return;
    at = separator + 1;
    auto key_end = separator;
    while (key_end > 0 && (line[key_end - 1] == ' ' || line[key_end - 1] == '"' || line[key_end - 1] == '\''))
      --key_end;
    auto key_begin = key_end;
    while (key_begin > 0 && is_key_letter(line[key_begin - 1])) --key_begin;
    const auto key = line.substr(key_begin, key_end - key_begin);
    auto begin = line.find_first_not_of(" \t", at);
    if (key.empty() || begin == std::string_view::npos) continue;
    if (line[begin] == '"' || line[begin] == '\'') {
      const auto end = line.find(line[begin], begin + 1);
      if (end == std::string_view::npos) return;
      add(out, number, key, line.substr(begin + 1, end - begin - 1));
      at = end + 1;
    } else if (line[begin] != '/' || line.substr(begin, 2) != "//") {  // the "//" of an address is no value
      const auto end = end_of_plain(line, begin);
      add(out, number, key, trimmed(line.substr(begin, end - begin)));
      at = std::max(end, at);
    }
  }
}

// <tag>value</tag>, and <Environment name="x" value="y">: the key is the tag.
void element(std::string_view line, int number, std::vector<Setting>& out) {
  const auto text = trimmed(line);
  if (!text.starts_with("<") || text.starts_with("</") || text.starts_with("<!")) return;
  const auto close = text.find('>');
  const auto end = text.find("</", close == std::string_view::npos ? 0 : close);
  if (close == std::string_view::npos || end == std::string_view::npos || end <= close + 1) return;
  const auto name = text.substr(1, std::min(close, text.find_first_of(" \t")) - 1);
  add(out, number, name, trimmed(text.substr(close + 1, end - close - 1)));
}

}  // namespace

std::optional<SettingsForm> settings_form(const RelativePath& path) {
  const auto name = lower(path.name());
  // Examples and what package managers write say nothing about this installation.
  for (const char* word :
       {"example", "sample", ".dist", "template", "package.json", "package-lock", "tsconfig", "composer."})
    if (name.find(word) != std::string::npos) return std::nullopt;
  if (name == ".env" || name.starts_with(".env.") || name.ends_with(".env")) return SettingsForm::env;
  if (name.ends_with(".properties")) return SettingsForm::properties;
  static const std::set<std::string> named = {"server.xml",           "context.xml", "web.xml",
                                              "ecosystem.config.js",  "config.js",   "settings.js",
                                              "ecosystem.config.cjs", "config.php",  "settings.py"};
  if (named.contains(name)) return SettingsForm::text;
  for (const char* end : {".json", ".yaml", ".yml", ".ini", ".conf", ".cfg", ".toml"})
    if (name.ends_with(end)) return SettingsForm::text;
  return std::nullopt;
}

std::vector<Setting> read_settings(std::string_view text, SettingsForm form) {
  std::vector<Setting> out;
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.size() > longest_line) continue;
    if (form != SettingsForm::text) {
      key_value(line, number, form, out);
      continue;
    }
    const auto before = out.size();
    element(line, number, out);
    if (out.size() == before) anything(line, number, out);
  }
  return out;
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with("jdbc:")) text.remove_prefix(5);
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto scheme = text.substr(0, colon);
  if (!std::all_of(scheme.begin(), scheme.end(), [](char c) { return is_key_letter(c) || c == '+' || c == ':'; }))
    return std::nullopt;
  Address out;
  out.scheme = lower(scheme);
  auto rest = text.substr(colon + 3);
  const auto end = std::min(rest.find_first_of("/?#;, \t"), rest.size());
  auto host = rest.substr(0, end);
  out.path = rest.substr(end);
  if (const auto at = host.rfind('@'); at != std::string_view::npos) {
    out.user = host.substr(0, std::min(host.find(':'), at));
    host = host.substr(at + 1);
  }
  const auto port = host.rfind(':');
  if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos) {
    std::from_chars(host.data() + port + 1, host.data() + host.size(), out.port);
    host = host.substr(0, port);
  }
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  out.host = lower(host);
  return out.host.empty() ? std::nullopt : std::optional(out);
}

std::string without_password(std::string_view text) {
  std::string out(text);
  const auto scheme = out.find("://");
  if (scheme != std::string::npos) {
    const auto end = std::min(out.find_first_of("/? \t\r\n\"'", scheme + 3), out.size());
    const auto at = out.rfind('@', end);
    const auto colon = out.find(':', scheme + 3);
    if (at != std::string::npos && at > scheme && colon != std::string::npos && colon < at)
      out.replace(colon + 1, at - colon - 1, mask);
  }
  // ?password=..., ;pwd=..., &token=...
  for (std::size_t at = out.find('='); at != std::string::npos; at = out.find('=', at + 1)) {
    auto begin = at;
    while (begin > 0 && is_key_letter(out[begin - 1])) --begin;
    if (!names_a_secret(std::string_view(out).substr(begin, at - begin))) continue;
    const auto end = std::min(out.find_first_of("&; \t\r\n\"'", at + 1), out.size());
    out.replace(at + 1, end - at - 1, mask);
  }
  return out;
}

std::string database_product(const Address& address) {
  static const std::array<std::pair<std::string_view, std::string_view>, 12> known = {{{"postgres", "PostgreSQL"},
                                                                                       {"postgresql", "PostgreSQL"},
                                                                                       {"mysql", "MySQL"},
                                                                                       {"mariadb", "MariaDB"},
                                                                                       {"sqlserver", "SQL Server"},
                                                                                       {"mssql", "SQL Server"},
                                                                                       {"oracle:thin", "Oracle"},
                                                                                       {"mongodb", "MongoDB"},
                                                                                       {"mongodb+srv", "MongoDB"},
                                                                                       {"dm", "DM"},
                                                                                       {"kingbase8", "Kingbase"},
                                                                                       {"db2", "DB2"}}};
  for (const auto& [scheme, product] : known)
    if (address.scheme == scheme) return std::string(product);
  return {};
}

}  // namespace ferry
