#include "model/schemas.h"

namespace ferry::embedded {
extern const std::string_view profile_schema_json;
extern const std::string_view environment_schema_json;
extern const std::string_view profile_test_schema_json;
extern const std::string_view capture_schema_json;
extern const std::string_view project_schema_json;  // read by the room project
}  // namespace ferry::embedded

namespace ferry::document {

const Schema& profile_schema() {
  static const Schema schema(embedded::profile_schema_json);
  return schema;
}

const Schema& profile_base_schema() {
  static const Schema schema([] {
    auto json = Json::parse(embedded::profile_schema_json);
    json["required"] = Json::array({"product"});
    return json.dump();
  }());
  return schema;
}

const Schema& environment_schema() {
  static const Schema schema(embedded::environment_schema_json);
  return schema;
}

const Schema& profile_test_schema() {
  static const Schema schema(embedded::profile_test_schema_json);
  return schema;
}

std::vector<PublishedSchema> published_schemas() {
  return {{{"Profile", "产品档案"}, "", embedded::profile_schema_json},
          {{"Environment", "环境"}, "environment", embedded::environment_schema_json},
          {{"Test of a profile", "产品档案的测试"}, "test", embedded::profile_test_schema_json},
          {{"Order for a capture", "采集指令"}, "capture", embedded::capture_schema_json},
          {{"Project", "项目"}, "project", embedded::project_schema_json}};
}

const Schema& capture_schema() {
  static const Schema schema(embedded::capture_schema_json);
  return schema;
}

bool known_format(Typed& document) {
  constexpr int known = 1;
  if (!document.json.contains("format") || !document.json.at("format").is_number_integer()) return true;
  const auto format = document.json.at("format").get<std::int64_t>();
  if (format == known) return true;
  const auto number = std::to_string(format);
  document.report(
      "/format",
      {"format " + number + " is not known to this program; known: 1", "本程序不认识格式版本 " + number + "；已知：1"},
      Code::unsupported_format);
  return false;
}

}  // namespace ferry::document
