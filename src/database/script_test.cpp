#include "database/script.h"

#include <gtest/gtest.h>

#include "base/charset.h"
#include "base/error.h"
#include "database/connection.h"
#include "database/test_database.h"

namespace ferry {
namespace {

std::vector<std::string> texts(std::string_view sql, Separator separator = Separator::semicolon) {
  std::vector<std::string> out;
  for (const auto& statement : split_statements(sql, separator)) out.push_back(statement.text);
  return out;
}
using Texts = std::vector<std::string>;

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.about() + " " + error.detail();
  }
  return {};
}

TEST(Script, SplitsAtSemicolonsOutsideQuotesAndComments) {
  EXPECT_EQ(texts("SELECT 1;SELECT ';', \";\", `;`, [;];; -- ;\n/* ; */ SELECT 'it''s;' -- end"),
            (Texts{"SELECT 1", "SELECT ';', \";\", `;`, [;]", "SELECT 'it''s;'"}));
  EXPECT_EQ(texts(" \n-- nothing\n;;"), Texts{});
  EXPECT_EQ(texts("UPDATE t SET a = '流程;审批' WHERE b = 1 ;\n"), (Texts{"UPDATE t SET a = '流程;审批' WHERE b = 1"}));
}

TEST(Script, KeepsATriggerWhole) {
  const std::string trigger =
      "CREATE TEMP TRIGGER IF NOT EXISTS t AFTER INSERT ON x BEGIN\n"
      "  UPDATE x SET a = CASE WHEN b THEN 1 ELSE 2 END;\n  -- END;\n  DELETE FROM y WHERE c = 'END;';\nEND";
  EXPECT_EQ(texts(trigger + ";\nSELECT 1;"), (Texts{trigger, "SELECT 1"}));
  EXPECT_EQ(texts("CREATE TABLE trigger_log (trigger TEXT); SELECT 1").size(), 2U);
  EXPECT_NE(refusal([] { texts("\nCREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; SELECT 2;"); }), "");
}

TEST(Script, KnowsLines) {
  const auto statements = split_statements("-- a\r\n\r\nSELECT\r\n 1;\r\n/* x\n y */ SELECT 2", Separator::semicolon);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].line, 3);
  EXPECT_EQ(statements[1].line, 6);
}

TEST(Script, NamesTheLineOfWhatIsNotClosed) {
  EXPECT_NE(refusal([] { split_statements("SELECT 1;\nSELECT 'x", Separator::semicolon, "a.sql"); }).find("a.sql:2"),
            std::string::npos);
  EXPECT_NE(refusal([] { split_statements("\n\n/* x", Separator::semicolon, "a.sql"); }).find("a.sql:3"),
            std::string::npos);
}

TEST(Script, SplitsAtGoLinesOnly) {
  EXPECT_EQ(texts("SELECT 1; SELECT 2\ngo\n-- GO\nSELECT 'a\nGO\nb'\n  GO  \n", Separator::go_line),
            (Texts{"SELECT 1; SELECT 2", "SELECT 'a\nGO\nb'"}));
  EXPECT_NE(refusal([] { texts("SELECT 1\nGO 5\n", Separator::go_line); }), "");
}

TEST(Script, SplitsPlSqlBlocksAtSlashLines) {
  EXPECT_EQ(texts("INSERT INTO t VALUES (6\n/ 2);\nCREATE OR REPLACE PROCEDURE p AS BEGIN x := 1; END;\n/\n"
                  "DECLARE a INT; BEGIN NULL; END;\n/\nSELECT 1 FROM dual\n/\n",
                  Separator::slash_line),
            (Texts{"INSERT INTO t VALUES (6\n/ 2)", "CREATE OR REPLACE PROCEDURE p AS BEGIN x := 1; END;",
                   "DECLARE a INT; BEGIN NULL; END;", "SELECT 1 FROM dual"}));
}

TEST(Script, ReadsGbkUtf8AndUtf16) {
  const std::string sql = "INSERT INTO t VALUES ('报销');";
  EXPECT_EQ(decode_script(sql, {}, "a"), sql);
  EXPECT_EQ(decode_script("\xEF\xBB\xBF" + sql, {}, "a"), sql);
  EXPECT_EQ(decode_script(from_utf8(sql, "GBK"), "GBK", "a"), sql);
  EXPECT_EQ(decode_script("\xFF\xFE" + from_utf8(sql, "utf-16le"), {}, "a"), sql);
  EXPECT_NE(refusal([&] { decode_script("SELECT 1;\n" + from_utf8(sql, "GBK"), {}, "a.sql"); }).find("a.sql:2"),
            std::string::npos);
  EXPECT_NE(refusal([&] { decode_script("\xFF\xFFx", "GBK", "a.sql"); }), "");
  EXPECT_EQ(read_script("a", from_utf8(sql, "GBK"), Separator::semicolon, "GBK").statements.size(), 1U);
}

TEST(Script, NormalisesWhatMeansTheSame) {
  EXPECT_EQ(normalised_sql("CREATE  TABLE t(\n a INT, -- x\n b TEXT);"),
            normalised_sql("create table T ( a int,b text )"));
  EXPECT_NE(normalised_sql("SELECT 'A'"), normalised_sql("SELECT 'a'"));
  EXPECT_NE(normalised_sql("CREATE TABLE t (a, b)"), normalised_sql("CREATE TABLE t (b, a)"));
}

TEST(Script, FindsParametersOutsideQuotes) {
  EXPECT_EQ(parameter_names("SELECT :a, ':b', x::int, :a, :since -- :c"), (Texts{"a", "since"}));
}

TEST(Script, ExecutesAllOrNothing) {
  const testing_database::Folder folder;
  auto connection = Connection::open_file(testing_database::make_database(folder / "x.db", "CREATE TABLE t (a UNIQUE)"),
                                          {OpenMode::read_write, Milliseconds(100), {}});
  EXPECT_NE(
      refusal([&] { execute_all(connection, "INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (1);", "silence"); }), "");
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 0);
  execute_all(connection, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);");
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 2);
}

}  // namespace
}  // namespace ferry
