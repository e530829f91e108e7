// HTTP client for checks, on libcurl. It talks to one system only: every request goes to the base URL given, whatever a
// profile or an answer says; proxies from the environment are ignored.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace ferry {

// How the system is reached when the plain way does not lead there (a clone behind its fence, E8).
struct HttpReach {
  std::string unix_socket;           // connect through this socket instead of TCP
  std::string source;                // IPv4 address of this machine to come from: through a closed door
  std::string proxy;                 // "socks5h://127.0.0.1:1080", "http://127.0.0.1:3128"
  std::vector<std::string> resolve;  // "host:port:address", as curl --resolve
  std::string ca_file;               // PEM; empty: the system's certificates
};

struct HttpRequest {
  std::string method = "GET";
  std::string path;  // below the base URL; must begin with '/'
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string content_type;  // of the body; empty: none is sent
  Milliseconds timeout{30000};
  Milliseconds connect_timeout{10000};
  bool follow = false;                      // redirects inside the base URL's origin only, at most 10
  std::uint64_t body_limit = 64ULL << 20U;  // bytes; more is Error(unsupported_format)
};

struct HttpResponse {
  int status = 0;
  std::string reason;                                        // "Not Found"; may be empty (HTTP/2)
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // bytes
  Milliseconds took{0};

  // First header of that name (any case); empty when there is none.
  std::string header(std::string_view name) const;
  // The body as UTF-8: by the charset of Content-Type, a byte order mark, <meta charset> of HTML; otherwise UTF-8 where
  // it is that, else windows-1252. Bytes that are no text become U+FFFD.
  std::string text() const;
};

// One session: cookies are kept from answer to answer. Not for use by two threads at a time.
class HttpClient {
 public:
  // `base_url`: http:// or https://, host, port, optionally a path in front of all paths. Throws
  // Error(invalid_document).
  explicit HttpClient(std::string base_url, HttpReach reach = {});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  const std::string& base_url() const;

  // Any status is a response. Throws Error(no_answer, "GET URL", curl's reason) when there is none: refused, timed out,
  // name unknown, TLS failed, cut off; Error(invalid_document) for a path that leads elsewhere.
  HttpResponse send(const HttpRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// application/x-www-form-urlencoded; `charset` as of the page that holds the form (GBK products), empty: UTF-8.
std::string form_encoded(const std::map<std::string, std::string>& fields, std::string_view charset = {});

}  // namespace ferry
