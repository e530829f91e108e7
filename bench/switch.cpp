// Our side of the switch figures: stage a package's files beside an installed tree, switch, take back, as the program
// does it in a cutover, with journal, verification and flushes.
// usage: switch PACKAGE ROOT STAGING [stage|switch|back]     prints "stage_ms switch_ms back_ms", or that part alone
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "base/error.h"
#include "deploy/deployment.h"
#include "host/tree.h"
#include "package/open.h"

using namespace ferry;

namespace {

std::vector<PlannedChange> changes_of(const Package& package, const Manifest& installed) {
  std::vector<PlannedChange> out;
  for (const auto& [path, wanted] : package.files.items()) {
    if (wanted.type != EntryType::file) continue;
    PlannedChange change;
    change.path = path;
    change.after = wanted;
    change.source = "package:" + package.meta.id;
    if (const Entry* before = installed.find(path)) {
      change.before = *before;
      change.after->mode = before->mode;
      change.after->uid = before->uid;
      change.after->gid = before->gid;
    }
    out.push_back(std::move(change));
  }
  return out;
}

template <class Work>
long long milliseconds(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

// What a switch spends its time on, for the log.
void print(const char* what, const SwitchReport& report) {
  std::fprintf(stderr, "%s: drift check %lld ms, journal %lld, operations %lld, flush %lld\n", what,
               static_cast<long long>(report.verify_ms), static_cast<long long>(report.journal_ms),
               static_cast<long long>(report.operations_ms), static_cast<long long>(report.sync_ms));
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string part = argc == 5 ? argv[4] : "all";
  if (argc < 4 || argc > 5 || (part != "all" && part != "stage" && part != "switch" && part != "back"))
    return std::fputs("usage: switch PACKAGE ROOT STAGING [stage|switch|back]\n", stderr), 2;
  const auto wants = [&](const char* name) { return part == "all" || part == name; };
  const Package package = inspect_package(argv[1]);
  const DeployPlace place{argv[2], argv[3], "run-bench"};
  DeployOptions options;
  std::string out;
  const auto timed = [&](const auto& work) { out += (out.empty() ? "" : " ") + std::to_string(milliseconds(work)); };
  if (wants("stage") || wants("switch")) {
    // Of a large tree only what changed since the last round is read.
    TreeOptions tree;
    tree.index_file = std::string(argv[2]) + ".index";
    const DeployInput input{changes_of(package, read_tree(argv[2], tree).manifest), {}, {}};
    PackageFiles files(package);
    DeployOptions staging = options;
    staging.threads = 1;  // the package is one stream
    const auto content = [&](const PlannedChange& change, const Sink& sink) { files.read(change.path, sink); };
    if (wants("stage")) timed([&] { stage(place, input, content, staging); });
    if (wants("switch")) timed([&] { print("switch", switch_tree(place, input, options)); });
  }
  if (wants("back")) timed([&] { print("back", take_back(place, options)); });
  std::puts(out.c_str());
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 3;
}
