#include "project/file_difference.h"

#include "model/fields.h"

namespace ferry {
namespace {

using How = FileDifference::How;

constexpr std::pair<How, std::string_view> how_names[] = {
    {How::added, "added"}, {How::missing, "missing"}, {How::kind, "kind"},  {How::content, "content"},
    {How::link, "link"},   {How::mode, "mode"},       {How::owner, "owner"}};

std::string octal(std::uint32_t mode) {
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + mode % 8));
    mode /= 8;
  } while (mode != 0);
  return out;
}

std::string written(const Entry& entry) {
  using std::chrono::duration_cast;
  return to_string(Moment(duration_cast<Milliseconds>(std::chrono::nanoseconds(entry.mtime_ns))));
}

std::optional<How> how_of(const Entry& then, const Entry& now) {
  if (then.type != now.type) return How::kind;
  if (then.digest != now.digest) return How::content;
  if (then.link != now.link) return How::link;
  if (then.type != EntryType::link && then.mode != now.mode) return How::mode;
  if (then.uid != now.uid || then.gid != now.gid) return How::owner;
  return std::nullopt;
}

std::string owner(const Entry& entry) {
  return std::to_string(entry.uid) + ":" + std::to_string(entry.gid);
}

}  // namespace

std::string_view name_of(How how) {
  return fields::to_name(how_names, how);
}

Text FileDifference::describe() const {
  const auto from_to = [](const std::string& a, const std::string& b) { return a + " → " + b; };
  switch (how) {
    case How::added:
      return {"new, last written " + written(*now), "新增，最后写入于 " + written(*now)};
    case How::missing:
      return {"missing (it was last written " + written(*then) + ")",
              "缺失（原文件最后写入于 " + written(*then) + "）"};
    case How::kind: {
      const auto types = from_to(std::string(name_of(then->type)), std::string(name_of(now->type)));
      return {"of another kind (" + types + ")", "类型改变（" + types + "）"};
    }
    case How::content: {
      const auto bytes = from_to(std::to_string(then->size), std::to_string(now->size));
      return {"content changed (" + bytes + " bytes), last written " + written(*now),
              "内容改变（" + bytes + " 字节），最后写入于 " + written(*now)};
    }
    case How::link: {
      const auto targets = from_to(printable(then->link), printable(now->link));
      return {"points elsewhere (" + targets + ")", "链接目标改变（" + targets + "）"};
    }
    case How::mode:
      return {"mode changed (" + from_to(octal(then->mode), octal(now->mode)) + ")",
              "权限改变（" + from_to(octal(then->mode), octal(now->mode)) + "）"};
    case How::owner:
      return {"owner changed (" + from_to(owner(*then), owner(*now)) + ")",
              "属主改变（" + from_to(owner(*then), owner(*now)) + "）"};
  }
  return {};
}

Digest FileDifference::state() const {
  Json json = Json::array({std::string(name_of(how)), path});
  if (now) {
    Entry entry = *now;
    entry.mtime_ns = 0;
    json.push_back(entry);
  }
  return digest_of(json);
}

void to_json(Json& json, const FileDifference& value) {
  json = Json{{"path", value.path}, {"how", std::string(name_of(value.how))}, {"text", value.describe()}};
  if (value.now) json["last_written"] = written(*value.now);
}

std::vector<FileDifference> file_differences(const Manifest& then, const Manifest& now) {
  std::vector<FileDifference> out;
  auto a = then.items().begin();
  auto b = now.items().begin();
  while (a != then.items().end() || b != now.items().end()) {
    const bool only_then = b == now.items().end() || (a != then.items().end() && a->first < b->first);
    const bool only_now = !only_then && (a == then.items().end() || b->first < a->first);
    if (only_then) {
      out.push_back({a->first, How::missing, a->second, std::nullopt});
      ++a;
    } else if (only_now) {
      out.push_back({b->first, How::added, std::nullopt, b->second});
      ++b;
    } else {
      if (const auto how = how_of(a->second, b->second)) out.push_back({a->first, *how, a->second, b->second});
      ++a;
      ++b;
    }
  }
  return out;
}

}  // namespace ferry
