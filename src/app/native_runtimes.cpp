#include "app/native_runtimes.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "host/files.h"
#include "host/runtime.h"
#include "host/service.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// node, php8.2, /opt/x/bin/java
std::string runtime_named(const std::string& program) {
  const auto name = program.substr(program.rfind('/') + 1);
  if (name == "node" || name == "nodejs") return "node";
  if (name == "php" || name.starts_with("php-") ||
      (name.starts_with("php") && name.size() > 3 && std::isdigit(static_cast<unsigned char>(name[3])) != 0))
    return "php";
  return name == "java" ? "java" : std::string();
}

// How each runtime of this version is reached: as the profile says, else as its services begin.
std::map<std::string, Runtime> runtimes_of(const Profile& profile, const Version& version) {
  std::map<std::string, Runtime> out;
  for (const auto& runtime : profile.runtimes)
    if (runtime.version.contains(version) && !runtime.run.empty()) out.emplace(runtime.id, runtime);
  for (const auto& service : services_of_version(profile, version)) {
    if (service.run.empty()) continue;
    const auto id = runtime_named(service.run.front());
    const std::string question = id == "java" ? "-version" : "--version";
    if (!id.empty()) out.emplace(id, Runtime{id, {id, id}, {}, {service.run.front(), question}, ""});
  }
  return out;
}

struct Known {
  std::string version, loads;
};

// The program itself tells what it loads; Node.js by its version as well.
Known ask(const Runtime& runtime, const Target& target, const Version& version) {
  RuntimeQuestion question;
  question.user = target.environment.user;
  const auto services = services_of_version(target.profile, version);
  try {
    if (!services.empty())
      question.environment = service_environment(services.front(), target.environment, target.secret);
  } catch (const Error&) {
    // Without its environment file or a secret the service can't start; that is said where it is started.
  }
  const auto facts = ask_runtime(runtime, target.environment, question);
  Known out{facts.version, runtime.id == "node" ? node_module_version(facts.version) : std::string()};
  if (!out.loads.empty() || facts.file.empty() || runtime.id == "java") return out;
  // It does not answer, or its answer is not enough: its file says the same.
  const auto bytes = read_file_if_there(facts.file);
  const auto found = bytes ? runtime_in(RelativePath(runtime.id), *bytes) : std::nullopt;
  return found ? Known{found->version, found->loads} : out;
}

}  // namespace

NativeContents remembered_native(Workspace& workspace, const Package& package) {
  auto& store = workspace.store();
  const auto name = "native/" + package.digest.hex();
  if (const auto known = store.reference(name)) {
    const auto json = store.get_json(*known);
    return {json.at("modules").get<std::vector<NativeModule>>(),
            json.at("runtimes").get<std::vector<RuntimeProgram>>()};
  }
  auto out = native_contents(package);
  store.set_reference(name, store.put_json({{"modules", out.modules}, {"runtimes", out.runtimes}}));
  return out;
}

NativeModules::NativeModules(Workspace& workspace, const Target& target, const Inventory& inventory)
    : workspace_(workspace), target_(target) {
  for (const auto& module : inventory.native_modules) modules_[module.path] = {module, {}};
}

// Later packages win; what people keep stays.
void NativeModules::lay(const std::vector<Package>& packages, const std::vector<Decision>& decisions) {
  const auto kept = modules_;
  const auto overlay = overlay_of(packages, target_.profile.paths.whole);
  std::erase_if(modules_, [&](const auto& item) {
    return overlay.files.contains(item.first) || overlay.remover(item.first) != nullptr;
  });
  for (const auto& package : packages) {
    const auto found = remembered_native(workspace_, package);
    for (const auto& module : found.modules)
      if (const auto brought = overlay.files.find(module.path);
          brought != overlay.files.end() && brought->second.package == package.meta.id)
        modules_[module.path] = {module, package.meta.id};
    for (const auto& runtime : found.runtimes) brought_[runtime.path] = runtime;
  }
  for (const auto& decision : decisions) {
    if (decision.choice == Choice::retire) modules_.erase(decision.path);
    if (decision.choice != Choice::keep) continue;
    const auto before = kept.find(decision.path);
    if (before == kept.end())
      modules_.erase(decision.path);
    else
      modules_[decision.path] = before->second;
  }
}

std::vector<RuntimeChange> NativeModules::runtimes(const Version& from, const Version& to) const {
  const auto known = [&](const Runtime& runtime, const Version& version,
                         const std::map<RelativePath, RuntimeProgram>& brought) {
    const auto program = runtime_program(runtime, target_.environment, {});
    if (program.starts_with(target_.root() + "/")) {
      const RelativePath inside(program.substr(target_.root().size() + 1));
      if (const auto found = brought.find(inside); found != brought.end())
        return Known{found->second.version, found->second.loads};
    }
    return ask(runtime, target_, version);
  };
  std::vector<RuntimeChange> out;
  const auto before = runtimes_of(target_.profile, from);
  for (const auto& [id, runtime] : runtimes_of(target_.profile, to)) {
    RuntimeChange change;
    change.runtime = id;
    const auto after = known(runtime, to, brought_);
    change.to = after.version;
    change.to_loads = after.loads;
    if (const auto old = before.find(id); old != before.end()) {
      const auto was = known(old->second, from, brought_before_);
      change.from = was.version;
      change.from_loads = was.loads;
    }
    out.push_back(std::move(change));
  }
  return out;
}

std::vector<Finding> NativeModules::after(const Version& from, const Version& to, const std::vector<Package>& packages,
                                          const std::vector<Decision>& decisions) {
  brought_before_ = brought_;
  lay(packages, decisions);
  const auto changes = runtimes(from, to);
  std::vector<NativeAfter> modules;
  for (const auto& [path, module] : modules_) modules.push_back(module);
  auto out = unfit_modules(modules, changes, to);
  for (const auto& package : packages)
    for (auto& finding : other_runtime(package, changes, remembered_native(workspace_, package).modules))
      out.push_back(std::move(finding));
  return out;
}

}  // namespace ferry
