#include "package/key.h"

#include <fmt/format.h>
#include <sodium.h>

#include <cerrno>
#include <fstream>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "package/key_text.h"

namespace ferry {
namespace minisign {

void ready() {
  static const int state = sodium_init();
  FERRY_INVARIANT(state >= 0);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string decoded(std::string_view line, std::size_t size, Code code, const std::string& where) {
  std::string bytes;
  try {
    bytes = from_base64(line);
  } catch (const Error& e) {
    throw Error(code, where, e.detail_text());
  }
  if (bytes.size() != size)
    throw Error(code, where,
                Text{fmt::format("{} bytes instead of {}", bytes.size(), size),
                     fmt::format("应为 {} 字节，实为 {} 字节", size, bytes.size())});
  return bytes;
}

// The number is little-endian in the file, and shown as a number.
std::string key_id_text(const std::array<std::uint8_t, 8>& id) {
  std::string out;
  for (std::size_t i = id.size(); i-- > 0;) out += fmt::format("{:02X}", id[i]);
  return out;
}

std::string base64(const std::string& bytes) {
  return to_base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace minisign

std::string PublicKey::id_text() const {
  return minisign::key_id_text(id);
}

std::string PublicKey::text() const {
  std::string out = "Ed";
  minisign::append(out, id);
  minisign::append(out, bytes);
  return minisign::base64(out);
}

PublicKey parse_public_key(std::string_view text, const std::string& where) {
  const auto lines = minisign::lines_of(text);
  if (lines.empty())
    throw Error(Code::invalid_document, where,
                Text{"empty; a minisign public key is expected", "文件为空；应为 minisign 公钥"});
  const bool commented = lines[0].starts_with(minisign::comment_prefix);
  if (commented && lines.size() < 2)
    throw Error(Code::invalid_document, where, Text{"no key behind the comment", "注释之后没有密钥"});
  const auto bytes = minisign::decoded(lines[commented ? 1 : 0], 42, Code::invalid_document, where);
  if (!bytes.starts_with("Ed")) throw Error(Code::invalid_document, where, Text{"no Ed25519 key", "不是 Ed25519 密钥"});
  return PublicKey{minisign::part<8>(bytes, 2), minisign::part<32>(bytes, 10)};
}

std::string public_key_file(const PublicKey& key) {
  return fmt::format("{}minisign public key {}\n{}\n", minisign::comment_prefix, key.id_text(), key.text());
}

SecretKey::SecretKey(const std::array<std::uint8_t, 8>& id, const std::array<std::uint8_t, 64>& bytes)
    : id_(id), bytes_(bytes) {}
SecretKey::~SecretKey() {
  sodium_memzero(bytes_.data(), bytes_.size());
}
SecretKey::SecretKey(SecretKey&& other) noexcept : id_(other.id_), bytes_(other.bytes_) {
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
}
SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this == &other) return *this;
  id_ = other.id_;
  bytes_ = other.bytes_;
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
  return *this;
}

PublicKey SecretKey::public_key() const {
  PublicKey out;
  out.id = id_;
  std::copy(bytes_.begin() + 32, bytes_.end(), out.bytes.begin());
  return out;
}

SecretKey generate_key() {
  minisign::ready();
  std::array<std::uint8_t, 8> id{};
  std::array<std::uint8_t, 32> public_bytes{};
  std::array<std::uint8_t, 64> secret_bytes{};
  randombytes_buf(id.data(), id.size());
  FERRY_INVARIANT(crypto_sign_keypair(public_bytes.data(), secret_bytes.data()) == 0);
  SecretKey out(id, secret_bytes);
  sodium_memzero(secret_bytes.data(), secret_bytes.size());
  return out;
}

FileHashes hash_file(const std::string& path) {
  minisign::ready();
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw system_error(path, errno);
  crypto_generichash_state blake;
  FERRY_INVARIANT(crypto_generichash_init(&blake, nullptr, 0, 64) == 0);
  Hasher sha;
  FileHashes out;
  std::vector<char> buffer(1U << 20U);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto size = static_cast<std::size_t>(in.gcount());
    crypto_generichash_update(&blake, reinterpret_cast<const unsigned char*>(buffer.data()), size);
    sha.update({buffer.data(), size});
    out.size += size;
  }
  if (!in.eof()) throw system_error(path, errno == 0 ? EIO : errno);
  crypto_generichash_final(&blake, out.blake2b.data(), out.blake2b.size());
  out.sha256 = sha.finish().bytes();
  return out;
}

}  // namespace ferry
