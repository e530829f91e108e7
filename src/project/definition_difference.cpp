// Definitions of then and now, row by row, in the words of the people who edit them (E7).
#include <algorithm>
#include <set>

#include "project/difference.h"

namespace ferry {
namespace {

const Text test_again{
    "Make the clone anew and rehearse; of people's checks only those named are asked for again. Or have exactly this "
    "accepted: 'ferry drift waive KEY --reason TEXT', confirmed with 'ferry gate confirm'.",
    "请重建克隆并测试升级；人工验证项中仅所列各项需要重测。或仅就此项豁免：“ferry drift waive 编号 --reason "
    "理由”，再用 “ferry gate "
    "confirm” 确认。"};

std::string shortened(const std::string& text) {
  constexpr std::size_t longest = 120;
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

Text label_of(const Definition& definition, const std::string& column) {
  const auto it = definition.labels.find(column);
  return it == definition.labels.end() ? Text{column, column} : it->second;
}

Text cell_change(const Definition& definition, const std::string& column, const std::string* then,
                 const std::string* now) {
  const Text label = label_of(definition, column);
  const auto shown = [](const std::string* value, const char* none) {
    return value == nullptr ? std::string(none) : "'" + shortened(*value) + "'";
  };
  const auto quoted = [](const std::string* value) {
    return value == nullptr ? std::string("空") : "“" + shortened(*value) + "”";
  };
  return {label.in(Language::english) + " changed from " + shown(then, "empty") + " to " + shown(now, "empty"),
          label.in(Language::chinese) + " 由 " + quoted(then) + " 改为 " + quoted(now)};
}

Text changes_of(const Definition& definition, const DefinitionRow& then, const DefinitionRow& now) {
  std::set<std::string> columns;
  for (const auto& [column, unused] : then.cells) columns.insert(column);
  for (const auto& [column, unused] : now.cells) columns.insert(column);
  Text out;
  for (const auto& column : columns) {
    const auto a = then.cells.find(column);
    const auto b = now.cells.find(column);
    const std::string* before = a == then.cells.end() ? nullptr : &a->second;
    const std::string* after = b == now.cells.end() ? nullptr : &b->second;
    if (before == nullptr ? after == nullptr : after != nullptr && *before == *after) continue;
    const Text change = cell_change(definition, column, before, after);
    out.en += (out.en.empty() ? "" : "; ") + change.en;
    out.zh += (out.zh.empty() ? "" : "；") + change.zh;
  }
  // The digest covers what is not kept readable.
  if (out.empty()) out = {"a column that is not shown changed", "不予显示的字段有变化"};
  return out;
}

class TableComparison {
 public:
  explicit TableComparison(const Definition& definition) : definition_(definition) {}

  void unread(const DefinitionTable* then, const DefinitionTable* now) {
    Difference& out = add(definition_.title.in(Language::english), definition_.title.in(Language::chinese), "");
    if (then == nullptr)
      out.detail = {"was not kept when the clone was made, so nothing can be compared", "制作克隆时未保存，无法比对"};
    else if (now == nullptr)
      out.detail = {"was not read by the last survey", "最近一次调研未读取"};
    else
      out.detail = !then->problem.empty() ? then->problem : now->problem;
    finish(out, out.detail.en);
  }

  void compare(const DefinitionTable& then, const DefinitionTable& now) {
    auto a = then.rows.begin();
    auto b = now.rows.begin();
    while (a != then.rows.end() || b != now.rows.end()) {
      if (b == now.rows.end() || (a != then.rows.end() && a->key < b->key)) {
        row(*a, {"removed", "已删除"}, "");
        ++a;
      } else if (a == then.rows.end() || b->key < a->key) {
        row(*b, {"added", "新增"}, b->digest.hex());
        ++b;
      } else {
        if (a->digest != b->digest) row(*b, changes_of(definition_, *a, *b), b->digest.hex());
        ++a;
        ++b;
      }
    }
  }

  std::vector<Difference> take() { return std::move(out_); }

 private:
  Difference& add(const std::string& en, const std::string& zh, const std::string& key) {
    Difference& out = out_.emplace_back();
    out.key = "definition:" + definition_.id + (key.empty() ? "" : ":" + key);
    out.title = {en, zh};
    out.remedy = test_again;
    out.checks = definition_.checks;
    return out;
  }
  void finish(Difference& out, const std::string& state) {
    out.state = digest_of(Json::array({out.key, state}));
    if (out.checks.empty()) return;
    std::string list;
    for (const auto& check : out.checks) list += (list.empty() ? "" : ", ") + check;
    out.detail.en += "; to be tested again: " + list;
    out.detail.zh += "；需重测：" + list;
  }
  void row(const DefinitionRow& value, Text what, const std::string& state) {
    const std::string& name = value.name.empty() ? value.key : value.name;
    Difference& out = add(definition_.title.in(Language::english) + " " + name,
                          definition_.title.in(Language::chinese) + " " + name, value.key);
    out.detail = std::move(what);
    finish(out, state);
  }

  const Definition& definition_;
  std::vector<Difference> out_;
};

}  // namespace

std::vector<Difference> compare_definitions(const Profile& profile, const Version& version,
                                            const DefinitionSnapshot& then, const DefinitionSnapshot& now) {
  std::vector<Difference> out;
  for (const auto& definition : profile.definitions) {
    if (!definition.version.contains(version)) continue;
    TableComparison comparison(definition);
    const auto* before = then.find(definition.id);
    const auto* after = now.find(definition.id);
    if (before == nullptr || after == nullptr || !before->problem.empty() || !after->problem.empty())
      comparison.unread(before, after);
    else
      comparison.compare(*before, *after);
    for (auto& difference : comparison.take()) out.push_back(std::move(difference));
  }
  return out;
}

}  // namespace ferry
