#include "package/key.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "package/test_archive.h"
#include "package/trusted_keys.h"

namespace ferry::test {
namespace {

struct Keys : PackageTest {
  std::string path(const std::string& name) const { return temp / name; }
  // Exit status of the real minisign, its output in the file "out".
  int minisign(const std::string& arguments) const {
    return std::system(("cd " + temp.path() + " && minisign " + arguments + " >out 2>&1").c_str());
  }
};

TEST_F(Keys, MinisignVerifiesWhatWeSign) {
  put(path("f"), std::string(300000, 'x') + "end");
  put(path("f.minisig"), sign_file(key, path("f"), "a trusted comment, 可信注释", 0));
  put(path("k.pub"), public_key_file(key.public_key()));
  EXPECT_EQ(minisign("-V -H -p k.pub -m f"), 0) << get(path("out"));
  EXPECT_NE(get(path("out")).find("a trusted comment, 可信注释"), std::string::npos);
  EXPECT_EQ(minisign("-V -P " + key.public_key().text() + " -m f"), 0) << get(path("out"));
  put(path("f"), std::string(300000, 'x') + "eNd");
  EXPECT_NE(minisign("-V -p k.pub -m f"), 0);
}

TEST_F(Keys, WeVerifyWhatMinisignSigns) {
  ASSERT_EQ(minisign("-G -W -p v.pub -s v.key"), 0) << get(path("out"));
  put(path("f"), "content");
  ASSERT_EQ(minisign("-S -s v.key -t 'by the vendor' -m f"), 0) << get(path("out"));
  const auto vendor = parse_public_key(get(path("v.pub")), "v.pub");
  const auto signature = parse_signature(get(path("f.minisig")), "f.minisig");
  EXPECT_EQ(signature.trusted_comment, "by the vendor");
  EXPECT_EQ(signature.key_id_text(), vendor.id_text());
  verify_signature(signature, vendor, hash_file(path("f")), "f");
  EXPECT_NE(get(path("v.pub")).find(vendor.id_text().substr(vendor.id_text().find_first_not_of('0'))),
            std::string::npos);
}

TEST_F(Keys, ASignatureOverOtherContentOrWithAnotherCommentIsRefused) {
  put(path("f"), "content");
  const auto text = sign_file(key, path("f"), "comment", 0);
  auto signature = parse_signature(text, "f.minisig");
  put(path("g"), "Content");
  EXPECT_REFUSED(Code::bad_signature, "not what was signed",
                 verify_signature(signature, key.public_key(), hash_file(path("g")), "g"));
  signature.trusted_comment = "comments";
  EXPECT_REFUSED(Code::bad_signature, "trusted comment",
                 verify_signature(signature, key.public_key(), hash_file(path("f")), "f"));
  const auto other = generate_key();
  EXPECT_REFUSED(Code::bad_signature, other.public_key().id_text(),
                 verify_signature(parse_signature(text, "f"), other.public_key(), hash_file(path("f")), "f"));
  EXPECT_REFUSED(Code::bad_signature, "four lines", parse_signature("untrusted comment: x\nRUQ=\n", "f"));
}

TEST_F(Keys, TheOldFormOfSignaturesIsRefusedByName) {
  ASSERT_EQ(minisign("-G -W -p v.pub -s v.key"), 0);
  put(path("f"), "content");
  ASSERT_EQ(minisign("-S -l -s v.key -m f"), 0) << get(path("out"));
  EXPECT_REFUSED(Code::bad_signature, "prehash", parse_signature(get(path("f.minisig")), "f.minisig"));
}

TEST_F(Keys, SecretKeysWithoutPasswordAreExchangedWithMinisign) {
  put(path("ours.key"), secret_key_file(key, std::nullopt));
  put(path("f"), "content");
  ASSERT_EQ(minisign("-S -s ours.key -m f"), 0) << get(path("out"));
  verify_signature(parse_signature(get(path("f.minisig")), "f"), key.public_key(), hash_file(path("f")), "f");

  ASSERT_EQ(minisign("-G -W -p v.pub -s v.key"), 0);
  EXPECT_FALSE(needs_password(get(path("v.key")), "v.key"));
  EXPECT_EQ(parse_secret_key(get(path("v.key")), std::nullopt, "v.key").public_key(),
            parse_public_key(get(path("v.pub")), "v.pub"));
}

TEST_F(Keys, SecretKeysWithPasswordAreReadByMinisignAndOnlyWithThatPassword) {
  const auto file = secret_key_file(key, "open sesame", PasswordWork::interactive);
  EXPECT_TRUE(needs_password(file, "k"));
  EXPECT_EQ(parse_secret_key(file, "open sesame", "k").public_key(), key.public_key());
  EXPECT_REFUSED(Code::missing_secret, "password is wrong", parse_secret_key(file, "open", "k"));
  EXPECT_REFUSED(Code::missing_secret, "protected", parse_secret_key(file, std::nullopt, "k"));
  put(path("k.key"), file);
  put(path("password"), "open sesame\n");
  put(path("f"), "content");
  ASSERT_EQ(minisign("-S -s k.key -m f <password"), 0) << get(path("out"));
  verify_signature(parse_signature(get(path("f.minisig")), "f"), key.public_key(), hash_file(path("f")), "f");
}

TEST_F(Keys, MinisignsOwnPasswordProtectedKeysAreRead) {
  put(path("passwords"), "open sesame\nopen sesame\n");
  ASSERT_EQ(minisign("-G -p v.pub -s v.key <passwords"), 0) << get(path("out"));
  EXPECT_EQ(parse_secret_key(get(path("v.key")), "open sesame", "v.key").public_key(),
            parse_public_key(get(path("v.pub")), "v.pub"));
}

TEST_F(Keys, DamagedKeyFilesAreNamed) {
  EXPECT_REFUSED(Code::invalid_document, "k.pub", parse_public_key("untrusted comment: x\nnonsense\n", "k.pub"));
  EXPECT_REFUSED(Code::invalid_document, "k.pub", parse_public_key("", "k.pub"));
  EXPECT_REFUSED(Code::invalid_document, "k.key", parse_secret_key("x", std::nullopt, "k.key"));
}

TEST_F(Keys, TheListOfTrustedKeysSurvivesAndSaysWhyAKeyIsNotAccepted) {
  auto& list = keys;
  const auto id = key.public_key().id_text();
  list.require(id, now);
  const auto unknown = generate_key().public_key().id_text();
  EXPECT_REFUSED(Code::untrusted_key, unknown, list.require(unknown, now));

  TrustedKey limited;
  limited.key = generate_key().public_key();
  limited.holder = "Partner 伙伴";
  limited.purpose = "packages";
  limited.added_by = "administrator";
  limited.added_at = now;
  limited.until = parse_date("2026-01-31");
  const auto limited_id = limited.key.id_text();
  list.add(limited);
  EXPECT_REFUSED(Code::already_exists, limited_id, list.add(limited));
  list.revoke(id, "manager", now, "lost");
  list.save(path("keys.json"));

  auto read = TrustedKeys::load(path("keys.json"));
  ASSERT_EQ(read.keys().size(), 2U);
  EXPECT_EQ(read.find(limited_id)->holder, "Partner 伙伴");
  read.require(limited_id, parse_moment("2026-01-31T23:00:00Z"));
  EXPECT_REFUSED(Code::untrusted_key, "2026-01-31", read.require(limited_id, parse_moment("2026-02-01T00:00:00Z")));
  EXPECT_REFUSED(Code::untrusted_key, "lost", read.require(id, now));
  read.remove(limited_id);
  EXPECT_REFUSED(Code::not_found, limited_id, read.remove(limited_id));
  EXPECT_TRUE(TrustedKeys::load(path("none.json")).keys().empty());
}

}  // namespace
}  // namespace ferry::test
