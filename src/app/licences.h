// Licences on their way (B6.2): the application, what is received, what the running system says.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/workspace.h"
#include "project/gate.h"
#include "project/licence.h"
#include "verify/http_check.h"

namespace ferry {

struct LicenceRequest {
  std::string person;
  std::optional<Date> promised;
};
// Remembers an application with the project's terms and this machine's code. Begins the task `licence`. Error(usage)
// where the product needs none, Error(project_incomplete) without contract_name.
LicenceApplication apply_for_licence(Workspace& workspace, const Target& target, const LicenceRequest& request);
// Looks at the file (empty: the environment's licence_file) and remembers it. Where the profile says how the file is
// read it must carry the contract's name and terms: Error(licence_invalid) otherwise, and nothing is remembered. The
// task `licence` is done when nothing is outstanding. Error(not_found) without an application.
LicenceApplication receive_licence(Workspace& workspace, const Target& target, const std::string& file,
                                   const std::string& person);
std::vector<LicenceApplication> licence_applications(const Workspace& workspace);

// What binds a licence to this machine; empty where the profile does not say how it is asked.
std::string machine_code(const Target& target);

// The step that reads the licence back, so that `licence_said` finds what the profile names.
HttpStep licence_question(const LicenceRule& rule);
struct LicenceAnswer {
  LicenceFact fact;
  Text problem;  // of the fact, in both languages
};
// Its answer as a fact; what can't be understood makes it invalid.
LicenceAnswer licence_said(const LicenceRule& rule, const StepsResult& result, const Target& target, Moment now);
// The running system has it.
void remember_installed(Workspace& workspace, const std::string& environment);

// Of the file that the environment names; none where it names none or it can't be read.
std::optional<Digest> licence_file_digest(const Target& target);

}  // namespace ferry
