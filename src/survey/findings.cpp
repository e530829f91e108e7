#include "survey/findings.h"

#include <algorithm>

#include "base/path.h"

namespace ferry {

Finding& Findings::add(const std::string& rule, const std::string& about, Severity severity, Text title, Text detail,
                       Text remedy, std::vector<std::string> covers) {
  Finding finding;
  finding.rule = rule;
  finding.key = about.empty() ? rule : rule + ":" + printable(about);
  finding.severity = severity;
  finding.title = std::move(title);
  finding.detail = std::move(detail);
  finding.remedy = std::move(remedy);
  finding.audience = "vendor_engineer";
  finding.covers = std::move(covers);
  all_.push_back(std::move(finding));
  return all_.back();
}

Finding& Findings::add_error(const std::string& about, const Error& error, bool blocking,
                             std::vector<std::string> covers) {
  const CodeInfo& what = info(error.code());
  const auto detail = [&](Language language) {
    const bool chinese = language == Language::chinese;
    std::string out = what.text.in(language) + (chinese ? "：" : ": ") + printable(error.about_text().in(language));
    const std::string more = printable(error.detail_text().in(language));
    if (!more.empty()) out += (chinese ? "（" : " (") + more + (chinese ? "）" : ")");
    return out;
  };
  Finding& finding = add("not-readable", about, blocking ? Severity::high : Severity::medium,
                         {"The survey could not read " + about, "调研无法读取 " + about},
                         {detail(Language::english), detail(Language::chinese)}, what.remedy, std::move(covers));
  finding.blocking = blocking;
  finding.audience = "administrator";
  return finding;
}

std::vector<Finding> Findings::sorted() && {
  std::stable_sort(all_.begin(), all_.end(), [](const Finding& a, const Finding& b) {
    return a.severity != b.severity ? a.severity > b.severity : a.key < b.key;
  });
  return std::move(all_);
}

Text listing(const std::vector<std::string>& items, std::size_t most) {
  Text out;
  for (std::size_t i = 0; i < std::min(items.size(), most); ++i) {
    out.en += (i == 0 ? "" : ", ") + printable(items[i]);
    out.zh += (i == 0 ? "" : "、") + printable(items[i]);
  }
  if (items.size() > most) {
    const std::string rest = std::to_string(items.size() - most);
    out.en += " and " + rest + " more";
    out.zh += " 等，另有 " + rest + " 个";
  }
  return out;
}

}  // namespace ferry
