#include "package/meta.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <regex>
#include <set>

#include "base/error.h"

namespace ferry {
namespace {

constexpr int known_format = 1;
constexpr std::string_view all_keys =
    "format, id, kind, product, title, from, to, requires, supersedes, conflicts, fixes, removes, runtime, notes, "
    "module, capture";

class MetaReader {
 public:
  MetaReader(std::string file, MetaResult& result) : file_(std::move(file)), result_(result) {}

  void read(const YAML::Node& root);
  bool other_format() const { return other_format_; }
  bool only_unknown_keys() const { return unknown_ > 0 && unknown_ == result_.problems.size(); }

 private:
  using Use = std::function<void(const YAML::Node&)>;

  void problem(const YAML::Node& node, const std::string& pointer, std::string en, std::string zh);
  std::optional<std::string> scalar(const YAML::Node& node, const std::string& pointer);
  std::string word(const YAML::Node& node, const std::string& pointer);
  Text text(const YAML::Node& node, const std::string& pointer);
  void each(const YAML::Node& node, const std::string& pointer,
            const std::function<void(const YAML::Node&, const std::string&)>& use);
  std::vector<std::string> words(const YAML::Node& node, const std::string& pointer, bool ids);
  void read_key(const std::string& key, const YAML::Node& value);
  void read_names(const std::string& key, const YAML::Node& value, const std::string& at);
  void read_capture(const YAML::Node& value, const std::string& at);
  void read_versions(const std::string& key, const YAML::Node& value, const std::string& at);
  void check_whole(const YAML::Node& root);

  std::string file_;
  MetaResult& result_;
  PackageMeta meta_;
  std::set<std::string> there_;
  std::size_t unknown_ = 0;
  bool other_format_ = false;
};

void MetaReader::problem(const YAML::Node& node, const std::string& pointer, std::string en, std::string zh) {
  DocumentProblem out{file_, 0, 0, pointer, Text{std::move(en), std::move(zh)}};
  if (const auto mark = node.Mark(); !mark.is_null()) {
    out.line = mark.line + 1;
    out.column = mark.column + 1;
  }
  result_.problems.push_back(std::move(out));
}

std::optional<std::string> MetaReader::scalar(const YAML::Node& node, const std::string& pointer) {
  if (node.IsScalar() && !node.Scalar().empty() && is_utf8(node.Scalar())) return node.Scalar();
  problem(node, pointer, "a text that is not empty is expected", "此处应为非空文本");
  return std::nullopt;
}

// Ids are used as file names, in URLs and on command lines.
std::string MetaReader::word(const YAML::Node& node, const std::string& pointer) {
  static const std::regex allowed("[A-Za-z0-9][A-Za-z0-9._+-]{0,99}");
  const auto value = scalar(node, pointer);
  if (!value) return {};
  if (std::regex_match(*value, allowed)) return *value;
  problem(node, pointer, "letters, digits and . _ + - are allowed, first a letter or digit, at most 100",
          "只允许字母、数字和 . _ + -，以字母或数字开头，最长 100 个字符");
  return {};
}

Text MetaReader::text(const YAML::Node& node, const std::string& pointer) {
  if (node.IsScalar()) {
    const auto value = scalar(node, pointer);
    return value ? Text{*value, *value} : Text{};
  }
  Text out;
  if (!node.IsMap() || node.size() == 0) {
    problem(node, pointer, "a text, or {en: ..., zh: ...} is expected", "此处应为文本，或 {en: ..., zh: ...}");
    return out;
  }
  for (const auto& item : node) {
    const auto language = item.first.Scalar();
    if (language == "en")
      out.en = scalar(item.second, pointer + "/en").value_or("");
    else if (language == "zh")
      out.zh = scalar(item.second, pointer + "/zh").value_or("");
    else
      problem(item.first, pointer, "unknown language '" + language + "'; allowed: en, zh",
              "未知语言“" + language + "”；允许：en、zh");
  }
  // Given in one language it is said in that one: an empty text in the package would be refused when it is opened.
  if (out.en.empty()) out.en = out.zh;
  if (out.zh.empty()) out.zh = out.en;
  return out;
}

void MetaReader::each(const YAML::Node& node, const std::string& pointer,
                      const std::function<void(const YAML::Node&, const std::string&)>& use) {
  if (!node.IsSequence()) {
    problem(node, pointer, "a list is expected", "此处应为列表");
    return;
  }
  for (std::size_t i = 0; i < node.size(); ++i) use(node[i], fmt::format("{}/{}", pointer, i));
}

std::vector<std::string> MetaReader::words(const YAML::Node& node, const std::string& pointer, bool ids) {
  std::vector<std::string> out;
  each(node, pointer, [&](const YAML::Node& item, const std::string& at) {
    auto value = ids ? word(item, at) : scalar(item, at).value_or("");
    if (!value.empty()) out.push_back(std::move(value));
  });
  return out;
}

void MetaReader::read_versions(const std::string& key, const YAML::Node& value, const std::string& at) {
  const auto given = scalar(value, at);
  if (!given) return;
  try {
    if (key == "from")
      meta_.from = VersionRange(*given);
    else if (given->find_first_of("<>=* ") != std::string::npos)
      problem(value, at, "one version is expected, no range", "此处应为一个版本，而非范围");
    else
      meta_.to = Version(*given);
  } catch (const Error& e) {
    problem(value, at, "no version or range: " + e.detail(), "版本或版本范围不正确：" + e.detail_text().zh);
  }
}

void MetaReader::read_names(const std::string& key, const YAML::Node& value, const std::string& at) {
  if (key == "requires") meta_.requires_ids = words(value, at, true);
  if (key == "supersedes") meta_.supersedes = words(value, at, true);
  if (key == "conflicts") meta_.conflicts = words(value, at, true);
  if (key == "fixes") meta_.fixes = words(value, at, false);
  if (key == "notes")
    each(value, at,
         [&](const YAML::Node& item, const std::string& where) { meta_.notes.push_back(text(item, where)); });
  if (key == "removes")
    each(value, at, [&](const YAML::Node& item, const std::string& where) {
      const auto path = scalar(item, where);
      if (!path) return;
      try {
        meta_.removes.emplace_back(unescape(*path));
        if (meta_.removes.back().empty())
          throw Error(Code::out_of_bounds_path, "", Text{"the root itself", "安装目录本身"});
      } catch (const Error& e) {
        problem(item, where, "no path below the root: " + e.detail(), "不是安装目录内的路径：" + e.detail_text().zh);
      }
    });
}

// Quoted is a text, unquoted a number or a truth value where it looks like one.
Json json_of(const YAML::Node& node, int depth = 0) {
  if (depth > 8) throw Error(Code::invalid_document, "", Text{"nested too deep", "嵌套过深"});
  if (node.IsSequence()) {
    Json out = Json::array();
    for (const auto& item : node) out.push_back(json_of(item, depth + 1));
    return out;
  }
  if (node.IsMap()) {
    Json out = Json::object();
    for (const auto& item : node) out[item.first.Scalar()] = json_of(item.second, depth + 1);
    return out;
  }
  if (!node.IsScalar()) return nullptr;
  const auto& text = node.Scalar();
  if (!is_utf8(text)) throw Error(Code::invalid_document, printable(text), Text{"not UTF-8", "不是 UTF-8 编码"});
  if (node.Tag() == "!") return text;
  if (text == "true" || text == "false") return text == "true";
  if (!text.empty() && text.size() < 16 && text.find_first_not_of("0123456789") == std::string::npos)
    return std::stoll(text);
  return text;
}

void MetaReader::read_capture(const YAML::Node& value, const std::string& at) {
  try {
    meta_.capture = json_of(value).get<CaptureRecord>();
    if (meta_.capture->runs < 1 || meta_.capture->runs > 2)
      throw Error(Code::invalid_document, "runs", Text{"1 or 2", "应为 1 或 2"});
    Digest::from_hex(meta_.capture->source);
  } catch (const Error& e) {
    problem(value, at, "no record of a capture: " + e.about() + " " + e.detail(),
            "不是采集记录：" + e.about_text().zh + " " + e.detail_text().zh);
  } catch (const Json::exception& e) {
    problem(value, at, std::string("no record of a capture: ") + e.what(), std::string("不是采集记录：") + e.what());
  }
}

void MetaReader::read_key(const std::string& key, const YAML::Node& value) {
  const std::string at = "/" + key;
  if (key == "format") {
    other_format_ = !value.IsScalar() || value.Scalar() != std::to_string(known_format);
    if (other_format_)
      problem(value, at, fmt::format("format {} is known", known_format), fmt::format("已知格式为 {}", known_format));
  } else if (key == "id") {
    meta_.id = word(value, at);
  } else if (key == "product") {
    meta_.product = word(value, at);
  } else if (key == "module") {
    meta_.module = word(value, at);
  } else if (key == "kind") {
    const auto kind = scalar(value, at).value_or("");
    if (kind == "upgrade" || kind == "feature" || kind == "patch")
      meta_.kind = package_kind(kind);
    else
      problem(value, at, "allowed: upgrade, feature, patch", "允许：upgrade、feature、patch");
  } else if (key == "title") {
    meta_.title = text(value, at);
  } else if (key == "from" || key == "to") {
    read_versions(key, value, at);
  } else if (key == "runtime") {
    meta_.runtime = scalar(value, at).value_or("");
    static const std::regex demand("[a-z][a-z0-9_-]*( +(<|>|=|<=|>=)?[0-9][0-9A-Za-z.+_-]*)*");
    if (!std::regex_match(meta_.runtime, demand))
      problem(value, at, "a name and versions are expected, like: java >=17", "应为名称和版本，如：java >=17");
  } else if (key == "capture") {
    read_capture(value, at);
  } else {
    read_names(key, value, at);
  }
}

// What no single key can tell.
void MetaReader::check_whole(const YAML::Node& root) {
  for (const char* key : {"format", "id", "kind", "product", "title", "from"})
    if (!there_.contains(key))
      problem(root, "", fmt::format("the key '{}' is missing", key), fmt::format("缺少键“{}”", key));
  const bool upgrade = meta_.kind == PackageKind::upgrade;
  if (there_.contains("kind") && upgrade != there_.contains("to"))
    problem(root, "/to", upgrade ? "an upgrade needs 'to'" : "only an upgrade has 'to'",
            upgrade ? "升级包必须有“to”" : "只有升级包才有“to”");
  if (upgrade && there_.contains("module"))
    problem(root["module"], "/module", "an upgrade belongs to no module", "升级包不属于某个模块");
  if (upgrade && !meta_.to.empty() && there_.contains("from") && meta_.from.contains(meta_.to))
    problem(root["from"], "/from", "'from' contains 'to': the upgrade could be laid on itself",
            "“from”包含了“to”：升级包会装到自身版本上");
}

void MetaReader::read(const YAML::Node& root) {
  if (!root.IsMap()) {
    problem(root, "", fmt::format("keys are expected: {}", all_keys), fmt::format("此处应为键：{}", all_keys));
    return;
  }
  static const std::set<std::string> known{"format",  "id",       "kind",       "product",   "title", "from",
                                           "to",      "requires", "supersedes", "conflicts", "fixes", "removes",
                                           "runtime", "notes",    "module",     "capture"};
  for (const auto& item : root) {
    const auto key = item.first.IsScalar() ? item.first.Scalar() : std::string("?");
    if (!known.contains(key)) {
      problem(item.first, "", fmt::format("unknown key '{}'; allowed: {}", key, all_keys),
              fmt::format("未知的键“{}”；允许：{}", key, all_keys));
      ++unknown_;
    } else if (!there_.insert(key).second) {
      problem(item.first, "/" + key, fmt::format("the key '{}' stands twice", key), fmt::format("键“{}”重复", key));
    } else {
      read_key(key, item.second);
    }
  }
  check_whole(root);
  if (result_.problems.empty()) result_.meta = std::move(meta_);
}

struct Parsed {
  MetaResult result;
  Code code = Code::invalid_document;
};

Parsed parse(std::string_view yaml, const std::string& file) {
  Parsed out;
  YAML::Node root;
  try {
    root = YAML::Load(std::string(yaml));
  } catch (const YAML::Exception& e) {
    out.result.problems.push_back(
        {file, e.mark.line + 1, e.mark.column + 1, "", Text{e.msg, "YAML 语法错误：" + e.msg}});
    out.code = Code::yaml_syntax;
    return out;
  }
  MetaReader reader(file, out.result);
  reader.read(root);
  if (reader.other_format())
    out.code = Code::unsupported_format;
  else if (reader.only_unknown_keys())
    out.code = Code::unknown_key;
  return out;
}

// JSON strings are YAML double-quoted strings too (YAML 1.2, section 1.3).
std::string quoted(const std::string& text) {
  return Json(text).dump();
}

std::string text_to_yaml(const Text& text) {
  return text.en == text.zh ? quoted(text.en) : fmt::format("{{en: {}, zh: {}}}", quoted(text.en), quoted(text.zh));
}

std::string capture_to_yaml(const CaptureRecord& record) {
  const Json json = record;
  std::string out = "capture:\n";
  for (const auto& [key, value] : json.items()) {
    if (value.is_array() && !value.empty()) {
      out += fmt::format("  {}:\n", key);
      for (const auto& item : value) out += fmt::format("    - {}\n", item.dump());
    } else {
      out += fmt::format("  {}: {}\n", key, value.dump());
    }
  }
  return out;
}

}  // namespace

MetaResult parse_meta(std::string_view yaml, const std::string& file) {
  return parse(yaml, file).result;
}

PackageMeta require_meta(std::string_view yaml, const std::string& file) {
  auto parsed = parse(yaml, file);
  if (parsed.result.meta) return std::move(*parsed.result.meta);
  Text lines;
  for (const auto& problem : parsed.result.problems) {
    const auto place = fmt::format("{}{}:{}: {}", lines.empty() ? "" : "\n", problem.file, problem.line,
                                   problem.pointer.empty() ? "" : problem.pointer + ": ");
    lines.en += place + problem.message.in(Language::english);
    lines.zh += place + problem.message.in(Language::chinese);
  }
  throw Error(parsed.code, file, lines);
}

std::string meta_to_yaml(const PackageMeta& meta) {
  std::string out =
      fmt::format("format: {}\nid: {}\nkind: {}\nproduct: {}\ntitle: {}\nfrom: {}\n", meta.format, quoted(meta.id),
                  name_of(meta.kind), quoted(meta.product), text_to_yaml(meta.title), quoted(meta.from.text()));
  const auto one = [&](const char* key, const std::string& value) {
    if (!value.empty()) out += fmt::format("{}: {}\n", key, quoted(value));
  };
  const auto list = [&](const char* key, const auto& values, auto write) {
    if (values.empty()) return;
    out += fmt::format("{}:\n", key);
    for (const auto& value : values) out += fmt::format("  - {}\n", write(value));
  };
  one("to", meta.to.text());
  list("requires", meta.requires_ids, quoted);
  list("supersedes", meta.supersedes, quoted);
  list("conflicts", meta.conflicts, quoted);
  list("fixes", meta.fixes, quoted);
  list("removes", meta.removes, [](const RelativePath& path) { return quoted(escape(path.bytes())); });
  one("runtime", meta.runtime);
  list("notes", meta.notes, text_to_yaml);
  one("module", meta.module);
  if (meta.capture) out += capture_to_yaml(*meta.capture);
  return out;
}

}  // namespace ferry
