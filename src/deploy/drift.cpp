// Is every path that will be touched what the plan was made from?
#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "deploy/beneath.h"
#include "deploy/examine.h"
#include "deploy/parallel.h"

namespace ferry {
namespace {

constexpr std::size_t shown_differences = 20;

std::string octal(std::uint32_t mode) {
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + mode % 8));
    mode /= 8;
  } while (mode != 0);
  return out;
}

std::string moment_of(std::int64_t ns) {
  return to_string(Moment(std::chrono::duration_cast<Milliseconds>(std::chrono::nanoseconds(ns))));
}

// Who looks for the culprit needs to know when: the content's time can be set by anybody, that of the change can't.
Text since(Text what, const calls::Status& now) {
  const auto written = moment_of(now.mtime_ns), changed = moment_of(now.ctime_ns);
  return {what.en + " (last written " + written + ", changed " + changed + ")",
          what.zh + "（最后写入 " + written + "，变更 " + changed + "）"};
}

// Everything that can be seen without reading the object. Empty: no difference.
Text visible_difference(const Operation& operation, const std::optional<calls::Status>& now) {
  if (operation.kind == OperationKind::drop) return {};
  if (!operation.before)
    return now ? since({"exists, though the plan adds it", "已存在，而方案要新增它"}, *now) : Text{};
  if (!now) return {"does not exist", "不存在"};
  const auto& planned = operation.before->entry;
  const auto other = [&](const Text& what, const std::string& found, const std::string& wanted) {
    return since({what.en + found + ", planned " + wanted, what.zh + found + "，方案为 " + wanted}, *now);
  };
  if (now->type != planned.type)
    return other({"is a ", "类型为 "}, std::string(name_of(now->type)), std::string(name_of(planned.type)));
  if (planned.type != EntryType::link && now->mode != planned.mode)
    return other({"mode ", "权限 "}, octal(now->mode), octal(planned.mode));
  if (now->uid != planned.uid || now->gid != planned.gid)
    return other({"owner ", "属主 "}, std::to_string(now->uid) + ":" + std::to_string(now->gid),
                 std::to_string(planned.uid) + ":" + std::to_string(planned.gid));
  if (planned.type == EntryType::file && now->size != planned.size)
    return other({"other content, bytes ", "内容不同，字节数 "}, std::to_string(now->size),
                 std::to_string(planned.size));
  return {};
}

class Comparison {
 public:
  Comparison(const DeployPlace& place, const Examined& examined, const ContentSigns& known, const Ahead* ahead)
      : place_(place), examined_(examined), known_(known), ahead_(ahead) {
    if (ahead != nullptr)
      for (const auto& [path, entry] : ahead->planned)
        if (!entry) removed_.insert(path);
    for (const auto& operation : examined.operations)
      if (operation.before && !operation.after) removed_.insert(operation.path);
    const auto now = system_now().time_since_epoch();
    started_ns_ = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }

  void compare(std::size_t first, std::size_t last) {
    Beneath tree(place_.root);
    Signs signs;
    for (std::size_t i = first; i < last; ++i) {
      const auto& operation = examined_.operations[i];
      if (ahead_ != nullptr && ahead_->knows(operation.path)) {
        require_planned(operation);
        continue;
      }
      auto difference = visible_difference(operation, examined_.now[i]);
      if (difference.empty() && operation.before)
        difference = content_difference(tree, operation, *examined_.now[i], signs);
      if (difference.empty()) continue;
      const std::lock_guard hold(guard_);
      const auto path = printable(operation.path.bytes());
      differences_.push_back({path + ": " + difference.en, path + "：" + difference.zh});
    }
    const std::lock_guard hold(guard_);
    signs_.insert(signs.begin(), signs.end());
  }

  BeforeCheck result() {
    if (!differences_.empty()) throw Error(Code::drift, place_.root, list());
    return {std::move(signs_), checked_};
  }

 private:
  void require_planned(const Operation& operation) const {
    if (operation.kind == OperationKind::drop) return;
    const auto& planned = ahead_->planned.at(operation.path);
    const bool same =
        operation.before.has_value() == planned.has_value() &&
        (!planned || (operation.before->entry.same_content(*planned) && operation.before->entry.mode == planned->mode));
    if (!same)
      throw Error(Code::stale_plan, printable(operation.path.bytes()),
                  Text{"the jumps of this plan do not follow from each other", "方案中各升级跳前后不一致"});
  }

  using Signs = std::vector<std::pair<std::uint32_t, ContentSign>>;

  Text list() {
    std::sort(differences_.begin(), differences_.end(), [](const Text& a, const Text& b) { return a.en < b.en; });
    Text out;
    for (std::size_t i = 0; i < std::min(differences_.size(), shown_differences); ++i) {
      out.en += (i == 0 ? "" : "\n  ") + differences_[i].en;
      out.zh += (i == 0 ? "" : "\n  ") + differences_[i].zh;
    }
    if (differences_.size() > shown_differences) {
      const auto more = std::to_string(differences_.size() - shown_differences);
      out.en += "\n  and " + more + " more";
      out.zh += "\n  另有 " + more + " 处";
    }
    return out;
  }

  Text content_difference(Beneath& tree, const Operation& operation, const calls::Status& now, Signs& signs) {
    const auto& planned = operation.before->entry;
    // A file that has not been touched since staging is not looked at again: not even its folder is opened.
    if (planned.type == EntryType::file && is_known(operation, now, signs)) return {};
    const auto& where = operation.path.bytes();
    const auto parent = tree.parent_of(operation.path);
    if (!parent) return {"does not exist", "不存在"};
    const auto name = name_in_parent(operation.path);
    if (planned.type == EntryType::link)
      return calls::read_link(*parent, name, where) == planned.link ? Text{}
                                                                    : since({"points elsewhere", "链接目标不同"}, now);
    if (planned.type == EntryType::folder)
      return is_folder(operation.after) ? Text{} : foreign_content(calls::list_folder(*parent, name, where), operation);
    return file_difference(*parent, name, operation, now, signs);
  }

  bool is_known(const Operation& operation, const calls::Status& now, Signs& signs) const {
    const auto known = known_.find(operation.number);
    if (known == known_.end() || known->second != sign_of(now)) return false;
    signs.emplace_back(operation.number, known->second);
    return true;
  }

  Text foreign_content(const std::vector<std::string>& names, const Operation& operation) const {
    for (const auto& name : names)
      if (!removed_.contains(operation.path / name))
        return {"would go away, but holds '" + printable(name) + "', which the plan does not remove",
                "将被删除，但其中有方案未删除的“" + printable(name) + "”"};
    return {};
  }

  Text file_difference(int parent, const std::string& name, const Operation& operation, const calls::Status& now,
                       Signs& signs) {
    const auto sign = sign_of(now);
    ++checked_;
    if (calls::digest_of(parent, name, operation.path.bytes()) != operation.before->entry.digest)
      return since({"other content", "内容不同"}, now);
    // Only what did not change while it was read, and not a moment before, can be recognised later.
    const auto after = calls::status(parent, name, operation.path.bytes());
    if (!after || sign_of(*after) != sign) return {"is being changed", "正在被修改"};
    if (sign.ctime_ns + racy_ns <= started_ns_) signs.emplace_back(operation.number, sign);
    return {};
  }

  const DeployPlace& place_;
  const Examined& examined_;
  const ContentSigns& known_;
  const Ahead* ahead_;
  std::set<RelativePath> removed_;
  std::int64_t started_ns_ = 0;
  std::mutex guard_;
  std::vector<Text> differences_;
  ContentSigns signs_;
  std::atomic<std::uint64_t> checked_{0};
};

}  // namespace

ContentSign sign_of(const calls::Status& status) {
  return {status.inode, status.size, status.mtime_ns, status.ctime_ns};
}

BeforeCheck require_before(const DeployPlace& place, const Examined& examined, const ContentSigns& known, int threads,
                           const Ahead* ahead) {
  Comparison comparison(place, examined, known, ahead);
  in_parallel(examined.operations.size(), 500, threads,
              [&](std::size_t first, std::size_t last) { comparison.compare(first, last); });
  return comparison.result();
}

}  // namespace ferry
