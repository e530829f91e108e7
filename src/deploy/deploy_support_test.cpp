// The installation of deploy_test_tree.h.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "deploy/beneath.h"
#include "deploy/deploy_test_tree.h"

namespace ferry::testing {
namespace {

constexpr std::int64_t new_time_ns = 1'760'000'000'123'456'789;

std::string hex_of(const std::string& bytes) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::string describe(int folder, const std::string& name, const calls::Status& status) {
  std::string out(name_of(status.type));
  if (status.type != EntryType::link) out += " mode " + std::to_string(status.mode);
  out += " owner " + std::to_string(status.uid) + ":" + std::to_string(status.gid);
  out += " time " + std::to_string(status.mtime_ns);
  if (status.type == EntryType::file) out += " content " + calls::digest_of(folder, name, name).brief();
  if (status.type == EntryType::link) out += " to " + calls::read_link(folder, name, name);
  for (const auto& [key, value] : calls::extended_attributes(folder, name, name))
    out += " " + key + "=" + hex_of(value);
  return out;
}

using FirstNames = std::map<std::uint64_t, std::string>;  // by inode

void walk(const std::string& absolute, const RelativePath& path, FirstNames& first, Snapshot& out) {
  const auto open = calls::open_folder(absolute);
  auto names = calls::list_folder(open.get(), ".", absolute);
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    const auto status = calls::status(open.get(), name, absolute);
    const auto child = path / name;
    auto& described = out[printable(child.bytes())];
    described = describe(open.get(), name, *status);
    const auto [known, is_first] = first.emplace(status->inode, printable(child.bytes()));
    if (!is_first) described += " is " + known->second;
    if (status->type == EntryType::folder) walk(absolute + "/" + name, child, first, out);
  }
}

}  // namespace

void enter_mount_namespace() {
  const auto uid = std::to_string(::geteuid());
  const auto gid = std::to_string(::getegid());
  const bool root = ::geteuid() == 0;
  if (::unshare(root ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) throw Error(Code::program_missing, "unshare");
  if (!root) {
    const auto write_map = [](const char* file, const std::string& text) {
      const Descriptor map(::open(file, O_WRONLY | O_CLOEXEC));
      calls::write_all(map.get(), text, file);
    };
    write_map("/proc/self/setgroups", "deny");
    write_map("/proc/self/uid_map", uid + " " + uid + " 1");
    write_map("/proc/self/gid_map", gid + " " + gid + " 1");
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw Error(Code::program_missing, "mount");
}

Snapshot snapshot(const std::string& root) {
  Snapshot out;
  const auto open = calls::open_folder(root);
  out["."] = describe(open.get(), ".", calls::status_of(open.get(), root));
  FirstNames first;
  walk(root, {}, first, out);
  return out;
}

std::string difference(const Snapshot& expected, const Snapshot& found) {
  std::string out;
  for (const auto& [path, what] : expected) {
    const auto other = found.find(path);
    if (other == found.end())
      out += path + "\n  missing, expected " + what + "\n";
    else if (other->second != what)
      out += path + "\n  is       " + other->second + "\n  expected " + what + "\n";
  }
  for (const auto& [path, what] : found)
    if (!expected.contains(path)) out += path + "\n  unexpected " + what + "\n";
  return out;
}

void write_text(const std::string& path, std::string_view text) {
  const auto parent = calls::open_folder(std::filesystem::path(path).parent_path());
  const auto name = std::filesystem::path(path).filename().string();
  calls::remove_file(parent.get(), name, path);
  const auto file = calls::create_file(parent.get(), name, path);
  calls::write_all(file.get(), text, path);
  if (::fchmod(file.get(), 0644) != 0) throw system_error(path, errno);
}

void set_time(const std::string& path, std::int64_t seconds) {
  const auto parent = calls::open_folder(std::filesystem::path(path).parent_path());
  calls::set_mtime(parent.get(), std::filesystem::path(path).filename(), seconds * 1'000'000'000 + 987'654'321, path);
}

std::string text_of(const std::string& path) {
  return read_file(path);
}

Moment a_minute_later() {
  return system_now() + std::chrono::minutes(1);
}

void fake_call(int call, int error) {
  std::array<sock_filter, 4> program{{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<__u32>(call), 0, 1),
                                      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<__u32>(error)),
                                      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    throw system_error("seccomp", errno);
}

namespace {

// Exit status; -1: killed.
int status_in_child(const std::function<void()>& work) {
  const auto child = ::fork();
  if (child == 0) {
    try {
      for (const int call : {SYS_fsync, SYS_fdatasync, SYS_syncfs}) fake_call(call, 0);
      work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "in a child: %s\n", error.what());
      ::_exit(1);
    }
    ::_exit(::testing::Test::HasFailure() ? 2 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  return -1;
}

}  // namespace

bool killed_at(CrashPoint point, int hit, const std::function<void()>& work) {
  const auto wish = std::string(name_of(point)) + ":" + std::to_string(hit);
  const int status = status_in_child([&] {
    ::setenv("FERRY_CRASH", wish.c_str(), 1);
    work();
  });
  EXPECT_LE(status, 0) << wish;
  return status == -1;
}

void do_unflushed(const std::function<void()>& work) {
  EXPECT_EQ(status_in_child(work), 0);
}

Code code_in_child(const std::function<void()>& work) {
  const auto child = ::fork();
  if (child == 0) ::_exit(static_cast<int>(code_of(work)));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return static_cast<Code>(WEXITSTATUS(status));
}

Installation::Installation() {
  place_ = {folder_ / "oa", folder_ / "staging", "run-1"};
  make_tree();
  make_plan();
}

std::string Installation::root(std::string_view name) const {
  return name.empty() ? place_.root : place_.root + "/" + std::string(name);
}

namespace {

void set_attribute(const std::string& path, const char* name, const std::string& value) {
  if (::setxattr(path.c_str(), name, value.data(), value.size(), 0) != 0) throw system_error(path, errno);
}

}  // namespace

void Installation::make_tree() {
  namespace fs = std::filesystem;
  for (const char* folder : {"", "/webapp", "/webapp/js", "/old", "/old/deep", "/old/deep/empty", "/data", "/work",
                             "/work/compiled", "/turns-to-file", "/conf"})
    fs::create_directory(place_.root + folder);
  for (const char* file : {"webapp/login.jsp", "webapp/js/a.js", "webapp/js/b.js", "webapp/kept.jsp", "old/gone.txt",
                           "old/deep/gone.class", "data/customer.db", "work/compiled/login_jsp.class",
                           "turns-to-file/inner", "conf/server.xml", "conf/mode-only", "turns-to-link",
                           "turns-to-folder", "webapp/\xC1\xF7\xB3\xCC.jsp", "webapp/empty", "conf/with space"})
    write_text(root(file), std::string("old content of ") + file);
  write_text(root("webapp/empty"), "");
  write_text(outside(), "shared with the outside");
  fs::create_hard_link(outside(), root("webapp/hard.jsp"));
  // One of two names is replaced, the other stays; and two that are replaced both.
  fs::create_hard_link(root("webapp/kept.jsp"), root("webapp/was-kept-too.jsp"));
  fs::create_hard_link(root("conf/with space"), root("conf/with space 2"));
  fs::create_symlink("login.jsp", root("webapp/index.jsp"));
  fs::create_symlink("nowhere", root("link-turns-to-file"));
  fs::permissions(root("conf/server.xml"), fs::perms(0400));
  const std::string value("kept \0 bytes", 12);
  for (const char* name : {"webapp/login.jsp", "webapp/kept.jsp", "old", "old/gone.txt", "data"})
    set_attribute(root(name), "user.note", value);
  // acl(5) in the kernel's form: version 2; user::rw-, user:12345:r--, group::r--, mask::r--, other::---
  const std::string acl(
      "\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x04\0\x39\x30\0\0\x04\0\x04\0\xff\xff\xff\xff\x10\0\x04\0\xff\xff"
      "\xff\xff\x20\0\0\0\xff\xff\xff\xff",
      44);
  for (const char* name : {"webapp/js/b.js", "webapp/kept.jsp", "old/deep/gone.class", "data/customer.db"})
    set_attribute(root(name), "system.posix_acl_access", acl);
  std::int64_t seconds = 1'600'000'000;
  for (const auto& item : fs::recursive_directory_iterator(place_.root))
    if (!item.is_symlink()) set_time(item.path(), ++seconds);
  set_time(place_.root, 1'500'000'000);
}

void Installation::make_plan() {
  plan("webapp/login.jsp", std::string(700'000, 'n') + "new login");
  plan("webapp/js/a.js", "new a");
  plan("webapp/\xC1\xF7\xB3\xCC.jsp", "new GBK name");
  plan("webapp/empty", "no longer empty");
  plan("webapp/js/b.js", "");
  plan("webapp/hard.jsp", "new, no longer shared");
  plan("conf/server.xml", "new, was read-only", 0440);
  plan("conf/with space", "new with space");
  plan("conf/with space 2", "new with space, a file of its own");
  plan("webapp/was-kept-too.jsp", "new, a file of its own");
  plan("turns-to-file", "was a folder");
  plan_removal("turns-to-file/inner");
  plan("link-turns-to-file", "was a link");
  plan_link("turns-to-link", "webapp/login.jsp");
  plan_link("webapp/index.jsp", "login2.jsp");
  plan_folder("turns-to-folder", 0750);
  plan("turns-to-folder/inside", "in what was a file");
  plan_folder("new");
  plan_folder("new/deep", 02755);
  plan("new/deep/added.txt", "added");
  plan("added-at-top", "added");
  plan_removal("old");
  plan_removal("old/gone.txt");
  plan_removal("old/deep");
  plan_removal("old/deep/empty");
  plan_removal("old/deep/gone.class");
  plan_mode("conf/mode-only", 0600);
  plan_mode("conf", 0700);
  input_.dropped = {RelativePath("work"), RelativePath("not/there")};
  input_.dropped.pop_back();
  input_.protected_paths = {RelativePath("data")};
}

std::optional<Entry> Installation::entry_now(const std::string& path) const {
  Beneath tree(place_.root);
  const RelativePath relative(path);
  const auto status = tree.look(relative);
  if (!status) return std::nullopt;
  Entry out;
  out.type = status->type;
  out.mode = status->mode;
  out.uid = status->uid;
  out.gid = status->gid;
  out.mtime_ns = status->mtime_ns;
  const int parent = *tree.parent_of(relative);
  const auto name = name_in_parent(relative);
  if (status->type == EntryType::file) {
    out.size = status->size;
    out.digest = calls::digest_of(parent, name, path);
  }
  if (status->type == EntryType::link) out.link = calls::read_link(parent, name, path);
  return out;
}

Entry Installation::entry(EntryType type, std::uint32_t mode) const {
  Entry out;
  out.type = type;
  out.mode = mode;
  out.uid = ::geteuid();
  out.gid = ::getegid();
  out.mtime_ns = new_time_ns;
  return out;
}

PlannedChange& Installation::add(const std::string& path) {
  std::erase_if(input_.changes, [&](const auto& change) { return change.path.bytes() == path; });
  PlannedChange change;
  change.path = RelativePath(path);
  // Below what is no folder yet there is nothing.
  const bool below_file = path.starts_with("turns-to-folder/");
  if (!below_file) change.before = entry_now(path);
  input_.changes.push_back(change);
  return input_.changes.back();
}

void Installation::plan(const std::string& path, const std::string& text, std::uint32_t mode) {
  auto& change = add(path);
  change.after = entry(EntryType::file, mode);
  change.after->size = text.size();
  change.after->digest = Digest::of(text);
  texts_[path] = text;
}
void Installation::plan_link(const std::string& path, const std::string& target) {
  auto& change = add(path);
  change.after = entry(EntryType::link, 0777);
  change.after->link = target;
}
void Installation::plan_folder(const std::string& path, std::uint32_t mode) {
  add(path).after = entry(EntryType::folder, mode);
}
void Installation::plan_removal(const std::string& path) {
  add(path);
}
void Installation::plan_mode(const std::string& path, std::uint32_t mode) {
  auto& change = add(path);
  change.after = change.before;
  change.after->mode = mode;
}

ContentSource Installation::content() const {
  return [this](const PlannedChange& change, const Sink& sink) {
    const std::string_view text = texts_.at(change.path.bytes());
    for (std::size_t begin = 0; begin < text.size(); begin += 100'000) sink(text.substr(begin, 100'000));
  };
}

}  // namespace ferry::testing
