// What actions promise: one value is changed, every other byte stays; twice is the same as once; nothing secret shows.
#include "backup/actions.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/error.h"
#include "database/connection.h"
#include "host/files.h"

namespace ferry {
namespace {

Code code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

TEST(Properties, OneValueChangesAndEveryOtherByteStays) {
  const std::string text =
      "# comment\r\n! other = 1\r\n\r\n  mail.host = old.example \r\nmail.port:25\r\nmail.host.two=x\r\nlast=1";
  const auto edit = set_property(text, "mail.host", "192.0.2.25");
  EXPECT_EQ(edit.text,
            "# comment\r\n! other = 1\r\n\r\n  mail.host = 192.0.2.25\r\nmail.port:25\r\nmail.host.two=x\r\nlast=1");
  EXPECT_EQ(edit.before, "old.example ");
  EXPECT_EQ(edit.changed, 1);
  EXPECT_EQ(set_property(edit.text, "mail.host", "192.0.2.25").changed, 0);
  EXPECT_EQ(set_property(edit.text, "mail.host", "192.0.2.25").text, edit.text);
}

TEST(Properties, EverySeparatorContinuationAndEscapeOfJavaIsUnderstood) {
  EXPECT_EQ(set_property("a b\n", "a", "c").text, "a c\n");
  EXPECT_EQ(set_property("a\n", "a", "c").text, "a=c\n");
  EXPECT_EQ(set_property("a=\n", "a", "c").text, "a=c\n");
  EXPECT_EQ(set_property("a : b\n", "a", "c").text, "a : c\n");
  EXPECT_EQ(set_property("a\\ b\\:c=1\nx=2\n", "a b:c", "3").text, "a\\ b\\:c=3\nx=2\n");
  EXPECT_EQ(set_property("\\u0061=1\n", "a", "2").text, "\\u0061=2\n");
  const auto folded = set_property("list=one,\\\n   two,\\\n   three\nnext=1\n", "list", "x");
  EXPECT_EQ(folded.text, "list=x\nnext=1\n");
  EXPECT_EQ(folded.before, "one,two,three");
  EXPECT_EQ(set_property("# not this \\\nkey=1\n", "key", "2").text, "# not this \\\nkey=2\n") << "comments end";
  EXPECT_EQ(set_property("a=1\nb=2\na=3\n", "a", "9").text, "a=9\nb=2\na=9\n") << "the last would win";
}

TEST(Properties, ValuesAreWrittenSoThatJavaReadsThemBack) {
  EXPECT_EQ(set_property("a=1\n", "a", " C:\\temp\n").text, "a=\\ C:\\\\temp\\n\n");
  EXPECT_EQ(set_property("a=1\n", "a", "测试😀").text, "a=\\u6D4B\\u8BD5\\uD83D\\uDE00\n");
  EXPECT_EQ(set_property("a=\\u6d4b\\u8BD5\\uD83D\\uDE00\n", "a", "测试😀").changed, 0) << "it was so already";
}

TEST(Properties, AnAbsentKeyIsAddedInTheFilesOwnLineEnds) {
  const auto edit = set_property("a=1\r\nb=2", "c d", "3");
  EXPECT_TRUE(edit.added);
  EXPECT_EQ(edit.text, "a=1\r\nb=2\r\nc\\ d=3\r\n");
}

TEST(Properties, AGbkFileWhoseCharactersHoldBackslashesIsNotTornApart) {
  // 0x95 0x5C and 0x8C 0x5C are GBK characters whose second byte is a backslash, here at the ends of lines.
  const std::string text = "name=\x95\x5c\nmail=old\n# \x8c\x5c\nlast=\xd6\xd0\x95\x5c\n";
  EXPECT_EQ(set_property(text, "mail", "new").text, "name=\x95\x5c\nmail=new\n# \x8c\x5c\nlast=\xd6\xd0\x95\x5c\n");
}

TEST(EnvironmentFiles, QuotesCommentsAndExportStay) {
  const std::string text = "# OA_PORT=1\nOA_PORT=8080   # the port\nexport OPTS=\"-Xmx1g -Da=b\"\nNAME='a b'\n";
  EXPECT_EQ(set_env(text, "OA_PORT", "9090").text,
            "# OA_PORT=1\nOA_PORT=9090   # the port\nexport OPTS=\"-Xmx1g -Da=b\"\nNAME='a b'\n");
  const auto options = set_env(text, "OPTS", "say \"$HOME\"");
  EXPECT_NE(options.text.find("export OPTS=\"say \\\"\\$HOME\\\"\"\n"), std::string::npos) << options.text;
  EXPECT_EQ(set_env(options.text, "OPTS", "say \"$HOME\"").changed, 0);
  EXPECT_NE(set_env(text, "NAME", "c d").text.find("NAME='c d'\n"), std::string::npos);
  EXPECT_EQ(set_env("A=1", "B", "x y").text, "A=1\nB=\"x y\"\n");
  EXPECT_EQ(code_of([&] { set_env(text, "A", "two\nlines"); }), Code::invalid_document);
}

TEST(Replace, TwiceIsTheSameAsOnceEvenWhenTheNewTextHoldsTheOld) {
  const auto once = replace_text("at oa.example and oa.example", "oa.example", "test.oa.example");
  EXPECT_EQ(once.text, "at test.oa.example and test.oa.example");
  EXPECT_EQ(once.changed, 2);
  const auto twice = replace_text(once.text, "oa.example", "test.oa.example");
  EXPECT_EQ(twice.text, once.text);
  EXPECT_EQ(twice.changed, 0);
}

class Installation : public testing::Test {
 protected:
  Installation() {
    make_folders(temp_ / "root/conf");
    context_.root = temp_ / "root";
    context_.variables = {{"environment.port", "9090"}, {"environment.url", "http://o'hara:9090"}};
    context_.secret = [](const std::string& name) { return name == "mail" ? "s3cr3t-value" : ""; };
  }
  std::string path(const std::string& name) const { return temp_ / ("root/" + name); }
  Action action(Action::Kind kind, const std::string& file) {
    Action action;
    action.id = "x";
    action.kind = kind;
    action.file = file;
    return action;
  }
  TempFolder temp_{"ferry-actions"};
  ActionContext context_;
};

TEST_F(Installation, ReportsSayWhatChangedWithoutShowingSecrets) {
  write_file_atomic(path("conf/a.properties"), "port=80\nmail.auth=plain\nx.password=old\n", 0640);
  auto edit = action(Action::Kind::properties, "conf/a.properties");
  edit.set = {{"port", "${environment.port}"}, {"mail.auth", "user:${secret.mail}"}, {"x.password", "new"}};
  const auto report = apply_action(edit, context_);
  EXPECT_EQ(report.changed, 3);
  EXPECT_EQ(read_file(path("conf/a.properties")), "port=9090\nmail.auth=user:s3cr3t-value\nx.password=new\n");
  struct stat status {};
  ASSERT_EQ(::stat(path("conf/a.properties").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  const std::string shown = Json(report).dump();
  EXPECT_EQ(shown.find("s3cr3t"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("\"new\""), std::string::npos) << shown;
  EXPECT_NE(shown.find("9090"), std::string::npos) << shown;
  EXPECT_TRUE(apply_action(edit, context_).nothing) << "twice";
}

TEST_F(Installation, AMissingFileIsAnErrorAndAnAbsentKeyIsSaid) {
  auto edit = action(Action::Kind::properties, "conf/none.properties");
  edit.set = {{"a", "b"}};
  EXPECT_EQ(code_of([&] { apply_action(edit, context_); }), Code::not_found);
  write_file_atomic(path("conf/b.properties"), "x=1\n");
  edit.file = "conf/b.properties";
  const auto report = apply_action(edit, context_);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_NE(report.notes[0].en.find("added"), std::string::npos);
}

TEST_F(Installation, NothingOutsideTheRootIsTouched) {
  write_file_atomic(temp_ / "outside.txt", "old");
  std::filesystem::create_symlink(temp_ / "outside.txt", path("conf/link"));
  std::filesystem::create_symlink("..", path("conf/up"));
  for (const std::string file : {"../outside.txt", "/etc/hostname", "conf/link", "conf/up/../../outside.txt"}) {
    auto write = action(Action::Kind::write, file);
    write.text = "new";
    EXPECT_EQ(code_of([&] { apply_action(write, context_); }), Code::out_of_bounds_path) << file;
  }
  EXPECT_EQ(read_file(temp_ / "outside.txt"), "old");
}

TEST_F(Installation, ALinkInsideTheRootIsFollowedAsTheProductDoes) {
  write_file_atomic(path("conf/real.env"), "A=1\n");
  std::filesystem::create_symlink("real.env", path("conf/link.env"));
  auto edit = action(Action::Kind::env, "conf/link.env");
  edit.set = {{"A", "2"}};
  apply_action(edit, context_);
  EXPECT_EQ(read_file(path("conf/real.env")), "A=2\n");
  EXPECT_TRUE(std::filesystem::is_symlink(path("conf/link.env")));
}

TEST_F(Installation, ReplaceWriteAndRemoveCanBeRepeatedAndSayWhenNothingMatched) {
  write_file_atomic(path("a.html"), "<body>");
  auto replace = action(Action::Kind::replace, "a.html");
  replace.set = {{"<body>", "<body><b>TEST</b>"}};
  EXPECT_EQ(apply_action(replace, context_).changed, 1);
  EXPECT_TRUE(apply_action(replace, context_).nothing);
  EXPECT_EQ(read_file(path("a.html")), "<body><b>TEST</b>");
  replace.set = {{"nowhere", "x"}};
  EXPECT_EQ(code_of([&] { apply_action(replace, context_); }), Code::not_found);
  auto write = action(Action::Kind::write, "new/mark.txt");
  write.text = "port ${environment.port}";
  EXPECT_EQ(apply_action(write, context_).changed, 1);
  EXPECT_TRUE(apply_action(write, context_).nothing);
  EXPECT_EQ(read_file(path("new/mark.txt")), "port 9090");
  auto remove = action(Action::Kind::remove, "new/mark.txt");
  EXPECT_EQ(apply_action(remove, context_).changed, 1);
  EXPECT_TRUE(apply_action(remove, context_).nothing);
}

TEST_F(Installation, SqlIsOneTransactionAndSaysHowManyRowsEachStatementChanged) {
  Profile profile;
  profile.databases.push_back({"main", "sqlite", "oa.db", "", std::nullopt, {}, {}});
  write_file_atomic(path("oa.db"), "");
  context_.sql = sql_runner(profile, context_.root, context_.variables);
  auto sql = action(Action::Kind::sql, "");
  sql.text =
      "create table setting(name text primary key, value text); insert into setting values('url','old'),('m','1')";
  apply_action(sql, context_);
  sql.text = "update setting set value = '${environment.url}' where name = 'url'; delete from setting where name = 'q'";
  const auto report = apply_action(sql, context_);
  EXPECT_EQ(report.changed, 1);
  ASSERT_EQ(report.changes.size(), 2U);
  EXPECT_EQ(report.changes[1].count, 0);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_NE(report.notes[0].en.find("0 rows"), std::string::npos);
  auto connection = Connection::open_file(path("oa.db"));
  EXPECT_EQ(connection.scalar("select value from setting where name = 'url'"), "http://o'hara:9090");
  sql.text = "update setting set value = 'half'; update nowhere set a = 1";
  EXPECT_EQ(code_of([&] { apply_action(sql, context_); }), Code::database_query);
  EXPECT_EQ(connection.scalar("select count(*) from setting where value = 'half'"), "0") << "all or nothing";
}

}  // namespace
}  // namespace ferry
