#include "package/import.h"

#include <cstdlib>

#include "host/tree.h"
#include "package/library.h"
#include "package/meta.h"
#include "package/test_archive.h"

namespace ferry::test {
namespace {

Raw plain(const std::string& name, const std::string& bytes = "a") {
  return {name, bytes, AE_IFREG, 0644, {}, {}, -1};
}

struct Imports : PackageTest {
  Imports() {
    options.person = "engineer";
    options.at = now;
    options.archive_names = "GBK";
    options.strip = RelativePath("ecology");
    options.ignore = {RelativePath("readme.txt")};
    options.scripts[RelativePath("sqlupgrade/SQLite")] = "sqlite";
  }
  std::string zip(const std::vector<Raw>& entries) {
    const std::string file = temp / ("v" + std::to_string(++sources) + ".zip");
    write_archive(file, entries, Form::zip);
    return file;
  }
  Package import(const std::string& file) {
    return import_zip(file, require_meta(patch_yaml, "meta"), temp / ("out" + std::to_string(++sources) + ".fpk"),
                      options);
  }
  ImportOptions options;
};

// "中文.jsp" in GBK.
const std::string gbk_name = "ecology/\xD6\xD0\xCE\xC4.jsp";

TEST_F(Imports, AVendorsZipBecomesAPackageUnderAPersonsName) {
  const auto file = zip({plain("readme.txt"),
                         {"ecology/", "", AE_IFDIR, 0755, {}, {}, -1},
                         plain(gbk_name, "page"),
                         plain("ecology/bin/run.sh", "#!"),
                         plain("ecology/sqlupgrade/SQLite/001_a.sql", "select 1;")});
  const auto made = import(file);
  const auto package = open_package(made.file, keys, now);
  EXPECT_EQ(package.origin.kind, PackageOrigin::Kind::imported);
  EXPECT_EQ(package.origin.person, "engineer");
  EXPECT_EQ(package.origin.at, "2026-01-31T08:00:00.000Z");
  EXPECT_TRUE(package.origin.key_id.empty());
  EXPECT_EQ(read_package_file(package, RelativePath("中文.jsp")), "page");
  EXPECT_EQ(package.files.size(), 2U);
  ASSERT_EQ(package.scripts.size(), 1U);
  EXPECT_EQ(package.scripts[0].name, "001_a.sql");
  const auto record = parse_json(get(made.file + ".origin.json"), "record");
  EXPECT_EQ(record.at("source").at("digest"), digest_of_file(file).hex());
}

TEST_F(Imports, NamesStayBytesWhereThatIsConfigured) {
  options.keep_names = true;
  const auto package = import(zip({plain(gbk_name, "page")}));
  EXPECT_NE(package.files.find(RelativePath("\xD6\xD0\xCE\xC4.jsp")), nullptr);
}

TEST_F(Imports, NamesMarkedAsUtf8AreNotConvertedAgain) {
  // Python marks names outside ASCII as UTF-8.
  ASSERT_EQ(std::system(("cd " + temp.path() +
                         " && python3 -c \"import zipfile; z = zipfile.ZipFile('p.zip', 'w'); "
                         "z.writestr('ecology/中文.jsp', 'page'); z.close()\"")
                            .c_str()),
            0);
  const auto package = import(temp / "p.zip");
  EXPECT_NE(package.files.find(RelativePath("中文.jsp")), nullptr);
}

TEST_F(Imports, NamesThatAreNotInTheCodePageAreRefused) {
  options.archive_names = "";
  EXPECT_REFUSED(Code::package_content, "not UTF-8", import(zip({plain(gbk_name)})));
  options.archive_names = "GBK";
  EXPECT_REFUSED(Code::package_content, "name", import(zip({plain("ecology/\xFF\xFF.jsp")})));
  options.archive_names = "no-such-page";
  EXPECT_REFUSED(Code::usage, "no-such-page", import(zip({plain(gbk_name)})));
}

TEST_F(Imports, HostileZipsAreRefusedAndLeaveNothing) {
  EXPECT_REFUSED(Code::hostile_archive, "'..'", import(zip({plain("ecology/../../x")})));
  EXPECT_REFUSED(Code::hostile_archive, "absolute", import(zip({plain("/etc/x")})));
  EXPECT_REFUSED(Code::hostile_archive, "leads out", import(zip({{"ecology/l", "", AE_IFLNK, 0777, "../x", {}, -1}})));
  EXPECT_REFUSED(Code::hostile_archive, "upper and lower", import(zip({plain("ecology/a"), plain("ecology/A")})));
  EXPECT_REFUSED(Code::hostile_archive, "twice", import(zip({plain("ecology/a"), plain("ecology/a")})));
  EXPECT_REFUSED(Code::package_content, "stands outside 'ecology/'", import(zip({plain("other/a")})));
  options.limits.ratio_from = 1U << 20U;
  EXPECT_REFUSED(Code::hostile_archive, "bomb", import(zip({plain("ecology/z", std::string(8U << 20U, '\0'))})));
  EXPECT_REFUSED(Code::hostile_archive, "bomb", import(zip({plain("readme.txt", std::string(8U << 20U, '\0'))})));
  for (const auto& item : fs::directory_iterator(temp.path()))
    EXPECT_EQ(item.path().extension(), ".zip") << item.path();
}

TEST_F(Imports, AZipThatWasCutOffIsCalledTruncatedEvenBehindAnInnerArchive) {
  const auto inner = get(zip({plain("ecology/inner.class", "x")}));
  const auto file = temp / "outer.zip";
  ASSERT_EQ(std::system(("cd " + temp.path() +
                         " && mkdir -p ecology && cp v1.zip ecology/a.jar && echo rest > ecology/b && "
                         "python3 -c \"import zipfile; z = zipfile.ZipFile('outer.zip', 'w', zipfile.ZIP_STORED); "
                         "z.write('ecology/a.jar'); z.write('ecology/b'); z.close()\"")
                            .c_str()),
            0);
  const auto whole = get(file);
  const auto inner_end = whole.find(inner) + inner.size();
  ASSERT_EQ(import(file).files.size(), 2U);
  std::vector<std::size_t> sizes{inner_end, inner_end + 3};
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 60) sizes.push_back(size);
  for (const auto size : sizes) {
    put(file, whole.substr(0, size));
    EXPECT_REFUSED(Code::truncated_archive, "outer.zip", import(file));
  }
}

TEST_F(Imports, AnImportRecordVouchesForNoOtherFile) {
  const auto made = import(zip({plain("ecology/a")}));
  fs::remove(made.file);
  build_package(source(), made.file);
  EXPECT_REFUSED(Code::bad_signature, "engineer", open_package(made.file, keys, now));
  options.person = "";
  EXPECT_REFUSED(Code::usage, "named", import(zip({plain("ecology/a")})));
}

struct Libraries : PackageTest {
  Library library() { return Library(temp / "library", keys); }
};

TEST_F(Libraries, WhatWasAddedIsListedAndFoundAgain) {
  const auto patch = signed_package();
  const auto upgrade = signed_package(upgrade_yaml("upgrade-8.0", ">=7.4 <8", "8.0"));
  EXPECT_TRUE(library().list(now).empty());
  const auto added = library().add(patch, now);
  library().add(upgrade, now);
  library().add(upgrade, now);
  const auto list = library().list(now);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].meta.id, "upgrade-8.0");
  EXPECT_EQ(list[1].meta.id, "patch-8.0.1");
  EXPECT_EQ(list[1].files.items(), added.files.items());
  EXPECT_EQ(library().get("patch-8.0.1", now).digest, added.digest);
  EXPECT_EQ(library().get_all({{"patch-8.0.1", added.digest}}, now).size(), 1U);
  EXPECT_REFUSED(Code::not_found, "other", library().get("other", now));
  EXPECT_REFUSED(Code::package_missing, "other", library().get_all({{"other", Digest::of("x")}}, now));
}

TEST_F(Libraries, ASecondPackageWithTheSameIdIsRefused) {
  library().add(signed_package(), now);
  const auto folder = source();
  put(folder + "/files/more.txt", "more");
  build_package(folder, temp / "second.fpk");
  sign_package(temp / "second.fpk", key, 0);
  EXPECT_REFUSED(Code::already_exists, "patch-8.0.1", library().add(temp / "second.fpk", now));
}

TEST_F(Libraries, ChangedFilesAndRevokedKeysAreNotListed) {
  const auto added = library().add(signed_package(), now);
  auto bytes = get(added.file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  const auto whole = get(added.file);
  put(added.file, bytes);
  std::vector<Library::Rejected> rejected;
  EXPECT_TRUE(library().list(now, &rejected).empty());
  ASSERT_EQ(rejected.size(), 1U);
  put(added.file, whole);
  EXPECT_EQ(library().list(now).size(), 1U);
  put(added.file + ".index", "{\"format\":1,\"sign\":3}");
  EXPECT_EQ(library().list(now).size(), 1U);
  keys.revoke(key.public_key().id_text(), "manager", now, "lost");
  rejected.clear();
  EXPECT_TRUE(library().list(now, &rejected).empty());
  EXPECT_NE(rejected.at(0).why.find("lost"), std::string::npos);
}

TEST_F(Libraries, ImportedPackagesKeepTheirRecord) {
  ImportOptions options;
  options.person = "engineer";
  write_archive(temp / "v.zip", {plain("a.jsp")}, Form::zip);
  import_zip(temp / "v.zip", require_meta(patch_yaml, "meta"), temp / "i.fpk", options);
  EXPECT_EQ(library().add(temp / "i.fpk", now).origin.person, "engineer");
  EXPECT_EQ(library().list(now).at(0).origin.person, "engineer");
}

}  // namespace
}  // namespace ferry::test
