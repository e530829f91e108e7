#include "host/tree_index.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include "host/files.h"

namespace ferry {
namespace {

constexpr std::string_view magic = "ferry-index\n";
constexpr std::uint32_t version = 1;
// File times come from a coarse clock (4 ms on Linux, 1 s on ext3, 2 s on FAT): what was written within this span
// before the index was begun can be written again without a visible change of its times.
constexpr std::int64_t racy_ns = 2'000'000'000;

template <class Integer>
void put(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU);
}

void put_bytes(std::string& out, std::string_view bytes) {
  put(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

// The checksum is verified before anything is taken, so running out of bytes can only mean another program's bug; it
// still must not read past the end.
std::string_view take_bytes(std::string_view& in, std::size_t size) {
  if (in.size() < size) throw Error(Code::invalid_document, "index", Text{"cut off", "不完整"});
  const auto out = in.substr(0, size);
  in.remove_prefix(size);
  return out;
}

template <class Integer>
Integer take(std::string_view& in) {
  std::uint64_t value = 0;
  const auto bytes = take_bytes(in, sizeof(Integer));
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return static_cast<Integer>(value);
}

std::string pack(const Attributes& attributes) {
  std::string out;
  for (const auto& [name, value] : attributes) {
    put_bytes(out, name);
    put_bytes(out, value);
  }
  return out;
}

Attributes unpack(std::string_view bytes) {
  Attributes out;
  while (!bytes.empty()) {
    const auto name = take_bytes(bytes, take<std::uint32_t>(bytes));
    out[std::string(name)] = take_bytes(bytes, take<std::uint32_t>(bytes));
  }
  return out;
}

}  // namespace

IndexReader::IndexReader(const std::string& file, const std::string& root, bool attributes) {
  try {
    auto bytes = read_file_if_there(file, 4ULL << 30U);
    if (!bytes) return;
    bytes_ = std::move(*bytes);
    state_ = open(root, attributes) ? IndexUse::used : IndexUse::foreign;
    if (state_ == IndexUse::used) find_marks();
  } catch (const Error&) {
    state_ = IndexUse::damaged;
  }
}

bool IndexReader::open(const std::string& root, bool attributes) {
  rest_ = bytes_;
  if (rest_.size() < magic.size() + Digest::size || !rest_.starts_with(magic))
    throw Error(Code::invalid_document, "index", Text{"not an index", "不是索引文件"});
  const auto body = rest_.substr(0, rest_.size() - Digest::size);
  const Digest sum = Digest::of(body);
  const std::string_view stored = rest_.substr(body.size());
  if (!std::equal(stored.begin(), stored.end(), sum.bytes().begin(),
                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }))
    throw Error(Code::invalid_document, "index", Text{"wrong checksum", "校验和不符"});
  rest_ = body.substr(magic.size());
  if (take<std::uint32_t>(rest_) != version) return false;
  if (take_bytes(rest_, take<std::uint32_t>(rest_)) != root) return false;
  if ((take<std::uint8_t>(rest_) == 0) && attributes) return false;
  time_ns_ = take<std::int64_t>(rest_);
  count_ = take<std::uint64_t>(rest_);
  return true;
}

void IndexReader::find_marks() {
  constexpr std::uint64_t between = 1024;
  constexpr std::size_t key_and_digest = 8 + 8 + 8 + 8 + 4 + Digest::size;
  std::string_view rest = rest_;
  for (std::uint64_t i = 0; !rest.empty(); ++i) {
    if (i % between == 0) marks_.push_back(rest_.size() - rest.size());
    take_bytes(rest, take<std::uint32_t>(rest));
    take_bytes(rest, key_and_digest);
    take_bytes(rest, take<std::uint32_t>(rest));
  }
}

IndexCursor::IndexCursor(const IndexReader& index, const RelativePath& first) : index_(index) {
  if (index.state_ != IndexUse::used || index.marks_.empty()) return;
  const auto behind = std::upper_bound(index.marks_.begin(), index.marks_.end(), first.bytes(),
                                       [&](const std::string& wanted, std::size_t mark) {
                                         std::string_view at = index.rest_.substr(mark);
                                         return wanted < take_bytes(at, take<std::uint32_t>(at));
                                       });
  rest_ = index.rest_.substr(behind == index.marks_.begin() ? 0 : *std::prev(behind));
  next();
}

void IndexCursor::next() {
  path_ = {};
  if (rest_.empty()) return;
  path_ = take_bytes(rest_, take<std::uint32_t>(rest_));
  key_.inode = take<std::uint64_t>(rest_);
  key_.ctime_ns = take<std::int64_t>(rest_);
  key_.mtime_ns = take<std::int64_t>(rest_);
  key_.size = take<std::uint64_t>(rest_);
  key_.mode = take<std::uint32_t>(rest_);
  std::array<std::uint8_t, Digest::size> digest{};
  const auto bytes = take_bytes(rest_, Digest::size);
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  digest_ = Digest(digest);
  attributes_ = take_bytes(rest_, take<std::uint32_t>(rest_));
}

bool IndexCursor::find(const RelativePath& path, const FileKey& key, Digest& digest, Attributes& attributes) {
  while (!path_.empty() && path_ < path.bytes()) next();
  if (path_.empty() || path_ != path.bytes() || key_ != key) return false;
  if (std::max(key.ctime_ns, key.mtime_ns) >= index_.time_ns_ - racy_ns) return false;
  digest = digest_;
  attributes = unpack(attributes_);
  ++given_;
  return true;
}

IndexWriter::IndexWriter(const std::string& root, bool attributes, std::int64_t time_ns) {
  bytes_ = magic;
  put(bytes_, version);
  put_bytes(bytes_, root);
  put(bytes_, static_cast<std::uint8_t>(attributes ? 1 : 0));
  put(bytes_, time_ns);
  count_at_ = bytes_.size();
  put(bytes_, count_);
}

void IndexWriter::add(const RelativePath& path, const FileKey& key, const Digest& digest,
                      const Attributes& attributes) {
  put_bytes(bytes_, path.bytes());
  put(bytes_, key.inode);
  put(bytes_, key.ctime_ns);
  put(bytes_, key.mtime_ns);
  put(bytes_, key.size);
  put(bytes_, key.mode);
  bytes_.append(reinterpret_cast<const char*>(digest.bytes().data()), Digest::size);
  put_bytes(bytes_, pack(attributes));
  ++count_;
}

void IndexWriter::write(const std::string& file) {
  std::string count;
  put(count, count_);
  bytes_.replace(count_at_, count.size(), count);
  const Digest sum = Digest::of(bytes_);
  bytes_.append(reinterpret_cast<const char*>(sum.bytes().data()), Digest::size);
  const std::string temporary = file + ".new-" + std::to_string(getpid());
  Descriptor fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) throw system_error(temporary, errno);
  for (std::string_view rest = bytes_; !rest.empty();) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0) {
      const int error_number = errno;
      unlink(temporary.c_str());
      throw system_error(temporary, error_number);
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (rename(temporary.c_str(), file.c_str()) != 0) throw system_error(file, errno);
}

}  // namespace ferry
