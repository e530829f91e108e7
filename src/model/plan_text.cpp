// Reading; the writing half stands in plan.cpp beside the members it writes.
#include "model/plan_text.h"

#include "base/error.h"

namespace ferry {
namespace {

constexpr int deepest = 200;  // as parse_json

// Follows the parser through the text. Depths as the library counts them: 1 for the members of the plan itself.
class ChangeFinder {
 public:
  explicit ChangeFinder(const ChangeReader& read) : read_(read) {}

  // False: the value just parsed is not kept.
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (depth > deepest)
          throw Error(Code::invalid_document, "JSON",
                      Text{"nested deeper than " + std::to_string(deepest) + " levels",
                           "嵌套超过 " + std::to_string(deepest) + " 层"});
        return true;
      case Json::parse_event_t::key:
        note_key(depth, parsed.get_ref<const std::string&>());
        return true;
      case Json::parse_event_t::object_end:
        if (in_hops_ && depth == hop_depth) ++hop_;
        if (list_depth_ == 0 || depth != list_depth_ + 1) return true;
        if (read_) read_(list_depth_ == 1 ? std::nullopt : std::optional(hop_), parsed);
        return false;
      default:
        return true;
    }
  }

 private:
  static constexpr int hop_depth = 2;

  void note_key(int depth, const std::string& key) {
    if (depth == 1) in_hops_ = key == "hops";
    const bool own = depth == 1 || (in_hops_ && depth == hop_depth + 1);
    if (own) list_depth_ = key == "changes" ? depth : 0;
  }

  const ChangeReader& read_;
  bool in_hops_ = false;
  std::size_t hop_ = 0;
  int list_depth_ = 0;  // of the key of the list of changes that is being read; 0: none
};

}  // namespace

Json parse_plan_head(std::string_view text, const std::string& where, const ChangeReader& change) try {
  ChangeFinder finder(change);
  return Json::parse(text,
                     [&](int depth, Json::parse_event_t event, Json& parsed) { return finder(depth, event, parsed); });
} catch (const Json::exception& error) {
  throw Error(Code::invalid_document, where, error.what());
}

Plan parse_plan(std::string_view text, const std::string& where) try {
  std::vector<PlannedChange> own;
  std::vector<std::vector<PlannedChange>> of_hops;
  const Json head = parse_plan_head(text, where, [&](std::optional<std::size_t> hop, const Json& change) {
    if (hop && of_hops.size() <= *hop) of_hops.resize(*hop + 1);
    (hop ? of_hops[*hop] : own).push_back(change.get<PlannedChange>());
  });
  auto out = head.get<Plan>();
  out.changes = std::move(own);
  for (std::size_t i = 0; i < std::min(of_hops.size(), out.hops.size()); ++i)
    out.hops[i].changes = std::move(of_hops[i]);
  return out;
} catch (Error& error) {
  throw std::move(error).within(where);
} catch (const Json::exception& error) {
  throw Error(Code::invalid_document, where, error.what());
}

}  // namespace ferry
