// A project file, and what is made of it at once: what it lacks, and the form that other programs get.
#include "base/json.h"
#include "project/project.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::read_or_refused([&] {
    const auto result = parse_project(fuzz::text_of(data, size), "project.yaml");
    fuzz::promise(result.project.has_value() || !result.problems.empty(), "what is not read has a reason");
    if (!result.project) return;
    for (const auto& one : problems(*result.project, {}))
      fuzz::promise(!one.id.empty() && !one.message.empty(), "what is missing is said");
    canonical(Json(*result.project));
  });
  return 0;
}
