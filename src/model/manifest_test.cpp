#include "model/manifest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace ferry {
namespace {

Entry file_with(std::string_view content) {
  Entry entry;
  entry.mode = 0644;
  entry.size = content.size();
  entry.digest = Digest::of(content);
  entry.mtime_ns = 1'700'000'000'000'000'005;
  return entry;
}

Entry folder() {
  Entry entry;
  entry.type = EntryType::folder;
  entry.mode = 0755;
  return entry;
}

Entry link_to(std::string target) {
  Entry entry;
  entry.type = EntryType::link;
  entry.mode = 0777;
  entry.link = std::move(target);
  return entry;
}

const std::string gbk_name = "\xC7\xEB\xBC\xD9 \xB5\xA5=1.jsp";  // "leave form =1.jsp" in GBK

Manifest sample() {
  Entry old = file_with("old");
  old.mtime_ns = -1;  // just before 1970
  Entry pipe;
  pipe.type = EntryType::fifo;
  return Manifest({{RelativePath(), folder()},
                   {RelativePath("b"), folder()},
                   {RelativePath("b/" + gbk_name), file_with("form")},
                   {RelativePath("a#b\\c*[?"), old},
                   {RelativePath("b/link"), link_to("../x y=z/\xB5\xA5")},
                   {RelativePath("pipe"), pipe}});
}

// A folder of its own that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ferry-model-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

TEST(Manifest, ReadsBackWhatItWroteWhateverTheNames) {
  const auto manifest = sample();
  const auto text = manifest.to_mtree();
  EXPECT_EQ(Manifest::from_mtree(text, "x").items(), manifest.items());
  EXPECT_EQ(Manifest::from_mtree(text, "x").to_mtree(), text);
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7F));
  EXPECT_NE(text.find("time=-1.999999999"), std::string::npos);
}

TEST(Manifest, FindsAndCounts) {
  const auto manifest = sample();
  ASSERT_NE(manifest.find(RelativePath("b/" + gbk_name)), nullptr);
  EXPECT_EQ(manifest.find(RelativePath("b/" + gbk_name))->digest, Digest::of("form"));
  EXPECT_EQ(manifest.find(RelativePath("b/none")), nullptr);
  EXPECT_EQ(manifest.size(), 6U);
  EXPECT_EQ(manifest.bytes(), 7U);
}

TEST(Manifest, RefusesAPathThatStandsTwice) {
  EXPECT_THROW(Manifest({{RelativePath("a"), folder()}, {RelativePath("a"), folder()}}), Error);
}

TEST(Manifest, ReadsWhatBsdtarWritesInEveryForm) {
  const Folder folder_on_disk;
  const auto& root = folder_on_disk.path();
  std::filesystem::create_directories(root / "a/b c");
  std::ofstream(root / "a/b c" / gbk_name) << "content";
  std::ofstream(root / "plain.txt") << "x";
  std::filesystem::create_symlink("b c/none", root / "a/link");
  for (const std::string options :
       {"!all,type,mode,uid,gid,size,time,sha256,link", "sha256", "use-set,sha256", "use-set,indent,sha256"}) {
    std::string with_module = "mtree:" + options;
    for (std::size_t at = 0; (at = with_module.find(',', at)) != std::string::npos;)
      with_module.replace(at, 1, ",mtree:"), at += 7;
    const auto text =
        output_of("cd " + root.string() + " && bsdtar --format=mtree --options='" + with_module + "' -cf - .");
    const auto manifest = Manifest::from_mtree(text, options);
    ASSERT_EQ(manifest.size(), 6U) << text;
    const auto* form = manifest.find(RelativePath("a/b c/" + gbk_name));
    ASSERT_NE(form, nullptr) << text;
    EXPECT_EQ(form->digest, Digest::of("content"));
    EXPECT_EQ(form->size, 7U);
    EXPECT_EQ(form->mode & 0600U, 0600U);
    EXPECT_GT(form->mtime_ns, 1'600'000'000'000'000'000);
    EXPECT_EQ(manifest.find(RelativePath("a/link"))->link, "b c/none");
  }
}

TEST(Manifest, IsReadableByBsdtar) {
  const Folder folder_on_disk;
  const auto file = folder_on_disk.path() / "m.mtree";
  std::ofstream(file) << sample().to_mtree();
  const auto listed = output_of("LC_ALL=C TZ=UTC bsdtar -tvf " + file.string());
  EXPECT_NE(listed.find("link -> ../x y=z/\\265\\245"), std::string::npos) << listed;
  EXPECT_NE(listed.find("\\307\\353\\274\\331 \\265\\245=1.jsp"), std::string::npos) << listed;
  EXPECT_NE(listed.find("p---"), std::string::npos) << listed;
}

// The classic form of `mtree -c`: names in their folder, ".." leads back up, values inherited from /set.
TEST(Manifest, ReadsTheRelativeForm) {
  const std::string digest = Digest::of("x").hex();
  const auto manifest = Manifest::from_mtree(
      "#\t   user: root\n\n"
      "/set type=file uid=7 gid=8 mode=0640 nlink=1 flags=none\n"
      ".               type=dir mode=0755 nlink=3\n"
      "    file        size=1 time=1700000000.000000005 \\\n"
      "                sha256digest=" +
          digest +
          "\n"
          "sub             type=dir mode=0755\n"
          "    a\\sb       size=1 sha256=" +
          digest +
          " optional\n"
          "..\n"
          "/unset uid\n"
          "last            type=link link=sub\n"
          "..\n",
      "x");
  ASSERT_EQ(manifest.size(), 5U);
  EXPECT_EQ(manifest.find(RelativePath("file"))->mtime_ns, 1'700'000'000'000'000'005);
  EXPECT_EQ(manifest.find(RelativePath("file"))->mode, 0640U);
  EXPECT_EQ(manifest.find(RelativePath("sub/a b"))->uid, 7U);
  EXPECT_EQ(manifest.find(RelativePath("last"))->uid, 0U);
  EXPECT_EQ(manifest.find(RelativePath("last"))->link, "sub");
}

TEST(Manifest, SaysInWhichLineAFileIsWrong) {
  const std::string good = "#mtree\n./a type=dir mode=755\n";
  const std::string digest = Digest::of("x").hex();
  for (const std::string& bad : std::vector<std::string>{
           "./b\n", "./b type=file size=1\n", "./b type=file sha256digest=" + digest + "\n", "./b type=link\n",
           "./b type=dir mode=99\n", "./b type=dir mode=77777\n", "./b type=what\n", "./b type=dir uid=-1\n",
           "./b type=dir time=99999999999999\n", "./b type=dir time=1.x\n", "../b type=dir\n", "/etc type=dir\n",
           "./b/../c type=dir\n", "..\n", "./b\\9 type=dir\n", "./b type=file size=1 sha256digest=12\n"}) {
    try {
      Manifest::from_mtree(good + bad, "m.mtree");
      ADD_FAILURE() << bad;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::invalid_document) << bad;
      EXPECT_EQ(e.about(), "m.mtree:3") << bad << e.what();
    }
  }
}

TEST(Manifest, AFileCutAnywhereIsReadOrRefusedButNeverMisread) {
  const auto manifest = sample();
  const auto text = manifest.to_mtree();
  for (std::size_t length = 0; length < text.size(); ++length) {
    try {
      for (const auto& [path, entry] : Manifest::from_mtree(text.substr(0, length), "cut").items()) {
        if (entry.type == EntryType::file) {
          EXPECT_EQ(*manifest.find(path), entry) << length;
        }
      }
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::invalid_document) << length;
    }
  }
}

TEST(Manifest, ContentDigestIgnoresOwnersAndTimesButNothingElse) {
  const auto digest = sample().content_digest();
  auto items = sample().items();
  for (auto& [path, entry] : items) {
    entry.uid = 1000;
    entry.gid = 1000;
    entry.mtime_ns = 1;
  }
  items.erase(items.begin());  // the root itself
  EXPECT_EQ(Manifest(items).content_digest(), digest);

  const auto changed = [&](auto change) {
    auto other = sample().items();
    change(other);
    return Manifest(other).content_digest();
  };
  const auto at = [](std::vector<Manifest::Item>& list, const std::string& path) -> Entry& {
    for (auto& [name, entry] : list)
      if (name.bytes() == path) return entry;
    throw std::out_of_range(path);
  };
  EXPECT_NE(changed([&](auto& list) { at(list, "b/" + gbk_name).digest = Digest::of("other"); }), digest);
  EXPECT_NE(changed([&](auto& list) { at(list, "b/" + gbk_name).mode = 0755; }), digest);
  EXPECT_NE(changed([&](auto& list) { at(list, "b/link").link = "elsewhere"; }), digest);
  EXPECT_NE(changed([&](auto& list) { at(list, "pipe").type = EntryType::socket; }), digest);
  EXPECT_NE(changed([&](auto& list) { list.pop_back(); }), digest);
}

TEST(Manifest, ContentDigestStaysTheSameFromVersionToVersion) {
  // Stored in inventories, plans and evidence: whoever changes this makes all of them stale.
  EXPECT_EQ(sample().content_digest().hex(), "3ad2fe69e4474e69c522ffadbceb33739a1742957742de9afc2e97ba327f6639");
}

TEST(Manifest, DifferenceTellsContentFromAttributes) {
  const Manifest before({{RelativePath("a"), file_with("1")},
                         {RelativePath("b"), file_with("1")},
                         {RelativePath("c"), file_with("1")},
                         {RelativePath("d"), link_to("x")},
                         {RelativePath("gone"), folder()}});
  Entry mode = file_with("1");
  mode.mode = 0600;
  Entry owner = file_with("1");
  owner.uid = 5;
  owner.mtime_ns = 1;
  const Manifest after({{RelativePath("a"), file_with("2")},
                        {RelativePath("b"), mode},
                        {RelativePath("c"), owner},
                        {RelativePath("d"), file_with("x")},
                        {RelativePath("new"), folder()}});
  const auto found = difference(before, after);
  EXPECT_EQ(found.added, std::vector{RelativePath("new")});
  EXPECT_EQ(found.removed, std::vector{RelativePath("gone")});
  EXPECT_EQ(found.changed, (std::vector{RelativePath("a"), RelativePath("d")}));
  EXPECT_EQ(found.attributes, std::vector{RelativePath("b")});
  EXPECT_EQ(difference(before, after, true).attributes, (std::vector{RelativePath("b"), RelativePath("c")}));
  EXPECT_TRUE(difference(before, before, true).empty());
}

}  // namespace
}  // namespace ferry
