// The binary formats the sink reads: DNS questions (RFC 1035) and the server name of a TLS ClientHello (RFC 8446,
// 6066).
#include <arpa/inet.h>

#include <array>

#include "backup/sink_protocol.h"

namespace ferry::fence {
namespace {

// Reads big-endian numbers with bounds; after the first one beyond the end everything is 0 and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::size_t number(int size) {
    std::size_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8U | byte();
    return value;
  }
  std::string_view take(std::size_t size) {
    if (at_ + size > bytes_.size()) {
      ok_ = false;
      at_ = bytes_.size();
      return {};
    }
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  bool at_end() const { return at_ >= bytes_.size(); }

 private:
  std::size_t byte() {
    const auto one = take(1);
    return one.empty() ? 0 : static_cast<unsigned char>(one[0]);
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

void put16(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value >> 8U));
  out.push_back(static_cast<char>(value & 0xffU));
}

constexpr int names_limit = 508;  // two /24 without .0 and .255

}  // namespace

int SinkNames::number_of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  // More names than addresses share the last one: the connection is still recorded, under the first such name.
  const int number = std::min(static_cast<int>(numbers_.size()) + 1, names_limit);
  numbers_[name] = number;
  names_.emplace(address4(number), name);
  names_.emplace(address6(number), name);
  return number;
}

std::string SinkNames::name_at(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(address);
  return found == names_.end() ? "" : found->second;
}

std::string SinkNames::address4(int number) {
  return number <= 254 ? "198.51.100." + std::to_string(number) : "203.0.113." + std::to_string(number - 254);
}

std::string SinkNames::address6(int number) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in6_addr address{};
  ::inet_pton(AF_INET6, "2001:db8:53::", &address);
  address.s6_addr[14] = static_cast<std::uint8_t>(number >> 8);
  address.s6_addr[15] = static_cast<std::uint8_t>(number & 0xff);
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

bool answer_dns(std::string_view query, SinkNames& names, DnsQuestion& question, std::string& answer) {
  Reader reader(query);
  const auto id = static_cast<unsigned>(reader.number(2));
  const auto flags = static_cast<unsigned>(reader.number(2));
  const auto questions = reader.number(2);
  reader.take(6);
  if ((flags & 0x8000U) != 0 || questions != 1) return false;
  for (std::size_t size = reader.number(1); reader.ok() && size != 0; size = reader.number(1)) {
    if (size > 63) return false;
    if (!question.name.empty()) question.name.push_back('.');
    for (const char c : reader.take(size)) {
      question.name.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  question.type = static_cast<int>(reader.number(2));
  reader.take(2);
  if (!reader.ok()) return false;
  const bool v4 = question.type == 1;
  const bool v6 = question.type == 28;
  answer.clear();
  put16(answer, id);
  put16(answer, 0x8180U);  // answer, recursion desired and available
  put16(answer, 1);
  put16(answer, v4 || v6 ? 1 : 0);
  put16(answer, 0);
  put16(answer, 0);
  answer += query.substr(12, reader.at() - 12);
  if (!v4 && !v6) return true;
  put16(answer, 0xc00cU);  // the name of the question
  put16(answer, static_cast<unsigned>(question.type));
  put16(answer, 1);
  put16(answer, 0);
  put16(answer, 30);  // seconds
  const int number = names.number_of(question.name);
  std::array<char, 16> address{};
  const std::string text = v4 ? SinkNames::address4(number) : SinkNames::address6(number);
  ::inet_pton(v4 ? AF_INET : AF_INET6, text.c_str(), address.data());
  put16(answer, v4 ? 4 : 16);
  answer.append(address.data(), v4 ? 4 : 16);
  return true;
}

std::string tls_server_name(std::string_view record) {
  Reader reader(record);
  reader.take(5);                        // record header
  if (reader.number(1) != 1) return {};  // ClientHello
  reader.take(3 + 2 + 32);               // length, version, random
  reader.take(reader.number(1));         // session
  reader.take(reader.number(2));         // cipher suites
  reader.take(reader.number(1));         // compression
  reader.number(2);                      // length of extensions
  while (reader.ok() && !reader.at_end()) {
    const auto type = reader.number(2);
    const auto body = reader.take(reader.number(2));
    if (type != 0 || !reader.ok()) continue;
    Reader name(body);
    name.take(3);  // length of list, kind
    return std::string(name.take(name.number(2)));
  }
  return {};
}

}  // namespace ferry::fence
