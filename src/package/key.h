// Keys and detached signatures in minisign's format (https://jedisct1.github.io/minisign/, "Signature format" and
// "Key format"), so that anybody can verify a package without Ferry. Only prehashed signatures ("ED": Ed25519 over the
// BLAKE2b-512 of the file) are made and accepted, because the old form needs the whole file in memory.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

struct PublicKey {
  std::array<std::uint8_t, 8> id{};
  std::array<std::uint8_t, 32> bytes{};

  // 16 hexadecimal digits as `minisign -G` shows them (it drops leading zeros).
  std::string id_text() const;
  // One line of base64: what `minisign -P` takes.
  std::string text() const;
  bool operator==(const PublicKey&) const = default;
};

// A public key file (comment line, base64 line) or the base64 line alone. Throws Error(invalid_document, where).
PublicKey parse_public_key(std::string_view text, const std::string& where);
std::string public_key_file(const PublicKey& key);

// Its memory is wiped when it goes away.
class SecretKey {
 public:
  SecretKey(const std::array<std::uint8_t, 8>& id, const std::array<std::uint8_t, 64>& bytes);
  ~SecretKey();
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;

  const std::array<std::uint8_t, 8>& id() const { return id_; }
  const std::array<std::uint8_t, 64>& bytes() const { return bytes_; }
  PublicKey public_key() const;

 private:
  std::array<std::uint8_t, 8> id_;
  std::array<std::uint8_t, 64> bytes_;  // as libsodium: seed, then public key
};

SecretKey generate_key();

// How much work guessing the password is. `strong` is what minisign itself uses (1 GiB of memory, about 3 s);
// `interactive` (16 MiB) is for machines that have less, and for tests. Both are read by minisign.
enum class PasswordWork { strong, interactive };

// Secret key file. Without a password the form of `minisign -W` (0.11): then the file's mode is all that protects it.
std::string secret_key_file(const SecretKey& key, std::optional<std::string_view> password,
                            PasswordWork work = PasswordWork::strong);
// Throws Error(invalid_document) for a malformed file, Error(missing_secret) when a password is needed and none or the
// wrong one was given, Error(unsupported_format) for a file that wants more than 2 GiB of memory.
SecretKey parse_secret_key(std::string_view text, std::optional<std::string_view> password, const std::string& where);
bool needs_password(std::string_view text, const std::string& where);

// One file's BLAKE2b-512, and beside it the SHA-256 that the rest of the program speaks of.
struct FileHashes {
  std::array<std::uint8_t, 64> blake2b{};
  std::array<std::uint8_t, 32> sha256{};
  std::uint64_t size = 0;
};
FileHashes hash_file(const std::string& path);  // throws Error(not_found, permission, io)

// The text of FILE.minisig. `trusted_comment` is signed too; one line. Empty: "timestamp:N file:NAME hashed", as
// minisign writes it, with `timestamp` in seconds since 1970.
std::string sign_file(const SecretKey& key, const std::string& path, std::string trusted_comment,
                      std::int64_t timestamp);

struct Signature {
  std::array<std::uint8_t, 8> key_id{};
  std::array<std::uint8_t, 64> signature{};
  std::array<std::uint8_t, 64> global{};
  std::string trusted_comment;

  std::string key_id_text() const;
};
// Throws Error(bad_signature, where) for a malformed one and for the old form that is not prehashed.
Signature parse_signature(std::string_view text, const std::string& where);
// Throws Error(bad_signature, about) unless both the file's signature and that of the trusted comment are by this key.
void verify_signature(const Signature& signature, const PublicKey& key, const FileHashes& hashes,
                      const std::string& about);

}  // namespace ferry
