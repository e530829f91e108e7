#include "impact/merge.h"

#include <git2.h>

#include <algorithm>

#include "base/error.h"
#include "impact/properties.h"

namespace ferry {
namespace {

constexpr std::size_t largest = 16U << 20U;

void git_ready() {
  static const int state = git_libgit2_init();
  FERRY_INVARIANT(state >= 0);
}

// What a change turns base lines [first, end) into.
struct Hunk {
  std::size_t first = 0;  // 0-based
  std::size_t end = 0;
  std::size_t new_first = 0;
  std::size_t new_count = 0;
};

std::vector<Hunk> changes(const std::string& from, const std::string& to) {
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.context_lines = 0;
  options.interhunk_lines = 0;
  options.flags = GIT_DIFF_FORCE_TEXT;
  std::vector<Hunk> out;
  const auto take = [](const git_diff_delta*, const git_diff_hunk* hunk, void* list) {
    const auto begin = [](int start, int lines) { return static_cast<std::size_t>(lines == 0 ? start : start - 1); };
    Hunk one;
    one.first = begin(hunk->old_start, hunk->old_lines);
    one.end = one.first + static_cast<std::size_t>(hunk->old_lines);
    one.new_first = begin(hunk->new_start, hunk->new_lines);
    one.new_count = static_cast<std::size_t>(hunk->new_lines);
    static_cast<std::vector<Hunk>*>(list)->push_back(one);
    return 0;
  };
  git_diff_buffers(from.data(), from.size(), nullptr, to.data(), to.size(), nullptr, &options, nullptr, nullptr, take,
                   nullptr, &out);
  return out;
}

// Where both sides changed the same or touching lines of the base.
std::vector<MergeCollision> collisions(const std::string& base, const std::string& mine, const std::string& theirs) {
  const auto a = changes(base, mine);
  const auto b = changes(base, theirs);
  std::vector<MergeCollision> out;
  std::size_t i = 0;
  std::size_t k = 0;
  std::ptrdiff_t moved_a = 0;  // how far the side's lines stand behind those of the base here
  std::ptrdiff_t moved_b = 0;
  const auto grown = [](const Hunk& hunk) {
    return static_cast<std::ptrdiff_t>(hunk.new_count) - static_cast<std::ptrdiff_t>(hunk.end - hunk.first);
  };
  while (i < a.size() || k < b.size()) {
    const bool from_a = k == b.size() || (i < a.size() && a[i].first <= b[k].first);
    const std::size_t first = from_a ? a[i].first : b[k].first;
    std::size_t end = from_a ? a[i].end : b[k].end;
    std::size_t of_a = 0;
    std::size_t of_b = 0;
    std::ptrdiff_t grown_a = 0;
    std::ptrdiff_t grown_b = 0;
    for (bool more = true; more;) {
      more = false;
      for (; i < a.size() && a[i].first <= end; ++i, ++of_a, more = true) {
        end = std::max(end, a[i].end);
        grown_a += grown(a[i]);
      }
      for (; k < b.size() && b[k].first <= end; ++k, ++of_b, more = true) {
        end = std::max(end, b[k].end);
        grown_b += grown(b[k]);
      }
    }
    const auto range = [&](std::ptrdiff_t moved, std::ptrdiff_t more) {
      return LineRange{static_cast<std::size_t>(static_cast<std::ptrdiff_t>(first) + moved + 1),
                       static_cast<std::size_t>(static_cast<std::ptrdiff_t>(end - first) + more)};
    };
    if (of_a > 0 && of_b > 0) out.push_back({range(0, 0), range(moved_a, grown_a), range(moved_b, grown_b)});
    moved_a += grown_a;
    moved_b += grown_b;
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text, const LineRange& range) {
  std::vector<std::string_view> out;
  for (std::size_t line = 1; !text.empty() && line < range.first + range.count; ++line) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (line >= range.first) out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

bool has_dos_ends(std::string_view text) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  std::ptrdiff_t dos = 0;
  for (std::size_t at = text.find("\r\n"); at != std::string_view::npos; at = text.find("\r\n", at + 2)) ++dos;
  return dos * 2 > lines;
}

std::string with_unix_ends(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

std::string with_dos_ends(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

bool is_binary(std::string_view text) {
  return text.find('\0') != std::string_view::npos || text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

enum class Encoding { ascii, utf8, other };
Encoding encoding_of(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return Encoding::ascii;
  return is_utf8(text) ? Encoding::utf8 : Encoding::other;
}

MergeProposal none(const char* en, const char* zh) {
  MergeProposal out;
  out.notes.push_back({en, zh});
  return out;
}

struct GitMerge {
  git_merge_file_result result{};
  ~GitMerge() { git_merge_file_result_free(&result); }
  std::string text() const { return result.ptr == nullptr ? "" : std::string(result.ptr, result.len); }
};

void run_git(const std::string& base, const std::string& mine, const std::string& theirs, GitMerge& merge) {
  const auto input = [](const std::string& text) {
    git_merge_file_input out = GIT_MERGE_FILE_INPUT_INIT;
    out.ptr = text.data();
    out.size = text.size();
    return out;
  };
  const auto ancestor = input(base);
  const auto ours = input(mine);
  const auto other = input(theirs);
  git_merge_file_options options = GIT_MERGE_FILE_OPTIONS_INIT;
  options.ancestor_label = "old vendor version";
  options.our_label = "installed";
  options.their_label = "new vendor version";
  options.flags = GIT_MERGE_FILE_STYLE_DIFF3;
  if (git_merge_file(&merge.result, &ancestor, &ours, &other, &options) != 0)
    throw Error(Code::internal, "libgit2", git_error_last() == nullptr ? "" : git_error_last()->message);
}

MergeProposal merge_text(const std::string& base, std::string_view mine, std::string_view theirs) {
  const bool dos[] = {has_dos_ends(base), has_dos_ends(mine), has_dos_ends(theirs)};
  const bool mixed = dos[0] != dos[1] || dos[0] != dos[2];
  const auto same_ends = [&](std::string_view text) { return mixed ? with_unix_ends(text) : std::string(text); };
  const std::string sides[] = {same_ends(base), same_ends(mine), same_ends(theirs)};
  GitMerge merge;
  run_git(sides[0], sides[1], sides[2], merge);
  // Line ends merge like everything else: the side that changed them decides.
  const bool dos_out = dos[1] == dos[0] ? dos[2] : dos[1];
  const auto text = mixed && dos_out ? with_dos_ends(merge.text()) : merge.text();
  MergeProposal out;
  out.method = MergeProposal::Method::text;
  out.clean = merge.result.automergeable != 0;
  if (mixed) out.notes.push_back({"line ends differ between the sides", "各方换行符不同"});
  if (out.clean) {
    out.content = text;
    return out;
  }
  out.draft = text;
  out.collisions = collisions(sides[0], sides[1], sides[2]);
  // The same change on both sides is none.
  std::erase_if(out.collisions, [&](const MergeCollision& one) {
    return lines_of(sides[1], one.mine) == lines_of(sides[2], one.theirs);
  });
  return out;
}

}  // namespace

MergeProposal propose_merge(const RelativePath& path, const std::optional<std::string>& base, std::string_view mine,
                            std::string_view theirs) {
  git_ready();
  const std::string_view old = base ? std::string_view(*base) : std::string_view();
  if (std::max({old.size(), mine.size(), theirs.size()}) > largest)
    return none("too large for a merge of lines", "文件过大，无法逐行合并");
  if (is_binary(old) || is_binary(mine) || is_binary(theirs))
    return none("not a text, or UTF-16: choose one of the two", "不是文本或为 UTF-16：请二选一");
  Encoding known = Encoding::ascii;
  for (const auto side : {old, mine, theirs}) {
    const auto encoding = encoding_of(side);
    if (encoding == Encoding::ascii) continue;
    if (known != Encoding::ascii && known != encoding)
      return none("the files have different encodings; merging their bytes would spoil one of them",
                  "各方文件编码不同，按字节合并会产生乱码");
    known = encoding;
  }
  if (is_properties(path))
    if (auto merged = merge_properties(path, base, mine, theirs)) return std::move(*merged);
  if (!base) return none("the old vendor version is not known: choose one of the two", "没有旧版厂商文件：请二选一");
  return merge_text(*base, mine, theirs);
}

}  // namespace ferry
