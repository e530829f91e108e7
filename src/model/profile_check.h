// What a profile must fulfil beyond its schema: references, unique ids, order, paths that do not contradict each other,
// variables that exist. Not for use outside this room.
#pragma once
#include "model/schema.h"

namespace ferry::document {

void check_profile(const Schema& schema, Typed& document);
// Parts of it: ${...} whose names can't exist there, and the rules of HTTP steps (profile_check_steps.cpp).
void check_variables(const Schema& schema, Typed& document);
void check_steps(Typed& document);

// All texts of the document that may contain ${...}, with their pointers.
using VisitTemplate = std::function<void(const std::string& text, const std::string& pointer)>;
void each_template(const Schema& schema, const Json& json, const VisitTemplate& visit);

// The texts of a value that is one text or a list of them; anything else is skipped.
std::vector<std::string> texts_of(const Json& object, const char* key);

}  // namespace ferry::document
