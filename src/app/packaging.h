// Packages and keys as files: what vendor's engineers and partners do with them.
#pragma once
#include <string>
#include <vector>

#include "app/workspace.h"

namespace ferry {

// `password_variable`: environment variable with the password of the secret key; empty: none. All throw Error.
std::string new_key(const std::string& output, const std::string& password_variable);  // returns the key id
std::string trust_key(Workspace& workspace, const std::string& file, const std::string& holder,
                      const std::string& purpose, const std::string& until, const std::string& person);
void revoke_key(Workspace& workspace, const std::string& id, const std::string& person, const std::string& why);

Package build_package_file(const std::string& folder, const std::string& output);
void sign_package_file(const std::string& file, const std::string& key_file, const std::string& password_variable);
Package verify_package_file(const Workspace& workspace, const std::string& file);
Package show_package_file(const std::string& file);
Package add_package(Workspace& workspace, const std::string& file, const std::string& person);

struct ImportRequest {
  std::string zip, meta, output, strip, names;
  std::vector<std::string> scripts;  // "folder=dialect"
  std::vector<std::string> ignore;
  std::string person;
};
Package import_vendor_zip(const ImportRequest& request);

}  // namespace ferry
