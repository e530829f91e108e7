// The project file: YAML to structure by way of its schema, with a place for every problem.
#include <set>

#include "base/error.h"
#include "model/document.h"
#include "model/schema.h"
#include "model/value.h"
#include "project/fields.h"
#include "project/project.h"

namespace ferry {
namespace embedded {
extern const std::string_view project_schema_json;
}

namespace {

constexpr int known_format = 1;

// Reads values that the schema has let pass; what it can't know (that there is no 31st of June) becomes a problem.
class ProjectReader {
 public:
  explicit ProjectReader(document::Typed& document) : document_(document), top_(document.json) {}

  Project read() {
    identity();
    people();
    dates();
    window();
    standby();
    departments();
    list("/approvers", top_, "approvers",
         [&](const Json& item, const std::string& pointer) { project_.approvers.push_back(person(item, pointer)); });
    project_.approvals_needed = top_.value("approvals_needed", project_.approvals_needed);
    project_.test_days = top_.value("test_days", project_.test_days);
    if (top_.value("on_last_safe_moment", "hold") == "rollback")
      project_.on_last_safe_moment = AtLastSafeMoment::rollback;
    project_.require_chaos = top_.value("require_chaos", false);
    limits();
    hotpatch();
    notify();
    return std::move(project_);
  }

 private:
  // What a parser throws is a problem at the pointer.
  template <class T, class Parse>
  std::optional<T> value(const Json& object, const char* key, const std::string& pointer, Parse parse) {
    if (!object.contains(key)) return std::nullopt;
    const auto at = document::child(pointer, key);
    try {
      return parse(object.at(key).get<std::string>());
    } catch (const Error& e) {
      document_.report(at, {e.about() + ": " + e.detail(), e.about() + "：" + e.detail_text().zh});
      return std::nullopt;
    }
  }
  std::optional<Date> date(const Json& object, const char* key, const std::string& pointer) {
    return value<Date>(object, key, pointer, [](const std::string& text) { return parse_date(text); });
  }
  std::optional<Moment> moment(const Json& object, const char* key, const std::string& pointer) {
    return value<Moment>(object, key, pointer, [](const std::string& text) { return parse_moment(text); });
  }
  Milliseconds duration(const Json& object, const char* key, const std::string& pointer, Milliseconds otherwise) {
    return value<Milliseconds>(object, key, pointer, [](const std::string& text) { return parse_duration(text); })
        .value_or(otherwise);
  }

  template <class Use>
  void list(const std::string& pointer, const Json& object, const char* key, Use use) {
    if (!object.contains(key)) return;
    std::size_t index = 0;
    for (const auto& item : object.at(key)) use(item, document::child(pointer, index++));
  }

  std::string text(const char* key) const { return top_.value(key, ""); }

  void identity() {
    project_.id = text("id");
    if (top_.contains("title")) project_.title = top_.at("title").get<Text>();
    project_.customer = text("customer");
    project_.contract_name = text("contract_name");
    project_.product = text("product");
    if (!top_.contains("licence")) return;
    const auto& terms = top_.at("licence");
    if (terms.contains("users")) project_.licence.users = terms.at("users").get<std::int64_t>();
    project_.licence.modules = terms.value("modules", project_.licence.modules);
    project_.licence.until = date(terms, "until", "/licence");
  }

  void people() {
    std::set<std::string> ids, users;
    list("/people", top_, "people", [&](const Json& item, const std::string& pointer) {
      Person person{item.at("id"),
                    item.at("name"),
                    {},
                    item.value("contact", ""),
                    item.value("user", ""),
                    item.value("organisation", "")};
      if (item.contains("roles"))
        for (const auto& role : item.at("roles")) person.roles.push_back(role_of(role.get<std::string>()));
      once(ids, person.id, document::child(pointer, "id"));
      // Two persons with one account could not be told apart.
      if (!person.user.empty()) once(users, person.user, document::child(pointer, "user"));
      project_.people.push_back(std::move(person));
    });
    if (top_.contains("owner")) project_.owner = person(top_.at("owner"), "/owner");
    if (!top_.contains("tasks")) return;
    for (const auto& [task, id] : top_.at("tasks").items())
      project_.tasks[task] = person(id, document::child("/tasks", task));
  }

  void once(std::set<std::string>& seen, const std::string& word, const std::string& pointer) {
    if (!seen.insert(word).second) document_.report(pointer, {"'" + word + "' stands twice", "“" + word + "”重复"});
  }

  std::string person(const Json& id, const std::string& pointer) {
    const auto name = id.get<std::string>();
    if (project_.find_person(name) != nullptr) return name;
    std::vector<std::string> known;
    for (const auto& one : project_.people) known.push_back(one.id);
    const auto near = document::suggestion(name, known);
    document_.report(pointer, {"'" + name + "' is not among the people; known: " + joined(known) + near.en,
                               "people 中没有“" + name + "”；已有：" + joined(known) + near.zh});
    return name;
  }

  void dates() {
    project_.start = date(top_, "start", "");
    project_.go_live = date(top_, "go_live", "");
    if (!top_.contains("calendar")) return;
    const auto days = [&](const char* key, std::set<Date>& out) {
      const auto pointer = document::child("/calendar", key);
      list(pointer, top_.at("calendar"), key, [&](const Json& item, const std::string& at) {
        try {
          out.insert(parse_date(item.get<std::string>()));
        } catch (const Error& e) {
          document_.report(at, {e.about() + ": " + e.detail(), e.about() + "：" + e.detail_text().zh});
        }
      });
    };
    days("holidays", project_.calendar.holidays);
    days("extra_days", project_.calendar.extra_days);
  }

  void window() {
    if (!top_.contains("window")) return;
    const auto& json = top_.at("window");
    const auto start = moment(json, "start", "/window"), end = moment(json, "end", "/window");
    const auto reserve = duration(json, "reserve", "/window", Milliseconds(0));
    if (!start || !end) return;
    if (*end <= *start) document_.report("/window/end", {"the window ends before it begins", "窗口的结束早于开始"});
    project_.window = DowntimeWindow{*start, *end, reserve};
  }

  void standby() {
    list("/standby", top_, "standby", [&](const Json& item, const std::string& pointer) {
      project_.standby.push_back({person(item.at("person"), document::child(pointer, "person")),
                                  moment(item, "confirmed_at", pointer),
                                  moment(item, "remote_access_tested_at", pointer), moment(item, "expires", pointer)});
    });
  }

  void departments() {
    std::set<std::string> ids;
    list("/departments", top_, "departments", [&](const Json& item, const std::string& pointer) {
      Department department{item.at("id"), item.contains("title") ? item.at("title").get<Text>() : Text{},
                            person(item.at("signer"), document::child(pointer, "signer"))};
      once(ids, department.id, document::child(pointer, "id"));
      project_.departments.push_back(std::move(department));
    });
  }

  void limits() {
    if (!top_.contains("limits")) return;
    const auto& json = top_.at("limits");
    auto& limits = project_.limits;
    limits.backup = duration(json, "backup", "/limits", limits.backup);
    limits.survey = duration(json, "survey", "/limits", limits.survey);
    limits.fence = duration(json, "fence", "/limits", limits.fence);
    limits.remote_access = duration(json, "remote_access", "/limits", limits.remote_access);
    limits.approval = duration(json, "approval", "/limits", limits.approval);
    limits.licence = duration(json, "licence", "/limits", limits.licence);
  }

  void hotpatch() {
    if (top_.contains("hotpatch"))
      project_.hotpatch_files = top_.at("hotpatch").value("most_files", project_.hotpatch_files);
  }

  void notify() {
    if (!top_.contains("notify")) return;
    const auto& json = top_.at("notify");
    auto& rule = project_.notify;
    rule.within = duration(json, "within", "/notify", rule.within);
    if (json.value("language", "zh") == "en") rule.language = Language::english;
    Variables known;
    for (const auto& word : notify_words) known[std::string(word)] = "";
    list("/notify/run", json, "run", [&](const Json& item, const std::string& pointer) {
      rule.run.push_back(item.get<std::string>());
      try {
        expand(rule.run.back(), known);
      } catch (const Error& e) {
        document_.report(pointer, {e.about() + ": " + e.detail(), e.about() + "：" + e.detail_text().zh});
      }
    });
  }

  document::Typed& document_;
  const Json& top_;
  Project project_;
};

}  // namespace

ProjectResult parse_project(std::string_view text, const std::string& file) {
  ProjectResult result;
  const auto tree = document::read_yaml(text, file, result.problems);
  if (!tree || !result.problems.empty()) return result;
  const document::Schema schema(embedded::project_schema_json);
  auto document = schema.typed(*tree);
  if (document.json.contains("format") && document.json.at("format") != known_format) {
    document.report("/format",
                    {"format " + document.json.at("format").dump() + " is not known to this program; known: 1",
                     "本程序不认识格式 " + document.json.at("format").dump() + "；已知：1"},
                    Code::unsupported_format);
  } else {
    schema.validate(document);
  }
  if (document.problems.empty()) {
    auto project = ProjectReader(document).read();
    if (document.problems.empty()) result.project = std::move(project);
  }
  result.problems = std::move(document.problems);
  document::sort_problems(result.problems);
  return result;
}

Project require_project(std::string_view text, const std::string& file) {
  auto result = parse_project(text, file);
  if (!result.project) throw_problems(result.problems);
  return std::move(*result.project);
}

}  // namespace ferry
