#include "survey/look.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/secret_name.h"
#include "host/files.h"
#include "model/yaml_text.h"
#include "survey/facts_reader.h"
#include "survey/settings_file.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_settings = 256U << 10U;
constexpr std::size_t most_settings_files = 200;
constexpr std::size_t deepest_settings = 5;
constexpr std::size_t most_heads = 5000;  // files whose first bytes are read
constexpr std::size_t most_databases = 20;
constexpr std::string_view sqlite_header{"SQLite format 3\0", 16};

std::string resolved(const std::string& folder) {
  std::error_code error;
  const auto path = fs::canonical(folder, error);
  if (error) throw system_error(folder, error.value());
  if (!fs::is_directory(path)) throw Error(Code::not_a_directory, folder);
  return path.string();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

class Looker {
 public:
  Looker(const std::string& folder, const LookOptions& options) : options_(options) {
    out_.root = resolved(folder);
    out_.now = std::chrono::duration_cast<std::chrono::seconds>(options.now.time_since_epoch()).count();
  }

  Sighting all() {
    tell({"files", "文件"}, 0);
    look_at_tree();
    tell({"processes", "进程"}, 0);
    look_at_processes();
    tell({"settings", "设置"}, 0);
    look_at_settings();
    look_at_versions();
    tell({"databases", "数据库"}, 0);
    look_at_databases();
    return std::move(out_);
  }

 private:
  void tell(const Text& stage, std::uint64_t things) const {
    if (options_.progress) options_.progress(stage, things);
  }

  void look_at_tree() {
    GlanceOptions glance_options;
    glance_options.longest = options_.longest;
    // What package managers and version control keep is neither data nor settings.
    glance_options.closed = {"node_modules", ".git", ".svn", ".hg", "bower_components", "site-packages"};
    glance_options.progress = [this](std::size_t things) { tell({"files", "文件"}, things); };
    out_.tree = glance(out_.root, glance_options);
  }

  void look_at_processes() {
    out_.occupants = occupants_of(out_.root);
    for (auto& process : out_.occupants.processes)
      for (auto& [name, value] : process.environment) value = names_a_secret(name) ? "***" : without_password(value);
    for (const auto& listener : listening_ports()) out_.taken_ports.push_back(listener.port);
    out_.units = units_of(out_.root, out_.occupants, options_.system);
  }

  std::string absolute(const RelativePath& path) const { return out_.root + "/" + path.bytes(); }

  // Empty when it can't be read, which is told.
  std::string text_of(const RelativePath& path) {
    try {
      return read_file(absolute(path), largest_settings);
    } catch (const Error& error) {
      const auto name = printable(path.bytes());
      const auto& why = info(error.code()).text;
      out_.unreadable.push_back({name + ": " + why.en, name + "：" + why.zh});
      return {};
    }
  }

  static bool is_of_the_program(const RelativePath& path) {
    static const std::set<std::string> folders = {"public", "static", "dist",  "locales", "i18n", "lang",
                                                  "docs",   "test",   "tests", "assets",  "src",  "uploads",
                                                  "upload", "logs",   "cache", ".cache"};
    for (const auto& part : path.parent().components())
      if (folders.contains(lower(part))) return true;
    return false;
  }

  void look_at_settings() {
    for (const auto& thing : out_.tree.things) {
      if (thing.kind != Glimpse::Kind::file || thing.bytes > largest_settings) continue;
      if (thing.path.components().size() > deepest_settings || is_of_the_program(thing.path)) continue;
      const auto form = settings_form(thing.path);
      if (!form) continue;
      if (out_.settings.size() >= most_settings_files) {
        out_.unreadable.push_back(
            {"more than 200 settings files: the others were left out", "设置文件超过 200 个，其余未查看"});
        break;
      }
      const auto text = text_of(thing.path);
      if (thing.path.name() == "server.xml") find_tomcat_ports(text);
      auto settings = read_settings(text, *form);
      if (!settings.empty()) out_.settings.push_back({thing.path, *form, std::move(settings)});
    }
    find_foreign_databases();
  }

  // Ports of <Connector ... port="8080" ...> outside of comments, but for AJP's.
  void find_tomcat_ports(std::string text) {
    for (auto begin = text.find("<!--"); begin != std::string::npos; begin = text.find("<!--", begin)) {
      const auto end = text.find("-->", begin);
      text.erase(begin, end == std::string::npos ? end : end + 3 - begin);
    }
    for (auto begin = text.find("<Connector"); begin != std::string::npos; begin = text.find("<Connector", begin + 1)) {
      const auto element = text.substr(begin, text.find('>', begin) - begin);
      if (element.find("AJP") != std::string::npos) continue;
      for (const auto& attribute : read_settings(element, SettingsForm::text))
        if (attribute.key == "port" && attribute.value.size() < 6 &&
            attribute.value.find_first_not_of("0123456789") == std::string::npos)
          out_.tomcat_ports.push_back(std::stoi(attribute.value));
    }
  }

  void note_foreign(const std::string& key, const std::string& value, const std::string& where) {
    std::string product;
    if (const auto address = parse_address(value)) product = database_product(*address);
    static const std::regex kind_key("(^|[._-])(db|database)?[._-]?(type|client|dialect|driver|connection)$",
                                     std::regex::icase);
    if (product.empty() && key.size() < 100 && std::regex_search(key, kind_key))
      product = database_product({lower(value), "", "x", "", 0});
    if (product.empty()) return;
    const bool known =
        std::any_of(out_.foreign.begin(), out_.foreign.end(), [&](const auto& other) { return other.shown == value; });
    if (!known) out_.foreign.push_back({product, value, where});
  }

  void find_foreign_databases() {
    for (const auto& file : out_.settings)
      for (const auto& setting : file.settings)
        note_foreign(setting.key, setting.value, printable(file.path.bytes()) + ":" + std::to_string(setting.line));
    for (const auto& process : out_.occupants.processes)
      for (const auto& [name, value] : process.environment)
        note_foreign(name, value, name + " (pid " + std::to_string(process.pid) + ")");
  }

  void look_at_versions() {
    for (const auto& thing : out_.tree.things) {
      if (thing.kind != Glimpse::Kind::file || thing.bytes == 0 || thing.bytes > largest_settings ||
          out_.versions.size() > 20)
        continue;
      const auto name = std::string(thing.path.name());
      if (thing.path.bytes() == "package.json") read_package(thing.path);
      const auto depth = thing.path.components().size();
      if (depth == 1 && (lower(name) == "version" || lower(name) == "version.txt"))
        add_version(thing.path, "match", R"(regex: '^v?([0-9][^\s]*)')", first_word(text_of(thing.path)));
      if (name == "pom.properties") from_properties(thing.path, "version");
      if (name == "version.properties") from_properties(thing.path, "version");
      if (name == "MANIFEST.MF" && depth <= 3) from_manifest(thing.path);
    }
  }

  void add_version(const RelativePath& path, const std::string& kind, const std::string& how,
                   const std::string& value) {
    if (value.empty() || !is_utf8(path.bytes())) return;
    const auto file = printable(path.bytes());
    out_.versions.push_back({"{" + kind + ": " + yaml_scalar(file) + ", " + how + "}", value, {file, file}, false});
  }

  static std::string first_word(const std::string& text) {
    auto word = text.substr(0, text.find_first_of(" \t\r\n"));
    if (word.starts_with('v')) word.erase(0, 1);
    return !word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0 ? word : std::string();
  }

  void read_package(const RelativePath& path) {
    try {
      const auto json = parse_json(text_of(path), absolute(path));
      const auto text = [&](const Json& of, const char* key) {
        return of.is_object() && of.contains(key) && of.at(key).is_string() ? of.at(key).get<std::string>()
                                                                            : std::string();
      };
      const auto scripts = json.is_object() && json.contains("scripts") ? json.at("scripts") : Json::object();
      out_.node = NodePackage{text(json, "name"), text(json, "version"), text(json, "main"), text(scripts, "start")};
      add_version(path, "json", "at: /version", out_.node->version);
    } catch (const Error&) {
      out_.unreadable.push_back({"package.json: no valid JSON", "package.json：不是有效的 JSON"});
    }
  }

  void from_properties(const RelativePath& path, const std::string& key) {
    if (const auto value = property(text_of(path), key)) add_version(path, "properties", "key: " + key, *value);
  }

  void from_manifest(const RelativePath& path) {
    static const std::regex line("(?:^|\n)Implementation-Version: *([^\\s]+)");
    const auto text = text_of(path);
    std::smatch match;
    if (text.size() < 64U << 10U && std::regex_search(text, match, line))
      add_version(path, "match", "regex: 'Implementation-Version: *([^\\s]+)'", match[1].str());
  }

  static bool has_sqlite_header(const std::string& file) {
    try {
      return read_head(file, sqlite_header.size()) == sqlite_header;
    } catch (const Error&) {
      return false;
    }
  }

  // SQLite's pages have at least 512 bytes; everything that is a program text or a picture by its name is not asked.
  static bool may_be_sqlite(const Glimpse& thing) {
    if (thing.kind != Glimpse::Kind::file || thing.bytes < 512 || thing.bytes % 512 != 0) return false;
    static const std::set<std::string> others = {".js",  ".css", ".html",  ".png", ".jpg", ".gif",
                                                 ".svg", ".jar", ".class", ".so",  ".zip", ".gz",
                                                 ".pdf", ".ts",  ".map",   ".xml", ".txt", ".log"};
    const auto name = lower(thing.path.name());
    const auto dot = name.rfind('.');
    return dot == std::string::npos || !others.contains(name.substr(dot));
  }

  void add_database(const std::string& file, const std::string& name, Text why) {
    const bool known =
        std::any_of(out_.databases.begin(), out_.databases.end(), [&](const auto& one) { return one.file == name; });
    if (known || out_.databases.size() >= most_databases || !has_sqlite_header(file)) return;
    auto seen = look_into_database(file, out_.root, options_.longest);
    seen.file = name;
    for (auto& version : seen.versions) version.where = {name + ": " + version.source, name + "：" + version.source};
    seen.why = std::move(why);
    std::error_code none;
    seen.bytes = fs::file_size(file, none);
    out_.databases.push_back(std::move(seen));
  }

  std::string shown(const std::string& absolute_path) const {
    const bool inside = absolute_path.starts_with(out_.root + "/");
    return printable(inside ? absolute_path.substr(out_.root.size() + 1) : absolute_path);
  }

  void look_at_databases() {
    std::size_t heads = 0;
    for (const auto& thing : out_.tree.things) {
      if (!may_be_sqlite(thing) || ++heads > most_heads) continue;
      // A name that is no UTF-8 can't stand in a template.
      if (is_utf8(thing.path.bytes()))
        add_database(absolute(thing.path), printable(thing.path.bytes()), {"its first bytes", "文件头"});
    }
    for (const auto& file : out_.settings)
      for (const auto& setting : file.settings)
        named_database(setting.value, printable(file.path.bytes()) + ":" + std::to_string(setting.line));
    for (const auto& process : out_.occupants.processes)
      for (const auto& [name, value] : process.environment) named_database(value, name);
  }

  // Also those outside of the folder, where a setting names them.
  void named_database(std::string value, const std::string& where) {
    for (const char* scheme : {"jdbc:sqlite:", "sqlite:///", "sqlite:", "file:"})
      if (value.starts_with(scheme)) {
        value = value.substr(std::string_view(scheme).size());
        if (std::string_view(scheme) == "sqlite:///") value.insert(0, "/");
        break;
      }
    if (!value.starts_with('/') || value.size() > 1000 || !is_utf8(value)) return;
    std::error_code none;
    if (fs::is_regular_file(value, none)) add_database(value, shown(value), {where, where});
  }

  const LookOptions& options_;
  Sighting out_;
};

}  // namespace

Sighting look_at(const std::string& folder, const LookOptions& options) {
  return Looker(folder, options).all();
}

}  // namespace ferry
