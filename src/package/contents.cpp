// Reading what is in a verified package.
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/error.h"
#include "host/files.h"
#include "package/layout.h"
#include "package/open.h"
#include "package/scan.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void changed(const Package& package, const Text& why) {
  throw Error(Code::file_changed, package.file, why);
}

Text no_longer_in_it(const RelativePath& path) {
  return {printable(path.bytes()) + " is no longer in it", "其中已没有 " + printable(path.bytes())};
}

const PackageScript* find_script(const Package& package, const layout::Place& place) {
  for (const auto& script : package.scripts)
    if (script.dialect == place.dialect && script.name == place.name) return &script;
  return nullptr;
}

Entry entry_of(const PackageScript& script) {
  Entry out;
  out.size = script.size;
  out.digest = script.digest;
  return out;
}

using UsePlace = std::function<void(const layout::Place& place, const Entry& entry, ContentReader& content)>;

// Every file and script; the package file's digest is compared at the end.
void stream_all(const Package& package, const UsePlace& use) {
  EntryWalk walk(package);
  while (const auto name = walk.next()) {
    const auto place = layout::place_of(*name);
    const auto* script = find_script(package, place);
    const Entry scripted = script == nullptr ? Entry{} : entry_of(*script);
    const Entry* entry = place.kind == layout::Place::Kind::file ? package.files.find(place.target) : &scripted;
    if (place.kind != layout::Place::Kind::file && place.kind != layout::Place::Kind::script) continue;
    if (entry == nullptr || (place.kind == layout::Place::Kind::script && script == nullptr))
      changed(package, {printable(name->bytes()) + " was not in it when it was opened",
                        "打开时其中没有 " + printable(name->bytes())});
    CheckedContent content(walk.reader(), *name, *entry, Code::file_changed);
    use(place, *entry, content);
    content.finish();
  }
  if (walk.reader().finish() != package.digest)
    changed(package, {"it is no longer the file that was opened", "已不是当初打开的文件"});
}

std::string limited(ContentReader& content, std::uint64_t size, std::uint64_t limit, const std::string& about) {
  if (size > limit)
    throw Error(Code::unsupported_format, about,
                Text{human_bytes(size) + ", more than " + human_bytes(limit),
                     human_bytes(size) + "，超过 " + human_bytes(limit)});
  return content.read_all();
}

void write_file(const std::string& path, const Entry& entry, ContentReader& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out) throw system_error(path, errno);
  std::vector<char> buffer(256U << 10U);
  while (const auto size = content.read(buffer.data(), buffer.size()))
    out.write(buffer.data(), static_cast<std::streamsize>(size));
  out.close();
  if (!out) throw system_error(path, errno);
  fs::permissions(path, static_cast<fs::perms>(entry.mode));
  const Moment moment{std::chrono::milliseconds(entry.mtime_ns / 1000000)};
  fs::last_write_time(path, std::chrono::file_clock::from_sys(moment));
}

}  // namespace

void stream_files(const Package& package,
                  const std::function<void(const RelativePath&, const Entry&, ContentReader&)>& use) {
  stream_all(package, [&](const layout::Place& place, const Entry& entry, ContentReader& content) {
    if (place.kind == layout::Place::Kind::file) use(place.target, entry, content);
  });
}

void stream_scripts(const Package& package, const std::function<void(const PackageScript&, ContentReader&)>& use) {
  stream_all(package, [&](const layout::Place& place, const Entry&, ContentReader& content) {
    if (place.kind == layout::Place::Kind::script) use(*find_script(package, place), content);
  });
}

std::string read_package_file(const Package& package, const RelativePath& path, std::uint64_t limit) {
  const auto* entry = package.files.find(path);
  if (entry == nullptr || entry->type != EntryType::file)
    throw Error(Code::not_found, printable(path.bytes()),
                Text{"no file in package " + package.meta.id, "不是包 " + package.meta.id + " 中的文件"});
  EntryWalk walk(package);
  const auto wanted = layout::file_name(path);
  while (const auto name = walk.next()) {
    if (*name != wanted) continue;
    CheckedContent content(walk.reader(), *name, *entry, Code::file_changed);
    return limited(content, entry->size, limit, printable(path.bytes()));
  }
  changed(package, no_longer_in_it(path));
}

std::string read_package_script(const Package& package, const PackageScript& script) {
  EntryWalk walk(package);
  const auto wanted = layout::script_name(script);
  const auto entry = entry_of(script);
  while (const auto name = walk.next()) {
    if (*name != wanted) continue;
    CheckedContent content(walk.reader(), *name, entry, Code::file_changed);
    return limited(content, script.size, 1ULL << 30U, script.name);
  }
  throw Error(Code::not_found, script.dialect + "/" + script.name,
              Text{"no script in package " + package.meta.id, "不是包 " + package.meta.id + " 中的脚本"});
}

void extract_package(const Package& package, const std::string& folder) {
  if (path_exists(folder)) throw Error(Code::already_exists, folder);
  make_folders(folder);
  try {
    for (const auto& [path, entry] : package.files.items()) {
      const std::string target = folder + "/" + path.bytes();
      make_folders(entry.type == EntryType::folder ? target : folder + "/" + path.parent().bytes());
    }
    stream_files(package, [&](const RelativePath& path, const Entry& entry, ContentReader& content) {
      write_file(folder + "/" + path.bytes(), entry, content);
    });
    // Links last: nothing was written through one.
    for (const auto& [path, entry] : package.files.items())
      if (entry.type == EntryType::link) fs::create_symlink(entry.link, folder + "/" + path.bytes());
  } catch (const fs::filesystem_error& e) {
    remove_tree(folder);
    throw system_error(e.path1().string(), e.code().value());
  } catch (...) {
    remove_tree(folder);
    throw;
  }
}

struct PackageFiles::State {
  Package package;
  std::unique_ptr<EntryWalk> walk;
  std::optional<RelativePath> present;  // entry the walk stands at, not read yet
  void restart() {
    walk = std::make_unique<EntryWalk>(package);
    present = walk->next();
  }
};

PackageFiles::PackageFiles(Package package) : state_(std::make_unique<State>()) {
  state_->package = std::move(package);
}
PackageFiles::~PackageFiles() = default;
PackageFiles::PackageFiles(PackageFiles&&) noexcept = default;
PackageFiles& PackageFiles::operator=(PackageFiles&&) noexcept = default;

const Package& PackageFiles::package() const {
  return state_->package;
}

void PackageFiles::read(const RelativePath& path, const std::function<void(std::string_view)>& sink) {
  auto& state = *state_;
  const auto* entry = state.package.files.find(path);
  if (entry == nullptr || entry->type != EntryType::file)
    throw Error(Code::not_found, printable(path.bytes()),
                Text{"no file in package " + state.package.meta.id, "不是包 " + state.package.meta.id + " 中的文件"});
  const auto wanted = layout::file_name(path);
  // package.yaml stands in front of everything and sorts behind; it is never asked for.
  const bool behind = !state.present ||
                      (layout::place_of(*state.present).kind == layout::Place::Kind::file && wanted < *state.present) ||
                      layout::place_of(*state.present).kind == layout::Place::Kind::removes ||
                      layout::place_of(*state.present).kind == layout::Place::Kind::script;
  if (!state.walk || behind) state.restart();
  while (state.present && *state.present != wanted) state.present = state.walk->next();
  if (!state.present) changed(state.package, no_longer_in_it(path));
  CheckedContent content(state.walk->reader(), *state.present, *entry, Code::file_changed);
  std::vector<char> buffer(256U << 10U);
  try {
    while (const auto size = content.read(buffer.data(), buffer.size())) sink({buffer.data(), size});
  } catch (...) {
    state.walk.reset();  // half read: the next call starts again
    throw;
  }
  state.present = state.walk->next();
}

}  // namespace ferry
