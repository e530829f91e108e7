#include "deploy/deployment.h"

namespace ferry {

std::string_view name_of(SwitchPosition position) {
  switch (position) {
    case SwitchPosition::nothing:
      return "nothing";
    case SwitchPosition::partly_done:
      return "partly_done";
    case SwitchPosition::done:
      return "done";
    case SwitchPosition::partly_back:
      return "partly_back";
    default:
      return "back";
  }
}

void to_json(Json& json, const SwitchState& value) {
  json = Json{{"position", name_of(value.position)},
              {"operations", value.operations},
              {"at_old", value.at_old},
              {"at_new", value.at_new},
              {"third", value.third},
              {"way_back", value.way_back}};
}

void to_json(Json& json, const SwitchReport& value) {
  json = Json{{"position", name_of(value.position)},
              {"operations", value.operations},
              {"moved", value.moved},
              {"verify_ms", value.verify_ms},
              {"journal_ms", value.journal_ms},
              {"operations_ms", value.operations_ms},
              {"sync_ms", value.sync_ms},
              {"third", Json::array()}};
  for (const auto& third : value.third)
    json["third"].push_back(Json{{"path", third.path}, {"kept_at", escape(third.kept_at)}, {"what", third.what}});
}

}  // namespace ferry
