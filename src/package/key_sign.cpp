// Layout of a signature file: comment, base64 of "ED" + key id[8] + Ed25519 signature[64] over the BLAKE2b-512 of the
// file, trusted comment, base64 of the signature[64] over signature + trusted comment.
#include <fmt/format.h>
#include <sodium.h>

#include "base/digest.h"
#include "package/key.h"
#include "package/key_text.h"

namespace ferry {
namespace {

std::array<std::uint8_t, 64> signed_by(const SecretKey& key, const std::uint8_t* bytes, std::size_t size) {
  std::array<std::uint8_t, 64> out{};
  FERRY_INVARIANT(crypto_sign_detached(out.data(), nullptr, bytes, size, key.bytes().data()) == 0);
  return out;
}

std::string globally_signed(const std::array<std::uint8_t, 64>& signature, const std::string& trusted_comment) {
  std::string out;
  minisign::append(out, signature);
  return out + trusted_comment;
}

}  // namespace

std::string Signature::key_id_text() const {
  return minisign::key_id_text(key_id);
}

std::string sign_file(const SecretKey& key, const std::string& path, std::string trusted_comment,
                      std::int64_t timestamp) {
  minisign::ready();
  const auto hashes = hash_file(path);
  const auto signature = signed_by(key, hashes.blake2b.data(), hashes.blake2b.size());
  if (trusted_comment.empty())
    trusted_comment = fmt::format("timestamp:{}\tfile:{}\thashed", timestamp, path.substr(path.rfind('/') + 1));
  FERRY_INVARIANT(trusted_comment.find('\n') == std::string::npos);
  const auto all = globally_signed(signature, trusted_comment);
  const auto global = signed_by(key, reinterpret_cast<const std::uint8_t*>(all.data()), all.size());
  std::string bytes = "ED";
  minisign::append(bytes, key.id());
  minisign::append(bytes, signature);
  return fmt::format("{}signature from minisign secret key\n{}\n{}{}\n{}\n", minisign::comment_prefix,
                     minisign::base64(bytes), minisign::trusted_prefix, trusted_comment, to_base64(global));
}

Signature parse_signature(std::string_view text, const std::string& where) {
  const auto lines = minisign::lines_of(text);
  if (lines.size() < 4 || !lines[0].starts_with(minisign::comment_prefix) ||
      !lines[2].starts_with(minisign::trusted_prefix))
    throw Error(Code::bad_signature, where,
                Text{"no minisign signature: four lines are expected", "不是 minisign 签名：应为四行"});
  const auto bytes = minisign::decoded(lines[1], 74, Code::bad_signature, where);
  if (bytes.starts_with("Ed"))
    throw Error(Code::bad_signature, where,
                Text{"made in the old form, without prehashing (minisign -S -l)",
                     "使用了不带预哈希的旧格式（minisign -S -l）"});
  if (!bytes.starts_with("ED"))
    throw Error(Code::bad_signature, where, Text{"unknown signature algorithm", "未知的签名算法"});
  const auto global = minisign::decoded(lines[3], 64, Code::bad_signature, where);
  Signature out;
  out.key_id = minisign::part<8>(bytes, 2);
  out.signature = minisign::part<64>(bytes, 10);
  out.global = minisign::part<64>(global, 0);
  out.trusted_comment = lines[2].substr(minisign::trusted_prefix.size());
  return out;
}

void verify_signature(const Signature& signature, const PublicKey& key, const FileHashes& hashes,
                      const std::string& about) {
  minisign::ready();
  if (signature.key_id != key.id)
    throw Error(Code::bad_signature, about,
                Text{fmt::format("made by key {}, not by {}", signature.key_id_text(), key.id_text()),
                     fmt::format("由密钥 {} 签名，而不是 {}", signature.key_id_text(), key.id_text())});
  if (crypto_sign_verify_detached(signature.signature.data(), hashes.blake2b.data(), hashes.blake2b.size(),
                                  key.bytes.data()) != 0)
    throw Error(Code::bad_signature, about,
                Text{"the content is not what was signed with key " + key.id_text(),
                     "内容与密钥 " + key.id_text() + " 所签的不符"});
  const auto all = globally_signed(signature.signature, signature.trusted_comment);
  if (crypto_sign_verify_detached(signature.global.data(), reinterpret_cast<const std::uint8_t*>(all.data()),
                                  all.size(), key.bytes.data()) != 0)
    throw Error(Code::bad_signature, about, Text{"the trusted comment was changed", "可信注释被改动过"});
}

}  // namespace ferry
