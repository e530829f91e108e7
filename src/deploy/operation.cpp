#include "deploy/operation.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace ferry {
namespace {

using ChangeMap = std::map<RelativePath, const PlannedChange*>;

[[noreturn]] void refuse(const RelativePath& path, Text why) {
  throw Error(Code::invalid_document, printable(path.bytes()), std::move(why));
}

Text protected_by(const RelativePath& data) {
  const auto name = printable(data.bytes());
  return {"protected: " + name, "受保护：" + name};
}

void check_entry(const RelativePath& path, const Entry& entry) {
  switch (entry.type) {
    case EntryType::file:
      if (entry.digest.empty()) refuse(path, {"a file without digest", "文件缺少摘要"});
      return;
    case EntryType::link:
      if (entry.link.empty() || entry.link.find('\0') != std::string::npos)
        refuse(path, {"a link without target", "链接缺少目标"});
      return;
    case EntryType::folder:
      return;
    default:
      refuse(path, {"only files, folders and links can be deployed", "只能部署文件、文件夹和链接"});
  }
}

bool stays_folder(const std::optional<Entry>& entry) {
  return entry && entry->type == EntryType::folder;
}

// The changes of the folders above a path. Changes come sorted: most have the folder of the one before.
class Ancestors {
 public:
  explicit Ancestors(const ChangeMap& changes) : changes_(changes) {}

  const std::vector<const PlannedChange*>& of(const RelativePath& path) {
    auto parent = path.parent();
    if (parent_ == parent) return found_;
    found_.clear();
    for (auto above = parent; !above.empty(); above = above.parent()) {
      const auto found = changes_.find(above);
      if (found != changes_.end()) found_.push_back(found->second);
    }
    parent_ = std::move(parent);
    return found_;
  }

 private:
  const ChangeMap& changes_;
  std::optional<RelativePath> parent_;
  std::vector<const PlannedChange*> found_;
};

// Nothing can be below something that is no folder.
void check_ancestors(const PlannedChange& change, Ancestors& ancestors) {
  for (const auto* above : ancestors.of(change.path)) {
    if (change.after && !stays_folder(above->after))
      refuse(change.path, {"its folder goes away", "其所在文件夹将被删除"});
    if (change.before && !stays_folder(above->before))
      refuse(change.path, {"its folder does not exist yet", "其所在文件夹尚不存在"});
  }
}

void check_protected(const PlannedChange& change, const std::vector<RelativePath>& guarded) {
  const bool goes = stays_folder(change.before) && !stays_folder(change.after);
  for (const auto& data : guarded) {
    if (change.path.is_under(data) || (goes && data.is_under(change.path)))
      throw Error(Code::protected_path, printable(change.path.bytes()), protected_by(data));
  }
}

void check_drop(const RelativePath& drop, const DeployInput& input, const ChangeMap& changes) {
  if (drop.empty())
    refuse(drop, {"the whole installation can't be a generated folder", "整个安装目录不能作为生成文件夹"});
  for (const auto& data : input.protected_paths)
    if (drop.is_under(data) || data.is_under(drop))
      throw Error(Code::protected_path, printable(drop.bytes()), protected_by(data));
  // In byte order something else can stand between a folder and what is below it, so every candidate is looked at.
  for (auto next = changes.lower_bound(drop); next != changes.end(); ++next) {
    if (!next->first.bytes().starts_with(drop.bytes())) break;
    if (next->first.is_under(drop))
      refuse(next->first, {"changed inside a generated folder", "位于生成文件夹内的变更"});
  }
  for (auto above = drop.parent(); !above.empty(); above = above.parent()) {
    const auto found = changes.find(above);
    if (found != changes.end() && !(stays_folder(found->second->before) && stays_folder(found->second->after)))
      refuse(drop, {"a generated folder inside one that appears or goes away", "生成文件夹位于将新增或删除的文件夹内"});
  }
}

std::optional<Identity> identity(const std::optional<Entry>& entry) {
  return entry ? std::optional<Identity>({*entry, 0}) : std::nullopt;
}

int phase(const Operation& operation) {
  if (operation.kind == OperationKind::attributes) return 4;
  if (operation.kind == OperationKind::drop) return 3;
  if (is_folder(operation.after)) return 0;
  return is_folder(operation.before) ? 2 : 1;
}

void order(std::vector<Operation>& operations) {
  const auto before = [](const Operation& a, const Operation& b) {
    if (phase(a) != phase(b)) return phase(a) < phase(b);
    return phase(a) == 2 ? b.path < a.path : a.path < b.path;
  };
  // A patch of files alone, the usual case, is in order already.
  if (!std::is_sorted(operations.begin(), operations.end(), before))
    std::stable_sort(operations.begin(), operations.end(), before);
}

std::vector<RelativePath> outermost(std::vector<RelativePath> paths) {
  std::sort(paths.begin(), paths.end());
  std::vector<RelativePath> out;
  for (auto& path : paths) {
    const bool inside = std::any_of(out.begin(), out.end(), [&](const auto& other) { return path.is_under(other); });
    if (!inside) out.push_back(std::move(path));
  }
  return out;
}

}  // namespace

std::string_view name_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::place:
      return "place";
    case OperationKind::attributes:
      return "attributes";
    default:
      return "drop";
  }
}

std::optional<OperationKind> operation_kind(std::string_view name) {
  for (const auto kind : {OperationKind::place, OperationKind::attributes, OperationKind::drop})
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

bool is_folder(const std::optional<Identity>& object) {
  return object && object->entry.type == EntryType::folder;
}

std::vector<Operation> operations_of(const DeployInput& input) {
  ChangeMap changes;
  for (const auto& change : input.changes) {
    if (change.path.empty())
      refuse(change.path, {"the installation's own folder can't be changed", "安装目录本身不能变更"});
    // Plans are sorted: the next one belongs at the end.
    if (changes.emplace_hint(changes.end(), change.path, &change)->second != &change)
      refuse(change.path, {"stands twice in the plan", "在方案中出现两次"});
    if (change.before) check_entry(change.path, *change.before);
    if (change.after) check_entry(change.path, *change.after);
  }
  std::vector<Operation> out;
  std::uint32_t number = 0;
  Ancestors ancestors(changes);
  out.reserve(changes.size() + input.dropped.size());
  for (const auto& [path, change] : changes) {
    check_ancestors(*change, ancestors);
    if (change->before == change->after) continue;
    check_protected(*change, input.protected_paths);
    Operation operation;
    operation.number = number++;
    operation.path = path;
    operation.before = identity(change->before);
    operation.after = identity(change->after);
    operation.change = change;
    const bool same = change->before && change->after && change->before->same_content(*change->after);
    if (same) operation.kind = OperationKind::attributes;
    out.push_back(std::move(operation));
  }
  for (const auto& drop : outermost(input.dropped)) {
    check_drop(drop, input, changes);
    Operation operation;
    operation.number = number++;
    operation.kind = OperationKind::drop;
    operation.path = drop;
    out.push_back(std::move(operation));
  }
  order(out);
  return out;
}

Digest digest_of_input(const DeployInput& input) {
  // Gathered first: a call of the hasher costs more than hashing these few bytes.
  std::string text;
  text.reserve(input.changes.size() * 256);
  const auto add_number = [&](std::uint64_t value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const auto add = [&](std::string_view bytes) {
    add_number(bytes.size());
    text += bytes;
  };
  const auto add_entry = [&](const std::optional<Entry>& entry) {
    add_number(entry ? 1 + static_cast<std::uint64_t>(entry->type) : 0);
    if (!entry) return;
    for (const auto value : {std::uint64_t{entry->mode}, std::uint64_t{entry->uid}, std::uint64_t{entry->gid},
                             entry->size, static_cast<std::uint64_t>(entry->mtime_ns)})
      add_number(value);
    text.append(reinterpret_cast<const char*>(entry->digest.bytes().data()), Digest::size);
    add(entry->link);
  };
  add_number(input.changes.size());
  for (const auto& change : input.changes) {
    add(change.path.bytes());
    add_entry(change.before);
    add_entry(change.after);
  }
  add_number(input.dropped.size());
  for (const auto& path : input.dropped) add(path.bytes());
  add_number(input.protected_paths.size());
  for (const auto& path : input.protected_paths) add(path.bytes());
  return Digest::of(text);
}

}  // namespace ferry
