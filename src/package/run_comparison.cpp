#include "package/run_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "base/counted.h"
#include "base/error.h"
#include "host/files.h"
#include "model/entry_words.h"

namespace ferry {
namespace {

constexpr std::uint64_t longest_text = 32U << 20U;
constexpr std::size_t window = 200;          // beside a difference
constexpr std::size_t widest_window = 4096;  // std::regex recurses for every character
constexpr std::size_t shown_differences = 20;

// The part of both lines in which they differ, with what stands around it.
struct Windows {
  std::string_view a, b;
};
Windows windows_of(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t front = 0;
  while (front < most && a[front] == b[front]) ++front;
  std::size_t back = 0;
  while (back < most - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  const std::size_t begin = front - std::min(front, window);
  const std::size_t rest = back - std::min(back, window);
  return {a.substr(begin, a.size() - begin - rest), b.substr(begin, b.size() - begin - rest)};
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

const std::vector<std::pair<const char*, const char*>>& volatile_texts() {
  static const std::vector<std::pair<const char*, const char*>> out{
      {R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?)", "time stamp"},
      {R"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", "random identifier"},
      {R"(\b1\d{9}(\d{3})?\b)", "time stamp"},
      {R"(/tmp/[A-Za-z0-9_./-]+)", "temporary file"},
      {R"(\b[0-9a-f]{16,64}\b)", "random identifier"},
      {R"(\b\d+(\.\d+)?\s?(ms|s)\b)", "duration"},
      {R"(\b\d+\b)", "changing number"}};
  return out;
}

// A folder or ending that no program ships: what is below is made anew by whoever needs it.
std::string throw_away_pattern(const RelativePath& path) {
  static const std::set<std::string, std::less<>> folders{".cache",      "cache", "tmp",   "temp",
                                                          "__pycache__", "logs",  "_logs", "_cacache"};
  for (const auto& part : path.components())
    if (folders.contains(part)) return "**/" + part + "/**";
  for (const char* ending : {".log", ".pid", ".lock", ".pyc", ".tmp"})
    if (path.bytes().ends_with(ending)) return std::string("**/*") + ending;
  return {};
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

class Comparison {
 public:
  Comparison(const Manifest& source, const RunTree& first, const RunTree* second,
             const std::vector<DifferenceRule>& rules)
      : source_(source), first_(first), second_(second), rules_(rules), counts_(rules.size()) {}

  RunComparison run() {
    std::vector<Manifest::Item> result;
    result.reserve(first_.files.size());
    for (const auto& item : first_.files.items()) keep(item, result);
    for (const auto& [path, entry] : source_.items()) {
      if (first_.files.find(path) != nullptr) continue;
      const auto* other = second_ == nullptr ? nullptr : second_->files.find(path);
      // Gone in both runs, unless that is no part of the package; a rule about files keeps their folders too.
      if (other == nullptr && drops(path)) result.emplace_back(path, entry);
    }
    if (second_ != nullptr)
      for (const auto& [path, entry] : second_->files.items())
        if (first_.files.find(path) == nullptr) only_in_second(path, entry, result);
    out_.result = Manifest(std::move(result));
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (counts_[i] == 0)
        out_.unused.push_back(i);
      else
        out_.explained.push_back(
            {rules_[i].path.text(), std::string(name_of(rules_[i].how)), rules_[i].why, counts_[i]});
    }
    return std::move(out_);
  }

 private:
  const DifferenceRule* rule_for(const RelativePath& path) {
    for (std::size_t i = 0; i < rules_.size(); ++i)
      if (rules_[i].path.matches(path)) {
        used_ = i;
        return &rules_[i];
      }
    return nullptr;
  }
  bool drops(const RelativePath& path) {
    const auto* rule = rule_for(path);
    if (rule == nullptr || rule->how != DifferenceRule::How::drop) return false;
    ++counts_[used_];
    return true;
  }

  static bool same(const Entry& a, const Entry& b) {
    return a.same_content(b) && (a.type == EntryType::link || ((a.mode ^ b.mode) & 0100U) == 0);
  }

  void keep(const Manifest::Item& item, std::vector<Manifest::Item>& result) {
    const auto& [path, entry] = item;
    const auto* before = source_.find(path);
    const auto* other = second_ == nullptr ? &entry : second_->files.find(path);
    const bool unchanged = before != nullptr && same(*before, entry);
    if (unchanged && other != nullptr && same(entry, *other)) {
      result.push_back(item);
      return;
    }
    if (drops(path)) {
      if (before != nullptr) result.emplace_back(path, *before);
      return;
    }
    if (other == nullptr || !same(entry, *other)) compare(path, entry, other);
    result.push_back(item);
  }

  void only_in_second(const RelativePath& path, const Entry& entry, std::vector<Manifest::Item>& result) {
    const auto* before = source_.find(path);
    if (drops(path)) {
      if (before != nullptr) result.emplace_back(path, *before);
      return;
    }
    compare(path, entry, nullptr, true);
  }

  void compare(const RelativePath& path, const Entry& entry, const Entry* other, bool in_second = false) {
    const auto* rule = rule_for(path);
    if (rule != nullptr && rule->how == DifferenceRule::How::keep_first) {
      ++counts_[used_];
      return;
    }
    const bool texts = other != nullptr && entry.type == EntryType::file && other->type == EntryType::file &&
                       std::max(entry.size, other->size) <= longest_text;
    if (rule != nullptr && rule->how == DifferenceRule::How::ignore_text && texts &&
        same_but_for(content(first_, path), content(*second_, path), rule->ignore_text)) {
      ++counts_[used_];
      return;
    }
    RunDifference difference{path, what(entry, other, in_second), ""};
    difference.proposal = proposal(path, texts);
    out_.unexplained.push_back(std::move(difference));
  }

  static std::string content(const RunTree& tree, const RelativePath& path) {
    return read_file(tree.root + "/" + path.bytes(), longest_text);
  }

  static Text what(const Entry& entry, const Entry* other, bool in_second) {
    if (other == nullptr && in_second) return {"only in the second run", "只出现在第二次运行中"};
    if (other == nullptr) return {"only in the first run", "只出现在第一次运行中"};
    if (entry.type != other->type)
      return {fmt::format("a {} in the first run, a {} in the second", name_of(entry.type), name_of(other->type)),
              fmt::format("第一次为{}，第二次为{}", chinese_name_of(entry.type), chinese_name_of(other->type))};
    if (entry.type == EntryType::link) return {"the link leads elsewhere", "链接指向不同"};
    if (entry.digest == other->digest) return {"executable in one run only", "只在一次运行中可执行"};
    return {fmt::format("different content: {} and {} bytes", entry.size, other->size),
            fmt::format("内容不同：{} 与 {} 字节", entry.size, other->size)};
  }

  std::string proposal(const RelativePath& path, bool texts) const {
    if (const auto pattern = throw_away_pattern(path); !pattern.empty())
      return fmt::format("- {{path: {}, drop: true, why: made when needed}}", quoted(pattern));
    const std::string name = quoted(printable(path.bytes()));
    if (texts) {
      const auto a = content(first_, path);
      const auto b = content(*second_, path);
      for (const auto& [expression, why] : volatile_texts())
        if (same_but_for(a, b, expression))
          return fmt::format("- {{path: {}, ignore_text: {}, why: {}}}", name, quoted(expression), why);
      return fmt::format("- {{path: {}, keep: first, why: ...}}", name);
    }
    return fmt::format("- {{path: {}, drop: true, why: ...}}", name);
  }

  const Manifest& source_;
  const RunTree& first_;
  const RunTree* second_;
  const std::vector<DifferenceRule>& rules_;
  std::vector<std::uint64_t> counts_;
  std::size_t used_ = 0;
  RunComparison out_;
};

// Neither the path itself nor anything below it is there.
bool is_gone(const Manifest& tree, const RelativePath& path) {
  if (tree.find(path) != nullptr) return false;
  const std::string below = path.bytes() + "/";
  const auto& items = tree.items();
  const auto next = std::lower_bound(items.begin(), items.end(), below, [](const auto& item, const std::string& bytes) {
    return item.first.bytes() < bytes;
  });
  return next == items.end() || !next->first.bytes().starts_with(below);
}

std::vector<std::string> proposals_of(const std::vector<RunDifference>& differences) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const auto& one : differences)
    if (seen.insert(one.proposal).second) out.push_back(one.proposal);
  return out;
}

std::string list(const std::vector<RunDifference>& differences, Language language) {
  std::string out;
  for (std::size_t i = 0; i < differences.size() && i < shown_differences; ++i)
    out += fmt::format("\n  {}: {}", printable(differences[i].path.bytes()), differences[i].what.in(language));
  const auto rules = proposals_of(differences);
  if (differences.size() > shown_differences)
    out += language == Language::chinese ? fmt::format("\n  …… 另有 {} 处", differences.size() - shown_differences)
                                         : fmt::format("\n  ... and {} more", differences.size() - shown_differences);
  out +=
      language == Language::chinese ? "\n可用的规则：\ndifferences:" : "\nRules that would explain them:\ndifferences:";
  for (std::size_t i = 0; i < rules.size() && i < shown_differences; ++i) out += "\n  " + rules[i];
  return out;
}

}  // namespace

RunComparison compare_runs(const Manifest& source, const RunTree& first, const RunTree* second,
                           const std::vector<DifferenceRule>& rules) {
  return Comparison(source, first, second, rules).run();
}

bool same_but_for(const std::string& a, const std::string& b, const std::string& expression) {
  const std::regex ignored(expression);
  std::string_view left = a, right = b;
  while (!left.empty() || !right.empty()) {
    if (left.empty() != right.empty()) return false;
    const auto one = take_line(left);
    const auto other = take_line(right);
    if (one == other) continue;
    const auto seen = windows_of(one, other);
    if (std::max(seen.a.size(), seen.b.size()) > widest_window) return false;
    if (std::regex_replace(std::string(seen.a), ignored, "\x01") !=
        std::regex_replace(std::string(seen.b), ignored, "\x01"))
      return false;
  }
  return true;
}

void throw_differences(const std::vector<RunDifference>& differences) {
  throw Error(Code::runs_differ,
              Text{counted(differences.size(), "difference"), fmt::format("{} 处差异", differences.size())},
              Text{list(differences, Language::english), list(differences, Language::chinese)});
}

std::string to_text(const std::vector<RunDifference>& differences) {
  std::string out = "# Where two runs differ, and rules that would explain it (capture.yaml).\n";
  for (const auto& one : differences) out += fmt::format("# {}: {}\n", printable(one.path.bytes()), one.what.en);
  out += "differences:\n";
  for (const auto& one : proposals_of(differences)) out += "  " + one + "\n";
  return out;
}

Digest source_digest(const Manifest& program) {
  std::vector<Manifest::Item> items = program.items();
  for (auto& [path, entry] : items)
    entry.mode = entry.type == EntryType::folder || (entry.mode & 0100U) != 0 ? 0755U : 0644U;
  return Manifest(std::move(items)).content_digest();
}

CapturedChange captured_change(const Manifest& source, const Manifest& result) {
  CapturedChange out;
  std::vector<Manifest::Item> files;
  std::set<RelativePath> full;  // folders that come with what is in them
  for (const auto& [path, entry] : result.items()) {
    const auto* before = source.find(path);
    if (before != nullptr && before->same_content(entry)) {
      if (entry.type != EntryType::link && before->mode != entry.mode) out.mode_only.push_back(path);
      continue;
    }
    const bool folder = entry.type == EntryType::folder;
    if (!folder && entry.type != EntryType::file && entry.type != EntryType::link)
      throw Error(
          Code::package_content, printable(path.bytes()),
          Text{fmt::format("the commands made a {}; a package holds files, folders and links", name_of(entry.type)),
               "命令在此建立了特殊文件；包只能包含文件、文件夹和链接"});
    if (before != nullptr && folder != (before->type == EntryType::folder))
      throw Error(Code::package_content, printable(path.bytes()),
                  Text{fmt::format("was a {}, is a {} now; a switch exchanges no folder for a file",
                                   name_of(before->type), name_of(entry.type)),
                       fmt::format("原为{}，现为{}；切换不能以文件替换文件夹", chinese_name_of(before->type),
                                   chinese_name_of(entry.type))});
    files.emplace_back(path, entry);
    full.insert(path.parent());
  }
  std::erase_if(files,
                [&](const auto& item) { return item.second.type == EntryType::folder && full.contains(item.first); });
  out.files = Manifest(std::move(files));
  for (const auto& [path, entry] : source.items()) {
    if (!is_gone(result, path)) continue;
    const auto folder = path.parent();
    if (folder.empty() || source.find(folder) == nullptr || !is_gone(result, folder)) out.removes.push_back(path);
  }
  return out;
}

}  // namespace ferry
