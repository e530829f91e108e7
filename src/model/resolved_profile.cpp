#include "model/resolved_profile.h"

#include "model/profile_build.h"

namespace ferry {

Profile profile_of_resolved(const Json& resolved, const std::string& where) {
  try {
    return document::build_profile(resolved);
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, where, error.what());
  }
}

}  // namespace ferry
