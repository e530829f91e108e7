// What is written down about a running service: <staging>/services/<id>.json (docs/formats/service-state.md).
#pragma once
#include <optional>
#include <string>

#include "host/process.h"
#include "model/environment.h"

namespace ferry {

struct ServiceRecord {
  std::string service;
  ProcessIdentity process;
  std::string started;  // RFC 3339
  std::string command;
};

std::string service_file(const Environment& environment, const std::string& service_id);
// Empty when there is none or it is damaged (it is found by its mark then).
std::optional<ServiceRecord> read_service_record(const Environment& environment, const std::string& service_id);
void write_service_record(const Environment& environment, const ServiceRecord& record);
void remove_service_record(const Environment& environment, const std::string& service_id);

// Value of FERRY_SERVICE in the environment of everything that belongs to this service of this installation.
inline constexpr const char* service_mark_name = "FERRY_SERVICE";
std::string service_mark(const Environment& environment, const std::string& service_id);

int service_port(const Service& service, const Environment& environment);  // 0: none

}  // namespace ferry
