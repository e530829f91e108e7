#include "package/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/error.h"

namespace ferry {

Utf8Locale::Utf8Locale() : made_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(nullptr) {
  if (made_ != nullptr) before_ = uselocale(static_cast<locale_t>(made_));
}
Utf8Locale::~Utf8Locale() {
  if (made_ == nullptr) return;
  uselocale(static_cast<locale_t>(before_));
  freelocale(static_cast<locale_t>(made_));
}

struct ArchiveReader::State {
  std::ifstream in;
  std::vector<char> buffer = std::vector<char>(256U << 10U);
  Hasher hasher;
  struct archive* handle = archive_read_new();
  ~State() { archive_read_free(handle); }

  // Called by libarchive: must not throw.
  static la_ssize_t read(struct archive* handle, void* data, const void** out) {
    auto& self = *static_cast<State*>(data);
    self.in.read(self.buffer.data(), static_cast<std::streamsize>(self.buffer.size()));
    const auto size = self.in.gcount();
    if (self.in.bad()) {
      archive_set_error(handle, EIO, "reading the file failed");
      return -1;
    }
    self.hasher.update({self.buffer.data(), static_cast<std::size_t>(size)});
    *out = self.buffer.data();
    return size;
  }
};

ArchiveReader::ArchiveReader(std::string file, Format format, const ArchiveLimits& limits, const std::string& charset)
    : file_(std::move(file)), format_(format), limits_(limits), state_(std::make_unique<State>()) {
  errno = 0;
  state_->in.open(file_, std::ios::binary);
  if (!state_->in) throw system_error(file_, errno);
  const Utf8Locale utf8;
  auto* handle = state_->handle;
  if (format_ == Format::tar_zstd) {
    archive_read_support_filter_zstd(handle);
    archive_read_support_format_tar(handle);
    require_ok(archive_read_open2(handle, state_.get(), nullptr, &State::read, nullptr, nullptr), file_);
    return;
  }
  archive_read_support_format_zip_seekable(handle);
  if (!charset.empty() && archive_read_set_option(handle, "zip", "hdrcharset", charset.c_str()) != ARCHIVE_OK)
    throw Error(Code::usage, charset, Text{"unknown code page", "未知的代码页"});
  require_ok(archive_read_open_filename(handle, file_.c_str(), state_->buffer.size()), file_);
}

ArchiveReader::~ArchiveReader() = default;

void ArchiveReader::require_ok(long long result, const std::string& about) {
  if (result >= ARCHIVE_OK) return;
  const char* text = archive_error_string(state_->handle);
  const std::string message = text == nullptr ? "unreadable" : text;
  const bool cut = format_ == Format::tar_zstd
                       ? zstd_end(file_) == ZstdEnd::truncated || message.find("runcated") != std::string::npos
                       : message.find("runcated") != std::string::npos;
  if (cut) throw Error(Code::truncated_archive, file_, message);
  throw Error(Code::hostile_archive, about,
              Text{"not readable as an archive: " + message, "不是可识别的压缩包：" + message});
}

void ArchiveReader::check_amount(const std::string& about) {
  const bool tar = format_ == Format::tar_zstd;
  // The stream's own count sees what hides in headers and padding too.
  const auto unpacked = tar ? static_cast<std::uint64_t>(archive_filter_bytes(state_->handle, 0)) : content_bytes_;
  const auto packed = tar ? static_cast<std::uint64_t>(archive_filter_bytes(state_->handle, -1))
                          : static_cast<std::uint64_t>(std::filesystem::file_size(file_));
  if (unpacked > limits_.total_bytes)
    throw Error(Code::hostile_archive, about,
                Text{fmt::format("more than {} bytes unpacked (limit of the whole archive)", limits_.total_bytes),
                     fmt::format("解开后超过 {} 字节（整个压缩包的上限）", limits_.total_bytes)});
  if (entry_bytes_ > limits_.file_bytes)
    throw Error(Code::hostile_archive, about,
                Text{fmt::format("more than {} bytes unpacked (limit of a file)", limits_.file_bytes),
                     fmt::format("解开后超过 {} 字节（单个文件的上限）", limits_.file_bytes)});
  if (unpacked > limits_.ratio_from && packed > 0 && unpacked / packed > limits_.ratio)
    throw Error(Code::hostile_archive, about,
                Text{fmt::format("unpacks to more than {} times its size: a bomb", limits_.ratio),
                     fmt::format("解压后超过自身大小的 {} 倍：压缩炸弹", limits_.ratio)});
}

std::optional<ArchiveItem> ArchiveReader::next() {
  const Utf8Locale utf8;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(state_->handle, &entry);
  if (result == ARCHIVE_EOF) return std::nullopt;
  if (result == ARCHIVE_WARN && format_ == Format::zip)
    throw Error(Code::package_content, file_,
                Text{std::string("a name or header: ") + archive_error_string(state_->handle),
                     std::string("某个名称或条目头：") + archive_error_string(state_->handle)});
  require_ok(result, present_.empty() ? file_ : file_ + ", behind " + present_);
  entry_bytes_ = 0;
  auto item = item_of(entry);
  present_ = printable(item.raw);
  if (++entries_ > limits_.entries)
    throw Error(
        Code::hostile_archive, present_,
        Text{fmt::format("more than {} entries", limits_.entries), fmt::format("超过 {} 个条目", limits_.entries)});
  if (item.size && *item.size > limits_.file_bytes)
    throw Error(Code::hostile_archive, present_,
                Text{fmt::format("a file of more than {} bytes", limits_.file_bytes),
                     fmt::format("有文件超过 {} 字节", limits_.file_bytes)});
  check_amount(present_);
  return item;
}

ArchiveItem ArchiveReader::item_of(archive_entry* entry) {
  ArchiveItem out;
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) name = archive_entry_pathname_utf8(entry);
  if (name == nullptr)
    throw Error(Code::hostile_archive, file_, Text{"an entry whose name can't be read", "有条目的名称无法读取"});
  out.raw = name;
  const auto refuse = [&](const Text& why) { throw Error(Code::hostile_archive, printable(out.raw), why); };
  if (archive_entry_hardlink(entry) != nullptr) refuse({"a hard link", "硬链接"});
  if (archive_entry_is_encrypted(entry) != 0)
    throw Error(Code::package_content, printable(out.raw), Text{"is encrypted", "已加密"});
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      out.type = EntryType::file;
      break;
    case AE_IFDIR:
      out.type = EntryType::folder;
      break;
    case AE_IFLNK:
      out.type = EntryType::link;
      break;
    case AE_IFIFO:
      refuse({"a fifo", "命名管道"});
      break;
    case AE_IFSOCK:
      refuse({"a socket", "套接字"});
      break;
    default:
      refuse({"a device", "设备文件"});
  }
  out.mode = static_cast<std::uint32_t>(archive_entry_perm(entry)) & 07777U;
  if ((out.mode & 07000U) != 0)
    refuse({"a set-user-id, set-group-id or sticky mode", "带有 set-user-id、set-group-id 或粘滞位"});
  if (archive_entry_size_is_set(entry)) out.size = static_cast<std::uint64_t>(archive_entry_size(entry));
  if (out.type == EntryType::link) {
    const char* target = archive_entry_symlink(entry);
    out.link = target == nullptr ? "" : target;
  }
  return out;
}

std::size_t ArchiveReader::read(char* buffer, std::size_t size) {
  const auto result = archive_read_data(state_->handle, buffer, size);
  require_ok(result, present_);
  entry_bytes_ += static_cast<std::uint64_t>(result);
  content_bytes_ += static_cast<std::uint64_t>(result);
  check_amount(present_);
  return static_cast<std::size_t>(result);
}

Digest ArchiveReader::finish() {
  const void* unused = nullptr;
  while (!state_->in.eof()) {
    if (State::read(state_->handle, state_.get(), &unused) < 0)
      throw Error(Code::io, file_, Text{"reading failed", "读取失败"});
  }
  return state_->hasher.finish();
}

std::string ContentReader::read_all() {
  std::string out;
  std::vector<char> buffer(256U << 10U);
  for (;;) {
    const auto size = read(buffer.data(), buffer.size());
    if (size == 0) return out;
    out.append(buffer.data(), size);
  }
}

}  // namespace ferry
