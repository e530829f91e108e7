// What capture adds to packages: the record in package.yaml, the list of removed paths.
#include "host/tree.h"
#include "package/meta.h"
#include "package/test_archive.h"

namespace ferry::test {
namespace {

struct CapturedPackages : PackageTest {
  static CaptureRecord record() {
    CaptureRecord out;
    out.source = std::string(64, 'a');
    out.runs = 2;
    out.root = "/srv/app";
    out.commands = {{"npm", "install", "app@2"}, {"sh", "-c", "echo 'quoted \"twice\"'"}};
    out.runtime = {{{"node", "--version"}, "20", "/usr/bin/node", std::string(64, 'b')}};
    out.network = {{"example.com:443", true}};
    out.explained = {{"**/.cache/**", "drop", "made: anew", 2}};
    return out;
  }
};

TEST_F(CapturedPackages, TheRecordStandsInThePackage) {
  auto meta = require_meta(patch_yaml, "package.yaml");
  meta.capture = record();
  const auto again = require_meta(meta_to_yaml(meta), "package.yaml");
  ASSERT_TRUE(again.capture);
  EXPECT_EQ(*again.capture, record());
  meta.capture->network.clear();
  EXPECT_EQ(*require_meta(meta_to_yaml(meta), "package.yaml").capture, *meta.capture);
}

TEST_F(CapturedPackages, ADamagedRecordIsRefusedWithItsPlace) {
  const auto refused = [&](const std::string& lines) {
    std::string out;
    for (const auto& problem : parse_meta(patch_yaml + "capture:\n" + lines, "package.yaml").problems)
      out += problem.describe(Language::english);
    return out;
  };
  EXPECT_NE(refused("  source: \"abc\"\n  runs: 2\n").find("no record of a capture"), std::string::npos);
  EXPECT_NE(refused("  source: \"" + std::string(64, 'a') + "\"\n  runs: 3\n").find("1 or 2"), std::string::npos);
  EXPECT_NE(refused("  - list\n").find("no record of a capture"), std::string::npos);
}

TEST_F(CapturedPackages, ManyRemovedPathsStandInAListOfTheirOwn) {
  auto meta = require_meta(patch_yaml, "package.yaml");
  for (int i = 0; i < 50000; ++i) meta.removes.emplace_back("node_modules/gone/" + std::to_string(i) + "/\xC7\xEB x");
  const auto folder = source();
  TreeOptions options;
  const auto files = read_tree(folder + "/files", options).manifest;
  build_package(meta, folder + "/files", files, temp / "p.fpk");
  const auto package = inspect_package(temp / "p.fpk");
  EXPECT_EQ(package.meta.removes.size(), 50000U);
  EXPECT_NE(std::find(package.meta.removes.begin(), package.meta.removes.end(), meta.removes[77]),
            package.meta.removes.end());
  EXPECT_EQ(read_package_file(package, RelativePath("webapp/login.jsp")), "<h1>new</h1>\n");
  std::size_t count = 0;
  stream_files(package, [&](const RelativePath&, const Entry&, ContentReader&) { ++count; });
  EXPECT_EQ(count, 2U);
}

TEST_F(CapturedPackages, AFolderMayBringTheList) {
  const auto folder = source();
  put(folder + "/removes.list", "a/b\nc\\040d\n");
  build_package(folder, temp / "p.fpk");
  const auto removes = inspect_package(temp / "p.fpk").meta.removes;
  EXPECT_EQ(removes, (std::vector<RelativePath>{RelativePath("a/b"), RelativePath("c d")}));
  for (const char* wrong : {"b\na\n", "a", "/a\n", "../a\n", "\n", "a\na\n", "a b\n"}) {
    put(folder + "/removes.list", wrong);
    EXPECT_THROW(build_package(folder, temp / "x.fpk"), Error) << wrong;
  }
}

}  // namespace
}  // namespace ferry::test
