#include "app/package_stream.h"

#include <vector>

#include "base/error.h"
#include "package/open.h"

namespace ferry {
namespace {

constexpr std::size_t portion_size = 1U << 20U;
struct Stopped {};

}  // namespace

PackageStream::PackageStream(Package package) : package_(std::move(package)) {}
PackageStream::~PackageStream() {
  stop();
}

void PackageStream::start() {
  stopping_ = ended_ = false;
  failure_ = nullptr;
  waiting_.reset();
  last_ = RelativePath();
  started_ = true;
  worker_ = std::thread([this] { read_archive(); });
}

void PackageStream::stop() {
  if (!started_) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  worker_.join();
  started_ = false;
}

void PackageStream::read_archive() {
  try {
    stream_files(package_, [&](const RelativePath& path, const Entry& entry, ContentReader& reader) {
      std::vector<char> buffer(portion_size);
      std::uint64_t sent = 0;
      do {
        const std::size_t n = reader.read(buffer.data(), buffer.size());
        sent += n;
        // The end is told apart from the last bytes, because only reading to 0 proves the content.
        const bool last = n == 0;
        push({path, std::string(buffer.data(), n), last});
        if (last) break;
      } while (sent <= entry.size);
    });
  } catch (const Stopped&) {
    return;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void PackageStream::push(Portion portion) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || !waiting_; });
  if (stopping_) throw Stopped();
  waiting_ = std::move(portion);
  changed_.notify_all();
}

std::optional<PackageStream::Portion> PackageStream::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ || ended_; });
  if (!waiting_) {
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  auto portion = std::move(*waiting_);
  waiting_.reset();
  changed_.notify_all();
  return portion;
}

void PackageStream::content(const RelativePath& path, const std::function<void(std::string_view)>& sink) {
  if (started_ && !last_.empty() && path <= last_) stop();
  if (!started_) start();
  last_ = path;
  for (bool found = false;;) {
    auto portion = pop();
    if (!portion) throw Error(Code::not_found, printable(path.bytes()), "not in package " + package_.meta.id);
    if (portion->path != path) continue;
    found = true;
    if (!portion->bytes.empty()) sink(portion->bytes);
    if (portion->last && found) return;
  }
}

}  // namespace ferry
