#include "host/pump.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace ferry {
namespace {

// One direction of a connection.
struct Flow {
  int in = -1;
  int out = -1;
  std::array<char, 65536> bytes;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool ended = false;   // nothing more to read
  bool closed = false;  // and that was passed on

  bool wants_to_read() const { return !ended && begin == end; }
  bool wants_to_write() const { return begin < end; }

  bool read_some() {
    const auto got = ::read(in, bytes.data(), bytes.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    begin = 0;
    end = static_cast<std::size_t>(got);
    ended = got == 0;
    return true;
  }
  bool write_some() {
    const auto sent = ::send(out, bytes.data() + begin, end - begin, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    begin += static_cast<std::size_t>(sent);
    return true;
  }
  void pass_end_on() {
    if (!ended || closed || begin < end) return;
    ::shutdown(out, SHUT_WR);
    closed = true;
  }
};

void set_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

void pump(int a, int b) {
  set_nonblocking(a);
  set_nonblocking(b);
  Flow there{a, b, {}};
  Flow back{b, a, {}};
  while (!there.closed || !back.closed) {
    const auto events = [](const Flow& reads, const Flow& writes) {
      return static_cast<short>((reads.wants_to_read() ? POLLIN : 0) | (writes.wants_to_write() ? POLLOUT : 0));
    };
    std::array<pollfd, 2> entries{{{a, events(there, back), 0}, {b, events(back, there), 0}}};
    // A descriptor of which nothing is wanted would report its end again and again.
    for (auto& entry : entries) entry.fd = entry.events == 0 ? -1 : entry.fd;
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    for (Flow* flow : {&there, &back}) {
      const auto& from = entries[flow->in == a ? 0 : 1];
      const auto& to = entries[flow->out == a ? 0 : 1];
      if (flow->wants_to_read() && from.revents != 0 && !flow->read_some()) return;
      if (flow->wants_to_write() && (to.revents != 0 || from.revents != 0) && !flow->write_some()) return;
      flow->pass_end_on();
    }
  }
}

}  // namespace ferry
