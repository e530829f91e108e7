// Rules of HTTP steps: where templates may name what, and values that earlier steps keep.
#include <algorithm>
#include <set>

#include "model/profile_check.h"

namespace ferry::document {
namespace {

// Which ${prefix.…} may stand in the text at this place.
std::vector<std::string> prefixes_at(const std::string& pointer) {
  const auto inside = [&](std::string_view part) { return pointer.find(part) != std::string::npos; };
  if (pointer.starts_with("/migrate") && pointer.ends_with("/done/equals")) return {"recipe", "environment"};
  // Command lines are visible to every user of the machine.
  if (pointer.starts_with("/migrate") && (inside("/command") || inside("/directory"))) return {"recipe", "environment"};
  if (pointer.starts_with("/services/") && inside("/run")) return {"environment"};
  if (pointer.starts_with("/runtimes/") || pointer.starts_with("/settled")) return {"environment"};
  std::vector<std::string> out{"environment", "secret"};
  if (pointer.starts_with("/clone/")) out.push_back("fence");
  if (inside("/steps/") || inside("/cleanup/") || pointer.starts_with("/clone/prove/") || inside("/read_back/"))
    out.push_back("kept");
  return out;
}

std::optional<std::vector<std::string>> variables_of(const std::string& text) {
  try {
    return variables_in(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The variables in all texts of a value, however deep.
void collect_variables(const Json& value, std::vector<std::string>& out) {
  if (value.is_string()) {
    if (const auto found = variables_of(value.get<std::string>())) out.insert(out.end(), found->begin(), found->end());
  } else if (value.is_structured()) {
    for (const auto& item : value) collect_variables(item, out);
  }
}

class StepRules {
 public:
  explicit StepRules(Typed& document) : document_(document) {}

  // Values kept and remembered by these steps stand for the lists that are checked afterwards.
  void check(const Json& steps, const std::string& list) {
    if (!steps.is_array()) return;
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (steps[i].is_object()) one(steps[i], child(list, i));
  }
  // `same` may stand before `remember`: the two run on different versions.
  void check_same() {
    for (const auto& [name, where] : same_)
      if (!remembered_.contains(name)) unknown(where, name, {"remembered", "记住"}, remembered_);
  }
  void check_alone(const Json& step, const std::string& where) {
    if (step.is_object()) one(step, where);
  }

 private:
  void one(const Json& step, const std::string& where) {
    std::vector<std::string> used;
    collect_variables(step, used);
    for (const auto& name : used) {
      constexpr std::string_view prefix = "kept.";
      if (name.starts_with(prefix) && !kept_.contains(name.substr(prefix.size())))
        unknown(where, name.substr(prefix.size()), {"kept", "保留"}, kept_);
    }
    bodies(step, where);
    names(step, "keep", kept_);
    names(step, "remember", remembered_);
    if (step.contains("same") && step.at("same").is_object())
      for (const auto& [name, unused] : step.at("same").items()) same_.emplace_back(name, child(where + "/same", name));
  }

  void bodies(const Json& step, const std::string& where) {
    std::vector<std::string> found;
    for (const char* key : {"form", "json", "body"})
      if (step.contains(key)) found.emplace_back(key);
    if (found.size() > 1)
      document_.report(child(where, found[1]),
                       {"only one of these keys is possible: " + join(found), "以下键只能出现一个：" + join(found)});
    if (!found.empty() && step.contains("get"))
      document_.report(child(where, found[0]), {"a GET request has no body", "GET 请求没有正文"});
  }

  static void names(const Json& step, const char* key, std::set<std::string>& out) {
    if (!step.contains(key) || !step.at(key).is_object()) return;
    for (const auto& [name, unused] : step.at(key).items()) out.insert(name);
  }

  void unknown(const std::string& where, const std::string& name, const Text& what,
               const std::set<std::string>& known) {
    const std::vector<std::string> list(known.begin(), known.end());
    const auto near = suggestion(name, list);
    const auto shown = list.empty() ? std::string("-") : join(list);
    document_.report(where, {"nothing is " + what.en + " under the name '" + name + "'; there are: " + shown + near.en,
                             "没有以“" + name + "”为名" + what.zh + "的值；现有：" + shown + near.zh});
  }

  Typed& document_;
  std::set<std::string> kept_, remembered_;
  std::vector<std::pair<std::string, std::string>> same_;  // name, pointer
};

}  // namespace

void each_template(const Schema& schema, const Json& json, const VisitTemplate& visit) {
  schema.walk(json, [&](const Json& value, const Schema::Rules& rules, const std::string& pointer) {
    if (value.is_string() && is_template(rules)) visit(value.get<std::string>(), pointer);
  });
}

void check_variables(const Schema& schema, Typed& document) {
  each_template(schema, document.json, [&](const std::string& text, const std::string& pointer) {
    const auto variables = variables_of(text);
    if (!variables)
      return document.report(
          pointer, {"'${' without '}'; write '$${' for a literal '${'", "“${”缺少“}”；如需文字“${”请写作“$${”"});
    const auto prefixes = prefixes_at(pointer);
    for (const auto& name : *variables) {
      const auto point = name.find('.');
      const auto prefix = name.substr(0, point);
      const bool known = std::find(prefixes.begin(), prefixes.end(), prefix) != prefixes.end();
      if (known && point != std::string::npos && point + 1 < name.size()) continue;
      std::vector<std::string> allowed;
      for (const auto& one : prefixes) allowed.push_back("${" + one + ".NAME}");
      document.report(pointer, {"'${" + name + "}' is not known here; allowed: " + join(allowed),
                                "此处没有“${" + name + "}”；允许：" + join(allowed)});
    }
  });
}

void check_steps(Typed& document) {
  const Json& json = document.json;
  const auto member = [](const Json& object, const char* key) {
    return object.is_object() && object.contains(key) ? object.at(key) : Json();
  };
  const Json checks = member(json, "checks");
  for (std::size_t i = 0; checks.is_array() && i < checks.size(); ++i) {
    const auto pointer = child("/checks", i);
    StepRules rules(document);
    rules.check(member(checks[i], "steps"), pointer + "/steps");
    rules.check(member(checks[i], "cleanup"), pointer + "/cleanup");
    rules.check_same();
  }
  StepRules prove(document);
  prove.check(member(member(json, "clone"), "prove"), "/clone/prove");
  prove.check_same();
  StepRules licence(document);
  licence.check_alone(member(member(json, "licence"), "read_back"), "/licence/read_back");
  licence.check_same();
}

}  // namespace ferry::document
