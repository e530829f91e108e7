#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include "base/clock.h"

namespace ferry {
namespace {

constexpr auto redraw_every = std::chrono::milliseconds(100);
constexpr auto plain_every = std::chrono::seconds(10);

std::size_t columns(std::FILE* out) {
  winsize size{};
  return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

// Cut to a width in columns without cutting a character in two.
std::string cut(const std::string& text, std::size_t width) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0U) == 0x80U) ++length;
    if (display_width(out) + display_width(text.substr(i, length)) > width) break;
    out += text.substr(i, length);
    i += length;
  }
  return out;
}

}  // namespace

TerminalReporter::TerminalReporter(std::FILE* out, Language language, bool moving, bool colour,
                                   std::function<Steady::time_point()> now)
    : out_(out), language_(language), moving_(moving), colour_(colour), now_(std::move(now)) {}

TerminalReporter::~TerminalReporter() {
  clear_line();
}

void TerminalReporter::clear_line() {
  if (!on_line_) return;
  std::fputs("\r\x1b[K", out_);
  on_line_ = false;
}

void TerminalReporter::begin(const Text& what) {
  if (open_) finish_line("·", "");
  what_ = what.in(language_);
  began_ = last_plain_ = now_();
  last_shown_ = {};
  open_ = true;
  if (moving_) {
    std::fputs(fmt::format("  … {}", cut(what_, columns(out_) - 5)).c_str(), out_);
    std::fflush(out_);
    on_line_ = true;
  }
}

std::string TerminalReporter::progress_text(std::uint64_t done, std::uint64_t total, Unit unit) const {
  const auto amount = [&](std::uint64_t n) { return unit == Unit::bytes ? human_bytes(n) : fmt::format("{}", n); };
  const double seconds = std::chrono::duration<double>(now_() - began_).count();
  std::string out = total > 0 ? fmt::format("{} / {}", amount(done), amount(total)) : amount(done);
  if (unit == Unit::none || seconds < 1 || done == 0) return out;
  const double rate = static_cast<double>(done) / seconds;
  out += fmt::format(", {}/s", amount(static_cast<std::uint64_t>(rate)));
  if (total > done) {
    const auto left = Milliseconds(static_cast<std::int64_t>(static_cast<double>(total - done) / rate * 1000));
    out += (language_ == Language::chinese ? "，剩余 " : ", left ") + human_duration(left);
  }
  return out;
}

void TerminalReporter::progress(std::uint64_t done, std::uint64_t total, Unit unit) {
  const auto now = now_();
  if (moving_) {
    if (now - last_shown_ < redraw_every) return;
    last_shown_ = now;
    std::fputs(fmt::format("\r\x1b[K{}",
                           cut(fmt::format("  … {}  {}", what_, progress_text(done, total, unit)), columns(out_) - 1))
                   .c_str(),
               out_);
    std::fflush(out_);
    on_line_ = true;
  } else if (now - last_plain_ >= plain_every) {
    last_plain_ = now;
    std::fputs(fmt::format("    {}  {}\n", what_, progress_text(done, total, unit)).c_str(), out_);
    std::fflush(out_);
  }
}

void TerminalReporter::finish_line(const char* mark, const std::string& result) {
  clear_line();
  const auto took = std::chrono::duration_cast<Milliseconds>(now_() - began_);
  std::string line = fmt::format("  {} {}", mark, what_);
  if (!result.empty()) line += (language_ == Language::chinese ? "：" : ": ") + result;
  if (took >= Milliseconds(1000)) line += fmt::format("  ({})", human_duration(took));
  std::fputs((line + "\n").c_str(), out_);
  std::fflush(out_);
  open_ = false;
}

void TerminalReporter::done(const Text& result) {
  if (!open_) {
    note(result);
    return;
  }
  finish_line(colour_ ? "\x1b[32m✓\x1b[0m" : "✓", result.in(language_));
}

void TerminalReporter::note(const Text& text) {
  clear_line();
  std::fputs(fmt::format("    {}\n", text.in(language_)).c_str(), out_);
  std::fflush(out_);
}

void TerminalReporter::warning(const Text& text) {
  clear_line();
  std::fputs(fmt::format("  {} {}\n", colour_ ? "\x1b[33m!\x1b[0m" : "!", text.in(language_)).c_str(), out_);
  std::fflush(out_);
}

}  // namespace ferry
