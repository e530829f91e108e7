#include "model/profile_check.h"

#include <algorithm>
#include <optional>
#include <set>

#include "model/value_check.h"

namespace ferry::document {
namespace {

const Json nothing;

// Tolerant access: the schema's complaints about wrong types are already there, these checks just go past them.
const Json& at(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) ? json.at(key) : nothing;
}
std::string text_at(const Json& json, const char* key) {
  const auto& value = at(json, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// Calls with every item of a list and its pointer.
template <class Use>
void each(const Json& list, const std::string& pointer, Use use) {
  if (!list.is_array()) return;
  for (std::size_t i = 0; i < list.size(); ++i) use(list[i], child(pointer, i));
}

using Ids = std::map<std::string, std::string>;  // id -> pointer of its first use

void collect_ids(Typed& document, const Json& list, const std::string& pointer, Ids& ids) {
  each(list, pointer, [&](const Json& item, const std::string& where) {
    const auto id = text_at(item, "id");
    if (id.empty()) return;
    const auto [first, is_new] = ids.emplace(id, where);
    if (is_new) return;
    const auto line = std::to_string(document.place_of(first->second + "/id").line);
    document.report(where + "/id", {"the id '" + id + "' is already used in line " + line,
                                    "编号“" + id + "”已在第 " + line + " 行使用"});
  });
}

std::optional<VersionRange> range_at(const Json& item) {
  const auto text = text_at(item, "version");
  if (text.empty()) return VersionRange();
  try {
    return VersionRange(text);
  } catch (const Error&) {
    return std::nullopt;  // said elsewhere
  }
}

// Items of which only one may hold for a version: their ranges must not overlap.
class VersionedItems {
 public:
  explicit VersionedItems(Typed& document) : document_(document) {}

  void add(const std::string& id, const Json& item, const std::string& where) {
    const auto range = range_at(item);
    if (!range) return;
    for (const auto& other : seen_[id]) {
      if (!overlap(*range, other.range)) continue;
      const auto line = std::to_string(document_.place_of(other.pointer).line);
      const Text what = id.empty() ? Text{"this holds", "此处"} : Text{"'" + id + "' stands", "“" + id + "”"};
      document_.report(where, {what.en + " for versions for which line " + line + " does, too ('" + range->text() +
                                   "' and '" + other.range.text() + "'): the ranges must not overlap",
                               what.zh + "的版本范围与第 " + line + " 行重叠（“" + range->text() + "”与“" +
                                   other.range.text() + "”）：范围不得重叠"});
      break;
    }
    seen_[id].push_back({*range, where});
  }

 private:
  struct Seen {
    VersionRange range;
    std::string pointer;
  };
  Typed& document_;
  std::map<std::string, std::vector<Seen>> seen_;
};

// Ids that may repeat where the version ranges do not overlap.
void collect_versioned_ids(Typed& document, const Json& list, const std::string& pointer, Ids& ids) {
  VersionedItems items(document);
  each(list, pointer, [&](const Json& item, const std::string& where) {
    const auto id = text_at(item, "id");
    if (id.empty()) return;
    ids.emplace(id, where);
    items.add(id, item, where + "/id");
  });
}

std::vector<std::string> names(const Ids& ids) {
  std::vector<std::string> out;
  for (const auto& [id, unused] : ids) out.push_back(id);
  return out;
}

void require_known(Typed& document, const std::string& id, const Ids& ids, const std::string& pointer,
                   const Text& kind) {
  if (id.empty() || ids.contains(id)) return;
  const auto known = names(ids);
  const auto near = suggestion(id, known);
  const auto list = known.empty() ? std::string("-") : join(known);
  document.report(pointer, {"there is no " + kind.en + " '" + id + "'; there are: " + list + near.en,
                            "没有" + kind.zh + "“" + id + "”；现有：" + list + near.zh});
}

struct AllIds {
  Ids databases, runtimes, services, tasks, checks;
};

AllIds check_ids(Typed& document) {
  const Json& json = document.json;
  AllIds out;
  collect_ids(document, at(json, "databases"), "/databases", out.databases);
  collect_versioned_ids(document, at(json, "runtimes"), "/runtimes", out.runtimes);
  collect_versioned_ids(document, at(json, "services"), "/services", out.services);
  collect_ids(document, at(json, "tasks"), "/tasks", out.tasks);
  // Evidence is stored under the id, so checks and invariants share one space.
  collect_ids(document, at(json, "invariants"), "/invariants", out.checks);
  collect_ids(document, at(json, "checks"), "/checks", out.checks);
  for (const char* key : {"modules", "effects", "findings", "definitions"}) {
    Ids ids;
    collect_ids(document, at(json, key), child("", key), ids);
  }
  for (const char* key : {"rewrite", "silence", "mark"}) {
    Ids ids;
    collect_ids(document, at(at(json, "clone"), key), child("/clone", key), ids);
  }
  each(at(json, "effects"), "/effects", [&](const Json& effect, const std::string& pointer) {
    for (const char* key : {"hold", "release"}) {
      Ids ids;
      collect_ids(document, at(effect, key), child(pointer, key), ids);
    }
  });
  return out;
}

// Wherever the schema knows a key `database`, a query means one of the profile's databases.
void check_databases(const Schema& schema, Typed& document, const Ids& databases) {
  schema.walk(document.json, [&](const Json& value, const Schema::Rules& rules, const std::string& pointer) {
    const bool speaks_of_one = std::any_of(
        rules.begin(), rules.end(), [](const Json* rule) { return at(*rule, "properties").contains("database"); });
    if (!speaks_of_one || !value.is_object()) return;
    const bool has_query =
        at(value, "sql").is_string() || at(value, "before").is_string() || at(value, "table").is_string();
    if (has_query && databases.empty()) {
      document.report(pointer + "/sql", {"this needs a database, but the profile has none under 'databases'",
                                         "此处需要数据库，但档案的 databases 中没有"});
    } else {
      require_known(document, text_at(value, "database"), databases, pointer + "/database", {"database", "数据库"});
    }
  });
}

// What links a definition to its tests, and column lists that contradict each other.
void check_definitions(Typed& document, const Ids& checks) {
  each(at(document.json, "definitions"), "/definitions", [&](const Json& definition, const std::string& pointer) {
    for (const auto& id : texts_of(definition, "checks"))
      require_known(document, id, checks, pointer + "/checks", {"check", "验证项"});
    for (const char* list : {"key", "name"})
      for (const auto& column : texts_of(definition, list))
        for (const char* other : {"ignore", "secret"}) {
          const auto hidden = texts_of(definition, other);
          if (std::find(hidden.begin(), hidden.end(), column) == hidden.end()) continue;
          document.report(child(pointer, other),
                          {"column '" + column + "' stands under '" + list + "' too; rows are found and named by it",
                           "字段“" + column + "”同时列在 " + list + " 中，而行是靠它识别和命名的"});
        }
  });
}

void check_demands(Typed& document, const Json& item, const std::string& pointer, const Ids& runtimes) {
  const auto& demands = at(item, "runtime");
  if (!demands.is_object()) return;
  for (const auto& [id, unused] : demands.items())
    require_known(document, id, runtimes, child(pointer + "/runtime", id), {"runtime", "运行环境"});
}

// Calls with the thing itself, or with each of a list of them.
template <class Use>
void one_or_each(const Json& json, const char* key, Use use) {
  const auto& value = at(json, key);
  if (value.is_object()) use(value, child("", key));
  each(value, child("", key), use);
}

void check_migrations(Typed& document, const AllIds& ids) {
  VersionedItems migrations(document), settled(document);
  const auto needs_database = [&](const Json& holder, const std::string& pointer) {
    if (!at(holder, "sql").is_string() || !ids.databases.empty()) return;
    document.report(pointer + "/sql", {"this needs a database, but the profile has none under 'databases'",
                                       "此处需要数据库，但档案的 databases 中没有"});
  };
  one_or_each(document.json, "migrate", [&](const Json& item, const std::string& pointer) {
    migrations.add("", item, pointer);
    require_known(document, text_at(item, "service"), ids.services, pointer + "/service", {"service", "服务"});
    check_demands(document, item, pointer, ids.runtimes);
    needs_database(at(item, "done"), pointer + "/done");
  });
  one_or_each(document.json, "settled",
              [&](const Json& item, const std::string& pointer) { settled.add("", item, pointer); });
  each(at(document.json, "services"), "/services",
       [&](const Json& item, const std::string& pointer) { check_demands(document, item, pointer, ids.runtimes); });
}

class TaskOrder {
 public:
  TaskOrder(Typed& document, const Ids& tasks) : document_(document), ids_(tasks) {
    each(at(document.json, "tasks"), "/tasks", [&](const Json& task, const std::string&) {
      auto& after = after_[text_at(task, "id")];
      for (auto& id : texts_of(task, "after")) after.push_back(id);
    });
  }

  void check() {
    each(at(document_.json, "tasks"), "/tasks", [&](const Json& task, const std::string& pointer) {
      for (const auto& id : texts_of(task, "after"))
        require_known(document_, id, ids_, pointer + "/after", {"task", "任务"});
      std::vector<std::string> way;
      visit(text_at(task, "id"), way);
    });
  }

 private:
  void visit(const std::string& id, std::vector<std::string>& way) {
    if (!ids_.contains(id) || done_.contains(id)) return;
    const bool been_here = std::find(way.begin(), way.end(), id) != way.end();
    way.push_back(id);
    if (been_here) {
      std::string circle;
      for (auto step = std::find(way.begin(), way.end(), id); step != way.end(); ++step)
        circle += (circle.empty() ? "" : " -> ") + *step;
      document_.report(ids_.at(id) + "/after",
                       {"these tasks wait for each other: " + circle, "任务互相等待：" + circle});
    } else {
      for (const auto& earlier : after_[id]) visit(earlier, way);
    }
    way.pop_back();
    done_.insert(id);
  }

  Typed& document_;
  const Ids& ids_;
  std::map<std::string, std::vector<std::string>> after_;
  std::set<std::string> done_;
};

struct PlacedPath {
  RelativePath path;
  std::string pointer;
};

std::vector<PlacedPath> paths_at(const Json& object, const char* key, const std::string& pointer) {
  std::vector<PlacedPath> out;
  const auto take = [&](const Json& value, const std::string& where) {
    if (value.is_string() && wrong_path(value.get<std::string>()).empty())
      out.push_back({RelativePath(unescape(value.get<std::string>())), where});
  };
  const auto& value = at(object, key);
  take(value, child(pointer, key));
  each(value, child(pointer, key), take);
  return out;
}

class PathRules {
 public:
  explicit PathRules(Typed& document) : document_(document) {
    for (const char* key : {"program", "data", "config", "generated", "ignored", "whole"})
      lists_[key] = paths_at(at(document.json, "paths"), key, "/paths");
  }

  void check() {
    for (const auto& path : lists_["config"])
      if (!under_any(path.path, "program"))
        complain(path, {"must lie inside 'program', because releases bring configuration files there",
                        "必须位于 program 之内，因为版本包会带来其中的配置文件"});
    for (const auto& path : lists_["whole"])
      if (path.path.empty() || !under_any(path.path, "program"))
        complain(path, {"must be a folder inside 'program': it is replaced with it",
                        "必须是 program 之内的文件夹：它随之整体替换"});
    // A generated folder is dropped at every switch, with all that lies below it.
    for (const char* kept : {"program", "data", "config"})
      for (const auto& path : lists_[kept])
        if (under_any(path.path, "generated"))
          complain(path, {"lies inside 'generated', which is dropped at every switch",
                          "位于 generated 之内，而它在每次切换时都会被清除"});
    for (const char* dropped : {"generated", "program"})
      for (const auto& path : lists_[dropped])
        if (under_any(path.path, "data"))
          complain(path, {"lies inside 'data', which a switch must never touch", "位于 data 之内，而切换绝不能触碰它"});
    twice();
    logs();
    databases();
  }

 private:
  bool under_any(const RelativePath& path, const char* key) {
    return std::any_of(lists_[key].begin(), lists_[key].end(),
                       [&](const PlacedPath& folder) { return path.is_under(folder.path); });
  }

  void complain(const PlacedPath& path, const Text& why) {
    const auto name = path.path.empty() ? std::string(".") : printable(path.path.bytes());
    document_.report(path.pointer, {"'" + name + "' " + why.en, "“" + name + "”" + why.zh});
  }

  void twice() {
    std::map<RelativePath, std::string> seen;
    for (const auto& [key, list] : lists_)
      for (const auto& path : list) {
        const auto [first, is_new] = seen.emplace(path.path, key);
        if (!is_new)
          complain(path, {"already stands under '" + first->second + "'", "已经列在 " + first->second + " 之下"});
      }
  }

  void logs() {
    const auto look = [&](const Json& service, const std::string& pointer) {
      for (const auto& log : paths_at(service, "log", pointer))
        if (!under_any(log.path, "data") && !under_any(log.path, "ignored"))
          complain(log, {"must lie inside 'data' or 'ignored', or every survey would find it changed",
                         "必须位于 data 或 ignored 之内，否则每次调研都会发现它被修改"});
    };
    each(at(document_.json, "services"), "/services", look);
    one_or_each(document_.json, "migrate", look);
  }

  void databases() {
    each(at(document_.json, "databases"), "/databases", [&](const Json& database, const std::string& pointer) {
      for (const auto& file : paths_at(database, "files", pointer))
        if (!under_any(file.path, "data"))
          complain(file, {"must lie inside 'data': everything else comes back with the switch",
                          "必须位于 data 之内：其余文件随切换一并还原"});
      if (text_at(database, "sqlite").find("${") != std::string::npos) return;
      for (const auto& file : paths_at(database, "sqlite", pointer))
        if (under_any(file.path, "generated"))
          complain(file, {"lies inside 'generated', which is dropped at every switch",
                          "位于 generated 之内，而它在每次切换时都会被清除"});
    });
  }

  Typed& document_;
  std::map<std::string, std::vector<PlacedPath>> lists_;
};

}  // namespace

std::vector<std::string> texts_of(const Json& object, const char* key) {
  const auto& value = at(object, key);
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> out;
  if (value.is_array())
    for (const auto& item : value)
      if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

void check_profile(const Schema& schema, Typed& document) {
  const auto ids = check_ids(document);
  check_databases(schema, document, ids.databases);
  each(at(document.json, "checks"), "/checks", [&](const Json& check, const std::string& pointer) {
    require_known(document, text_at(check, "process"), ids.services, pointer + "/process", {"service", "服务"});
    if (at(check, "clone") == false && at(check, "production") == false)
      document.report(pointer, {"this check would run nowhere: both 'clone' and 'production' are false",
                                "此验证项不会在任何地方执行：clone 与 production 均为 false"});
  });
  check_definitions(document, ids.checks);
  check_migrations(document, ids);
  TaskOrder(document, ids.tasks).check();
  PathRules(document).check();
  check_variables(schema, document);
  check_steps(document);
}

}  // namespace ferry::document
