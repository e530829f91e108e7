#include "impact/native_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace ferry {
namespace {

std::string first_number(const std::string& version) {
  return version.substr(0, version.find_first_not_of("0123456789"));
}

// As far as modules are bound to it: Node.js by its first number, PHP by its first two, Java not at all.
std::string binding_part(const std::string& runtime, const std::string& version) {
  if (runtime != "php") return first_number(version);
  const auto point = version.find('.');
  return point == std::string::npos ? version : version.substr(0, version.find('.', point + 1));
}

Text name_of_runtime(const std::string& runtime) {
  if (runtime == "node") return {"Node.js", "Node.js"};
  if (runtime == "php") return {"PHP", "PHP"};
  if (runtime == "java") return {"Java", "Java"};
  return {runtime, runtime};
}

Text remedy(const NativeAfter& after, const RuntimeChange& runtime, const std::string& library) {
  const auto at = library.rfind("node_modules/");
  const auto package = at == std::string::npos ? library : library.substr(at + std::string("node_modules/").size());
  const std::string how = runtime.runtime == "node" ? "npm rebuild " + package : "phpize && ./configure && make";
  const auto name = name_of_runtime(runtime.runtime).en + " " + runtime.to;
  if (!after.package.empty())
    return {"Ask the vendor for one that was built for " + name + "; a captured package: capture it again under " +
                name + ".",
            "请向厂商索取为 " + name + " 构建的包；若为采集所得，请在 " + name + " 下重新采集。"};
  return {"Rebuild it for " + name + " (" + how +
              ") and bring it as a package, or decide that it is retired. On the clone the rehearsal shows whether it "
              "loads.",
          "请为 " + name + " 重新构建（" + how + "）并以补丁包提供，或决定废弃。测试升级会显示其能否加载。"};
}

std::string words_of(const NativeModule& module) {
  if (module.built_for.empty()) return "";
  return module.runtime == "node" ? "NODE_MODULE_VERSION " + module.built_for : "API" + module.built_for;
}

// The folder that is installed as one: node_modules/NAME, node_modules/@SCOPE/NAME, else the folder of the file.
std::string library_of(const RelativePath& path) {
  const auto& bytes = path.bytes();
  constexpr std::string_view folder = "node_modules/";
  const auto at = bytes.rfind(folder);
  if (at == std::string::npos) return path.parent().bytes();
  auto end = bytes.find('/', at + folder.size());
  if (bytes.compare(at + folder.size(), 1, "@") == 0 && end != std::string::npos) end = bytes.find('/', end + 1);
  return bytes.substr(0, end);
}

// One of several builds from which the library takes the one that fits when it is loaded.
bool is_alternative(const RelativePath& path) {
  for (const auto& part : path.components())
    if (part == "prebuilds" || part.starts_with("node-v") || part.starts_with("abi") ||
        part.find(".abi") != std::string::npos)
      return true;
  return false;
}

class Library {
 public:
  Library(const RuntimeChange& runtime, bool before_too) : runtime_(runtime), before_too_(before_too) {}

  void add(const NativeAfter& after) {
    const auto fits = loads(runtime_, after.module);
    const bool one_of_several = is_alternative(after.module.path);
    if (one_of_several && fits.value_or(true)) some_alternative_fits_ = true;
    if (fits.value_or(true)) return;
    (one_of_several ? alternatives_ : unfit_).push_back(&after);
  }
  std::vector<const NativeAfter*> unfit() const {
    auto out = unfit_;
    if (!some_alternative_fits_) out.insert(out.end(), alternatives_.begin(), alternatives_.end());
    return out;
  }
  const RuntimeChange& runtime() const { return runtime_; }
  bool was_wrong_before() const {
    RuntimeChange before = runtime_;
    before.to = runtime_.from;
    before.to_loads = runtime_.from_loads;
    const auto list = unfit();
    return before_too_ && std::none_of(list.begin(), list.end(), [&](const NativeAfter* one) {
             return loads(before, one->module).value_or(true);
           });
  }

 private:
  const RuntimeChange& runtime_;
  bool before_too_;  // it was there before: then what did not fit then is no news
  std::vector<const NativeAfter*> unfit_, alternatives_;
  bool some_alternative_fits_ = false;
};

Finding finding_of(const std::string& name, const Library& library, const Version& to) {
  const auto list = library.unfit();
  const auto& first = *list.front();
  const auto& runtime = library.runtime();
  const auto product = name_of_runtime(runtime.runtime);
  const auto built = words_of(first.module);
  Finding out;
  out.rule = "native-module";
  out.key = out.rule + ":" + printable(name) + "@" + to.text();
  out.severity = library.was_wrong_before() ? Severity::low : Severity::high;
  out.title = {"A native module does not fit the new runtime", "本机模块与新的运行环境不符"};
  const auto what =
      printable(first.module.path.bytes()) + (list.size() > 1 ? fmt::format(" (+{})", list.size() - 1) : "");
  out.detail = {what + (built.empty() ? " is bound to another version of " + product.en : " was built for " + built) +
                    fmt::format("; {} {} loads {}", product.en, runtime.to,
                                runtime.to_loads.empty() ? "others" : runtime.to_loads),
                what + (built.empty() ? "绑定于 " + product.zh + " 的其他版本" : " 是为 " + built + " 构建的") +
                    fmt::format("；{} {} 加载 {}", product.zh, runtime.to,
                                runtime.to_loads.empty() ? "其他版本" : runtime.to_loads)};
  out.remedy = remedy(first, runtime, name);
  out.audience = first.package.empty() ? "developer" : "vendor_engineer";
  out.covers = {"A2.1", "A3"};
  return out;
}

const RuntimeChange* find(const std::vector<RuntimeChange>& runtimes, const std::string& id) {
  for (const auto& runtime : runtimes)
    if (runtime.runtime == id && !runtime.to.empty()) return &runtime;
  return nullptr;
}

// Which runtime a recorded program is: node, php8.2, java.
std::string runtime_of_program(const std::string& program) {
  const auto name = program.substr(program.rfind('/') + 1);
  if (name == "node" || name == "nodejs") return "node";
  if (name.starts_with("php")) return "php";
  return name == "java" ? "java" : std::string();
}

std::string version_in(const std::string& output) {
  const auto begin = output.find_first_of("0123456789");
  if (begin == std::string::npos) return {};
  return output.substr(begin, output.find_first_not_of("0123456789.", begin) - begin);
}

}  // namespace

std::optional<bool> loads(const RuntimeChange& runtime, const NativeModule& module) {
  if (module.any) return true;
  if (module.built_for.empty()) {
    if (runtime.from.empty() || runtime.to.empty()) return std::nullopt;
    return binding_part(runtime.runtime, runtime.from) == binding_part(runtime.runtime, runtime.to);
  }
  if (runtime.to_loads.empty()) return std::nullopt;
  return module.built_for == runtime.to_loads;
}

std::vector<Finding> unfit_modules(const std::vector<NativeAfter>& modules, const std::vector<RuntimeChange>& runtimes,
                                   const Version& to) {
  std::map<std::pair<std::string, std::string>, Library> libraries;
  for (const auto& after : modules) {
    const auto* runtime = find(runtimes, after.module.runtime);
    if (runtime == nullptr) continue;
    const auto name = std::make_pair(library_of(after.module.path), after.package);
    const bool before_too = after.package.empty() && !runtime->from.empty();
    libraries.try_emplace(name, *runtime, before_too).first->second.add(after);
  }
  std::vector<Finding> out;
  for (const auto& [name, library] : libraries)
    if (!library.unfit().empty()) out.push_back(finding_of(name.first, library, to));
  return out;
}

std::vector<Finding> other_runtime(const Package& package, const std::vector<RuntimeChange>& runtimes,
                                   const std::vector<NativeModule>& brought) {
  std::vector<Finding> out;
  if (!package.meta.capture) return out;
  for (const auto& ran : package.meta.capture->runtime) {
    const auto id = runtime_of_program(ran.program);
    const auto* runtime = find(runtimes, id);
    const auto version = version_in(ran.output);
    if (runtime == nullptr || version.empty()) continue;
    if (binding_part(id, version) == binding_part(id, runtime->to)) continue;
    const bool bound = std::any_of(brought.begin(), brought.end(),
                                   [&](const NativeModule& module) { return module.runtime == id && !module.any; });
    const auto name = name_of_runtime(id);
    Finding finding;
    finding.rule = "captured-runtime";
    finding.key = finding.rule + ":" + package.meta.id + ":" + id;
    finding.severity = bound ? Severity::high : Severity::medium;
    finding.title = {"Captured under another runtime than it will run on", "采集时的运行环境与将要使用的不同"};
    finding.detail = {fmt::format("{}: captured under {} {} ({}), will run on {}", package.meta.id, name.en, version,
                                  ran.program, runtime->to),
                      fmt::format("{}：采集时为 {} {}（{}），将运行于 {}", package.meta.id, name.zh, version,
                                  ran.program, runtime->to)};
    finding.remedy = {
        "Capture it again with that runtime in front ('run' and 'variables: {PATH: ...}' in capture.yaml), "
        "unless nothing of what the upgrader did depends on it.",
        "请让采集命令使用该运行环境（capture.yaml 的 run 与 variables: {PATH: ...}）后重新采集，"
        "除非升级程序的结果与其无关。"};
    finding.audience = "vendor_engineer";
    finding.covers = {"A3"};
    out.push_back(std::move(finding));
  }
  return out;
}

}  // namespace ferry
