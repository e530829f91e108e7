#include "impact/properties.h"

#include <map>
#include <set>

namespace ferry {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

// A line whose end is escaped goes on in the next one: an odd number of backslashes in front of the line end.
bool goes_on(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  std::size_t slashes = 0;
  while (slashes < line.size() && line[line.size() - 1 - slashes] == '\\') ++slashes;
  return slashes % 2 == 1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool is_comment(std::string_view line) {
  const auto text = trimmed(line);
  return text.empty() || text[0] == '#' || text[0] == '!';
}

void split(PropertyLine& line) {
  auto text = trimmed(line.raw);
  if (text.starts_with("export ")) text = trimmed(text.substr(7));
  std::size_t end = 0;
  while (end < text.size() && text[end] != '=' && text[end] != ':' && !is_blank(text[end]))
    end += text[end] == '\\' ? 2 : 1;
  end = std::min(end, text.size());
  line.key = text.substr(0, end);
  auto value = trimmed(text.substr(end));
  if (!value.empty() && (value[0] == '=' || value[0] == ':')) value = trimmed(value.substr(1));
  line.value = value;
}

using Lines = std::vector<PropertyLine>;
using Keys = std::map<std::string, const PropertyLine*>;

std::optional<Keys> keys_of(const Lines& lines) {
  Keys out;
  for (const auto& line : lines)
    if (!line.key.empty() && !out.emplace(line.key, &line).second) return std::nullopt;
  return out;
}

class Merge {
 public:
  Merge(const Keys* base, const Lines& mine, const Lines& theirs, const Keys& my_keys, const Keys& their_keys)
      : base_(base), mine_(mine), theirs_(theirs), my_keys_(my_keys), their_keys_(their_keys) {}

  MergeProposal run() {
    out_.method = MergeProposal::Method::properties;
    out_.clean = true;
    for (const auto& line : mine_) keep_or_replace(line);
    for (std::size_t i = 0; i < theirs_.size(); ++i)
      if (!theirs_[i].key.empty() && !my_keys_.contains(theirs_[i].key)) add(i);
    return std::move(out_);
  }

 private:
  static const PropertyLine* find(const Keys& keys, const std::string& key) {
    const auto found = keys.find(key);
    return found == keys.end() ? nullptr : found->second;
  }
  void note(const std::string& key, const char* en, const char* zh) {
    out_.notes.push_back({key + ": " + en, key + "：" + zh});
  }

  void keep_or_replace(const PropertyLine& line) {
    if (line.key.empty()) {
      out_.content += line.raw;
      return;
    }
    const auto* theirs = find(their_keys_, line.key);
    const auto* base = base_ == nullptr ? nullptr : find(*base_, line.key);
    const bool changed_by_customer = base == nullptr || base->value != line.value;
    if (theirs == nullptr) {
      if (base != nullptr && !changed_by_customer) return note(line.key, "removed by the vendor", "厂商已删除");
      if (base != nullptr)
        note(line.key, "kept, though the vendor removed it: the customer changed it",
             "厂商已删除，但客户有改动，予以保留");
    } else if (theirs->value != line.value) {
      if (!changed_by_customer) {
        out_.content += theirs->raw;
        return;
      }
      if (base == nullptr || base->value != theirs->value)
        note(line.key, "the customer's value was kept, the vendor has another one", "保留客户的值，厂商另有取值");
    }
    out_.content += line.raw;
  }

  // With the comments right in front of it.
  void add(std::size_t at) {
    const auto& line = theirs_[at];
    if (const auto* base = base_ == nullptr ? nullptr : find(*base_, line.key)) {
      if (base->value != line.value)
        note(line.key, "removed by the customer, changed by the vendor: stays removed",
             "客户已删除而厂商有改动：保持删除");
      return;
    }
    if (!out_.content.empty() && !out_.content.ends_with('\n')) out_.content += '\n';
    std::size_t first = at;
    while (first > 0 && theirs_[first - 1].key.empty() && !trimmed(theirs_[first - 1].raw).empty()) --first;
    for (std::size_t i = first; i <= at; ++i) out_.content += theirs_[i].raw;
    note(line.key, "new from the vendor", "厂商新增");
  }

  const Keys* base_;
  const Lines& mine_;
  const Lines& theirs_;
  const Keys& my_keys_;
  const Keys& their_keys_;
  MergeProposal out_;
};

}  // namespace

bool is_properties(const RelativePath& path) {
  return path.name().ends_with(".properties") || path.name().ends_with(".env");
}

std::vector<PropertyLine> property_lines(std::string_view text, bool continued) {
  Lines out;
  while (!text.empty()) {
    std::size_t end = 0;
    do {
      const auto next = text.find('\n', end);
      end = next == std::string_view::npos ? text.size() : next + 1;
    } while (continued && end < text.size() && !is_comment(text.substr(0, end)) && goes_on(text.substr(0, end)));
    PropertyLine line;
    line.raw = text.substr(0, end);
    if (!is_comment(line.raw)) split(line);
    out.push_back(std::move(line));
    text.remove_prefix(end);
  }
  return out;
}

std::optional<MergeProposal> merge_properties(const RelativePath& path, const std::optional<std::string>& base,
                                              std::string_view mine, std::string_view theirs) {
  const bool continued = path.name().ends_with(".properties");
  const auto base_lines = property_lines(base ? std::string_view(*base) : std::string_view(), continued);
  const auto my_lines = property_lines(mine, continued);
  const auto their_lines = property_lines(theirs, continued);
  const auto base_keys = keys_of(base_lines);
  const auto my_keys = keys_of(my_lines);
  const auto their_keys = keys_of(their_lines);
  if (!base_keys || !my_keys || !their_keys) return std::nullopt;
  auto out = Merge(base ? &*base_keys : nullptr, my_lines, their_lines, *my_keys, *their_keys).run();
  if (!base)
    out.notes.push_back({"without the old vendor version every value of the customer was kept",
                         "没有旧版厂商文件，客户的取值全部保留"});
  return out;
}

}  // namespace ferry
