// The mtree(5) form of a manifest. Rules from mtree(5) of FreeBSD and from what libarchive's reader and writer do
// (the part behind the point of `time` is a count of nanoseconds, not a fraction).
#include <charconv>
#include <limits>
#include <optional>

#include "base/append.h"
#include "base/error.h"
#include "model/manifest.h"

namespace ferry {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000'000;

// Beyond what escape() does: readers take a word with '=' for a keyword.
constexpr char also_escaped = '=';

// Type, mode and owner: most entries have those of the one before.
class Kind {
 public:
  const std::string& of(const Entry& entry) {
    if (!text_.empty() && entry.type == type_ && entry.mode == mode_ && entry.uid == uid_ && entry.gid == gid_)
      return text_;
    type_ = entry.type;
    mode_ = entry.mode;
    uid_ = entry.uid;
    gid_ = entry.gid;
    text_ = " type=";
    text_ += name_of(entry.type);
    text_ += " mode=";
    append_number(text_, entry.mode, 8, 4);
    text_ += " uid=";
    append_number(text_, entry.uid);
    text_ += " gid=";
    append_number(text_, entry.gid);
    return text_;
  }

 private:
  EntryType type_ = EntryType::file;
  std::uint32_t mode_ = 0, uid_ = 0, gid_ = 0;
  std::string text_;
};

void append_entry(std::string& out, const RelativePath& path, const Entry& entry, Kind& kind) {
  out += '.';
  if (!path.empty()) {
    out += '/';
    append_escaped(out, path.bytes(), also_escaped);
  }
  out += kind.of(entry);
  if (entry.type == EntryType::file) {
    out += " size=";
    append_number(out, entry.size);
  }
  std::int64_t seconds = entry.mtime_ns / nanoseconds;
  std::int64_t rest = entry.mtime_ns % nanoseconds;
  if (rest < 0) {
    rest += nanoseconds;
    --seconds;
  }
  out += " time=";
  append_number(out, seconds);
  out += '.';
  append_number(out, rest, 10, 9);
  if (entry.type == EntryType::file && !entry.digest.empty()) {
    out += " sha256digest=";
    append_hex(out, entry.digest.bytes());
  }
  if (entry.type == EntryType::link) {
    out += " link=";
    append_escaped(out, entry.link, also_escaped);
  }
  out += '\n';
}

// What is known about an entry while its line (and the /set lines before it) are read.
struct Draft {
  std::optional<EntryType> type;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint64_t> size;
  std::int64_t mtime_ns = 0;
  Digest digest;
  std::optional<std::string> link;
};

template <class Number>
Number number_of(std::string_view text, int base = 10) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    throw Error(Code::invalid_document, std::string(text), Text{"not a number in range", "不是有效范围内的数字"});
  return out;
}

std::int64_t time_of(std::string_view text) {
  const auto point = text.find('.');
  const auto seconds = number_of<std::int64_t>(text.substr(0, point));
  const auto rest = point == std::string_view::npos ? 0 : number_of<std::int64_t>(text.substr(point + 1));
  constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max() / nanoseconds - 1;
  if (seconds > latest || seconds < -latest || rest < 0 || rest >= nanoseconds)
    throw Error(Code::invalid_document, std::string(text), Text{"time out of range", "时间超出范围"});
  return seconds * nanoseconds + rest;
}

// Octal escapes, and the C-like ones of vis(3) that some mtree programs write.
std::string unescape_word(std::string_view word) {
  if (word.find('\\') == std::string_view::npos) return std::string(word);
  constexpr std::string_view letters = "abfnrstv\\#*?[";
  constexpr std::string_view values = "\a\b\f\n\r \t\v\\#*?[";
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '\\') {
      out += word[i];
      continue;
    }
    const auto known = i + 1 < word.size() ? letters.find(word[i + 1]) : std::string_view::npos;
    if (known != std::string_view::npos) {
      out += values[known];
      i += 1;
    } else {
      out += unescape(word.substr(i, 4));
      i += 3;
    }
  }
  return out;
}

void apply(Draft& draft, std::string_view keyword, std::string_view value) {
  if (keyword == "type") {
    draft.type = entry_type(value);
  } else if (keyword == "mode") {
    draft.mode = number_of<std::uint32_t>(value, 8);
    if (draft.mode > 07777)
      throw Error(Code::invalid_document, std::string(value), Text{"mode above 7777", "权限位超过 7777"});
  } else if (keyword == "uid") {
    draft.uid = number_of<std::uint32_t>(value);
  } else if (keyword == "gid") {
    draft.gid = number_of<std::uint32_t>(value);
  } else if (keyword == "size") {
    draft.size = number_of<std::uint64_t>(value);
  } else if (keyword == "time") {
    draft.mtime_ns = time_of(value);
  } else if (keyword == "sha256digest" || keyword == "sha256") {
    draft.digest = Digest::from_hex(value);
  } else if (keyword == "link") {
    draft.link = unescape_word(value);
  }  // others (uname, nlink, flags, ...) are not used here
}

void forget(Draft& draft, std::string_view keyword) {
  const Draft empty;
  if (keyword == "type" || keyword == "all") draft.type = empty.type;
  if (keyword == "mode" || keyword == "all") draft.mode = empty.mode;
  if (keyword == "uid" || keyword == "all") draft.uid = empty.uid;
  if (keyword == "gid" || keyword == "all") draft.gid = empty.gid;
}

Entry finish(const Draft& draft) {
  const auto refuse = [](const char* keyword) {
    throw Error(Code::invalid_document, keyword,
                Text{"the keyword is missing; it is needed to compare contents", "缺少该关键字，无法比较内容"});
  };
  if (!draft.type) refuse("type");
  Entry entry{*draft.type, draft.mode, draft.uid, draft.gid, 0, draft.mtime_ns, {}, {}};
  if (entry.type == EntryType::file) {
    if (!draft.size) refuse("size");
    if (draft.digest.empty()) refuse("sha256digest");
    entry.size = *draft.size;
    entry.digest = draft.digest;
  }
  if (entry.type == EntryType::link) {
    if (!draft.link) refuse("link");
    entry.link = *draft.link;
  }
  return entry;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  std::vector<Manifest::Item> parse() {
    while (next_line()) {
      try {
        take_line();
      } catch (const Error& e) {
        const auto why = e.detail_text();
        throw Error(Code::invalid_document, where_ + ":" + std::to_string(line_number_),
                    why.empty() ? e.about_text() : Text{e.about() + ": " + why.en, e.about_text().zh + "：" + why.zh});
      }
    }
    return std::move(items_);
  }

 private:
  // Joins lines that end with a backslash.
  bool next_line() {
    line_.clear();
    line_number_ = following_;
    while (at_ < text_.size()) {
      auto end = text_.find('\n', at_);
      if (end == std::string_view::npos) end = text_.size();
      auto part = text_.substr(at_, end - at_);
      at_ = end + 1;
      ++following_;
      if (part.ends_with('\r')) part.remove_suffix(1);
      if (!part.ends_with('\\')) {
        line_ += part;
        return true;
      }
      line_ += part.substr(0, part.size() - 1);
      line_ += ' ';
    }
    return !line_.empty();
  }

  std::string_view next_word(std::string_view& rest) {
    const auto begin = rest.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      rest = {};
      return {};
    }
    const auto end = std::min(rest.find_first_of(" \t", begin), rest.size());
    const auto word = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return word;
  }

  void take_line() {
    std::string_view rest = line_;
    const auto first = next_word(rest);
    if (first.empty() || first.starts_with('#')) return;
    if (first == "/set") {
      take_keywords(defaults_, rest);
    } else if (first == "/unset") {
      for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) forget(defaults_, word);
    } else if (first == "..") {
      if (folders_.empty())
        throw Error(Code::invalid_document, "..", Text{"above the first folder", "超出最上层文件夹"});
      folders_.pop_back();
    } else {
      Draft draft = defaults_;
      take_keywords(draft, rest);
      take_entry(unescape_word(first), first.find('/') != std::string_view::npos, finish(draft));
    }
  }

  void take_keywords(Draft& draft, std::string_view rest) {
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
      const auto equals = word.find('=');
      if (equals == std::string_view::npos) {
        apply(draft, word, {});
      } else {
        apply(draft, word.substr(0, equals), word.substr(equals + 1));
      }
    }
  }

  // A name with a slash is a full path; one without stands in the present folder and, if a folder, becomes it.
  void take_entry(const std::string& name, bool full, Entry entry) {
    std::string path;
    if (!full)
      for (const auto& folder : folders_) path += folder + "/";
    path += name;
    if (!full && entry.type == EntryType::folder) folders_.push_back(name);
    items_.emplace_back(RelativePath(path), std::move(entry));
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
  int line_number_ = 0;
  int following_ = 1;
  std::string line_;
  Draft defaults_;
  std::vector<std::string> folders_;
  std::vector<Manifest::Item> items_;
};

}  // namespace

void Manifest::write_mtree(const std::function<void(std::string_view)>& out) const {
  constexpr std::size_t portion = 1U << 20U;
  std::string text = "#mtree\n";
  text.reserve(portion + 4 * 4096);
  Kind kind;
  for (const auto& [path, entry] : items_) {
    append_entry(text, path, entry, kind);
    if (text.size() < portion) continue;
    out(text);
    text.clear();
  }
  out(text);
}

std::string Manifest::to_mtree() const {
  std::string out;
  write_mtree([&](std::string_view portion) { out += portion; });
  return out;
}

Digest Manifest::mtree_digest() const {
  Hasher hasher;
  write_mtree([&](std::string_view portion) { hasher.update(portion); });
  return hasher.finish();
}

Manifest Manifest::from_mtree(std::string_view text, const std::string& where) {
  auto items = Parser(text, where).parse();
  try {
    return Manifest(std::move(items));
  } catch (Error& e) {
    throw std::move(e).within(where);
  }
}

}  // namespace ferry
