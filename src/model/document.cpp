#include "model/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <sstream>

namespace ferry::document {
namespace {

// What yaml-cpp says most often; the rest stays English.
std::string chinese_of(const std::string& message) {
  static const std::map<std::string, std::string> known{
      {"end of map not found", "键值对没有结束"},
      {"end of map flow not found", "花括号没有闭合"},
      {"end of sequence not found", "列表没有结束"},
      {"end of sequence flow not found", "方括号没有闭合"},
      {"unknown token", "无法识别的符号"},
      {"illegal EOF in scalar", "引号没有闭合"},
      {"illegal flow end", "多余的括号"},
      {"illegal block entry", "此处不允许列表项"},
      {"illegal map key", "此处不允许键"},
      {"illegal map value", "此处不允许值（请检查冒号与缩进）"},
  };
  const auto it = known.find(message);
  return it == known.end() ? message : it->second;
}

// A profile has some thousand nodes. The limits keep a document with aliases of aliases, or with an alias of itself,
// from eating the machine.
constexpr std::size_t largest_document = 4'000'000;  // bytes
constexpr std::size_t most_nodes = 100'000;
constexpr int deepest = 64;

class Converter {
 public:
  Converter(std::string_view yaml, const std::string& file, Problems& problems) : file_(file), problems_(problems) {
    for (std::size_t at = 0; at <= yaml.size();) {
      const auto end = std::min(yaml.find('\n', at), yaml.size());
      lines_.push_back(yaml.substr(at, end - at));
      at = end + 1;
    }
  }

  Place place(const YAML::Mark& mark) const {
    Place out{file_, mark.line + 1, mark.column + 1};
    if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return out;
    // The library counts bytes, editors count characters.
    const auto line = lines_[static_cast<std::size_t>(mark.line)].substr(0, static_cast<std::size_t>(mark.column));
    const auto following = std::count_if(line.begin(), line.end(),
                                         [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
    out.column -= static_cast<int>(following);
    return out;
  }

  // Column of the first tab before the text of a line (0-based): the library's own words do not name this cause.
  std::optional<int> tab_in_indentation(int line) const {
    if (line < 0 || static_cast<std::size_t>(line) >= lines_.size()) return std::nullopt;
    const auto& text = lines_[static_cast<std::size_t>(line)];
    const auto tab = text.find('\t');
    if (tab == std::string_view::npos || tab > text.find_first_not_of(" \t")) return std::nullopt;
    return static_cast<int>(tab) + 1;
  }

  // False when the document is too large to go on.
  bool convert(const YAML::Node& from, Node& to, const std::string& pointer, int depth) {
    to.place = place(from.Mark());
    if (++count_ > most_nodes || depth > deepest) {
      report(problems_, to.place, pointer,
             {"the document is nested too deeply or too large (aliases that contain themselves?)",
              "文档嵌套过深或过大（锚点引用了自身？）"});
      return false;
    }
    switch (from.Type()) {
      case YAML::NodeType::Scalar:
        scalar(from, to, pointer);
        return true;
      case YAML::NodeType::Sequence:
        return list(from, to, pointer, depth);
      case YAML::NodeType::Map:
        return mapping(from, to, pointer, depth);
      default:
        to.kind = Node::Kind::empty;
        return true;
    }
  }

 private:
  void scalar(const YAML::Node& from, Node& to, const std::string& pointer) {
    to.kind = Node::Kind::scalar;
    to.text = from.Scalar();
    const auto& tag = from.Tag();
    to.plain = tag == "?" || tag.empty();
    if (!to.plain && tag != "!" && tag != "tag:yaml.org,2002:str")
      report(problems_, to.place, pointer,
             {"tags such as '" + tag + "' are not used here", "此处不使用标签“" + tag + "”"});
    constexpr std::string_view nothing[] = {"", "~", "null", "Null", "NULL"};
    if (to.plain && std::find(std::begin(nothing), std::end(nothing), to.text) != std::end(nothing)) {
      to.kind = Node::Kind::empty;
    }
  }

  bool list(const YAML::Node& from, Node& to, const std::string& pointer, int depth) {
    to.kind = Node::Kind::list;
    for (const auto& item : from) {
      to.items.emplace_back();
      if (!convert(item, to.items.back(), child(pointer, to.items.size() - 1), depth + 1)) return false;
    }
    return true;
  }

  bool mapping(const YAML::Node& from, Node& to, const std::string& pointer, int depth) {
    to.kind = Node::Kind::mapping;
    for (const auto& pair : from) {
      const auto key_place = place(pair.first.Mark());
      if (!pair.first.IsScalar()) {
        report(problems_, key_place, pointer, {"a key must be a plain word", "键必须是普通文字"});
        continue;
      }
      const auto& key = pair.first.Scalar();
      if (const auto* first = to.member(key)) {
        const auto line = std::to_string(first->key_place.line);
        report(problems_, key_place, child(pointer, key),
               {"the key '" + key + "' stands twice here; first in line " + line,
                "键“" + key + "”在此处重复；首次出现在第 " + line + " 行"});
        continue;
      }
      Node value;
      value.key = key;
      value.key_place = key_place;
      const bool go_on = convert(pair.second, value, child(pointer, key), depth + 1);
      if (value.kind == Node::Kind::empty) value.place = key_place;
      to.items.push_back(std::move(value));
      if (!go_on) return false;
    }
    return true;
  }

  const std::string& file_;
  Problems& problems_;
  std::vector<std::string_view> lines_;
  std::size_t count_ = 0;
};

// The library guesses encodings and passes on bytes that are none; a file in GBK shall be called that.
bool is_readable_text(std::string_view yaml, const std::string& file, Problems& problems) {
  if (yaml.size() > largest_document) {
    report(problems, {file, 1, 1}, "", {"the file is larger than 4 MB", "文件超过 4 MB"});
    return false;
  }
  int line = 1;
  for (std::size_t at = 0; at < yaml.size(); ++line) {
    const auto end = std::min(yaml.find('\n', at), yaml.size());
    const auto text = yaml.substr(at, end - at);
    if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
      report(problems, {file, line, 1}, "",
             {"this line is not UTF-8 text; save the file as UTF-8", "此行不是 UTF-8 文本；请将文件保存为 UTF-8"},
             Code::yaml_syntax);
      return false;
    }
    at = end + 1;
  }
  return true;
}

std::size_t distance(const std::string& a, const std::string& b) {  // Levenshtein
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t above = row[k];
      row[k] = std::min({row[k] + 1, row[k - 1] + 1, diagonal + (a[i - 1] == b[k - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// Where the documents of a text begin: the place of the first thing in each.
class Beginnings : public YAML::EventHandler {
 public:
  const std::vector<YAML::Mark>& all() const { return all_; }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override { waits_ = true; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { note(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {
    note(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    note(mark);
  }
  void OnMapEnd() override {}

 private:
  void note(const YAML::Mark& mark) {
    if (waits_) all_.push_back(mark);
    waits_ = false;
  }
  bool waits_ = false;
  std::vector<YAML::Mark> all_;
};

// Not YAML::LoadAll: on some malformed texts its parser gets nowhere and hands out documents until memory ends.
std::optional<YAML::Mark> second_document(std::string_view yaml) {
  std::istringstream in{std::string(yaml)};
  YAML::Parser parser(in);
  Beginnings beginnings;
  for (int i = 0; i < 2 && parser.HandleNextDocument(beginnings); ++i) {
  }
  if (beginnings.all().size() < 2) return std::nullopt;
  return beginnings.all()[1];
}

}  // namespace

const Node* Node::member(std::string_view name) const {
  if (kind != Kind::mapping) return nullptr;
  for (const auto& item : items)
    if (item.key == name) return &item;
  return nullptr;
}

void report(Problems& problems, const Place& place, const std::string& pointer, Text message, Code code) {
  problems.push_back({place.file, place.line, place.column, pointer, std::move(message), code});
}

std::optional<Node> read_yaml(std::string_view yaml, const std::string& file, Problems& problems) {
  if (yaml.starts_with("\xEF\xBB\xBF")) yaml.remove_prefix(3);
  if (!is_readable_text(yaml, file, problems)) return std::nullopt;
  Converter converter(yaml, file, problems);
  try {
    const auto document = YAML::Load(std::string(yaml));
    if (document.IsNull()) {
      report(problems, {file, 1, 1}, "", {"the file is empty", "文件为空"});
      return std::nullopt;
    }
    Node top;
    const bool complete = converter.convert(document, top, "", 0);
    if (const auto second = second_document(yaml))
      report(problems, converter.place(*second), "",
             {"a second document; only one is allowed in a file", "出现第二个文档；一个文件只允许一个文档"});
    if (top.kind != Node::Kind::mapping) {
      report(problems, top.place, "", {"keys and values are expected at the top", "最外层应为键值对"});
      return std::nullopt;
    }
    if (!complete) return std::nullopt;
    return top;
  } catch (const YAML::Exception& e) {
    if (const auto column = converter.tab_in_indentation(e.mark.line)) {
      report(problems, {file, e.mark.line + 1, *column}, "",
             {"a tab in the indentation; YAML allows only blanks there", "缩进中有制表符；YAML 只允许空格"},
             Code::yaml_syntax);
      return std::nullopt;
    }
    report(problems, converter.place(e.mark), "", {"not valid YAML: " + e.msg, "YAML 语法错误：" + chinese_of(e.msg)},
           Code::yaml_syntax);
    return std::nullopt;
  }
}

Place Typed::place_of(const std::string& pointer) const {
  for (std::string at = pointer;; at.resize(at.rfind('/'))) {
    const auto found = values.find(at);
    if (found != values.end()) return found->second;
    if (at.empty()) return {};
  }
}

void Typed::report(const std::string& pointer, Text message, Code code) {
  document::report(problems, place_of(pointer), pointer, std::move(message), code);
}

std::string child(const std::string& pointer, std::string_view key) {
  std::string out = pointer + "/";
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string child(const std::string& pointer, std::size_t index) {
  return pointer + "/" + std::to_string(index);
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

Text suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string* best = nullptr;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    if (word.size() > 100) break;
    const auto far = distance(word, candidate);
    if (far >= least || far >= candidate.size()) continue;
    least = far;
    best = &candidate;
  }
  if (best == nullptr) return {};
  return {"; did you mean '" + *best + "'?", "；是否应为“" + *best + "”？"};
}

void sort_problems(Problems& problems) {
  const auto rank = [](const DocumentProblem& p) { return std::tie(p.file, p.line, p.column, p.message.en); };
  std::stable_sort(problems.begin(), problems.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const auto same = [&](const auto& a, const auto& b) { return rank(a) == rank(b); };
  problems.erase(std::unique(problems.begin(), problems.end(), same), problems.end());
}

}  // namespace ferry::document
