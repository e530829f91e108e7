#include "app/report_page.h"

namespace ferry {
namespace {

// Colours keep a contrast of at least 4.5:1 on their ground; states are told by words and signs, never by colour alone.
constexpr const char* style = R"(
:root{--ink:#1c2430;--soft:#5a6675;--line:#dfe4ea;--ground:#f5f7f9;--card:#fff;--good:#0b6b3a;--good-bg:#e3f4ea;--bad:#a11212;--bad-bg:#fbe6e6;--warn:#7a4b00;--warn-bg:#fdf1d8;--accent:#17507f}
*{box-sizing:border-box}
body{margin:0;font:15px/1.55 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:var(--ink);background:var(--ground)}
header{background:var(--accent);color:#fff;padding:28px 24px}
header h1{margin:0 0 4px;font-size:24px;font-weight:600}
header p{margin:2px 0;opacity:.92}
.tiles{display:flex;flex-wrap:wrap;gap:12px;margin-top:18px}
.tile{background:rgba(255,255,255,.13);border-radius:8px;padding:10px 14px;min-width:130px}
.tile b{display:block;font-size:20px;font-weight:600}
nav{position:sticky;top:0;background:var(--card);border-bottom:1px solid var(--line);padding:8px 24px;overflow-x:auto;white-space:nowrap;z-index:1}
nav a{color:var(--accent);text-decoration:none;margin-right:18px;font-size:14px}
main{max-width:1120px;margin:0 auto;padding:8px 24px 48px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 22px;margin-top:18px}
h2{font-size:18px;margin:0 0 10px;font-weight:600}
h3{font-size:15px;margin:18px 0 6px;font-weight:600}
p{margin:6px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;margin:8px 0}
th{text-align:left;color:var(--soft);font-weight:600;border-bottom:2px solid var(--line);padding:6px 10px 6px 0;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:6px 10px 6px 0;vertical-align:top}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.narrow{white-space:nowrap}
code{font:13px/1.4 ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.badge{display:inline-block;border-radius:5px;padding:0 7px;font-size:13px;white-space:nowrap}
.good{color:var(--good);background:var(--good-bg)}.bad{color:var(--bad);background:var(--bad-bg)}.warn{color:var(--warn);background:var(--warn-bg)}.plain{color:var(--soft);background:var(--ground)}
.soft{color:var(--soft);font-size:13px}
.bar{background:#cfdcE8;height:9px;border-radius:4px;min-width:2px}.bar.down{background:#c8741c}
.sign{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:26px;margin-top:30px}
.sign div{border-top:1px solid var(--ink);padding-top:4px;margin-top:36px;font-size:13px;color:var(--soft)}
footer{max-width:1120px;margin:0 auto;padding:0 24px 40px;color:var(--soft);font-size:13px}
@media (max-width:640px){header,nav,main,footer{padding-left:14px;padding-right:14px}section{padding:14px}.tile{flex:1 1 40%}}
@media print{body{background:#fff;font-size:10.5pt}nav{display:none}header{background:none;color:#000;padding:0 0 8px;border-bottom:2px solid #000}.tile{background:none;border:1px solid #999}section{border:none;border-top:1px solid #999;border-radius:0;padding:8px 0;break-inside:auto}h2,h3{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}main,footer{max-width:none;padding:0}.badge{border:1px solid currentColor}@page{margin:16mm}}
)";

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void Page::section(const std::string& id, const Text& title) {
  if (in_section_) body_ += "</section>\n";
  in_section_ = true;
  navigation_ += "<a href=\"#" + id + "\">" + say(title) + "</a>";
  body_ += "<section id=\"" + id + "\"><h2>" + say(title) + "</h2>\n";
}

void Page::paragraph(const Text& text) {
  body_ += "<p>" + say(text) + "</p>\n";
}

std::string Page::badge(const std::string& kind, const std::string& escaped_text) {
  return "<span class=\"badge " + kind + "\">" + escaped_text + "</span>";
}

void Page::table(const std::vector<Text>& heading, const std::vector<std::vector<std::string>>& rows,
                 const std::vector<std::string>& classes) {
  const auto css = [&](std::size_t i) {
    return i < classes.size() && !classes[i].empty() ? " class=\"" + classes[i] + "\"" : std::string();
  };
  body_ += "<div class=\"scroll\"><table><thead><tr>";
  for (std::size_t i = 0; i < heading.size(); ++i) body_ += "<th" + css(i) + ">" + say(heading[i]) + "</th>";
  body_ += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    body_ += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) body_ += "<td" + css(i) + ">" + row[i] + "</td>";
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

std::string Page::finish(const Text& title, const std::string& header_html) const {
  const bool chinese = language_ == Language::chinese;
  std::string out = "<!DOCTYPE html>\n<html lang=\"";
  out += chinese ? "zh-CN" : "en";
  out +=
      "\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>" +
      say(title) + "</title><style>" + style + "</style></head>\n<body>\n<header>" + header_html + "</header>\n<nav>" +
      navigation_ + "</nav>\n<main>\n" + body_;
  if (in_section_) out += "</section>\n";
  return out + "</main>\n";
}

}  // namespace ferry
