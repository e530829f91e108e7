// For tests: folders, keys and archives made by libarchive directly, so that hostile ones can be made at all.
#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "host/files.h"
#include "package/build.h"
#include "package/open.h"

namespace ferry::test {

namespace fs = std::filesystem;

inline void put(const std::string& path, std::string_view bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}
inline std::string get(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

inline const Moment now = parse_moment("2026-01-31T08:00:00Z");

inline const std::string patch_yaml = R"(format: 1
id: patch-8.0.1
kind: patch
product: demo
title: {en: Patch one, zh: 补丁一}
from: ">=8.0 <8.1"
)";

inline std::string upgrade_yaml(const std::string& id, const std::string& from, const std::string& to) {
  return "format: 1\nid: " + id + "\nkind: upgrade\nproduct: demo\ntitle: Upgrade\nfrom: \"" + from + "\"\nto: \"" +
         to + "\"\n";
}

// What the error says, or "" when nothing is thrown.
struct Refusal {
  Code code = Code::internal;
  std::string text;
};
inline Refusal refused(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}
#define EXPECT_REFUSED(CODE, PART, ...)                                    \
  {                                                                        \
    const auto refusal = ::ferry::test::refused([&] { __VA_ARGS__; });     \
    EXPECT_EQ(refusal.code, CODE) << refusal.text;                         \
    EXPECT_NE(refusal.text.find(PART), std::string::npos) << refusal.text; \
  }

// One entry of an archive made by hand.
struct Raw {
  std::string name;
  std::string bytes;
  mode_t type = AE_IFREG;
  mode_t mode = 0644;
  std::string link;      // symbolic link
  std::string hardlink;  // hard link
  std::int64_t claimed = -1;
};

enum class Form { tar_zstd, zip };
inline void write_archive(const std::string& file, const std::vector<Raw>& entries, Form form = Form::tar_zstd) {
  auto* out = archive_write_new();
  if (form == Form::tar_zstd) {
    archive_write_set_format_gnutar(out);
    archive_write_add_filter_zstd(out);
    archive_write_set_bytes_in_last_block(out, 1);
  } else {
    archive_write_set_format_zip(out);
  }
  ASSERT_EQ(archive_write_open_filename(out, file.c_str()), ARCHIVE_OK);
  for (const auto& raw : entries) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, raw.name.c_str());
    archive_entry_set_filetype(entry, raw.type);
    archive_entry_set_perm(entry, raw.mode);
    archive_entry_set_mtime(entry, 946684800, 0);
    archive_entry_set_size(entry, static_cast<la_int64_t>(raw.bytes.size()));
    if (!raw.link.empty()) archive_entry_set_symlink(entry, raw.link.c_str());
    if (!raw.hardlink.empty()) archive_entry_set_hardlink(entry, raw.hardlink.c_str());
    ASSERT_GE(archive_write_header(out, entry), ARCHIVE_WARN) << archive_error_string(out);
    if (raw.type == AE_IFREG && raw.hardlink.empty()) archive_write_data(out, raw.bytes.data(), raw.bytes.size());
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
}

inline Manifest::Item item(const std::string& name, const std::string& bytes) {
  Entry entry;
  entry.mode = 0644;
  entry.size = bytes.size();
  entry.digest = Digest::of(bytes);
  entry.mtime_ns = 946684800LL * 1'000'000'000;
  return {RelativePath(name), entry};
}

class PackageTest : public ::testing::Test {
 protected:
  PackageTest() {
    TrustedKey trusted;
    trusted.key = key.public_key();
    trusted.holder = "Vendor";
    trusted.purpose = "packages";
    trusted.added_by = "administrator";
    trusted.added_at = now;
    keys.add(trusted);
  }
  // A folder with a page and a script, ready to be built.
  std::string source(const std::string& yaml = patch_yaml) {
    const std::string folder = temp / ("source" + std::to_string(++sources));
    put(folder + "/package.yaml", yaml);
    put(folder + "/files/webapp/login.jsp", "<h1>new</h1>\n");
    put(folder + "/files/webapp/js/app.js", "run();\n");
    put(folder + "/sql/sqlite/010_column.sql", "alter table a add b;\n");
    return folder;
  }
  std::string signed_package(const std::string& yaml = patch_yaml) {
    const std::string file = temp / ("made" + std::to_string(++sources) + ".fpk");
    build_package(source(yaml), file);
    sign_package(file, key, 1769846400);
    return file;
  }

  TempFolder temp{"package-test"};
  SecretKey key = generate_key();
  TrustedKeys keys;
  int sources = 0;
};

}  // namespace ferry::test
