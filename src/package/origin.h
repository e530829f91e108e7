// The import record beside a package: FILE.origin.json. Not for other rooms.
#pragma once
#include <string>

#include "model/package.h"

namespace ferry {

struct ImportRecord {
  Digest digest;  // of the package file
  std::string person;
  std::string at;           // RFC 3339
  std::string source_name;  // the vendor's zip
  Digest source_digest;
};

std::string to_text(const ImportRecord& record);
// Throws Error(invalid_document, unsupported_format).
ImportRecord parse_import_record(std::string_view text, const std::string& where);

}  // namespace ferry
