#include "backup/sink_protocol.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/digest.h"
#include "base/path.h"

namespace ferry::fence {
namespace {

constexpr int most_commands = 1000;  // of one SMTP connection

constexpr std::size_t stored_limit = 256U << 10U;  // of one message or body; the rest is counted and hashed
constexpr std::size_t line_limit = 64U << 10U;
constexpr std::size_t body_limit = 64U << 20U;
constexpr int patience = 30000;  // ms for a client that has begun to speak

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.pop_back();
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin);
}

}  // namespace

bool SinkStream::fill(int ms) {
  pollfd entry{fd_, POLLIN, 0};
  timed_out_ = false;
  const int ready = ::poll(&entry, 1, ms);
  if (ready <= 0) {
    timed_out_ = ready == 0;
    return false;
  }
  char bytes[16384];
  const auto got = ::read(fd_, bytes, sizeof bytes);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

bool SinkStream::line(std::string& out, int ms) {
  for (;;) {
    const auto end = buffer_.find('\n');
    if (end != std::string::npos) {
      out = buffer_.substr(0, end);
      if (!out.empty() && out.back() == '\r') out.pop_back();
      buffer_.erase(0, end + 1);
      return true;
    }
    if (buffer_.size() > line_limit || !fill(ms)) return false;
  }
}

bool SinkStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Json content_json(std::string_view bytes) {
  Json json{{"bytes", bytes.size()}};
  std::string_view kept = bytes.substr(0, stored_limit);
  if (kept.size() < bytes.size()) {
    json["sha256"] = Digest::of(bytes).hex();
    if (is_utf8(bytes)) {
      while (!kept.empty() && !is_utf8(kept)) kept.remove_suffix(1);
    }
  }
  if (is_utf8(kept)) {
    json["text"] = std::string(kept);
  } else {
    json["base64"] = to_base64({reinterpret_cast<const std::uint8_t*>(kept.data()), kept.size()});
  }
  return json;
}

namespace {

// Where mail begins: one envelope between MAIL and the end of DATA.
struct Envelope {
  std::string helo;
  std::string auth;  // mechanism only; what was sent as password is not kept
  std::string from;
  std::vector<std::string> to;
};

std::string address_of(const std::string& command) {
  const auto colon = command.find(':');
  if (colon == std::string::npos) return {};
  std::string rest = trimmed(command.substr(colon + 1));
  if (rest.starts_with('<')) return rest.substr(1, rest.find('>') - 1);
  return rest.substr(0, rest.find(' '));
}

// The message with dots unstuffed (RFC 5321 section 4.5.2); false when the client went away in the middle.
bool read_message(SinkStream& stream, std::string& message, std::string& subject) {
  bool header = true;
  for (std::string line; stream.line(line, patience);) {
    if (line == ".") return true;
    if (line.starts_with('.')) line.erase(0, 1);
    if (line.empty()) header = false;
    if (header && lower(line.substr(0, 8)) == "subject:") subject = trimmed(line.substr(8));
    if (message.size() < body_limit) message += line + "\r\n";
  }
  return false;
}

void store_message(SinkStream& stream, const Envelope& envelope, const Heard& heard) {
  std::string message;
  std::string subject;
  stream.write("354 End data with <CR><LF>.<CR><LF>\r\n");
  const bool whole = read_message(stream, message, subject);
  Json to = Json::array();
  for (const auto& address : envelope.to) to.push_back(printable(address));
  heard("smtp", {{"helo", printable(envelope.helo)},
                 {"auth", printable(envelope.auth)},
                 {"from", printable(envelope.from)},
                 {"to", to},
                 {"subject", printable(subject)},
                 {"complete", whole},
                 {"message", content_json(message)}});
  if (whole) stream.write("250 2.0.0 kept inside the fence\r\n");
}

void answer_auth(SinkStream& stream, const std::string& mechanism, bool initial) {
  std::string ignored;
  if (mechanism == "login") {
    if (!initial && (!stream.write("334 VXNlcm5hbWU6\r\n") || !stream.line(ignored, patience))) return;
    if (!stream.write("334 UGFzc3dvcmQ6\r\n") || !stream.line(ignored, patience)) return;
  } else if (!initial) {
    if (!stream.write("334 \r\n") || !stream.line(ignored, patience)) return;
  }
  stream.write("235 2.7.0 accepted\r\n");
}

}  // namespace

void talk_smtp(SinkStream& stream, const Heard& heard) {
  if (!stream.write("220 sink.invalid ESMTP Ferry fence\r\n")) return;
  Envelope envelope;
  bool any = false;
  int commands = 0;
  for (std::string line; stream.line(line, patience);) {
    // Somebody who talks on and on without listening must not hold the sink (RFC 5321 section 4.5.4.1 lets it close).
    if (++commands > most_commands) {
      stream.write("421 4.7.0 too many commands\r\n");
      break;
    }
    const std::string word = lower(line.substr(0, 4));
    if (word == "ehlo" || word == "helo") {
      envelope.helo = trimmed(line.substr(4));
      stream.write(word == "helo" ? "250 sink.invalid\r\n"
                                  : "250-sink.invalid\r\n250-SIZE 67108864\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                                    "250 AUTH PLAIN LOGIN\r\n");
    } else if (word == "auth") {
      const std::string rest = trimmed(line.substr(4));
      const auto blank = rest.find(' ');
      envelope.auth = rest.substr(0, blank);
      answer_auth(stream, lower(envelope.auth), blank != std::string::npos);
    } else if (word == "mail") {
      envelope.from = address_of(line);
      envelope.to.clear();
      stream.write("250 2.1.0 ok\r\n");
    } else if (word == "rcpt") {
      envelope.to.push_back(address_of(line));
      stream.write("250 2.1.5 ok\r\n");
    } else if (word == "data") {
      any = true;
      store_message(stream, envelope, heard);
    } else if (word == "quit") {
      stream.write("221 2.0.0 bye\r\n");
      break;
    } else if (word == "rset" || word == "noop") {
      stream.write("250 2.0.0 ok\r\n");
    } else {
      if (!any) heard("raw", {{"first_line", printable(line)}});
      any = true;
      stream.write("502 5.5.1 not here\r\n");
    }
  }
  if (!any) heard(envelope.helo.empty() ? "none" : "smtp", {{"helo", printable(envelope.helo)}, {"complete", false}});
}

namespace {

struct HttpHead {
  std::string method, path, version;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string value(const std::string& name) const {
    for (const auto& [key, text] : headers) {
      if (lower(key) == name) return text;
    }
    return {};
  }
};

bool read_head(SinkStream& stream, HttpHead& head) {
  std::string line;
  if (!stream.line(line, patience)) return false;
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  head.method = line.substr(0, first);
  if (first != std::string::npos && last > first) {
    head.path = line.substr(first + 1, last - first - 1);
    head.version = line.substr(last + 1);
  }
  std::size_t total = 0;
  while (stream.line(line, patience)) {
    if (line.empty()) return true;
    total += line.size();
    if (total > line_limit) return false;
    const auto colon = line.find(':');
    head.headers.emplace_back(line.substr(0, colon), colon == std::string::npos ? "" : trimmed(line.substr(colon + 1)));
  }
  return false;
}

bool read_exactly(SinkStream& stream, std::size_t count, std::string& out) {
  while (stream.buffer().size() < count) {
    if (!stream.fill(patience)) break;
  }
  const std::size_t got = std::min(count, stream.buffer().size());
  if (out.size() < body_limit) out.append(stream.buffer(), 0, got);
  stream.buffer().erase(0, got);
  return got == count;
}

bool read_body(SinkStream& stream, const HttpHead& head, std::string& body) {
  if (lower(head.value("expect")) == "100-continue") stream.write("HTTP/1.1 100 Continue\r\n\r\n");
  if (lower(head.value("transfer-encoding")).find("chunked") == std::string::npos) {
    const std::size_t length = std::strtoull(head.value("content-length").c_str(), nullptr, 10);
    return read_exactly(stream, std::min(length, body_limit), body);
  }
  for (std::string line; stream.line(line, patience);) {
    const std::size_t length = std::strtoull(line.c_str(), nullptr, 16);
    if (length > body_limit) return false;
    if (length == 0) {
      while (stream.line(line, patience) && !line.empty()) {
      }
      return true;
    }
    if (!read_exactly(stream, length, body) || !stream.line(line, patience)) return false;
  }
  return false;
}

}  // namespace

void talk_http(SinkStream& stream, const std::string& fence_id, const Heard& heard) {
  HttpHead head;
  std::string body;
  const bool whole = read_head(stream, head) && read_body(stream, head, body);
  Json headers = Json::object();
  for (const auto& [key, value] : head.headers) {
    const std::string name = lower(key);
    const bool secret = name == "authorization" || name == "proxy-authorization" || name == "cookie" ||
                        name.find("token") != std::string::npos || name.find("key") != std::string::npos ||
                        name.find("secret") != std::string::npos;
    headers[printable(name)] = secret ? "***" : printable(value);
  }
  heard("http", {{"method", printable(head.method)},
                 {"host", printable(head.value("host"))},
                 {"path", printable(head.path)},
                 {"headers", headers},
                 {"complete", whole},
                 {"body", content_json(body)}});
  const std::string content = head.method == "HEAD" ? "" : "{}";
  stream.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nX-Ferry-Fence: " + fence_id +
               "\r\nConnection: close\r\n\r\n" + content);
}

namespace {

bool looks_like_http(std::string_view bytes) {
  for (const std::string_view method :
       {"GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "PATCH ", "OPTIONS ", "PROPFIND "}) {
    if (bytes.substr(0, method.size()) == method.substr(0, bytes.size())) return true;
  }
  return false;
}

void talk_dns(SinkStream& stream, SinkNames& names, const Heard& heard) {
  std::string query;
  std::string length;
  if (!read_exactly(stream, 2, length)) return;
  const auto size =
      static_cast<std::size_t>(static_cast<unsigned char>(length[0]) << 8U | static_cast<unsigned char>(length[1]));
  DnsQuestion question;
  std::string answer;
  if (!read_exactly(stream, size, query) || !answer_dns(query, names, question, answer)) return;
  heard("dns", {{"name", printable(question.name)}, {"type", question.type}});
  const char prefix[] = {static_cast<char>(answer.size() >> 8U), static_cast<char>(answer.size() & 0xffU)};
  stream.write(std::string(prefix, 2) + answer);
}

}  // namespace

// Mail servers speak first, web clients do: on unusual ports the client gets a moment to begin, then is greeted as by a
// mail server (which is also how FTP begins).
void talk(SinkStream& stream, int port, const std::string& fence_id, SinkNames& names, const Heard& heard) {
  if (port == 25 || port == 587 || port == 2525) return talk_smtp(stream, heard);
  if (port == 53) return talk_dns(stream, names, heard);
  if (!stream.fill(700)) {
    if (stream.timed_out()) return talk_smtp(stream, heard);
    return heard("none", Json::object());
  }
  if (looks_like_http(stream.buffer())) return talk_http(stream, fence_id, heard);
  while (stream.buffer().size() < line_limit && stream.fill(300)) {
  }
  const std::string& bytes = stream.buffer();
  if (bytes.size() > 5 && bytes[0] == 0x16 && bytes[1] == 0x03) {
    return heard("tls", {{"server_name", printable(tls_server_name(bytes))}});
  }
  heard("raw", content_json(bytes));
}

}  // namespace ferry::fence
