// Archives from outside are hostile until proven otherwise (D6): each trick is refused by name, before anything is
// written.
#include "package/layout.h"
#include "package/names.h"
#include "package/test_archive.h"

namespace ferry::test {
namespace {

struct Hostile : PackageTest {
  // package.yaml and a manifest that names exactly the given files, then `entries`.
  std::string archive(const std::vector<Raw>& entries, std::vector<Manifest::Item> listed) {
    listed.push_back(item("package.yaml", patch_yaml));
    std::vector<Raw> all{{"package.yaml", patch_yaml, AE_IFREG, 0644, {}, {}, -1},
                         {"manifest.mtree", Manifest(std::move(listed)).to_mtree(), AE_IFREG, 0644, {}, {}, -1}};
    all.insert(all.end(), entries.begin(), entries.end());
    const std::string file = temp / "hostile.fpk";
    write_archive(file, all);
    return file;
  }
  void expect_refused(const std::vector<Raw>& entries, const std::string& why,
                      const std::vector<Manifest::Item>& listed = {item("files/a", "a")}) {
    const auto file = archive(entries, listed);
    sign_package(file, key, 0);  // even a trusted key does not help
    EXPECT_REFUSED(Code::hostile_archive, why, open_package(file, keys, now));
  }
  static Raw plain(const std::string& name, const std::string& bytes = "a") {
    return {name, bytes, AE_IFREG, 0644, {}, {}, -1};
  }
  static Raw special(const std::string& name, mode_t type) { return {name, "", type, 0644, {}, {}, -1}; }
  static Raw link(const std::string& name, const std::string& to) { return {name, "", AE_IFLNK, 0777, to, {}, -1}; }
};

TEST_F(Hostile, TheSameArchiveWithoutTricksIsAccepted) {
  const auto file = archive({plain("files/a")}, {item("files/a", "a")});
  EXPECT_EQ(inspect_package(file).files.size(), 1U);
}

TEST_F(Hostile, NamesThatLeaveTheFolderAreRefused) {
  expect_refused({plain("/etc/passwd")}, "absolute");
  expect_refused({plain("files/../../x")}, "'..'");
  expect_refused({plain("..")}, "'..'");
  expect_refused({plain("files/a/./b")}, "'.'");
  expect_refused({plain("files//b")}, "empty component");
  expect_refused({plain("C:/x")}, "drive letter");
  expect_refused({plain("files\\..\\x")}, "backslash");
  expect_refused({plain("files/a\nb")}, "control character");
  expect_refused({plain("files/" + std::string(300, 'x'))}, "255");
}

TEST_F(Hostile, LinksOutHardLinksAndDevicesAreRefused) {
  const auto with_link = [&](const std::string& name, const std::string& target) {
    Entry entry;
    entry.type = EntryType::link;
    entry.mode = 0777;
    entry.link = target;
    return std::vector<Manifest::Item>{item("files/a", "a"), {RelativePath(name), entry}};
  };
  expect_refused({link("files/l", "/etc")}, "absolute target", with_link("files/l", "/etc"));
  expect_refused({link("files/d/l", "../../x")}, "leads out", with_link("files/d/l", "../../x"));
  expect_refused({link("files/l", "d/../../x")}, "behind a component", with_link("files/l", "d/../../x"));
  Raw hard = plain("files/h");
  hard.hardlink = "files/a";
  expect_refused({plain("files/a"), hard}, "hard link");
  expect_refused({special("files/p", AE_IFIFO)}, "fifo");
  expect_refused({special("files/c", AE_IFCHR)}, "device");
  expect_refused({special("files/b", AE_IFBLK)}, "device");
  Raw privileged = plain("files/a");
  privileged.mode = 04755;
  expect_refused({privileged}, "set-user-id");
}

TEST_F(Hostile, AFileBelowALinkIsRefused) {
  Entry entry;
  entry.type = EntryType::link;
  entry.mode = 0777;
  entry.link = "sub";
  expect_refused({link("files/l", "sub"), plain("files/l/a")}, "is a folder for some",
                 {{RelativePath("files/l"), entry}, item("files/l/a", "a")});
}

TEST_F(Hostile, NamesThatCollideAreRefused) {
  expect_refused({plain("files/a"), plain("files/a")}, "stands twice");
  expect_refused({plain("files/a"), plain("files/A")}, "upper and lower case",
                 {item("files/a", "a"), item("files/A", "a")});
  expect_refused({plain("files/\xC3\x84"), plain("files/\xC3\xA4")}, "upper and lower case",
                 {item("files/\xC3\x84", "a"), item("files/\xC3\xA4", "a")});
  expect_refused({plain("files/a"), plain("FILES/b")}, "upper and lower case",
                 {item("files/a", "a"), item("FILES/b", "a")});
}

TEST_F(Hostile, WhatTheManifestDoesNotNameOrNamesOtherwiseIsRefused) {
  expect_refused({plain("files/a"), plain("files/b")}, "not in the manifest");
  expect_refused({}, "not in the archive");
  expect_refused({plain("files/a", "b")}, "not what the manifest says");
  expect_refused({plain("files/a", "aa")}, "2 bytes, in the manifest 1");
  Raw executable = plain("files/a");
  executable.mode = 0755;
  expect_refused({executable}, "mode");
  expect_refused({special("files/a", AE_IFDIR)}, "type 'dir'");
}

TEST_F(Hostile, AMalformedOrMissingManifestIsRefused) {
  const auto with_manifest = [&](const std::string& mtree) {
    write_archive(temp / "m.fpk",
                  {plain("package.yaml", patch_yaml), plain("manifest.mtree", mtree), plain("files/a")});
    return temp / "m.fpk";
  };
  const std::string digest = Digest::of("a").hex();
  for (const std::string path : {"./../a", "/etc/a", "./files/a\\000b", "./files/\\9", "./files//a"})
    EXPECT_REFUSED(Code::hostile_archive, "manifest.mtree",
                   inspect_package(with_manifest("#mtree\n" + path +
                                                 " type=file mode=0644 uid=0 gid=0 size=1 time=0.0 "
                                                 "sha256digest=" +
                                                 digest + "\n")));
  EXPECT_REFUSED(Code::hostile_archive, "package.yaml is not", inspect_package(with_manifest("#mtree\n")));
  write_archive(temp / "n.fpk", {plain("package.yaml", patch_yaml), plain("files/a")});
  EXPECT_REFUSED(Code::hostile_archive, "'manifest.mtree' must stand", inspect_package(temp / "n.fpk"));
  write_archive(temp / "o.fpk", {plain("files/a")});
  EXPECT_REFUSED(Code::hostile_archive, "'package.yaml' must stand", inspect_package(temp / "o.fpk"));
  put(temp / "p.fpk", "this is no archive at all, only text that is long enough");
  EXPECT_REFUSED(Code::hostile_archive, "p.fpk", inspect_package(temp / "p.fpk"));
}

TEST_F(Hostile, BombsAreRefusedWithinTheLimits) {
  const std::string zeros(8U << 20U, '\0');
  const auto file = archive({plain("files/z", zeros)}, {item("files/z", zeros)});
  EXPECT_LT(fs::file_size(file), 20000U);
  ArchiveLimits limits;
  inspect_package(file, limits);
  limits.ratio_from = 1U << 20U;
  EXPECT_REFUSED(Code::hostile_archive, "bomb", inspect_package(file, limits));
  limits = {};
  limits.total_bytes = 4U << 20U;
  EXPECT_REFUSED(Code::hostile_archive, "limit of the whole", inspect_package(file, limits));
  limits = {};
  limits.file_bytes = 4U << 20U;
  EXPECT_REFUSED(Code::hostile_archive, "more than 4194304 bytes", inspect_package(file, limits));
  limits = {};
  limits.entries = 3;
  std::vector<Raw> many;
  std::vector<Manifest::Item> items;
  for (const char* name : {"files/a", "files/b"}) {
    many.push_back(plain(name));
    items.push_back(item(name, "a"));
  }
  EXPECT_REFUSED(Code::hostile_archive, "more than 3 entries", inspect_package(archive(many, items), limits));
  limits = {};
  limits.manifest_bytes = 10;
  EXPECT_REFUSED(Code::hostile_archive, "larger than 10", inspect_package(archive(many, items), limits));
}

TEST_F(Hostile, GbkNamesDoNotCollideByTheirSecondBytes) {
  // 0xC1 0x41 and 0xC1 0x61 are two different characters whose second bytes look like A and a; 0x5C like a backslash.
  SeenNames seen;
  seen.add(checked_name("\xC1\x41.txt"), false);
  seen.add(checked_name("\xC1\x61.txt"), false);
  seen.add(checked_name("\xD5\x5C.txt"), false);
  EXPECT_THROW(seen.add(checked_name("\xC1\x41.TXT"), false), Error);
}

}  // namespace
}  // namespace ferry::test
