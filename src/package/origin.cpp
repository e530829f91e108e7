#include "package/origin.h"

#include "base/clock.h"
#include "base/error.h"

namespace ferry {

std::string to_text(const ImportRecord& record) {
  return Json{{"format", 1},
              {"digest", record.digest},
              {"person", record.person},
              {"at", record.at},
              {"source", Json{{"name", printable(record.source_name)}, {"digest", record.source_digest}}}}
             .dump(2) +
         "\n";
}

ImportRecord parse_import_record(std::string_view text, const std::string& where) {
  const Json json = parse_json(text, where);
  ImportRecord out;
  try {
    if (json.at("format") != 1)
      throw Error(Code::unsupported_format, where,
                  Text{"format " + json.at("format").dump(), "格式 " + json.at("format").dump()});
    json.at("digest").get_to(out.digest);
    json.at("person").get_to(out.person);
    json.at("at").get_to(out.at);
    json.at("source").at("name").get_to(out.source_name);
    json.at("source").at("digest").get_to(out.source_digest);
  } catch (const Json::exception& e) {
    throw Error(Code::invalid_document, where, e.what());
  }
  parse_moment(out.at);
  if (out.person.empty())
    throw Error(Code::invalid_document, where, Text{"nobody is named as the importer", "未指明导入人"});
  return out;
}

}  // namespace ferry
