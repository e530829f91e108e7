#include "host/forward_proxy.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <thread>

#include "base/text.h"
#include "host/pump.h"

namespace ferry {
namespace {

constexpr std::size_t longest_head = 64U << 10U;
constexpr int most_connections = 200;
constexpr int head_patience_ms = 30'000;
constexpr int connect_patience_ms = 20'000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

int port_of(std::string_view digits) {
  int port = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return wrong == std::errc{} && end == digits.data() + digits.size() && port >= 1 && port <= 65535 ? port : 0;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  });
}

struct Authority {
  std::string host;
  int port = 0;
};
std::optional<Authority> authority_of(std::string_view text, int usual_port) {
  Authority out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = lower(text.substr(1, end - 1));
    rest = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    out.host = lower(text.substr(0, colon));
    if (out.host.find(':') != std::string::npos) return std::nullopt;
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  out.port = rest.empty() ? usual_port : rest.starts_with(':') ? port_of(rest.substr(1)) : 0;
  if (out.port == 0 || !is_host(out.host)) return std::nullopt;
  return out;
}

// The lines of a head without those that speak to the proxy; one request for each connection keeps this simple.
std::string head_for_server(std::string_view method, std::string_view target, std::string_view lines) {
  std::string out = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 2);
    const auto name = lower(line.substr(0, line.find(':')));
    if (line.empty() || name.starts_with("proxy-") || name == "connection" || name == "keep-alive") continue;
    out.append(line).append("\r\n");
  }
  return out + "Connection: close\r\n\r\n";
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void say(int client, std::string_view status, const std::string& body) {
  std::string answer = "HTTP/1.1 ";
  answer.append(status).append("\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ");
  answer += std::to_string(body.size() + 1) + "\r\n\r\n" + body + "\n";
  send_all(client, answer);
}

bool connect_in_time(int fd, const addrinfo& address) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  if (::connect(fd, address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return false;
    pollfd entry{fd, POLLOUT, 0};
    if (::poll(&entry, 1, connect_patience_ms) != 1) {
      errno = ETIMEDOUT;
      return false;
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      errno = error;
      return false;
    }
  }
  ::fcntl(fd, F_SETFL, flags);
  return true;
}

Descriptor connect_to(const ProxyRequest& request, std::string& failure) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(request.host.c_str(), std::to_string(request.port).c_str(), &hints, &found);
  if (error != 0) {
    failure = ::gai_strerror(error);
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    Descriptor fd(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd.valid() && connect_in_time(fd.get(), *one)) return fd;
    failure = std::strerror(errno);
  }
  return {};
}

// Up to the blank line; `rest` is what came behind it. Empty: no whole head in time.
std::string read_head(int client, std::string& rest) {
  std::string bytes;
  char buffer[8192];
  while (bytes.size() < longest_head) {
    pollfd entry{client, POLLIN, 0};
    if (::poll(&entry, 1, head_patience_ms) != 1) return {};
    const auto got = ::read(client, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (const auto end = bytes.find("\r\n\r\n"); end != std::string::npos) {
      rest = bytes.substr(end + 4);
      bytes.resize(end + 4);
      return bytes;
    }
  }
  return {};
}

}  // namespace

std::string network_place(std::string_view host, int port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return (v6 ? "[" + lower(host) + "]" : lower(host)) + ":" + std::to_string(port);
}

std::string network_place(std::string_view text) {
  const auto authority = authority_of(text, 0);
  return authority ? network_place(authority->host, authority->port) : std::string();
}

std::optional<ProxyRequest> parse_proxy_request(std::string_view head) {
  const auto line_end = head.find("\r\n");
  if (line_end == std::string_view::npos) return std::nullopt;
  const auto line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/1."))
    return std::nullopt;
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  ProxyRequest out;
  out.connect = method == "CONNECT";
  std::string_view authority = target;
  std::string_view path = "/";
  if (!out.connect) {
    if (lower(target.substr(0, 7)) != "http://") return std::nullopt;
    authority = target.substr(7);
    const auto slash = authority.find_first_of("/?#");
    if (slash != std::string_view::npos) path = authority.substr(slash);
    authority = authority.substr(0, slash);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority = authority.substr(at + 1);
  }
  const auto place = authority_of(authority, out.connect ? 0 : 80);
  if (!place) return std::nullopt;
  out.host = place->host;
  out.port = place->port;
  out.place = network_place(place->host, place->port);
  if (!out.connect)
    out.head = head_for_server(method, path.starts_with('/') ? std::string(path) : "/" + std::string(path),
                               head.substr(line_end + 2));
  return out;
}

void ForwardProxy::serve(const Descriptor& listener) {
  for (;;) {
    Descriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) {
      ::poll(nullptr, 0, 10);  // out of descriptors: others end
      continue;
    }
    std::unique_lock lock(mutex_);
    less_.wait(lock, [&] { return open_ < most_connections; });
    ++open_;
    lock.unlock();
    std::thread([this, fd = client.release()] {
      const Descriptor held(fd);
      answer(fd);
      const std::lock_guard guard(mutex_);
      --open_;
      less_.notify_one();
    }).detach();
  }
}

void ForwardProxy::answer(int client) {
  std::string rest;
  const auto request = parse_proxy_request(read_head(client, rest));
  if (!request) return say(client, "400 Bad Request", "ferry: no request to a proxy");
  const bool allowed = allowed_.contains(request->place);
  record(request->place, allowed);
  if (!allowed)
    return say(client, "403 Forbidden",
               "ferry: " + request->place + " is not on the list 'network' of what this command may reach");
  let_through(client, *request, rest);
}

void ForwardProxy::let_through(int client, const ProxyRequest& request, std::string_view rest) {
  std::string failure;
  const Descriptor server = connect_to(request, failure);
  if (!server.valid()) {
    record(request.place, true, failure);
    return say(client, "502 Bad Gateway", "ferry: " + request.place + ": " + failure);
  }
  if (request.connect && !send_all(client, "HTTP/1.1 200 Connection established\r\n\r\n")) return;
  if (!send_all(server.get(), request.head) || !send_all(server.get(), rest)) return;
  pump(client, server.get());
}

void ForwardProxy::record(const std::string& place, bool allowed, const std::string& failure) {
  const std::lock_guard guard(mutex_);
  auto& attempt = attempts_[place];
  attempt.place = place;
  attempt.allowed = allowed;
  if (!failure.empty()) attempt.failure = failure;
}

std::map<std::string, NetworkAttempt> ForwardProxy::attempts() const {
  const std::lock_guard guard(mutex_);
  return attempts_;
}

void to_json(Json& json, const NetworkAttempt& value) {
  json = {{"place", value.place}, {"allowed", value.allowed}};
  if (!value.failure.empty()) json["failure"] = value.failure;
}
void from_json(const Json& json, NetworkAttempt& value) {
  value.place = json.at("place").get<std::string>();
  value.allowed = json.at("allowed").get<bool>();
  value.failure = json.value("failure", std::string());
}

}  // namespace ferry
