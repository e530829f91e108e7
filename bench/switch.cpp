// Our side of the switch figures: stage a package's files beside an installed tree, switch, take back, as the program
// does it in a cutover, with journal, verification and flushes.
// usage: switch PACKAGE ROOT STAGING     prints "stage_ms switch_ms back_ms"
#include <chrono>
#include <cstdio>
#include <memory>

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

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) return std::fputs("usage: switch PACKAGE ROOT STAGING\n", stderr), 2;
  const Package package = inspect_package(argv[1]);
  const DeployInput input{changes_of(package, read_tree(argv[2]).manifest), {}, {}};
  const DeployPlace place{argv[2], argv[3], "run-bench"};
  PackageFiles files(package);
  DeployOptions options;
  options.threads = 1;
  const auto content = [&](const PlannedChange& change, const Sink& sink) { files.read(change.path, sink); };
  const auto staging = milliseconds([&] { stage(place, input, content, options); });
  const auto forward = milliseconds([&] { switch_tree(place, input, options); });
  const auto back = milliseconds([&] { take_back(place, options); });
  std::printf("%lld %lld %lld\n", staging, forward, back);
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 3;
}
