// Whether what the vendor returned contains one of the customer's changes (B3). Pure: contents are handed in.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "impact/three_way.h"
#include "model/customisation.h"

namespace ferry {

// Contents for the comparison by lines; none where it is not known or too large.
struct ChangeTexts {
  std::optional<std::string> base;  // the vendor's old text; for what the customer added: none is needed
  std::optional<std::string> mine;
  std::optional<std::string> returned;
  bool placeholder = false;  // a hidden secret's mask stands in what was returned, as it was handed over
};
using AskTexts = std::function<ChangeTexts(const HandedChange& change, const std::string& package)>;

// `returned`: overlay_of the packages. The texts are asked for only where the digests do not decide.
//
// A text is contained when each line that the customer wrote stands in it, and none that he took away has come back.
// Lines are compared without blanks at their ends and without regard to their charset (GBK or UTF-8).
ReturnedChange judge_returned(const HandedChange& change, const Overlay& returned, const AskTexts& texts);

}  // namespace ferry
