#include "survey/proposal.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "survey/draft.h"

namespace ferry {
namespace {

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; });
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// What a question wants; empty: the answer is one.
Text wanted(const Question& question, const std::string& answer) {
  const auto& choices = question.choices;
  switch (question.kind) {
    case Question::Kind::id:
      if (!is_id(answer)) return {"letters, digits, '_', '-', '.', at most 64", "字母、数字、“_”“-”“.”，最多 64 个"};
      break;
    case Question::Kind::port:
      // A port can be said that nobody listens on now.
      return answer.empty() || is_port(answer) ? Text{} : Text{"a port, 1 - 65535", "端口，1 - 65535"};
    case Question::Kind::yes_no:
      if (answer != "yes" && answer != "no") return {"yes or no", "yes 或 no"};
      break;
    case Question::Kind::path:
      if (!answer.starts_with('/') || answer.size() < 2 || answer.ends_with('/'))
        return {"an absolute path", "绝对路径"};
      break;
    case Question::Kind::paths:
    case Question::Kind::text:
      break;
  }
  if (!choices.empty() && std::find(choices.begin(), choices.end(), answer) == choices.end())
    return {"one of: " + listed(choices), "以下之一：" + listed(choices)};
  return {};
}

std::string product_name(const Sighting& sight) {
  std::string name;
  if (sight.node) name = sight.node->name.substr(sight.node->name.rfind('/') + 1);  // without an npm scope
  if (name.empty()) name = sight.root.substr(sight.root.rfind('/') + 1);
  name = id_of(name);
  return name.empty() ? "product" : name;
}

void propose_product(Draft& draft) {
  const bool from_package = draft.sight.node && !draft.sight.node->name.empty();
  draft.out.product = draft.ask(
      {"product",
       {"Name of the product", "产品名称"},
       product_name(draft.sight),
       from_package ? Text{"name in package.json", "package.json 中的 name"} : Text{"name of the folder", "文件夹名称"},
       {},
       Question::Kind::id});
}

void propose_base(Draft& draft, const std::vector<std::string>& bases) {
  draft.tomcat = draft.has("conf/server.xml") && draft.has("bin/catalina.sh");
  // The base for Node.js is about applications that npm has installed.
  const bool by_npm = draft.sight.node && draft.is_folder("node_modules");
  const std::string fitting = draft.tomcat ? "tomcat" : by_npm ? "nodejs" : "";
  if (std::find(bases.begin(), bases.end(), fitting) != bases.end()) draft.out.base = fitting;
}

void note_what_was_not_seen(Draft& draft) {
  const auto& sight = draft.sight;
  if (!sight.tree.complete)
    draft.note({"The tree is so large that it was not looked at to its end (" +
                    std::to_string(sight.tree.things.size()) + " things seen): check data and log folders by hand.",
                "目录过大，未查看完（已查看 " + std::to_string(sight.tree.things.size()) +
                    " 项）：请人工核对数据与日志目录。"});
  for (const auto& problem : sight.tree.problems) {
    const auto name = printable(problem.path.bytes());
    const auto& why = info(problem.code).text;
    draft.note({name + " was not looked into: " + why.en, name + " 未能查看：" + why.zh});
  }
  for (const auto& text : sight.unreadable) draft.note({"Not read: " + text.en, "未读取：" + text.zh});
  if (!sight.occupants.unreadable.empty())
    draft.note(
        {std::to_string(sight.occupants.unreadable.size()) +
             " processes of other accounts could not be looked into; root sees them.",
         "有 " + std::to_string(sight.occupants.unreadable.size()) + " 个其他账号的进程无法查看；以 root 执行可见。"});
  for (const auto& database : sight.foreign)
    draft.note(
        {database.product + " (" + database.where + ": " + database.shown +
             ") is not supported yet: it is not copied, migrated or taken back.",
         database.product + "（" + database.where + "：" + database.shown + "）尚不支持：不会复制、迁移或回退。"});
  for (const auto& unit : sight.units) {
    if (unit.kind == "pm2" || draft.process == nullptr) continue;
    draft.note({"It is started by " + unit.file +
                    ": during an upgrade Ferry starts and stops it itself; keep the unit from restarting it (systemctl "
                    "stop/disable " +
                    unit.name + ").",
                "由 " + unit.file + " 启动：升级期间由 Ferry 启停；请避免该单元重启它（systemctl stop/disable " +
                    unit.name + "）。"});
  }
  for (const auto& unit : sight.units)
    if (unit.kind == "pm2")
      draft.note({"pm2 (" + unit.file + ") restarts what Ferry stops: take it out of pm2 before an upgrade.",
                  "pm2（" + unit.file + "）会重启被 Ferry 停止的进程：升级前请从 pm2 中移除。"});
}

void refuse_unknown(const Proposal& proposal, const Answers& answers) {
  std::vector<std::string> known;
  for (const auto& question : proposal.questions) known.push_back(question.id);
  for (const auto& [id, unused] : answers)
    if (std::find(known.begin(), known.end(), id) == known.end())
      throw Error(Code::usage, Text{"answer '" + id + "'", "答案“" + id + "”"},
                  Text{"nothing of that name is asked here; there are: " + listed(known),
                       "此处没有该问题；现有：" + listed(known)});
}

}  // namespace

std::string pair_of(const std::string& key, const std::string& value) {
  return key + '\0' + value;
}
std::string key_of(const Noted& pair) {
  return pair.value.substr(0, pair.value.find('\0'));
}
std::string new_of(const Noted& pair) {
  return pair.value.substr(pair.value.find('\0') + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string id_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) != 0)
      out += static_cast<char>(std::tolower(byte));
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out.substr(0, 64);
}

std::string profile_path(const RelativePath& path) {
  const auto& bytes = path.bytes();
  // A backslash would be read as the beginning of an escape.
  return bytes.find('\\') == std::string::npos ? printable(bytes) : escape(bytes);
}

std::string Draft::ask(Question question) {
  const auto given = answers.find(question.id);
  const auto answer = given == answers.end() ? question.proposal : given->second;
  if (given != answers.end())
    if (const auto problem = wanted(question, answer); !problem.empty())
      throw Error(Code::usage, Text{"answer '" + question.id + "': " + answer, "答案“" + question.id + "”：" + answer},
                  Text{"expected: " + problem.en, "应为：" + problem.zh});
  out.questions.push_back(std::move(question));
  return answer;
}

std::string Draft::templated(std::string_view text) const {
  std::string made;
  for (std::size_t i = 0; i < text.size();) {
    const auto rest = text.substr(i);
    if (rest.starts_with(sight.root) &&
        (rest.size() == sight.root.size() ||
         std::string_view("/:;,\"' ").find(rest[sight.root.size()]) != std::string_view::npos)) {
      made += "${environment.root}";
      i += sight.root.size();
    } else if (rest.starts_with("${")) {
      made += "$${";
      i += 2;
    } else {
      made += text[i++];
    }
  }
  return made;
}

std::string Draft::templated_literal(std::string_view text) {
  std::string literal(text);
  for (auto at = literal.find("${"); at != std::string::npos; at = literal.find("${", at + 3))
    literal.insert(at, 1, '$');
  return literal;
}

bool Draft::is_inside(std::string_view path) const {
  return path.starts_with(sight.root) && (path.size() == sight.root.size() || path[sight.root.size()] == '/');
}

std::string Draft::below_root(std::string_view path) const {
  return std::string(path.size() > sight.root.size() ? path.substr(sight.root.size() + 1) : std::string_view());
}

bool Draft::has(std::string_view path) const {
  return std::any_of(sight.tree.things.begin(), sight.tree.things.end(),
                     [&](const Glimpse& thing) { return thing.path.bytes() == path; });
}

bool Draft::is_folder(std::string_view path) const {
  return std::any_of(sight.tree.things.begin(), sight.tree.things.end(), [&](const Glimpse& thing) {
    return thing.path.bytes() == path && thing.kind == Glimpse::Kind::folder;
  });
}

Proposal propose(const Sighting& sight, const std::vector<std::string>& bases, const Answers& answers) {
  if (!is_utf8(sight.root))
    throw Error(Code::unsupported_format, Text{printable(sight.root), printable(sight.root)},
                Text{"the folder's own name is no UTF-8, so no file can name it; rename or mount it elsewhere",
                     "该文件夹自身的名称不是 UTF-8，无法写入文件；请改名或挂载到别处"});
  Proposal out;
  out.root = sight.root;
  Draft draft(sight, answers, out);
  propose_product(draft);
  propose_base(draft, bases);
  propose_service(draft);
  propose_version(draft);
  propose_databases(draft);
  propose_paths(draft);
  propose_outside(draft);
  propose_environments(draft);
  note_what_was_not_seen(draft);
  refuse_unknown(out, answers);
  return out;
}

}  // namespace ferry
