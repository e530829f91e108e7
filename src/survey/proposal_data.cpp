// Versions, databases, and which part of the folder is what.
#include <algorithm>
#include <cctype>
#include <set>

#include "survey/draft.h"

namespace ferry {
namespace {

constexpr std::size_t most_invariants = 12;
constexpr std::int64_t day = 86400;

// ---- versions -------------------------------------------------------------------------------------------------------

std::vector<SeenVersion> all_versions(const Sighting& sight) {
  auto out = sight.versions;
  for (const auto& database : sight.databases)
    out.insert(out.end(), database.versions.begin(), database.versions.end());
  return out;
}

// The words of a name: note_tag, noteTag, wf-log.
std::set<std::string> words_of(const std::string& name) {
  std::set<std::string> out;
  std::string word;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool upper = std::isupper(byte) != 0;
    if ((std::isalnum(byte) == 0 || upper) && !word.empty()) {
      out.insert(word);
      word.clear();
    }
    if (std::isalnum(byte) != 0) word += static_cast<char>(std::tolower(byte));
  }
  if (!word.empty()) out.insert(word);
  return out;
}

bool has_word(const std::string& name, const std::set<std::string>& wanted) {
  const auto words = words_of(name);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return wanted.contains(word); });
}

// Queues, sessions, logs: what the product writes by itself.
bool is_own_table(const std::string& name) {
  static const std::set<std::string> words = {"log",   "logs",   "session",   "sessions", "queue", "queues",
                                              "job",   "jobs",   "outbox",    "cache",    "lock",  "locks",
                                              "token", "tokens", "heartbeat", "audit"};
  return has_word(name, words);
}

// How a product keeps book of its schema.
bool is_book_of_schema(const std::string& name) {
  static const std::set<std::string> words = {"migration", "migrations",    "schema", "version", "versions",
                                              "flyway",    "sequelizemeta", "knex",   "meta"};
  return has_word(name, words);
}

// ---- paths ----------------------------------------------------------------------------------------------------------

struct FolderFigures {
  std::size_t files = 0, code = 0, recent = 0;
  std::uint64_t bytes = 0;
};

bool is_code(std::string_view name) {
  static const std::set<std::string> endings = {".js",    ".mjs", ".cjs",  ".ts",  ".jsp", ".jspf",
                                                ".class", ".jar", ".php",  ".py",  ".rb",  ".so",
                                                ".css",   ".sh",  ".html", ".vue", ".map"};
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos && endings.contains(lower_case(name.substr(dot)));
}

class PathRules {
 public:
  explicit PathRules(Draft& draft) : draft_(draft) {
    for (const auto& thing : draft_.sight.tree.things) {
      if (thing.kind == Glimpse::Kind::file) program_time(thing);
      count(thing);
    }
  }

  void all() {
    logs_and_generated();
    data();
    ask_for_data();
    configuration();
    program();
  }

 private:
  using List = std::vector<Noted>;
  List& list(const char* name) { return draft_.out.paths[name]; }

  // When the program was laid there: the newest of what tells its version.
  void program_time(const Glimpse& thing) {
    static const std::set<std::string> names = {"package.json", "pom.properties", "MANIFEST.MF",
                                                "server.js",    "index.js",       "catalina.sh"};
    if (names.contains(std::string(thing.path.name()))) program_time_ = std::max(program_time_, thing.written);
  }

  void count(const Glimpse& thing) {
    if (thing.kind != Glimpse::Kind::file) return;
    for (auto folder = thing.path.parent(); !folder.empty(); folder = folder.parent()) {
      auto& figures = figures_[folder];
      ++figures.files;
      figures.bytes += thing.bytes;
      figures.code += is_code(thing.path.name()) ? 1 : 0;
      figures.recent += thing.written > draft_.sight.now - 30 * day && thing.written > program_time_ + day ? 1 : 0;
    }
  }

  bool taken(const RelativePath& path) const {
    return std::any_of(taken_.begin(), taken_.end(), [&](const RelativePath& other) { return path.is_under(other); });
  }

  void take(const char* name, const RelativePath& path, Text why, bool assumed) {
    if (path.empty() || taken(path)) return;
    taken_.push_back(path);
    list(name).push_back({profile_path(path), std::move(why), assumed});
  }

  static bool in_package_managers_care(const RelativePath& path) {
    const auto parts = path.components();
    return std::find(parts.begin(), parts.end(), "node_modules") != parts.end();
  }

  void logs_and_generated() {
    static const std::set<std::string> logs = {"log", "logs", "tmp", "run", "pids", ".pm2", ".git", ".svn", "coverage"};
    static const std::set<std::string> generated = {".cache", "cache", "__pycache__", ".parcel-cache", ".turbo"};
    for (const auto& thing : draft_.sight.tree.things) {
      const auto name = lower_case(thing.path.name());
      const auto depth = thing.path.components().size();
      if (in_package_managers_care(thing.path.parent()) || depth > 3) continue;
      if (thing.kind == Glimpse::Kind::folder) {
        const bool of_tomcat = draft_.tomcat && depth == 1 && (name == "work" || name == "temp");
        if (of_tomcat) take("generated", thing.path, {"compiled pages of Tomcat", "Tomcat 编译的页面"}, false);
        if (generated.contains(name)) take("generated", thing.path, {"name of the folder", "文件夹名称"}, true);
        if (logs.contains(name) || (name == "temp" && depth == 1))
          take("ignored", thing.path, {"name of the folder", "文件夹名称"}, true);
      } else if (depth == 1 && (name.ends_with(".log") || name.ends_with(".pid") || name.ends_with(".sock"))) {
        take("ignored", thing.path, {"ending of the name", "文件扩展名"}, true);
      }
    }
  }

  // A database and what stands beside it: its folder, unless program files lie there too.
  void data_of_database(const std::string& file) {
    if (file.starts_with('/')) return;
    const RelativePath path(file);
    const auto folder = path.parent();
    const auto found = figures_.find(folder);
    const bool mixed = folder.empty() || found == figures_.end() || found->second.code > 0;
    if (!mixed) return take("data", folder, {"the database " + file, "数据库 " + file}, false);
    take("data", path, {"a database", "数据库"}, false);
    for (const char* beside : {"-wal", "-shm", "-journal"})
      take("data", RelativePath(file + beside), {"belongs to the database", "属于该数据库"}, false);
  }

  void data_named_by_setting(const std::string& value, const std::string& where) {
    if (!draft_.is_inside(value)) return;
    const auto below = draft_.below_root(value);
    if (below.empty() || !draft_.is_folder(below)) return;
    const RelativePath path(below);
    const auto found = figures_.find(path);
    if (found == figures_.end() || found->second.code == 0)
      take("data", path, {"named by " + where, "由 " + where + " 指定"}, false);
  }

  void data() {
    for (const auto& database : draft_.sight.databases) {
      data_of_database(database.file);
      for (const auto& row : database.settings)
        data_named_by_setting(row.value, database.file + ", " + row.table + "." + row.key);
    }
    for (const auto& file : draft_.sight.settings)
      for (const auto& setting : file.settings)
        data_named_by_setting(setting.value, printable(file.path.bytes()) + ":" + std::to_string(setting.line));
    static const std::set<std::string> names = {"data",    "upload",     "uploads",  "attachments", "attachment",
                                                "files",   "storage",    "media",    "userdata",    "filesystem",
                                                "backups", "repository", "documents"};
    for (const auto& thing : draft_.sight.tree.things) {
      if (thing.kind != Glimpse::Kind::folder || thing.path.components().size() > 2 ||
          in_package_managers_care(thing.path))
        continue;
      const auto& figures = figures_[thing.path];
      if (names.contains(lower_case(thing.path.name())) && figures.code == 0)
        take("data", thing.path,
             {"name of the folder, " + std::to_string(figures.files) + " files",
              "文件夹名称，" + std::to_string(figures.files) + " 个文件"},
             true);
      else if (figures.files >= 20 && figures.code == 0 && figures.recent * 2 > figures.files)
        take("data", thing.path,
             {std::to_string(figures.recent) + " of " + std::to_string(figures.files) +
                  " files written since the program was installed",
              std::to_string(figures.files) + " 个文件中有 " + std::to_string(figures.recent) +
                  " 个是程序安装之后写入的"},
             true);
    }
  }

  void ask_for_data() {
    std::string proposal;
    for (const auto& path : list("data")) proposal += (proposal.empty() ? "" : ", ") + path.value;
    const auto answer =
        draft_.ask({"data",
                    {"Folders and files with data (never touched), with commas between",
                     "数据所在的文件夹和文件（绝不触碰），以逗号分隔"},
                    proposal,
                    proposal.empty() ? Text{"nothing was found", "未发现"}
                                     : Text{"databases, settings and names of folders", "依据数据库、设置与文件夹名称"},
                    {},
                    Question::Kind::paths});
    if (answer == proposal) return;
    const auto before = list("data");
    list("data").clear();
    for (std::size_t begin = 0; begin < answer.size();) {
      const auto end = std::min(answer.find(',', begin), answer.size());
      auto word = answer.substr(begin, end - begin);
      begin = end + 1;
      word.erase(0, word.find_first_not_of(' '));
      while (word.ends_with(' ') || word.ends_with('/')) word.pop_back();
      if (word.empty()) continue;
      const auto path = profile_path(RelativePath(unescape(word)));
      const auto known =
          std::find_if(before.begin(), before.end(), [&](const Noted& one) { return one.value == path; });
      list("data").push_back(known != before.end() ? *known : Noted{path, {"answered", "人工回答"}, false});
      std::erase_if(list("ignored"), [&](const Noted& one) { return one.value == path; });
      std::erase_if(list("generated"), [&](const Noted& one) { return one.value == path; });
      taken_.push_back(RelativePath(unescape(word)));
    }
  }

  // What the customer has set, as far as the program files hold it.
  void configuration() {
    for (const auto& file : draft_.sight.settings) {
      if (taken(file.path)) continue;
      const auto folder = lower_case(file.path.components().front());
      const bool of_settings = file.form == SettingsForm::env || folder == "conf" || folder == "config" ||
                               file.path.parent().empty() || file.form == SettingsForm::properties;
      if (!of_settings) continue;
      list("config").push_back(
          {profile_path(file.path),
           {"settings: " + file.settings.front().key + " ...", "设置：" + file.settings.front().key + " 等"},
           file.form == SettingsForm::text});
    }
  }

  void program() {
    if (!draft_.tomcat) {
      list("program").push_back(
          {".",
           {"everything else: releases may bring new files anywhere", "其余全部：新版本可能在任何位置带来新文件"},
           true});
      return;
    }
    for (const auto& thing : draft_.sight.tree.things) {
      if (thing.path.components().size() != 1 || thing.kind != Glimpse::Kind::folder || taken(thing.path)) continue;
      list("program").push_back(
          {profile_path(thing.path), {"folder of Tomcat or of the product", "Tomcat 或产品的文件夹"}, false});
    }
  }

  Draft& draft_;
  std::map<RelativePath, FolderFigures> figures_;
  std::vector<RelativePath> taken_;
  std::int64_t program_time_ = 0;
};

}  // namespace

void propose_version(Draft& draft) {
  const auto versions = all_versions(draft.sight);
  Question question{"version",           {"Where the product's version stands", "产品版本的来源"}, "1", {}, {},
                    Question::Kind::text};
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto number = std::to_string(i + 1);
    question.choices.push_back(number);
    question.why.en += (i == 0 ? "" : "; ") + number + ": " + versions[i].where.en + " = " + versions[i].value;
    question.why.zh += (i == 0 ? "" : "；") + number + "：" + versions[i].where.zh + " = " + versions[i].value;
  }
  if (versions.empty()) {
    draft.out.version = {
        "{value: \"0\"}", {"no source was found: say where the version stands", "未找到来源：请指明版本所在"}, true};
    draft.note({"No source for the version was found; the profile says 0 until you name one.",
                "未找到版本来源；在您指明之前，档案中为 0。"});
    return;
  }
  const auto& chosen = versions[std::stoul(draft.ask(question)) - 1];
  draft.out.version = {chosen.source,
                       {chosen.where.en + " says " + chosen.value, chosen.where.zh + " 为 " + chosen.value},
                       versions.size() > 1};
  for (const auto& version : versions) {
    if (!version.in_database || version.value != chosen.value) continue;
    const auto answer = draft.ask(
        {"migration",
         {"Does the application migrate its database when it starts?", "应用是否在启动时迁移数据库？"},
         "yes",
         {version.where.en + " says " + version.value + " as well", version.where.zh + " 也是 " + version.value},
         {"yes", "no"},
         Question::Kind::yes_no});
    if (answer == "yes") {
      draft.out.migrated = version.source;
      draft.out.why_migrated = {"it gives " + version.value + " now, the program's version",
                                "现值为 " + version.value + "，即程序版本"};
    }
    return;
  }
}

void propose_databases(Draft& draft) {
  std::set<std::string> ids;
  for (const auto& seen : draft.sight.databases) {
    ProposedDatabase database;
    const auto name = seen.file.substr(seen.file.rfind('/') + 1);
    database.id = draft.out.databases.empty() ? "main" : id_of(name.substr(0, name.find('.')));
    while (database.id.empty() || !ids.insert(database.id).second) database.id += "x";
    database.file = draft.templated(seen.file);
    database.why = seen.why;
    if (!seen.problem.empty()) draft.note({seen.file + ": " + seen.problem.en, seen.file + "：" + seen.problem.zh});
    auto tables = seen.tables;
    std::stable_sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) { return a.rows > b.rows; });
    for (const auto& table : tables) {
      if (!is_utf8(table.name)) continue;
      if (is_own_table(table.name)) database.own_tables.push_back(table.name);
      const bool of_users = table.rows > 0 && !is_own_table(table.name) && !is_book_of_schema(table.name);
      if (of_users && database.invariants.size() < most_invariants)
        database.invariants.push_back(
            {table.name,
             {std::to_string(table.rows) + " rows now", "现有 " + std::to_string(table.rows) + " 行"},
             true});
    }
    for (const auto& row : seen.settings) {
      const std::array<std::string, 3> table{row.table, row.key_column, row.value_column};
      if (std::find(database.settings.begin(), database.settings.end(), table) == database.settings.end())
        database.settings.push_back(table);
    }
    draft.out.databases.push_back(std::move(database));
  }
  if (!draft.out.migrated.empty() && !draft.out.databases.empty())
    draft.out.databases.front().version = draft.out.migrated;
}

void propose_paths(Draft& draft) {
  PathRules(draft).all();
  // Where what the service prints goes.
  const auto& ignored = draft.out.paths["ignored"];
  if (draft.out.services.empty()) return;
  auto& service = draft.out.services.front();
  for (const auto& path : ignored)
    if (service.log.empty() && (path.value == "logs" || path.value == "log")) service.log = path.value + "/console.log";
  if (service.log.empty() && !draft.has("logs")) {
    draft.out.paths["ignored"].push_back(
        {"logs", {"made by Ferry for what the service prints", "由 Ferry 建立，存放服务的输出"}, true});
    service.log = "logs/console.log";
  }
}

}  // namespace ferry
