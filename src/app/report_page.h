// Building blocks of an HTML page: escaping, tables, badges, the style sheet. No knowledge of what is reported.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace ferry {

std::string html_escape(std::string_view text);

class Page {
 public:
  explicit Page(Language language) : language_(language) {}

  // Text in the page's language, escaped.
  std::string say(const Text& text) const { return html_escape(text.in(language_)); }
  void section(const std::string& id, const Text& title);  // ends the one before
  void paragraph(const Text& text);
  void raw(const std::string& html) { body_ += html; }
  // Cells are HTML already. `classes`: one per column, may be shorter.
  void table(const std::vector<Text>& heading, const std::vector<std::vector<std::string>>& rows,
             const std::vector<std::string>& classes = {});
  // good, bad, warn or plain.
  static std::string badge(const std::string& kind, const std::string& escaped_text);
  static std::string code(std::string_view text) { return "<code>" + html_escape(text) + "</code>"; }

  std::string finish(const Text& title, const std::string& header_html) const;
  Language language() const { return language_; }

 private:
  Language language_;
  bool in_section_ = false;
  std::string navigation_;
  std::string body_;
};

}  // namespace ferry
