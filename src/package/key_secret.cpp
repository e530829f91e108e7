// Layout of a secret key file (minisign 0.11, `SeckeyStruct`): "Ed", key derivation ("Sc": scrypt, or two NUL bytes for
// none), "B2", salt[32], opslimit and memlimit (8 bytes each, little-endian), then key id[8], secret key[64] and
// BLAKE2b-256 of "Ed" + id + key, these 104 bytes XORed with what scrypt makes of the password. The form without a
// password has zeros for salt, limits and checksum.
#include <fmt/format.h>
#include <sodium.h>

#include <vector>

#include "package/key.h"
#include "package/key_text.h"

namespace ferry {
namespace {

constexpr std::size_t file_bytes = 158;
constexpr std::size_t secret_offset = 54;
constexpr std::size_t secret_bytes = 104;
constexpr std::uint64_t most_memory = 2ULL << 30U;

std::uint64_t read_number(std::string_view bytes, std::size_t offset) {
  std::uint64_t out = 0;
  for (std::size_t i = 8; i-- > 0;) out = out << 8U | static_cast<std::uint8_t>(bytes[offset + i]);
  return out;
}
void write_number(std::string& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i, value >>= 8U) out += static_cast<char>(value & 0xFFU);
}

std::array<std::uint8_t, 32> checksum(const SecretKey& key) {
  crypto_generichash_state state;
  FERRY_INVARIANT(crypto_generichash_init(&state, nullptr, 0, 32) == 0);
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>("Ed"), 2);
  crypto_generichash_update(&state, key.id().data(), key.id().size());
  crypto_generichash_update(&state, key.bytes().data(), key.bytes().size());
  std::array<std::uint8_t, 32> out{};
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

// XORs the secret part with the key stream of the password.
void cover(std::string& file, std::string_view password, std::uint64_t work, std::size_t memory,
           const std::string& where) {
  std::array<std::uint8_t, secret_bytes> stream{};
  if (crypto_pwhash_scryptsalsa208sha256(stream.data(), stream.size(), password.data(), password.size(),
                                         reinterpret_cast<const unsigned char*>(file.data()) + 6, work, memory) != 0)
    throw Error(Code::out_of_memory, where,
                Text{fmt::format("deriving the key takes {} MiB", memory >> 20U),
                     fmt::format("派生密钥需要 {} MiB", memory >> 20U)});
  for (std::size_t i = 0; i < secret_bytes; ++i)
    file[secret_offset + i] = static_cast<char>(static_cast<std::uint8_t>(file[secret_offset + i]) ^ stream[i]);
  sodium_memzero(stream.data(), stream.size());
}

std::string decoded_file(std::string_view text, const std::string& where) {
  const auto lines = minisign::lines_of(text);
  if (lines.size() < 2 || !lines[0].starts_with(minisign::comment_prefix))
    throw Error(
        Code::invalid_document, where,
        Text{"a minisign secret key is expected: comment line and key line", "应为 minisign 私钥：一行注释、一行密钥"});
  auto bytes = minisign::decoded(lines[1], file_bytes, Code::invalid_document, where);
  if (!bytes.starts_with("Ed") || bytes.substr(4, 2) != "B2")
    throw Error(Code::invalid_document, where,
                Text{"no Ed25519 secret key of minisign", "不是 minisign 的 Ed25519 私钥"});
  const auto derivation = bytes.substr(2, 2);
  if (derivation != "Sc" && derivation != std::string(2, '\0'))
    throw Error(Code::unsupported_format, where, Text{"unknown key derivation", "未知的密钥派生方式"});
  return bytes;
}

bool is_covered(const std::string& bytes) {
  return bytes[2] == 'S';
}

}  // namespace

std::string secret_key_file(const SecretKey& key, std::optional<std::string_view> password, PasswordWork work) {
  minisign::ready();
  std::string bytes = "Ed";
  bytes += password ? std::string("Sc") : std::string(2, '\0');
  bytes += "B2";
  const bool strong = work == PasswordWork::strong;
  const std::uint64_t operations = strong ? crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE
                                          : crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_INTERACTIVE;
  const std::size_t memory = strong ? crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE
                                    : crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_INTERACTIVE;
  std::array<std::uint8_t, 32> salt{};
  if (password) randombytes_buf(salt.data(), salt.size());
  minisign::append(bytes, salt);
  write_number(bytes, password ? operations : 0);
  write_number(bytes, password ? memory : 0);
  minisign::append(bytes, key.id());
  minisign::append(bytes, key.bytes());
  minisign::append(bytes, password ? checksum(key) : std::array<std::uint8_t, 32>{});
  if (password) cover(bytes, *password, operations, memory, "secret key");
  std::string out =
      fmt::format("{}minisign encrypted secret key\n{}\n", minisign::comment_prefix, minisign::base64(bytes));
  sodium_memzero(bytes.data(), bytes.size());
  return out;
}

bool needs_password(std::string_view text, const std::string& where) {
  return is_covered(decoded_file(text, where));
}

SecretKey parse_secret_key(std::string_view text, std::optional<std::string_view> password, const std::string& where) {
  minisign::ready();
  auto bytes = decoded_file(text, where);
  const bool covered = is_covered(bytes);
  if (covered) {
    if (!password)
      throw Error(Code::missing_secret, where,
                  Text{"the secret key is protected by a password",
                       "该私钥有口令保护，请用 --password-variable 指定存放口令的环境变量"});
    const auto memory = read_number(bytes, 46);
    if (memory > most_memory)
      throw Error(
          Code::unsupported_format, where,
          Text{fmt::format("wants {} MiB of memory", memory >> 20U), fmt::format("需要 {} MiB 内存", memory >> 20U)});
    cover(bytes, *password, read_number(bytes, 38), static_cast<std::size_t>(memory), where);
  }
  SecretKey key(minisign::part<8>(bytes, secret_offset), minisign::part<64>(bytes, secret_offset + 8));
  const auto written = minisign::part<32>(bytes, secret_offset + 72);
  sodium_memzero(bytes.data(), bytes.size());
  const bool no_checksum = !covered && written == std::array<std::uint8_t, 32>{};
  if (!no_checksum && written != checksum(key)) {
    if (covered) throw Error(Code::missing_secret, where, Text{"the password is wrong", "口令不正确"});
    throw Error(Code::invalid_document, where,
                Text{"the checksum does not fit: the file is damaged", "校验和不符：文件已损坏"});
  }
  return key;
}

}  // namespace ferry
