#include "base/error.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace ferry {

bool is_fault_of_machine(Code code) {
  switch (code) {
    case Code::io:
    case Code::disk_full:
    case Code::too_many_files:
    case Code::out_of_memory:
    case Code::immutable_file:
    case Code::sync_failed:
      return true;
    default:
      return false;
  }
}

Error::Error(Code code, std::string what, std::string detail)
    : code_(code), about_(std::move(what)), detail_(std::move(detail)) {
  render();
}

Error::Error(Code code, std::string what, Text detail)
    : code_(code), about_(std::move(what)), detail_(std::move(detail.en)), chinese_detail_(std::move(detail.zh)) {
  render();
}

Error::Error(Code code, Text what, Text detail)
    : code_(code),
      about_(std::move(what.en)),
      detail_(std::move(detail.en)),
      chinese_about_(std::move(what.zh)),
      chinese_detail_(std::move(detail.zh)) {
  render();
}

Error&& Error::within(std::string context) && {
  return std::move(*this).within(Text{context, std::move(context)});
}

Error&& Error::within(Text context) && {
  chinese_context_.push_back(context.in(Language::chinese));
  context_.push_back(std::move(context.en));
  render();
  return std::move(*this);
}

Error&& Error::with_chinese_detail(std::string detail) && {
  chinese_detail_ = std::move(detail);
  return std::move(*this);
}

std::string Error::describe(Language language) const {
  const auto& row = info(code_);
  const bool chinese = language == Language::chinese;
  std::string out = row.text.in(language);
  const auto& about = chinese && !chinese_about_.empty() ? chinese_about_ : about_;
  if (!about.empty()) out += (chinese ? "：" : ": ") + about;
  const auto& detail = chinese && !chinese_detail_.empty() ? chinese_detail_ : detail_;
  if (!detail.empty()) {
    // A detail of several lines (a log, a list) is easier to read below the sentence than in brackets.
    if (detail.find('\n') == std::string::npos)
      out += (chinese ? "（" : " (") + detail + (chinese ? "）" : ")");
    else
      out += "\n" + detail;
  }
  for (const auto& line : chinese ? chinese_context_ : context_) out += (chinese ? "\n  位于 " : "\n  in ") + line;
  if (!row.remedy.empty()) out += "\n  → " + row.remedy.in(language);
  return out;
}

void Error::render() {
  rendered_ = describe(Language::english);
}

void broken_invariant(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "ferry: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace ferry
