#include "power/image.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/program.h"

extern char** environ;

namespace ferry::power {
namespace {

// A free loop device with the image in it, which frees itself when nobody has it open or mounted.
std::string attach(const std::string& image, Descriptor& device) {
  const Descriptor file(::open(image.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.valid()) throw system_error(image, errno);
  const Descriptor control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.valid()) throw system_error("/dev/loop-control", errno);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) throw system_error("/dev/loop-control", errno);
    const auto path = "/dev/loop" + std::to_string(number);
    if (!path_exists(path) && ::mknod(path.c_str(), S_IFBLK | 0600, makedev(7, static_cast<unsigned>(number))) != 0)
      throw system_error(path, errno);
    device = Descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!device.valid()) throw system_error(path, errno);
    struct loop_config config {};
    config.fd = static_cast<__u32>(file.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return path;
    if (errno != EBUSY) throw system_error(path, errno);  // somebody else was quicker
  }
  throw Error(Code::io, image, "no loop device became free");
}

}  // namespace

Mounted::Mounted(const std::string& image, const std::string& folder, const std::string& type) : folder_(folder) {
  if (type == "tmpfs") {
    if (::mount("none", folder.c_str(), "tmpfs", 0, "size=64m") != 0) throw system_error("mount tmpfs", errno);
    return;
  }
  Descriptor device;
  const auto path = attach(image, device);
  // xfs refuses a second file system of the same id, and a replayed image is one.
  const char* options = type == "xfs" ? "nouuid" : nullptr;
  if (::mount(path.c_str(), folder.c_str(), type.c_str(), 0, options) != 0) throw system_error("mount " + path, errno);
}

Mounted::~Mounted() {
  if (::umount2(folder_.c_str(), 0) != 0) {
    std::fprintf(stderr, "umount %s: %s\n", folder_.c_str(), std::strerror(errno));
    ::umount2(folder_.c_str(), MNT_DETACH);
  }
}

std::string why_no_images() {
  if (::geteuid() != 0) return "mounting needs root";
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return std::string("no mount namespace: ") + std::strerror(errno);
  for (const char* device : {"/dev/fuse", "/dev/loop-control"}) {
    const Descriptor open(::open(device, O_RDWR | O_CLOEXEC));
    if (!open.valid()) return std::string(device) + ": " + std::strerror(errno);
  }
  return {};
}

void make_file_system(const std::string& image, const std::string& type, std::uint64_t bytes) {
  const Descriptor file(::open(image.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid() || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) throw system_error(image, errno);
  std::vector<std::string> command{"mkfs." + type};
  if (type == "ext4")
    for (const char* word : {"-q", "-F", "-b", "4096", "-J", "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0"})
      command.emplace_back(word);
  if (type == "xfs") command.insert(command.end(), {"-q", "-f"});
  if (type == "btrfs") command.insert(command.end(), {"-q", "-f"});
  command.push_back(image);
  require_program(command);
}

std::vector<DiskCall> read_disk_record(const std::string& path) {
  const auto text = read_file(path, 4ULL << 30U);
  std::vector<DiskCall> out;
  for (std::size_t at = 0; at < text.size();) {
    std::uint64_t head[3];
    std::memcpy(head, text.data() + at, sizeof head);
    at += sizeof head;
    out.push_back({static_cast<DiskCall::Kind>(head[0]), head[1], text.substr(at, head[2])});
    at += head[2];
  }
  return out;
}

RecordingDisk::RecordingDisk(const std::string& image, const std::string& record, const std::string& folder)
    : folder_(folder) {
  std::string program = FERRY_BUILD_DIR "/tests/power_disk";
  std::string place = folder, image_path = image, record_path = record;
  char* const arguments[]{program.data(), place.data(), image_path.data(), record_path.data(), nullptr};
  if (::posix_spawn(&child_, program.c_str(), nullptr, nullptr, arguments, environ) != 0)
    throw Error(Code::program_missing, program);
  // The file appears when the file system is mounted.
  while (!path_exists(disk())) {
    int status = 0;
    if (::waitpid(child_, &status, WNOHANG) == child_) throw Error(Code::program_failed, program);
    std::this_thread::yield();
  }
  note_ = ::open((folder_ + "/note").c_str(), O_WRONLY | O_CLOEXEC);
  if (note_ < 0) throw system_error("note", errno);
}

RecordingDisk::~RecordingDisk() {
  ::close(note_);
  // Refused as long as the loop device above is being taken apart.
  while (::umount2(folder_.c_str(), 0) != 0 && errno == EBUSY) std::this_thread::yield();
  int status = 0;
  ::waitpid(child_, &status, 0);
}

void RecordingDisk::note(const std::string& text) const {
  if (::pwrite(note_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw system_error("note", errno);
}

std::string disk_after_cut(const std::string& before, const std::vector<DiskCall>& calls, std::size_t instant,
                           std::size_t sector, Seed& seed) {
  std::size_t flushed = instant;
  while (flushed > 0 && calls[flushed - 1].kind != DiskCall::Kind::flush) --flushed;
  std::string out = before;
  const auto put = [&](const DiskCall& call, std::size_t from, std::size_t size) {
    out.replace(call.offset + from, size, call.bytes, from, size);
  };
  const auto lost_in = seed.pick(5);  // 0: nothing is lost, 4: everything
  for (std::size_t i = 0; i < instant; ++i) {
    const auto& call = calls[i];
    if (call.kind != DiskCall::Kind::write) continue;
    if (i < flushed || lost_in == 0) {
      put(call, 0, call.bytes.size());
    } else if (lost_in < 4 && seed.pick(4) >= lost_in) {
      const bool whole = !seed.one_in(4);
      for (std::size_t at = 0; at < call.bytes.size(); at += sector)
        if (whole || seed.one_in(2)) put(call, at, std::min(sector, call.bytes.size() - at));
    }
  }
  return out;
}

}  // namespace ferry::power
