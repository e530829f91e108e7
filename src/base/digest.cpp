#include "base/digest.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace ferry {
namespace {

const Text not_hex{"64 hexadecimal digits expected", "应为 64 位十六进制数字"};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Fetched once: EVP_sha256() would be looked up in the provider again for every message.
const EVP_MD* sha256() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  FERRY_INVARIANT(method != nullptr);
  return method;
}

}  // namespace

Digest Digest::from_hex(std::string_view hex) {
  if (hex.size() != 2 * size) throw Error(Code::invalid_document, std::string(hex), not_hex);
  std::array<std::uint8_t, size> bytes{};
  for (std::size_t i = 0; i < size; ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) throw Error(Code::invalid_document, std::string(hex), not_hex);
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return Digest(bytes);
}

Digest Digest::of(std::string_view bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::string Digest::hex() const {
  return to_hex(bytes_);
}

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { begin(); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  void begin() const { FERRY_INVARIANT(EVP_DigestInit_ex2(context, sha256(), nullptr) == 1); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view bytes) {
  FERRY_INVARIANT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Digest Hasher::finish() {
  std::array<std::uint8_t, Digest::size> bytes{};
  FERRY_INVARIANT(EVP_DigestFinal_ex(state_->context, bytes.data(), nullptr) == 1);
  state_->begin();
  return Digest(bytes);
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::size_t at = out.size();
  out.resize(at + bytes.size() * 2);
  for (const auto byte : bytes) {
    out[at++] = digits[byte >> 4U];
    out[at++] = digits[byte & 15U];
  }
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

std::string to_base64(std::span<const std::uint8_t> bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(), static_cast<int>(bytes.size()));
  return out;
}

std::string from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    throw Error(Code::invalid_document, "base64", Text{"length is no multiple of 4", "长度不是 4 的倍数"});
  std::string out(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0)
    throw Error(Code::invalid_document, "base64", Text{"characters outside the alphabet", "含有 base64 以外的字符"});
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

}  // namespace ferry
