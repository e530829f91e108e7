#include "deploy/prepared.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <map>
#include <vector>

#include "base/append.h"
#include "base/error.h"
#include "deploy/beneath.h"
#include "deploy/parallel.h"
#include "deploy/sealed_lines.h"
#include "deploy/slots.h"
#include "host/crash_point.h"
#include "host/durable.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::string_view magic = "ferry-prepared";
constexpr std::string_view version = "1";
constexpr std::int64_t absent = -1;  // in place of a ctime

std::string signs_path(const std::string& run_folder) {
  return run_folder + "/prepared.signs";
}

// What the list does not say of the objects it names: when they were last changed in any way (ctime, ns). Same order as
// its operations, then its folder times.
struct Signs {
  Digest input;
  std::uint32_t account = 0;  // effective uid whose rights were looked at
  std::uint64_t list_bytes = 0;
  std::string list_end;  // the list's last 64 digits, its digest: these signs belong to no other
  std::vector<std::int64_t> operations;
  std::vector<std::int64_t> folders;
};

std::string text_of(const Signs& signs) {
  std::string numbers;
  for (const auto* part : {&signs.operations, &signs.folders})
    for (const auto ctime_ns : *part) {
      append_number(numbers, ctime_ns);
      numbers += '\n';
    }
  return sealed(std::string(magic) + " " + std::string(version) + " " + signs.input.hex() + " " +
                std::to_string(signs.account) + " " + std::to_string(signs.list_bytes) + " " + signs.list_end + " " +
                std::to_string(signs.operations.size()) + " " + std::to_string(signs.folders.size()) + " " +
                Digest::of(numbers).hex()) +
         numbers;
}

// `count` numbers, a line each; takes them off the text.
std::vector<std::int64_t> take_numbers(std::string_view& text, std::uint64_t count, const std::string& where) {
  std::vector<std::int64_t> out;
  out.reserve(std::min<std::uint64_t>(count, text.size()));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) throw Error(Code::corrupt_log, where, Text{"too few numbers", "数字不足"});
    out.push_back(signed_number_of(text.substr(0, end), where));
    text.remove_prefix(end + 1);
  }
  return out;
}

std::optional<Signs> read_signs(const std::string& run_folder) {
  const auto where = signs_path(run_folder);
  const auto text = read_file_if_there(where, 4ULL << 30U);
  if (!text) return std::nullopt;
  const auto first_line = text->find('\n');
  if (first_line == std::string::npos) return std::nullopt;
  const auto header = unsealed(std::string_view(*text).substr(0, first_line + 1), where);
  if (header.payloads.empty()) return std::nullopt;  // sectors of it never reached the medium
  const auto fields = fields_of(header.payloads[0]);
  if (fields.size() != 9 || fields[0] != magic || fields[1] != version) return std::nullopt;
  auto numbers = std::string_view(*text).substr(first_line + 1);
  if (Digest::of(numbers).hex() != fields[8]) return std::nullopt;
  Signs out;
  out.input = Digest::from_hex(fields[2]);
  out.account = static_cast<std::uint32_t>(number_of(fields[3], where));
  out.list_bytes = number_of(fields[4], where);
  out.list_end = fields[5];
  out.operations = take_numbers(numbers, number_of(fields[6], where), where);
  out.folders = take_numbers(numbers, number_of(fields[7], where), where);
  return out;
}

// Without a flush of its own: what a power cut damages is not used, and the mark's flush takes the list along.
void write_new(const std::string& run_folder, const std::string& path, std::string_view text) {
  const auto file = calls::create_file(calls::open_folder(run_folder).get(), path.substr(run_folder.size() + 1), path);
  calls::write_all(file.get(), text, path);
}

std::string_view end_of(std::string_view list) {
  constexpr std::size_t digits = 2 * Digest::size;
  return list.size() > digits ? list.substr(list.size() - 1 - digits, digits) : std::string_view();
}

bool same_object(const Identity& then, const calls::Status& now) {
  const auto& entry = then.entry;
  return then.inode == now.inode && entry.type == now.type && entry.mode == now.mode && entry.uid == now.uid &&
         entry.gid == now.gid && entry.mtime_ns == now.mtime_ns &&
         (entry.type != EntryType::file || entry.size == now.size);
}

class Look {
 public:
  Look(const DeployPlace& place, const DeployInput& input, const Journal& journal, const Signs& signs)
      : place_(place),
        input_(input),
        journal_(journal),
        signs_(signs),
        staging_(calls::status_of(calls::open_folder(place.run_folder()).get(), place.staging)) {}

  bool all_unchanged() {
    if (journal_.root != place_.root || ::geteuid() != signs_.account ||
        signs_.operations.size() != journal_.operations.size() || signs_.folders.size() != journal_.times.size())
      return false;
    const auto root = calls::status_of(calls::open_folder(place_.root).get(), place_.root);
    if (root.inode != journal_.root_inode || !here(root) || drop_appeared()) return false;
    over(journal_.operations.size(), slots_per_shard,
         [&](std::size_t first, std::size_t last) { return operations_unchanged(first, last); });
    over(journal_.times.size(), folders_per_range,
         [&](std::size_t first, std::size_t last) { return folders_unchanged(first, last); });
    return unchanged_;
  }

 private:
  static constexpr std::size_t folders_per_range = 500;

  template <class Unchanged>
  void over(std::size_t count, std::size_t range, const Unchanged& unchanged) {
    in_parallel(count, range, look_up_threads(), [&](std::size_t first, std::size_t last) {
      if (unchanged_ && !unchanged(first, last)) unchanged_ = false;
    });
  }

  bool here(const calls::Status& status) const {
    return status.device == staging_.device && status.mount == staging_.mount;
  }

  // A generated folder that was not there then is not in the list.
  bool drop_appeared() const {
    Beneath tree(place_.root);
    return std::any_of(input_.dropped.begin(), input_.dropped.end(), [&](const RelativePath& path) {
      const bool listed =
          std::any_of(journal_.operations.begin(), journal_.operations.end(), [&](const Operation& operation) {
            return operation.kind == OperationKind::drop && path.is_under(operation.path);
          });
      return !listed && tree.look_if_there(path).has_value();
    });
  }

  bool operations_unchanged(std::size_t first, std::size_t last) const {
    Beneath tree(place_.root);
    Slots slots(place_.run_folder());
    for (std::size_t i = first; i < last; ++i) {
      const auto& operation = journal_.operations[i];
      const auto now = tree.look_if_there(operation.path);
      if (now.has_value() != operation.before.has_value()) return false;
      if (now && (!same_object(*operation.before, *now) || now->ctime_ns != signs_.operations[i] || !here(*now)))
        return false;
      if (!operation.has_slot() || !operation.after) continue;
      const auto staged = slots.look(operation.number, SlotPlace::main);
      if (!staged || !same_object(*operation.after, *staged) || !here(*staged)) return false;
    }
    return true;
  }

  bool folders_unchanged(std::size_t first, std::size_t last) const {
    Beneath tree(place_.root);
    for (std::size_t i = first; i < last; ++i) {
      const auto& time = journal_.times[i];
      const auto now = tree.look_if_there(time.path);
      const bool folder = now && now->type == EntryType::folder;
      if (folder != time.before.has_value()) return false;
      if (folder && (now->mtime_ns != *time.before || now->ctime_ns != signs_.folders[i] || !here(*now))) return false;
    }
    return true;
  }

  const DeployPlace& place_;
  const DeployInput& input_;
  const Journal& journal_;
  const Signs& signs_;
  const calls::Status staging_;
  std::atomic<bool> unchanged_{true};
};

// Of every operation and folder; empty optional when one was changed too shortly before.
std::optional<Signs> signs_of(const Examined& examined, const Journal& draft, std::int64_t looked_ns) {
  Signs out;
  std::map<RelativePath, std::int64_t> folders;
  for (const auto& [path, status] : examined.parents) folders.emplace(path, status.ctime_ns);
  for (std::size_t i = 0; i < examined.now.size(); ++i) {
    const auto& now = examined.now[i];
    if (now && now->ctime_ns + racy_ns > looked_ns) return std::nullopt;
    out.operations.push_back(now ? now->ctime_ns : absent);
    if (now) folders.emplace(draft.operations[i].path, now->ctime_ns);
  }
  for (const auto& time : draft.times) out.folders.push_back(time.before ? folders.at(time.path) : absent);
  return out;
}

}  // namespace

std::string prepared_list_path(const std::string& run_folder) {
  return run_folder + "/prepared";
}

std::string write_prepared_list(const std::string& run_folder, const Examined& examined, const Journal& draft,
                                const Digest& input, std::int64_t looked_ns) {
  auto signs = signs_of(examined, draft, looked_ns);
  if (!signs) return {};
  const auto list = list_of(draft);
  signs->input = input;
  signs->account = ::geteuid();
  signs->list_bytes = list.size();
  signs->list_end = end_of(list);
  write_new(run_folder, prepared_list_path(run_folder), list);
  return text_of(*signs);
}

void validate_prepared_list(const std::string& run_folder, const std::string& signs) {
  if (!signs.empty()) write_new(run_folder, signs_path(run_folder), signs);
}

void forget_prepared(const std::string& run_folder) {
  // The signs first: a list without them is nothing.
  for (const auto& path : {signs_path(run_folder), prepared_list_path(run_folder)})
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw system_error(path, errno);
}

std::optional<Journal> unchanged_since_prepared(const DeployPlace& place, const DeployInput& input) try {
  const auto path = prepared_list_path(place.run_folder());
  auto hashing_input = std::async(std::launch::async, [&] { return digest_of_input(input); });
  const auto signs = read_signs(place.run_folder());
  const auto text = signs ? read_file_if_there(path, 4ULL << 30U) : std::nullopt;
  // Behind the list stands a mark when a switch was killed before it had begun.
  const auto list = text ? std::string_view(*text).substr(0, signs->list_bytes) : std::string_view();
  if (!text || list.size() != signs->list_bytes || end_of(list) != signs->list_end) return std::nullopt;
  auto hashing_list = std::async(std::launch::async, [&] { return is_whole_list(list); });
  auto journal = parse_list(list, path);
  if (!hashing_list.get() || hashing_input.get() != signs->input) return std::nullopt;
  if (!Look(place, input, journal, *signs).all_unchanged()) return std::nullopt;
  return journal;
} catch (const Error&) {
  return std::nullopt;  // damaged, or something in the way: said by who looks at everything
}

void begin_prepared(const std::string& run_folder, Journal& journal) {
  const auto list = prepared_list_path(run_folder);
  append_mark(list, journal, Mark::forward_begun);
  crash_point(CrashPoint::journal_written);
  if (::rename(list.c_str(), journal_path(run_folder).c_str()) != 0) throw system_error(list, errno);
  durable::sync_folder(run_folder);
}

}  // namespace ferry
