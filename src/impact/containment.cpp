#include "impact/containment.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/charset.h"
#include "base/error.h"

namespace ferry {
namespace {

constexpr std::size_t shortest_line = 3;  // "}" and the like say nothing
constexpr std::size_t shown_lines = 3;

std::string comparable(const std::string& bytes) {
  if (is_utf8(bytes)) return bytes;
  try {
    return to_utf8(bytes, "gbk", BadBytes::replace);
  } catch (const Error&) {
    return bytes;
  }
}

bool is_text(const std::string& bytes) {
  return bytes.find('\0') == std::string::npos;
}

std::string stripped(const std::string& line) {
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

using Lines = std::map<std::string, int>;

Lines lines_of(const std::string& bytes) {
  const auto text = comparable(bytes);
  Lines out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto line = stripped(text.substr(begin, end - begin));
    if (line.size() >= shortest_line) ++out[std::move(line)];
    begin = end + 1;
  }
  return out;
}

int times(const Lines& lines, const std::string& line) {
  const auto found = lines.find(line);
  return found == lines.end() ? 0 : found->second;
}

// Lines that stand in `a` more often than in `b`.
std::vector<std::string> more_in(const Lines& a, const Lines& b) {
  std::vector<std::string> out;
  for (const auto& [line, count] : a)
    if (count > times(b, line)) out.push_back(line);
  return out;
}

Text listed(const std::vector<std::string>& lines, const Text& about) {
  Text out{std::to_string(lines.size()) + " " + about.en + ": ", std::to_string(lines.size()) + " " + about.zh + "："};
  for (std::size_t i = 0; i < std::min(lines.size(), shown_lines); ++i) {
    const std::string quoted = (i == 0 ? "" : ", ") + ("'" + printable(lines[i].substr(0, 120)) + "'");
    out.en += quoted;
    out.zh += quoted;
  }
  if (lines.size() > shown_lines) {
    out.en += " ...";
    out.zh += " ……";
  }
  return out;
}

void judge_lines(const std::string& base, const std::string& mine, const std::string& returned, ReturnedChange& out) {
  const auto old = lines_of(base), own = lines_of(mine), back = lines_of(returned);
  std::vector<std::string> lost, again;
  const auto written = more_in(own, old);
  for (const auto& line : written)
    if (times(back, line) == 0) lost.push_back(line);
  const auto taken_away = more_in(old, own);
  for (const auto& line : taken_away)
    if (times(back, line) > times(own, line)) again.push_back(line);
  if (lost.empty() && again.empty()) {
    out.state = Containment::merged;
    out.why = {"each of the " + std::to_string(written.size()) + " lines that the customer wrote is there",
               "客户编写的 " + std::to_string(written.size()) + " 行均在其中"};
    return;
  }
  const bool all_lost = written.empty() ? again.size() == taken_away.size() : lost.size() == written.size();
  out.state = all_lost ? Containment::missing : Containment::partial;
  out.why = lost.empty() ? listed(again, {"lines that the customer took away are back", "行客户已删除的内容又出现"})
                         : listed(lost, {"of the customer's lines are not there", "行客户内容不在其中"});
}

void judge_content(const HandedChange& change, const ChangeTexts& texts, ReturnedChange& out) {
  const bool added = change.kind == ChangeKind::added;
  out.state = Containment::unproved;
  if (!texts.mine || !texts.returned || (!added && !texts.base)) {
    out.why = {"the package brings other content, and not all three texts are at hand to compare them",
               "升级包带来的内容不同，且缺少对比所需的文本"};
    return;
  }
  if (!is_text(*texts.mine) || !is_text(*texts.returned)) {
    out.why = {"the package brings other content that is no text: somebody has to look at it",
               "升级包带来的内容不同且不是文本，需人工核对"};
    return;
  }
  judge_lines(added ? std::string() : *texts.base, *texts.mine, *texts.returned, out);
  if (!texts.placeholder) return;
  out.state = Containment::partial;
  out.why = {"the mask of a hidden secret stands in it: the product would use that as the password",
             "其中保留了被隐去密码的占位符：产品会将其当作真实密码"};
}

// By a decision it is settled whatever the package brings: Ferry itself lays the customer's or the merged content.
bool decided(const HandedChange& change, ReturnedChange& out) {
  if (change.choice == "take" || change.choice == "retire") {
    out.state = Containment::given_up;
    out.why = {change.reason, change.reason};
    return true;
  }
  if (change.choice == "keep" || change.choice == "merge") {
    out.state = Containment::kept;
    out.why = change.choice == "keep"
                  ? Text{"decided: the customer's stays", "已决定：保留客户内容"}
                  : Text{"decided: the merged content is laid over the package's", "已决定：以合并内容覆盖升级包内容"};
    return true;
  }
  return false;
}

void judge_gone(const HandedChange& change, const std::string* by, ReturnedChange& out) {
  if (by == nullptr) {
    out.state = Containment::kept;
    out.why = {"no package touches it", "没有升级包涉及它"};
    return;
  }
  out.package = *by;
  out.state = change.kind == ChangeKind::deleted ? Containment::unchanged : Containment::missing;
  out.why = {"package " + *by + " removes it", "包 " + *by + " 将其删除"};
}

}  // namespace

ReturnedChange judge_returned(const HandedChange& change, const Overlay& returned, const AskTexts& texts) {
  ReturnedChange out;
  out.path = change.path;
  const auto found = returned.files.find(change.path);
  if (found != returned.files.end()) {
    out.package = found->second.package;
    out.content = content_key(&found->second.entry);
    if (!out.content.empty() && (out.content == change.mine || out.content == change.merged)) {
      out.state = Containment::unchanged;
      return out;
    }
  }
  if (decided(change, out)) return out;
  if (found == returned.files.end()) {
    const auto* by = returned.remover(change.path);
    judge_gone(change, by != nullptr ? by : returned.replacer(change.path), out);
  } else if (change.kind == ChangeKind::deleted) {
    out.why = {"the package brings the file that the customer took away", "升级包带来了客户已删除的文件"};
  } else if (out.content == change.base) {
    out.why = {"the vendor's old content, without the change", "厂商旧内容，不含该改动"};
  } else {
    judge_content(change, texts(change, out.package), out);
  }
  return out;
}

}  // namespace ferry
