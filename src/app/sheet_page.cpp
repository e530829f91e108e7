// The sheet for people: one page to be sent, or plain lines.
#include "app/report_page.h"
#include "app/test_sheet.h"
#include "base/clock.h"

namespace ferry {
namespace {

const Text page_title{"Test system: what the machine must have", "测试系统环境要求"};

Text subject(const TestSheet& sheet) {
  const std::string versions = sheet.from.text() + (sheet.to.empty() ? "" : " → " + sheet.to.text());
  const std::string customer = sheet.customer.empty() ? "" : ", " + sheet.customer;
  return {sheet.title.en + " " + versions + customer,
          sheet.title.zh + " " + versions + (sheet.customer.empty() ? "" : "，" + sheet.customer)};
}

const Text how{
    "Check the machine: copy this file and the program there and run, as root: ferry environment check FILE. It only "
    "looks, and says row by row what is right, what is missing and what to do.",
    "检查方法：将本文件与程序复制到该机器，以 root 执行：ferry environment check "
    "文件。该命令只读，逐项说明是否满足、缺什么、"
    "如何处理。"};

// Inside a script element only its end tag has to be avoided.
std::string inside_script(std::string json) {
  for (std::size_t at = 0; (at = json.find("</", at)) != std::string::npos; at += 3) json.insert(at + 1, "\\");
  return json;
}

Text demand(const SheetNeed& need) {
  return need.required ? Text{"required", "必须"} : Text{"advised", "建议"};
}

}  // namespace

std::string sheet_page(const TestSheet& sheet, Language language) {
  Page page(language);
  page.section("needs", {"What is needed", "要求"});
  page.paragraph(how);
  std::vector<std::vector<std::string>> rows;
  for (const auto& need : sheet.needs)
    rows.push_back(
        {page.say(need.title),
         page.say(need.need) + (need.why.empty() ? "" : "<div class=\"soft\">" + page.say(need.why) + "</div>"),
         Page::badge(need.required ? "warn" : "plain", page.say(demand(need))), "☐"});
  page.table({{"what", "项目"}, {"need", "要求"}, {"", ""}, {"ready", "就绪"}}, rows, {"", "", "narrow", "narrow"});
  page.section("room", {"Room on the disk", "磁盘空间"});
  rows.clear();
  for (const auto& one : sheet.room) rows.push_back({page.say(one.what), html_escape(human_bytes(one.bytes))});
  page.table({{"for", "用途"}, {"size", "大小"}}, rows, {"", "number"});
  page.section("notes", {"Notes", "说明"});
  for (const auto& note : sheet.notes) page.paragraph(note);
  page.raw(std::string(sheet_opening) + inside_script(Json(sheet).dump()) + "</script>\n");
  const std::string header = "<h1>" + page.say(page_title) + "</h1><p>" + page.say(subject(sheet)) + "</p><p>" +
                             page.say({"folder", "目录"}) + " " + html_escape(sheet.root) + ", " +
                             page.say({"survey of", "调研时间"}) + " " + html_escape(sheet.surveyed) + "</p>";
  return page.finish(page_title, header) + "</body></html>\n";
}

std::string sheet_lines(const TestSheet& sheet, Language language) {
  const auto say = [&](const Text& text) { return text.in(language); };
  std::string out = say(page_title) + "\n" + say(subject(sheet)) + "\n\n";
  for (const auto& need : sheet.needs) {
    out += "[ ] " + say(need.title) + ": " + say(need.need) + " (" + say(demand(need)) + ")\n";
    if (!need.why.empty()) out += "      " + say(need.why) + "\n";
  }
  out += "\n" + say({"Room on the disk", "磁盘空间"}) + "\n";
  for (const auto& one : sheet.room) out += "  " + human_bytes(one.bytes) + "  " + say(one.what) + "\n";
  out += "\n";
  for (const auto& note : sheet.notes) out += say(note) + "\n";
  return out + "\n" + say(how) + "\n";
}

}  // namespace ferry
