#include "point/point.h"

#include "base/error.h"
#include "base/path.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

}  // namespace

std::string point_record_name(const std::string& database_id) {
  // The id becomes a file name: it must not lead elsewhere.
  if (database_id.empty() || RelativePath(database_id).components().size() != 1)
    throw Error(Code::invalid_document, Text{"database id '" + database_id + "'", "数据库标识“" + database_id + "”"});
  return database_id + ".point.json";
}

void to_json(Json& json, const PointFile& value) {
  json = Json{{"source", escape(value.source)},
              {"file", value.file},
              {"digest", value.digest},
              {"bytes", value.bytes},
              {"mode", value.mode},
              {"uid", value.uid},
              {"gid", value.gid}};
}

void from_json(const Json& json, PointFile& value) {
  value.source = unescape(json.at("source").get<std::string>());
  json.at("file").get_to(value.file);
  json.at("digest").get_to(value.digest);
  json.at("bytes").get_to(value.bytes);
  json.at("mode").get_to(value.mode);
  json.at("uid").get_to(value.uid);
  json.at("gid").get_to(value.gid);
}

void to_json(Json& json, const RecoveryPoint& value) {
  json = Json{{"format", value.format}, {"database", value.database}, {"kind", value.kind},
              {"file", value.file},     {"digest", value.digest},     {"bytes", value.bytes},
              {"pages", value.pages},   {"schema", value.schema},     {"source", escape(value.source)},
              {"taken", value.taken},   {"mode", value.mode},         {"uid", value.uid},
              {"gid", value.gid},       {"files", value.files}};
}

void from_json(const Json& json, RecoveryPoint& value) {
  value.format = json.at("format").get<int>();
  if (value.format != known_format)
    throw Error(Code::unsupported_format, Text{"recovery point", "恢复点"},
                Text{"format " + std::to_string(value.format), "格式 " + std::to_string(value.format)});
  json.at("database").get_to(value.database);
  json.at("kind").get_to(value.kind);
  json.at("file").get_to(value.file);
  json.at("digest").get_to(value.digest);
  json.at("bytes").get_to(value.bytes);
  json.at("pages").get_to(value.pages);
  json.at("schema").get_to(value.schema);
  value.source = unescape(json.at("source").get<std::string>());
  json.at("taken").get_to(value.taken);
  json.at("mode").get_to(value.mode);
  json.at("uid").get_to(value.uid);
  json.at("gid").get_to(value.gid);
  if (json.contains("files")) json.at("files").get_to(value.files);
}

std::optional<RecoveryPoint> read_point(const std::string& folder, const std::string& database_id) {
  const auto path = folder + "/" + point_record_name(database_id);
  const auto text = read_file_if_there(path);
  if (!text) return std::nullopt;
  try {
    auto point = parse_json(*text, path).get<RecoveryPoint>();
    if (point.file.empty() || RelativePath(point.file).components().size() != 1)
      throw Error(Code::invalid_document, path, Text{"'file' is no plain name", "file 项不是单纯的文件名"});
    for (const auto& one : point.files)
      if (!one.source.starts_with('/') || (!one.file.empty() && RelativePath(one.file).components().size() != 1))
        throw Error(Code::invalid_document, path,
                    Text{"'files' holds no absolute path or no plain name", "files 项含有非绝对路径或不单纯的文件名"});
    return point;
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, path, error.what());
  }
}

}  // namespace ferry
