// Build, sign, open, read.
#include <cstdlib>

#include "host/tree.h"
#include "package/test_archive.h"

namespace ferry::test {
namespace {

struct Packages : PackageTest {};

TEST_F(Packages, WhatWasBuiltAndSignedIsWhatIsOpened) {
  const auto folder = source();
  fs::permissions(folder + "/files/webapp/js/app.js", fs::perms(0750));
  fs::create_symlink("js/app.js", folder + "/files/webapp/latest.js");
  fs::create_directories(folder + "/files/webapp/empty");
  const auto built = build_package(folder, temp / "p.fpk");
  sign_package(temp / "p.fpk", key, 1769846400);
  const auto package = open_package(temp / "p.fpk", keys, now);
  EXPECT_EQ(package.meta.id, "patch-8.0.1");
  EXPECT_EQ(package.digest, built.digest);
  EXPECT_EQ(package.digest, digest_of_file(temp / "p.fpk"));
  EXPECT_EQ(package.origin.kind, PackageOrigin::Kind::signed_by_key);
  EXPECT_EQ(package.origin.key_id, key.public_key().id_text());
  EXPECT_NE(package.origin.comment.find("sha256:" + package.digest.hex()), std::string::npos);
  ASSERT_EQ(package.files.size(), 4U);
  EXPECT_EQ(package.files.find(RelativePath("webapp/js/app.js"))->mode, 0755U);
  EXPECT_EQ(package.files.find(RelativePath("webapp/login.jsp"))->digest, Digest::of("<h1>new</h1>\n"));
  EXPECT_EQ(package.files.find(RelativePath("webapp/latest.js"))->link, "js/app.js");
  EXPECT_EQ(package.files.find(RelativePath("webapp/empty"))->type, EntryType::folder);
  ASSERT_EQ(package.scripts.size(), 1U);
  EXPECT_EQ(package.scripts[0].dialect, "sqlite");
  EXPECT_EQ(package.scripts[0].digest, Digest::of("alter table a add b;\n"));
}

TEST_F(Packages, TheSameContentGivesTheSameBytesWhateverTimesAndOwners) {
  const auto first = build_package(source(), temp / "a.fpk");
  const auto other = source();
  fs::permissions(other + "/files/webapp/login.jsp", fs::perms(0600));
  put(other + "/package.yaml", "# a remark\n" + patch_yaml);
  const auto second = build_package(other, temp / "b.fpk");
  EXPECT_EQ(get(temp / "a.fpk"), get(temp / "b.fpk"));
  EXPECT_EQ(first.digest, second.digest);
}

TEST_F(Packages, OtherProgramsReadThePackage) {
  const auto file = signed_package();
  const auto run = [&](const std::string& command) {
    return std::system(("cd " + temp.path() + " && " + command).c_str());
  };
  ASSERT_EQ(run("mkdir out && bsdtar -xf " + file + " -C out"), 0);
  EXPECT_EQ(get(temp / "out/files/webapp/login.jsp"), "<h1>new</h1>\n");
  EXPECT_EQ(run("minisign -q -V -P " + key.public_key().text() + " -m " + file), 0);
  // bsdtar reads the manifest, and it names exactly the files that are there.
  ASSERT_EQ(run("cd out && bsdtar -tf manifest.mtree | sort >../named"), 0);
  ASSERT_EQ(run("cd out && find . -type f ! -name manifest.mtree | sort >../there"), 0);
  EXPECT_EQ(get(temp / "named"), get(temp / "there"));
  EXPECT_NE(get(temp / "there").find("login.jsp"), std::string::npos);
}

TEST_F(Packages, NamesThatAreNotUtf8AreKeptByteByByte) {
  const auto folder = source();
  put(folder + "/files/\xD6\xD0\xCE\xC4.txt", "gbk");
  put(folder + "/files/中文.txt", "utf-8");
  build_package(folder, temp / "p.fpk");
  const auto package = inspect_package(temp / "p.fpk");
  EXPECT_EQ(read_package_file(package, RelativePath("\xD6\xD0\xCE\xC4.txt")), "gbk");
  EXPECT_EQ(read_package_file(package, RelativePath("中文.txt")), "utf-8");
}

TEST_F(Packages, InconsistentFoldersAreNotBuilt) {
  const auto build = [&](const std::string& folder) { build_package(folder, temp / "x.fpk"); };
  auto folder = source();
  put(folder + "/readme.txt", "x");
  EXPECT_REFUSED(Code::package_content, "readme.txt", build(folder));
  folder = source();
  put(folder + "/sql/sqlite/column.sql", "x");
  EXPECT_REFUSED(Code::package_content, "three or more digits", build(folder));
  folder = source(patch_yaml + "removes: [webapp/login.jsp]\n");
  EXPECT_REFUSED(Code::package_content, "brings it and removes it", build(folder));
  folder = source();
  put(folder + "/files/webapp/LOGIN.jsp", "x");
  EXPECT_REFUSED(Code::package_content, "upper and lower case", build(folder));
  folder = source();
  fs::create_symlink("../../../etc/passwd", folder + "/files/webapp/l");
  EXPECT_REFUSED(Code::package_content, "leads out", build(folder));
  folder = source();
  EXPECT_EQ(::mkfifo((folder + "/files/pipe").c_str(), 0600), 0);
  EXPECT_REFUSED(Code::package_content, "fifo", build(folder));
  folder = temp / "empty";
  put(folder + "/package.yaml", patch_yaml);
  EXPECT_REFUSED(Code::package_content, "brings no file", build(folder));
  folder = source(patch_yaml + "colour: red\n");
  EXPECT_REFUSED(Code::unknown_key, "package.yaml:7", build(folder));
  EXPECT_FALSE(fs::exists(temp / "x.fpk"));
  put(temp / "x.fpk", "old");
  EXPECT_REFUSED(Code::already_exists, "x.fpk", build(source()));
  for (const auto& item : fs::directory_iterator(temp.path()))
    EXPECT_EQ(item.path().filename().string().find(".ferry"), std::string::npos) << item.path();
}

TEST_F(Packages, WithoutSignatureOrWithAWrongOneNothingIsOpened) {
  build_package(source(), temp / "p.fpk");
  EXPECT_REFUSED(Code::unsigned_package, "p.fpk", open_package(temp / "p.fpk", keys, now));
  const auto stranger = generate_key();
  sign_package(temp / "p.fpk", stranger, 0);
  EXPECT_REFUSED(Code::untrusted_key, stranger.public_key().id_text(), open_package(temp / "p.fpk", keys, now));
  sign_package(temp / "p.fpk", key, 0);
  open_package(temp / "p.fpk", keys, now);
  build_package(source(upgrade_yaml("u", "7", "8")), temp / "q.fpk");
  fs::copy(temp / "p.fpk.minisig", temp / "q.fpk.minisig");
  EXPECT_REFUSED(Code::bad_signature, "q.fpk", open_package(temp / "q.fpk", keys, now));
  keys.revoke(key.public_key().id_text(), "manager", now, "stolen laptop");
  EXPECT_REFUSED(Code::untrusted_key, "stolen laptop", open_package(temp / "p.fpk", keys, now));
}

TEST_F(Packages, AFileThatWasCutOffAnywhereIsCalledTruncated) {
  const auto file = signed_package();
  const auto whole = get(file);
  const std::size_t step = std::getenv("FERRY_FULL") != nullptr ? 1 : whole.size() / 40;
  for (std::size_t size = 0; size < whole.size(); size += size < 20 || size + 20 > whole.size() ? 1 : step) {
    put(file, whole.substr(0, size));
    EXPECT_REFUSED(Code::truncated_archive, "made", open_package(file, keys, now));
    EXPECT_REFUSED(Code::truncated_archive, "made", inspect_package(file));
  }
}

TEST_F(Packages, AnySingleChangedByteIsNoticed) {
  const auto file = signed_package();
  const auto whole = get(file);
  const std::size_t step = std::getenv("FERRY_FULL") != nullptr ? 1 : whole.size() / 40;
  for (std::size_t at = 0; at < whole.size(); at += step) {
    auto bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    put(file, bytes);
    const auto refusal = refused([&] { open_package(file, keys, now); });
    // A changed block size may make the file look cut off.
    EXPECT_TRUE(refusal.code == Code::bad_signature || refusal.code == Code::truncated_archive) << at << refusal.text;
  }
}

TEST_F(Packages, ContentIsReadSinglyInOrderAndAsAWhole) {
  const auto package = open_package(signed_package(), keys, now);
  EXPECT_EQ(read_package_file(package, RelativePath("webapp/js/app.js")), "run();\n");
  EXPECT_EQ(read_package_script(package, package.scripts[0]), "alter table a add b;\n");
  EXPECT_REFUSED(Code::not_found, "nothing.jsp", read_package_file(package, RelativePath("nothing.jsp")));
  EXPECT_REFUSED(Code::unsupported_format, "more than",
                 read_package_file(package, RelativePath("webapp/js/app.js"), 3));

  std::vector<std::string> order;
  stream_files(package, [&](const RelativePath& path, const Entry&, ContentReader& content) {
    order.push_back(path.bytes());
    char one = 0;
    content.read(&one, 1);
  });
  EXPECT_EQ(order, (std::vector<std::string>{"webapp/js/app.js", "webapp/login.jsp"}));
  stream_scripts(package, [&](const PackageScript& script, ContentReader& content) {
    order.push_back(script.name + content.read_all());
  });
  EXPECT_EQ(order.back(), "010_column.sqlalter table a add b;\n");

  PackageFiles files(package);
  for (const char* path : {"webapp/js/app.js", "webapp/login.jsp", "webapp/js/app.js", "webapp/js/app.js"}) {
    std::string bytes;
    files.read(RelativePath(path), [&](std::string_view part) { bytes += part; });
    EXPECT_EQ(Digest::of(bytes), package.files.find(RelativePath(path))->digest) << path;
  }
}

TEST_F(Packages, ExtractionGivesExactlyTheManifestAndNothingAfterAnError) {
  const auto folder = source();
  fs::create_symlink("js/app.js", folder + "/files/webapp/latest.js");
  fs::create_directories(folder + "/files/webapp/empty");
  build_package(folder, temp / "p.fpk");
  auto package = inspect_package(temp / "p.fpk");
  extract_package(package, temp / "out");
  const auto tree = read_tree(temp / "out").manifest;
  for (const auto& [path, entry] : package.files.items()) {
    ASSERT_NE(tree.find(path), nullptr) << path.bytes();
    EXPECT_TRUE(tree.find(path)->same_content(entry)) << path.bytes();
    if (entry.type == EntryType::file) {
      EXPECT_EQ(tree.find(path)->mtime_ns, entry.mtime_ns);
    }
  }
  EXPECT_REFUSED(Code::already_exists, "out", extract_package(package, temp / "out"));
  package.digest = Digest::of("another file");
  EXPECT_REFUSED(Code::file_changed, "no longer", extract_package(package, temp / "out2"));
  EXPECT_FALSE(fs::exists(temp / "out2"));
}

TEST_F(Packages, APackageThatIsExchangedAfterOpeningIsNoticedWhenRead) {
  const auto file = signed_package();
  const auto package = open_package(file, keys, now);
  fs::remove(file);
  const auto other = source();
  put(other + "/files/webapp/login.jsp", "<h1>NEW</h1>\n");
  build_package(other, file);
  EXPECT_REFUSED(Code::file_changed, "login.jsp", read_package_file(package, RelativePath("webapp/login.jsp")));
  EXPECT_REFUSED(Code::file_changed, "login.jsp", stream_files(package, [](const auto&, const auto&, auto&) {}));
}

}  // namespace
}  // namespace ferry::test
