#include "impact/decisions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "base/error.h"
#include "host/durable.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

std::string line_of(const Decision& decision) {
  Json json = decision;
  json["format"] = known_format;
  json["key"] = decision.key();
  return canonical(json) + "\n";
}

Decision decision_of(std::string_view line, const std::string& where) {
  const Json json = parse_json(line, where);
  if (!json.is_object() || json.value("format", 0) != known_format)
    throw Error(Code::unsupported_format, where, Text{"a decision of format 1 is expected", "应为格式 1 的处置决定"});
  Decision out = json.get<Decision>();
  // A line whose digests were edited must not decide about other content.
  if (json.value("key", std::string()) != out.key().hex())
    throw Error(Code::invalid_document, where,
                Text{"the key does not belong to base, mine and theirs", "键与 base、mine、theirs 不对应"});
  return out;
}

}  // namespace

DecisionMemory::DecisionMemory(std::string file) : file_(std::move(file)) {
  const auto text = read_file_if_there(file_);
  if (!text) return;
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text->size(); ++number) {
    const auto end = text->find('\n', begin);
    if (end == std::string::npos) break;  // a crash cut it off: it was never acknowledged
    try {
      index(decision_of(std::string_view(*text).substr(begin, end - begin), fmt::format("{}:{}", file_, number)));
    } catch (const Json::exception& e) {
      throw Error(Code::invalid_document, fmt::format("{}:{}", file_, number), e.what());
    }
    begin = end + 1;
    good_bytes_ = begin;
  }
}

void DecisionMemory::index(const Decision& decision) {
  by_key_[{decision.path, decision.key()}] = all_.size();
  by_path_[decision.path] = all_.size();
  all_.push_back(decision);
}

void DecisionMemory::remember(const Decision& decision) {
  const auto about = printable(decision.path.bytes());
  if (decision.person.empty())
    throw Error(Code::invalid_document, about, Text{"who decided must be named", "必须指明由谁决定"});
  if (decision.reason.empty())
    throw Error(Code::invalid_document, about, Text{"a decision needs a reason", "处置决定须写明理由"});
  if ((decision.choice == Choice::merge) != !decision.merged.empty())
    throw Error(Code::invalid_document, about,
                Text{"merged content belongs to a merge, and only to it", "合并内容只用于、且必须用于合并"});
  const auto line = line_of(decision);
  durable::Appender out(file_, good_bytes_, 0644);
  out.append(line);
  out.sync();
  good_bytes_ += line.size();
  index(decision);
}

const Decision* DecisionMemory::find(const RelativePath& path, const Digest& key) const {
  const auto found = by_key_.find({path, key});
  return found == by_key_.end() ? nullptr : &all_[found->second];
}

const Decision* DecisionMemory::latest(const RelativePath& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : &all_[found->second];
}

Decision decide(const ThreeWayItem& item, Choice choice, std::string reason, std::string person, std::string at,
                const Digest& merged) {
  Decision out;
  out.path = item.path;
  out.base = content_key(item.base ? &*item.base : nullptr);
  out.mine = content_key(item.mine ? &*item.mine : nullptr);
  out.theirs = content_key(item.theirs ? &*item.theirs : nullptr);
  out.choice = choice;
  out.merged = merged;
  out.reason = std::move(reason);
  out.person = std::move(person);
  out.at = std::move(at);
  return out;
}

namespace {

Text what_changed(const Decision& then, const Decision& now) {
  Text out;
  const auto add = [&](bool changed, const char* en, const char* zh) {
    if (!changed) return;
    out.en += (out.en.empty() ? "" : ", ") + std::string(en);
    out.zh += (out.zh.empty() ? "" : "、") + std::string(zh);
  };
  add(then.base != now.base, "the old vendor version", "旧版厂商文件");
  add(then.mine != now.mine, "the customer's file", "客户文件");
  add(then.theirs != now.theirs, "the new vendor version", "新版厂商文件");
  return {"changed since: " + out.en, "此后有变化：" + out.zh};
}

}  // namespace

Resolution resolve(const ThreeWay& comparison, const DecisionMemory& memory) {
  Resolution out;
  for (const auto& item : comparison.items) {
    const bool conflict = item.kind == ThreeWayCase::conflict;
    // What is customised and untouched stays by itself, but a person may have decided to retire it.
    if (!conflict && item.kind != ThreeWayCase::customer_only) continue;
    if (const auto* decision = memory.find(item.path, item.key())) {
      out.decisions.push_back(*decision);
      continue;
    }
    if (!conflict) continue;
    out.open.push_back(&item);
    if (const auto* old = memory.latest(item.path))
      out.expired.push_back({*old, what_changed(*old, decide(item, Choice::keep, {}, {}, {}))});
  }
  return out;
}

Text counted_conflicts(std::size_t count) {
  return {counted(count, "conflict"), fmt::format("{} 处冲突", count)};
}

void require_decided(const Resolution& resolution) {
  if (resolution.open.empty()) return;
  Text lines;
  for (const auto* item : resolution.open) {
    const auto path = (lines.empty() ? "" : "\n") + printable(item->path.bytes());
    lines = {lines.en + path + ": " + item->why.en, lines.zh + path + "：" + item->why.zh};
  }
  for (const auto& expired : resolution.expired) {
    const auto path = "\n" + printable(expired.decision.path.bytes());
    const auto choice = name_of(expired.decision.choice);
    lines.en += fmt::format("{}: the decision of {} ({}) no longer holds: {}", path, expired.decision.at, choice,
                            expired.why.en);
    lines.zh += fmt::format("{}：{} 的处置决定（{}）已失效：{}", path, expired.decision.at, choice, expired.why.zh);
  }
  throw Error(Code::undecided, counted_conflicts(resolution.open.size()), lines);
}

}  // namespace ferry
