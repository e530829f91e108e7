#include "host/service_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/files.h"
#include "host/service.h"

namespace ferry {

std::string service_file(const Environment& environment, const std::string& service_id) {
  return environment.staging + "/services/" + RelativePath(service_id).bytes() + ".json";
}

std::optional<ServiceRecord> read_service_record(const Environment& environment, const std::string& service_id) {
  const std::string file = service_file(environment, service_id);
  const auto text = read_file_if_there(file);
  if (!text) return std::nullopt;
  try {
    const Json json = parse_json(*text, file);
    ServiceRecord out;
    json.at("service").get_to(out.service);
    json.at("process").get_to(out.process);
    json.at("started").get_to(out.started);
    json.at("command").get_to(out.command);
    return out;
  } catch (const Error&) {
    return std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void write_service_record(const Environment& environment, const ServiceRecord& record) {
  const Json json{{"format", 1},
                  {"service", record.service},
                  {"process", record.process},
                  {"started", record.started},
                  {"command", is_utf8(record.command) ? record.command : escape(record.command)}};
  make_folders(environment.staging + "/services");
  write_file_atomic(service_file(environment, record.service), json.dump(2) + "\n");
}

void remove_service_record(const Environment& environment, const std::string& service_id) {
  const std::string file = service_file(environment, service_id);
  if (unlink(file.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) throw system_error(file, errno);
}

std::string service_mark(const Environment& environment, const std::string& service_id) {
  return environment.staging + "#" + service_id;
}

int service_port(const Service& service, const Environment& environment) {
  if (service.port.empty()) return 0;
  const std::string text = expand(service.port, environment.as_variables());
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535)
    throw Error(Code::invalid_document, Text{"port of service " + service.id, "服务 " + service.id + " 的端口"},
                Text{"\"" + text + "\" is no port number", "“" + text + "”不是端口号"});
  return port;
}

std::string last_lines(const std::string& path, int lines) {
  constexpr off_t most = 64 << 10;
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return {};
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  const off_t begin = size > most ? size - most : 0;
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  const ssize_t got = pread(fd.get(), text.data(), text.size(), begin);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  while (text.ends_with('\n')) text.pop_back();
  std::size_t at = text.size();
  for (int i = 0; i < lines && at != std::string::npos && at != 0; ++i) at = text.rfind('\n', at - 1);
  if (at != std::string::npos && at != 0) text.erase(0, at + 1);
  return text;
}

}  // namespace ferry
