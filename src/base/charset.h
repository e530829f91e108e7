// Text in other encodings than UTF-8: SQL scripts, pages and names of Chinese products are often GBK.
#pragma once
#include <string>
#include <string_view>

namespace ferry {

// What to do with bytes that are no text in the charset named.
enum class BadBytes { refuse, replace };  // replace: by U+FFFD

// Converts to UTF-8. Charset names are those of iconv(3), in any case; "gbk" and "gb2312" are read as their superset
// GB18030, "iso-8859-1" and "us-ascii" as windows-1252, as the WHATWG Encoding Standard does for pages; empty means
// UTF-8. Throws Error(unsupported_format) for an unknown charset, Error(invalid_document, "byte N") on bad bytes with
// `refuse`.
std::string to_utf8(std::string_view bytes, std::string_view charset, BadBytes bad = BadBytes::refuse);
// The other way round; throws Error(invalid_document) when the charset has no such character.
std::string from_utf8(std::string_view utf8, std::string_view charset);

}  // namespace ferry
