#include "base/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <memory>

#include "base/error.h"

namespace ferry {
namespace {

Text at_byte(std::size_t at) {
  return {"byte " + std::to_string(at), "第 " + std::to_string(at) + " 字节"};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string iconv_name(std::string_view charset) {
  auto name = lower(charset);
  if (name.empty() || name == "utf8") return "utf-8";
  if (name == "gbk" || name == "gb2312" || name == "gb_2312-80" || name == "x-gbk" || name == "cp936") return "gb18030";
  if (name == "iso-8859-1" || name == "latin1" || name == "us-ascii" || name == "ascii") return "windows-1252";
  return name;
}

class Converter {
 public:
  Converter(const std::string& to, const std::string& from) : handle_(::iconv_open(to.c_str(), from.c_str())) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv_open(3) says failure like this
    if (handle_ == reinterpret_cast<iconv_t>(-1))
      throw Error(Code::unsupported_format, Text{"charset '" + (from == "utf-8" ? to : from) + "'",
                                                 "字符集“" + (from == "utf-8" ? to : from) + "”"});
  }
  ~Converter() { ::iconv_close(handle_); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // `on_bad` gets the position of the first byte that can't be converted and says how many bytes to skip.
  template <class OnBad>
  std::string convert(std::string_view bytes, OnBad on_bad) {
    std::string out;
    std::array<char, 8192> buffer;
    auto* in = const_cast<char*>(bytes.data());  // iconv's signature is older than const
    std::size_t left = bytes.size();
    while (left > 0) {
      char* to = buffer.data();
      std::size_t room = buffer.size();
      const auto result = ::iconv(handle_, &in, &left, &to, &room);
      const int error = errno;
      out.append(buffer.data(), buffer.size() - room);
      if (result != static_cast<std::size_t>(-1) || error == E2BIG) continue;
      const auto skip = std::min(left, on_bad(bytes.size() - left, out));
      in += skip;
      left -= skip;
      ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    }
    flush(out);
    return out;
  }

 private:
  // Encodings with states (ISO-2022) end with a sequence that leads back to the first state.
  void flush(std::string& out) {
    std::array<char, 64> buffer;
    char* to = buffer.data();
    std::size_t room = buffer.size();
    ::iconv(handle_, nullptr, nullptr, &to, &room);
    out.append(buffer.data(), buffer.size() - room);
  }

  iconv_t handle_;
};

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view charset, BadBytes bad) {
  return Converter("utf-8", iconv_name(charset)).convert(bytes, [&](std::size_t at, std::string& out) -> std::size_t {
    if (bad == BadBytes::refuse)
      throw Error(Code::invalid_document, at_byte(at),
                  Text{"not " + std::string(charset) + " text", "不是 " + std::string(charset) + " 文本"});
    out += "\xEF\xBF\xBD";
    return 1;
  });
}

std::string from_utf8(std::string_view utf8, std::string_view charset) {
  return Converter(iconv_name(charset), "utf-8").convert(utf8, [&](std::size_t at, std::string&) -> std::size_t {
    throw Error(Code::invalid_document, at_byte(at),
                Text{"no such character in " + std::string(charset), std::string(charset) + " 中没有该字符"});
  });
}

}  // namespace ferry
