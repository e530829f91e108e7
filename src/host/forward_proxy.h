// A proxy for programs that have no other way out: lets through what a list names, refuses and records everything else.
// HTTP CONNECT, and plain HTTP by absolute address. What goes through a CONNECT is not looked into.
#pragma once
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "host/descriptor.h"

namespace ferry {

// "example.com:443", "[2001:db8::1]:443": in the form that is compared, lower case. Empty when it is none.
std::string network_place(std::string_view host, int port);
std::string network_place(std::string_view text);

struct ProxyRequest {
  bool connect = false;
  std::string place;  // host and port
  std::string host;   // without brackets
  int port = 0;
  std::string head;  // plain HTTP: what the server is to get instead, with the blank line at its end
};
// `head`: up to and with the blank line. Empty for what is no request to a proxy.
std::optional<ProxyRequest> parse_proxy_request(std::string_view head);

struct NetworkAttempt {
  std::string place;
  bool allowed = false;
  std::string failure;  // allowed, but could not be reached
};
void to_json(Json& json, const NetworkAttempt& value);
void from_json(const Json& json, NetworkAttempt& value);

class ForwardProxy {
 public:
  explicit ForwardProxy(std::set<std::string> allowed) : allowed_(std::move(allowed)) {}

  // Takes connections until the process ends; every one on a thread of its own.
  [[noreturn]] void serve(const Descriptor& listener);
  std::map<std::string, NetworkAttempt> attempts() const;

 private:
  void answer(int client);
  void let_through(int client, const ProxyRequest& request, std::string_view rest);
  void record(const std::string& place, bool allowed, const std::string& failure = {});

  std::set<std::string> allowed_;
  mutable std::mutex mutex_;
  std::condition_variable less_;
  int open_ = 0;
  std::map<std::string, NetworkAttempt> attempts_;
};

}  // namespace ferry
