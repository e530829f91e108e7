// What the product says about itself: version, packages, modules, databases, services, and the profile's own rules.
#pragma once
#include "model/inventory.h"
#include "survey/facts_reader.h"
#include "survey/findings.h"
#include "survey/survey.h"

namespace ferry {

struct Surveyor {
  const Profile& profile;
  const Environment& environment;
  const SurveyOptions& options;
  FactsReader& facts;
  Inventory& inventory;
  Findings& findings;
};

void read_versions(Surveyor& surveyor);   // version, build, packages, scripts
void read_modules(Surveyor& surveyor);    // A1, A1.1
void read_databases(Surveyor& surveyor);  // A2, A3, A3.1
void read_services(Surveyor& surveyor);   // A1.2, A3
void read_runtimes(Surveyor& surveyor);   // A3; runtimes.cpp
void run_finding_rules(Surveyor& surveyor);

}  // namespace ferry
