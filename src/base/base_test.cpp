#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"

namespace ferry {
namespace {

TEST(Path, RefusesWhatLeadsOut) {
  for (const char* bad : {"/etc/passwd", "../x", "a/../b", "a//b", "a/.", ".."})
    EXPECT_THROW(RelativePath{bad}, Error) << bad;
  EXPECT_THROW(RelativePath{std::string_view("a\0b", 3)}, Error);
  EXPECT_EQ(RelativePath("./a/b/").bytes(), "a/b");
  EXPECT_TRUE(RelativePath(".").empty());
}

TEST(Path, KnowsWhatIsUnderAFolder) {
  EXPECT_TRUE(RelativePath("data/x").is_under(RelativePath("data")));
  EXPECT_FALSE(RelativePath("database").is_under(RelativePath("data")));
  EXPECT_TRUE(RelativePath("x").is_under(RelativePath()));
  EXPECT_EQ(RelativePath("a/b/c").parent().bytes(), "a/b");
  EXPECT_EQ(RelativePath("a/b/c").name(), "c");
}

TEST(Path, EveryByteSurvivesEscaping) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(unescape(escape(all)), all);
  EXPECT_EQ(escape("\xC4\xE3 x"), "\\304\\343\\040x");
  EXPECT_THROW(unescape("\\9"), Error);
  EXPECT_THROW(unescape("\\40"), Error);
}

TEST(Path, GbkNamesAreShownEscapedAndUtf8NamesAsTheyAre) {
  EXPECT_EQ(printable("请假单.jsp"), "请假单.jsp");
  EXPECT_EQ(printable("\xC7\xEB"), "\\307\\353");
  EXPECT_FALSE(is_utf8("\xE4\xBD"));
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));  // a surrogate
  EXPECT_TRUE(is_utf8("😀"));
}

TEST(Digest, AgreesWithTheStandardsExample) {  // FIPS 180-2 appendix B.1
  EXPECT_EQ(Digest::of("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Digest::from_hex(Digest::of("x").hex()), Digest::of("x"));
  EXPECT_THROW(Digest::from_hex("zz"), Error);
}

TEST(Digest, Base64RoundTrip) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) {
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    EXPECT_EQ(from_base64(to_base64(bytes)), text);
  }
  EXPECT_THROW(from_base64("a"), Error);
}

TEST(CanonicalJson, SortsByUtf16CodeUnits) {  // RFC 8785 section 3.2.3
  const Json value{{"\xEF\xAC\xB3", 1}, {"😀", 2}, {"a", Json::array({true, nullptr, "ä"})}};
  EXPECT_EQ(canonical(value), "{\"a\":[true,null,\"ä\"],\"😀\":2,\"\xEF\xAC\xB3\":1}");
}

TEST(CanonicalJson, RefusesFractionsAndEndlessNestingInsteadOfEnding) {
  EXPECT_THROW(canonical(Json{{"price", 1.5}}), Error);
  EXPECT_THROW(parse_json(std::string(100'000, '['), "a record"), Error);
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(canonical(parse_json(nested(200), "a record")), nested(200));
  EXPECT_THROW(parse_json(nested(201), "a record"), Error);
  EXPECT_NO_THROW(parse_json("\"" + std::string(1000, '[') + "\\\"\"", "brackets in a text"));
}

TEST(Clock, ParsesWhatItWritesAndOffsets) {
  const auto moment = parse_moment("2026-02-28T23:59:59.123Z");
  EXPECT_EQ(to_string(moment), "2026-02-28T23:59:59.123Z");
  EXPECT_EQ(parse_moment("2026-03-01T07:59:59.123+08:00"), moment);
  EXPECT_THROW(parse_moment("yesterday"), Error);
  EXPECT_THROW(parse_date("2026-02-30"), Error);
}

TEST(WorkingCalendar, SkipsWeekendsAndHolidaysAndCountsMadeUpDays) {
  WorkingCalendar calendar;
  calendar.holidays = {parse_date("2026-10-01"), parse_date("2026-10-02")};
  calendar.extra_days = {parse_date("2026-10-10")};
  EXPECT_EQ(to_string(calendar.next_working_day(parse_date("2026-10-01"))), "2026-10-05");
  EXPECT_EQ(to_string(calendar.end_of_work(parse_date("2026-10-09"), 4)), "2026-10-10");
  EXPECT_EQ(to_string(calendar.end_of_work(parse_date("2026-10-05"), 1)), "2026-10-05");
  EXPECT_EQ(calendar.working_days(parse_date("2026-09-28"), parse_date("2026-10-11")), 9);
}

TEST(Error, EveryCodeHasTextsInBothLanguagesAndAnExitStatus) {
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    const auto& row = info(static_cast<Code>(i));
    EXPECT_FALSE(row.text.en.empty() || row.text.zh.empty() || row.remedy.en.empty() || row.remedy.zh.empty())
        << row.name;
    EXPECT_GT(row.exit_status, 1) << row.name;
  }
}

TEST(Error, AdviceFitsTheCauseAndNotOnlyDisks) {
  for (const auto& [number, code, advice] :
       std::vector<std::tuple<int, Code, std::string>>{{ENOSPC, Code::disk_full, "room"},
                                                       {EDQUOT, Code::disk_full, "room"},
                                                       {EIO, Code::io, "kernel log"},
                                                       {EROFS, Code::immutable_file, "read-only"},
                                                       {EMFILE, Code::too_many_files, "ulimit -n"},
                                                       {ENFILE, Code::too_many_files, "file-max"},
                                                       {ENOMEM, Code::out_of_memory, "memory"}}) {
    const auto error = system_error("/srv/oa/x", number);
    EXPECT_EQ(error.code(), code) << number;
    EXPECT_TRUE(is_fault_of_machine(error.code()));
    EXPECT_EQ(info(code).exit_status, 3);
    EXPECT_NE(info(code).remedy.en.find(advice), std::string::npos) << info(code).remedy.en;
    EXPECT_FALSE(error.detail_text().zh == error.detail_text().en) << error.detail_text().zh;
  }
  EXPECT_FALSE(is_fault_of_machine(Code::not_found));
}

TEST(Error, SaysWhatWhereAndWhatToDo) {
  const auto error = Error(Code::disk_full, "/srv/oa", "needs 2 GB more").within("staging");
  EXPECT_NE(
      error.describe(Language::english).find("The disk is full: /srv/oa (needs 2 GB more)\n  in staging\n  → Free"),
      std::string::npos);
  EXPECT_NE(error.describe(Language::chinese).find("磁盘空间不足"), std::string::npos);
}

TEST(Text, LanguageFollowsTheLocaleVariables) {
  EXPECT_EQ(language_of_locale("zh_CN.UTF-8", nullptr, "en_US"), Language::chinese);
  EXPECT_EQ(language_of_locale("", "", "zh_TW"), Language::chinese);
  EXPECT_EQ(language_of_locale("C", nullptr, "zh_CN"), Language::english);
  EXPECT_EQ(display_width("升级ab"), 6U);
}

TEST(Id, IsSortableAndUnique) {
  const auto now = parse_moment("2026-01-31T08:00:00Z");
  EXPECT_TRUE(new_id("run", now).starts_with("run-20260131-080000-"));
  EXPECT_NE(new_id("run", now), new_id("run", now));
}

}  // namespace
}  // namespace ferry
