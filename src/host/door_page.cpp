#include "host/door_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/local_time.h"

namespace ferry {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// The value of a header field, in lower case; empty when it is not there.
std::string field(std::string_view head, std::string_view name) {
  const std::string all = lower(head);
  const auto at = all.find("\n" + std::string(name) + ":");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 2;
  return all.substr(begin, all.find_first_of("\r\n", begin) - begin);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

// Empty when it is unknown or past.
std::string shown_time(const std::string& until, Moment now) {
  if (until.empty()) return {};
  const Moment end = parse_moment(until);
  return end <= now ? std::string() : local_time(end, now);
}

// Seconds after which asking again makes sense: the expected end, but a minute at least and an hour at most.
long retry_after(const DoorPage& page, Moment now) {
  if (page.until.empty()) return 300;
  const auto left = std::chrono::duration_cast<Seconds>(parse_moment(page.until) - now).count();
  return std::clamp<long>(left, 60, 3600);
}

std::string section(const DoorPage& page, const std::string& time, Language language) {
  const bool zh = language == Language::chinese;
  const std::string what = escaped(page.title.in(language));
  std::string out =
      zh ? fmt::format("<h1>系统正在升级维护</h1><p>{}暂时无法访问。您的数据是安全的。</p>", what)
         : fmt::format("<h1>Being upgraded</h1><p>{} can't be reached just now. Your data are safe.</p>", what);
  if (!time.empty())
    out += zh ? fmt::format("<p class=t>预计恢复时间<b>{}</b></p>", time)
              : fmt::format("<p class=t>Expected back <b>{}</b></p>", time);
  out += zh ? "<p>本页每分钟自动刷新，恢复后即可直接使用。</p>" : "<p>This page looks again every minute.</p>";
  if (!page.contact.empty())
    out += zh ? fmt::format("<p>联系人：{}</p>", escaped(page.contact))
              : fmt::format("<p>Contact: {}</p>", escaped(page.contact));
  return out;
}

std::string html(const DoorPage& page, Moment now, bool chinese_first) {
  const auto time = shown_time(page.until, now);
  const auto first = chinese_first ? Language::chinese : Language::english;
  const auto second = chinese_first ? Language::english : Language::chinese;
  return fmt::format(
      "<!doctype html><html lang={}><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
      "<meta http-equiv=refresh content=60><title>{}</title><style>body{{font:16px/1.6 system-ui,'Microsoft YaHei',"
      "sans-serif;margin:0;background:#f4f6f8;color:#233}}main{{max-width:34em;margin:12vh auto;padding:2em 2.5em;"
      "background:#fff;border-top:4px solid #2a6f97;box-shadow:0 1px 6px #0002}}h1{{font-size:1.5em;margin:0 0 .5em}}"
      ".t b{{font-size:1.4em;color:#2a6f97;margin-left:.3em}}section+section{{border-top:1px solid "
      "#dde;margin-top:1.5em;"
      "padding-top:1em;color:#667;font-size:.9em}}section+section h1{{font-size:1.1em}}header{{color:#667}}</style>"
      "<main><header>{}</header><section>{}</section><section>{}</section></main>",
      chinese_first ? "zh" : "en", chinese_first ? "系统正在升级维护" : "Being upgraded", escaped(page.owner),
      section(page, time, first), section(page, time, second));
}

std::string json(const DoorPage& page) {
  Json out = {{"status", "maintenance"}, {"title", page.title}, {"until", nullptr}};
  if (!page.until.empty()) out["until"] = page.until;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string door_answer(std::string_view head, const DoorPage& page, Moment now) {
  const auto accept = field(head, "accept");
  const bool as_json = accept.find("json") != std::string::npos && accept.find("html") == std::string::npos;
  const auto languages = field(head, "accept-language");
  const auto zh = languages.find("zh");
  const auto en = languages.find("en");
  const bool chinese_first = zh != std::string::npos && (en == std::string::npos || zh < en);
  const auto body = as_json ? json(page) : html(page, now, chinese_first || languages.empty());
  return fmt::format(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {}; charset=utf-8\r\nContent-Length: {}\r\nRetry-After: {}\r\n"
      "Cache-Control: no-store\r\nConnection: close\r\n\r\n{}",
      as_json ? "application/json" : "text/html", body.size(), retry_after(page, now),
      head.starts_with("HEAD ") ? "" : body);
}

}  // namespace ferry
