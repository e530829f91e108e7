#include "survey/facts_reader.h"

#include <charconv>
#include <regex>

#include "base/error.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::uint64_t largest_fact_file = 16U << 20U;
// std::regex recurses per character: more than this could exhaust the stack.
constexpr std::size_t longest_searched = 1U << 20U;

std::optional<std::string> from_json(const std::string& text, const std::string& pointer, const std::string& where) {
  const Json document = parse_json(text, where);
  try {
    const Json::json_pointer place(pointer);
    if (!document.contains(place) || document.at(place).is_null()) return std::nullopt;
    const Json& value = document.at(place);
    return value.is_string() ? value.get<std::string>() : value.dump();
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, where,
                Text{"JSON pointer " + pointer + ": " + error.what(), "JSON 指针 " + pointer + "：" + error.what()});
  }
}

std::optional<std::string> from_match(const std::string& text, const std::string& expression,
                                      const std::string& where) {
  try {
    const std::regex pattern(expression, std::regex::ECMAScript | std::regex::multiline);
    std::smatch match;
    const std::string searched = text.substr(0, longest_searched);
    if (!std::regex_search(searched, match, pattern)) return std::nullopt;
    return match.size() > 1 ? match[1].str() : match[0].str();
  } catch (const std::regex_error& error) {
    throw Error(Code::invalid_document, where,
                Text{"regular expression " + expression + ": " + error.what(),
                     "正则表达式 " + expression + "：" + error.what()});
  }
}

// WAL mode is a property of the file: bytes 18 and 19 of its header are 2 (SQLite file format, section 1.3). Without
// -shm and without content in -wal nobody has it open, and all of it is in the file.
bool is_quiet_wal(const std::string& file) {
  constexpr std::uint64_t header = 100;
  if (path_exists(file + "-shm") || path_exists(file + "-wal")) return false;
  std::string bytes;
  try {
    bytes = read_head(file, header);
  } catch (const Error&) {
    return false;
  }
  return bytes.size() == header && bytes[18] == 2 && bytes[19] == 2;
}

}  // namespace

Connection open_for_survey(const Database& database, const Variables& variables, const std::string& root) {
  OpenOptions options;
  options.root = root;
  if (database.kind == "sqlite") options.immutable = is_quiet_wal(database_file(database, variables, root));
  return Connection::open(database, variables, options);
}

FactsReader::FactsReader(const Profile& profile, const Environment& environment, Variables extra, SecretLookup secret)
    : profile_(profile), environment_(environment), variables_(environment.as_variables()), secret_(std::move(secret)) {
  for (auto& [name, value] : extra) variables_[name] = std::move(value);
}

FactsReader::~FactsReader() = default;
FactsReader::FactsReader(FactsReader&&) noexcept = default;

Connection& FactsReader::connection(const std::string& database_id) {
  const Database* database = find_database(profile_, database_id);
  if (database == nullptr)
    throw Error(Code::not_found,
                Text{"database '" + database_id + "' of the profile", "产品档案中的数据库“" + database_id + "”"});
  auto& slot = connections_[database->id];
  if (!slot) slot = std::make_unique<Connection>(open_for_survey(*database, variables_, environment_.root));
  return *slot;
}

std::optional<std::string> FactsReader::from_file(const FactSource& source) {
  const std::string name = expand(source.file, variables_, secret_);
  const std::string path = name.starts_with('/') ? name : environment_.root + "/" + name;
  if (source.kind == FactSource::Kind::path_exists) return path_exists(path) ? "true" : "false";
  const auto text = read_file_if_there(path, largest_fact_file);
  if (!text) return std::nullopt;
  const std::string key = expand(source.key, variables_, secret_);
  if (source.kind == FactSource::Kind::json_file) return from_json(*text, key, path);
  if (source.kind == FactSource::Kind::properties_file) return property(*text, key);
  return from_match(*text, source.key, path);
}

std::optional<std::string> FactsReader::read(const FactSource& source, const SqlParameters& parameters) {
  switch (source.kind) {
    case FactSource::Kind::constant:
      return expand(source.text, variables_, secret_);
    case FactSource::Kind::sql:
      return connection(source.database).scalar(expand(source.text, variables_, secret_), parameters);
    default:
      return from_file(source);
  }
}

std::optional<std::int64_t> FactsReader::read_number(const FactSource& source, const SqlParameters& parameters) {
  const auto text = read(source, parameters);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool whole = error == std::errc() && (end == text->data() + text->size() || *end == '.');
  return whole ? std::optional(number) : std::nullopt;
}

bool FactsReader::is_true(const FactSource& source, const SqlParameters& parameters) {
  const auto text = read(source, parameters);
  if (!text) return false;
  for (const char* no : {"", "0", "false", "no", "off", "FALSE", "False", "N", "n"})
    if (*text == no) return false;
  return true;
}

SqlTable FactsReader::rows(const FactSource& source, const SqlParameters& parameters) {
  if (source.kind != FactSource::Kind::sql)
    throw Error(Code::invalid_document, "fact", Text{"rows can only be read with a query", "只能通过查询读取多行"});
  return connection(source.database).query(expand(source.text, variables_, secret_), parameters);
}

}  // namespace ferry
