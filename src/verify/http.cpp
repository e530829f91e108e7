#include "verify/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <chrono>

#include "base/charset.h"
#include "base/error.h"
#include "base/path.h"

namespace ferry {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void percent(std::string& out, char c) {
  static constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

// Profiles write paths as people read them; on the wire everything outside RFC 3986 is percent-encoded.
std::string encoded_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c > ' ' && c < '\x7F' && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos)
      out += c;
    else
      percent(out, c);
  }
  return out;
}

class Url {
 public:
  Url() : handle_(::curl_url()) {}
  ~Url() { ::curl_url_cleanup(handle_); }
  Url(const Url&) = delete;
  Url& operator=(const Url&) = delete;

  // A relative one is resolved against the present value.
  bool set(const std::string& url) { return ::curl_url_set(handle_, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK; }
  std::string part(CURLUPart which, unsigned flags = 0) const {
    char* text = nullptr;
    if (::curl_url_get(handle_, which, &text, flags) != CURLUE_OK) return {};
    std::string out(text);
    ::curl_free(text);
    return out;
  }
  std::string origin() const {
    return lower(part(CURLUPART_SCHEME)) + "://" + lower(part(CURLUPART_HOST)) + ":" +
           part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
  }

 private:
  CURLU* handle_;
};

struct List {
  curl_slist* items = nullptr;
  List() = default;
  ~List() { ::curl_slist_free_all(items); }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  void add(const std::string& item) { items = ::curl_slist_append(items, item.c_str()); }
};

struct Receiver {
  HttpResponse response;
  std::uint64_t limit = 0;
  bool too_large = false;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* target) {
  auto& receiver = *static_cast<Receiver*>(target);
  receiver.too_large = receiver.response.body.size() + size > receiver.limit;
  if (receiver.too_large) return 0;
  receiver.response.body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* target) {
  auto& response = static_cast<Receiver*>(target)->response;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {
    // A new block: an answer of a proxy, or 100 Continue, stood before.
    response.headers.clear();
    const auto status = line.find(' ');
    const auto reason = status == std::string_view::npos ? status : line.find(' ', status + 1);
    response.reason = reason == std::string_view::npos ? "" : std::string(trimmed(line.substr(reason)));
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    response.headers.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  return size;
}

// Value of charset=... inside a header value or a <meta> element.
std::string charset_in(std::string_view text) {
  const auto found = lower(text).find("charset=");
  if (found == std::string::npos) return {};
  auto value = text.substr(found + 8);
  if (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
  return std::string(value.substr(0, value.find_first_of("\"'; \t>/")));
}

std::string decoded(std::string_view body, const std::string& charset) {
  try {
    return to_utf8(body, charset, BadBytes::replace);
  } catch (const Error&) {
    // An unknown charset name: the page is still worth looking at.
    return to_utf8(body, is_utf8(body) ? "utf-8" : "windows-1252", BadBytes::replace);
  }
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == lower(name)) return value;
  return {};
}

std::string HttpResponse::text() const {
  std::string_view bytes = body;
  if (bytes.starts_with("\xEF\xBB\xBF")) return decoded(bytes.substr(3), "utf-8");
  auto charset = charset_in(header("content-type"));
  if (charset.empty()) {
    // The HTML standard looks for <meta charset> in the first 1024 bytes.
    const auto head = bytes.substr(0, 1024);
    const auto meta = lower(head).find("<meta");
    if (meta != std::string::npos) charset = charset_in(head.substr(meta));
  }
  if (charset.empty()) charset = is_utf8(bytes) ? "utf-8" : "windows-1252";
  return decoded(bytes, charset);
}

struct HttpClient::State {
  std::string base;    // without '/' at the end
  std::string origin;  // scheme://host:port
  HttpReach reach;
  CURL* curl = ::curl_easy_init();

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ::curl_easy_cleanup(curl); }

  template <class Value>
  void set(CURLoption option, Value value) {
    const auto code = ::curl_easy_setopt(curl, option, value);
    if (code != CURLE_OK) throw Error(Code::internal, "curl option", ::curl_easy_strerror(code));
  }

  void set_reach(const List& resolve) {
    set(CURLOPT_PROXY, reach.proxy.c_str());  // "" also switches off http_proxy and the like
    set(CURLOPT_NOPROXY, "");
    if (!reach.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, reach.unix_socket.c_str());
    if (!reach.source.empty()) {
      set(CURLOPT_INTERFACE, ("host!" + reach.source).c_str());
      set(CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
    }
    if (resolve.items != nullptr) set(CURLOPT_RESOLVE, resolve.items);
    if (!reach.ca_file.empty()) set(CURLOPT_CAINFO, reach.ca_file.c_str());
  }

  void set_request(const HttpRequest& request, const std::string& method, const std::string& body) {
    if (method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (!body.empty() || (method != "GET" && method != "DELETE")) {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
      set(CURLOPT_COPYPOSTFIELDS, body.c_str());
    }
    if (method != "HEAD") set(CURLOPT_CUSTOMREQUEST, method.c_str());
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  }

  // One exchange, without following. Cookies stay in the handle, which is reset but for them.
  HttpResponse exchange(const HttpRequest& request, const std::string& url, const std::string& method,
                        const std::string& body) {
    ::curl_easy_reset(curl);
    List headers, resolve;
    for (const auto& [name, value] : request.headers) headers.add(name + ": " + value);
    if (!body.empty()) headers.add("Content-Type: " + request.content_type);
    headers.add("Expect:");  // no second round trip before a body
    for (const auto& item : reach.resolve) resolve.add(item);
    Receiver receiver;
    receiver.limit = request.body_limit;
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_COOKIEFILE, "");
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_USERAGENT, "ferry");
    set(CURLOPT_HTTPHEADER, headers.items);
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&receiver));
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&receiver));
    set_reach(resolve);
    set_request(request, method, body);
    return perform(receiver, method + " " + url);
  }

  HttpResponse perform(Receiver& receiver, const std::string& what) {
    const auto began = std::chrono::steady_clock::now();
    const auto code = ::curl_easy_perform(curl);
    receiver.response.took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
    if (receiver.too_large)
      throw Error(
          Code::unsupported_format, what,
          Text{"the answer is larger than " + human_bytes(receiver.limit), "响应超过 " + human_bytes(receiver.limit)});
    if (code != CURLE_OK) throw Error(Code::no_answer, what, ::curl_easy_strerror(code));
    long status = 0;
    ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    receiver.response.status = static_cast<int>(status);
    return std::move(receiver.response);
  }
};

HttpClient::HttpClient(std::string base_url, HttpReach reach) : state_(std::make_unique<State>()) {
  Url url;
  const bool good = url.set(base_url) && !url.part(CURLUPART_HOST).empty() && url.part(CURLUPART_QUERY).empty() &&
                    url.part(CURLUPART_FRAGMENT).empty();
  const auto scheme = url.part(CURLUPART_SCHEME);
  if (!good || (scheme != "http" && scheme != "https"))
    throw Error(Code::invalid_document, "'" + base_url + "'",
                Text{"not an http or https address", "不是 http 或 https 地址"});
  while (base_url.ends_with('/')) base_url.pop_back();
  state_->origin = url.origin();
  state_->base = std::move(base_url);
  state_->reach = std::move(reach);
}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

const std::string& HttpClient::base_url() const {
  return state_->base;
}

HttpResponse HttpClient::send(const HttpRequest& request) {
  Url url;
  const auto address = state_->base + encoded_path(request.path);
  if (!request.path.starts_with('/') || !url.set(address) || url.origin() != state_->origin)
    throw Error(Code::invalid_document, Text{"path '" + request.path + "'", "路径“" + request.path + "”"},
                Text{"must begin with '/'", "必须以“/”开头"});
  auto method = request.method;
  auto body = request.body;
  auto response = state_->exchange(request, address, method, body);
  for (int hops = 0; request.follow && response.status / 100 == 3 && !response.header("location").empty(); ++hops) {
    const auto location = response.header("location");
    if (hops == 10 || !url.set(location) || url.origin() != state_->origin)
      throw Error(
          Code::no_answer, method + " " + address,
          Text{"redirected to " + location + ", which is not followed", "被重定向到 " + location + "，不予跟随"});
    // RFC 9110 section 15.4: 307 and 308 keep the method, browsers turn the others into GET.
    if (response.status != 307 && response.status != 308 && method != "HEAD") {
      method = "GET";
      body.clear();
    }
    response = state_->exchange(request, url.part(CURLUPART_URL), method, body);
  }
  return response;
}

std::string form_encoded(const std::map<std::string, std::string>& fields, std::string_view charset) {
  std::string out;
  const auto add = [&](const std::string& text) {
    for (const char c : from_utf8(text, charset)) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
          std::string_view("*-._").find(c) != std::string_view::npos)
        out += c;
      else if (c == ' ')
        out += '+';
      else
        percent(out, c);
    }
  };
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    add(name);
    out += '=';
    add(value);
  }
  return out;
}

}  // namespace ferry
