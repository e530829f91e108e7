// SHA-256 (FIPS 180-4) by OpenSSL's EVP interface, which uses the processor's SHA instructions.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ferry {

class Digest {
 public:
  static constexpr std::size_t size = 32;

  Digest() = default;  // all zero: "no digest"
  explicit Digest(const std::array<std::uint8_t, size>& bytes) : bytes_(bytes) {}

  // 64 hexadecimal digits, either case; throws Error(invalid_document).
  static Digest from_hex(std::string_view hex);
  static Digest of(std::string_view bytes);

  std::string hex() const;                                   // lower case, 64 characters
  std::string brief() const { return hex().substr(0, 12); }  // for people
  bool empty() const { return bytes_ == std::array<std::uint8_t, size>{}; }
  const std::array<std::uint8_t, size>& bytes() const { return bytes_; }
  auto operator<=>(const Digest&) const = default;

 private:
  std::array<std::uint8_t, size> bytes_{};
};

// Incremental hashing. After finish() it is ready for the next message.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void update(std::string_view bytes);
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string to_hex(std::span<const std::uint8_t> bytes);
void append_hex(std::string& out, std::span<const std::uint8_t> bytes);
std::string to_base64(std::span<const std::uint8_t> bytes);
// Throws Error(invalid_document) on anything that is no RFC 4648 base64 with padding.
std::string from_base64(std::string_view text);

}  // namespace ferry

template <>
struct std::hash<ferry::Digest> {
  std::size_t operator()(const ferry::Digest& digest) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | digest.bytes()[i];
    return value;
  }
};
