#include "app/surveying.h"

#include <fmt/format.h>

#include <future>

#include <filesystem>

#include "app/doors.h"
#include "app/services.h"
#include "base/counted.h"
#include "base/error.h"
#include "host/files.h"
#include "verify/http.h"

namespace ferry {
namespace {

// What the running services say about their build; a service that does not answer simply says nothing.
std::map<std::string, std::string> running_builds(const Target& target) {
  std::map<std::string, std::string> out;
  for (const auto& service : target.profile.services) {
    if (service.build_pointer.empty() || !service.ready) continue;
    try {
      const auto way = way_in(target);
      HttpClient client(way.url, way.reach);
      HttpRequest request;
      request.path = expand(service.ready->path, target.variables);
      request.timeout = Milliseconds(3000);
      const Json body = Json::parse(client.send(request).text(), nullptr, false);
      const auto pointer = Json::json_pointer(service.build_pointer);
      if (!body.is_discarded() && body.contains(pointer) && body.at(pointer).is_string())
        out[service.id] = body.at(pointer).get<std::string>();
    } catch (const Error&) {
      continue;
    }
  }
  return out;
}

void show(const TreeProgress& tree, Reporter& reporter) {
  reporter.progress(tree.bytes_done, tree.walked ? tree.bytes : 0, Unit::bytes);
}

}  // namespace

void to_json(Json& json, const SurveyRecord& value) {
  json = {{"environment", value.environment},
          {"inventory", value.inventory},
          {"taken", value.taken},
          {"version", value.version},
          {"program", value.program}};
}
void from_json(const Json& json, SurveyRecord& value) {
  json.at("environment").get_to(value.environment);
  json.at("inventory").get_to(value.inventory);
  json.at("taken").get_to(value.taken);
  json.at("version").get_to(value.version);
  json.at("program").get_to(value.program);
}

std::vector<SurveyRecord> surveys_of(const Workspace& workspace, const std::string& environment) {
  auto out = workspace.store().read_as<SurveyRecord>(collection::surveys);
  std::erase_if(out, [&](const SurveyRecord& one) { return one.environment != environment; });
  return out;
}

SurveyOutcome survey_environment(Workspace& workspace, const Target& target, Reporter& reporter, bool cold) {
  const auto began = std::chrono::steady_clock::now();
  if (!std::filesystem::is_directory(target.root())) {
    if (path_exists(target.root())) throw Error(Code::not_a_directory, target.root());
    throw Error(Code::not_found, target.root(),
                Text{"the root of environment " + target.name() + ", given in " + target.file,
                     "环境 " + target.name() + " 的根目录，见 " + target.file});
  }
  SurveyOptions options;
  options.now = workspace.clock();
  options.cold = cold;
  options.secret = target.secret;
  options.service_builds = running_builds(target);
  options.runtime_prefix = service_place(target).prefix;
  // The index stands with the project: a survey leaves nothing beside the installation.
  make_folders(workspace.path("index"));
  options.index_file = workspace.path("index/" + target.name());
  const auto baseline = workspace.baseline(target);
  if (baseline) options.baseline = &*baseline;
  options.progress = [&](const SurveyProgress& progress) { show(progress.tree, reporter); };
  reporter.begin({"survey " + target.name(), "调研 " + target.name()});
  auto result = survey(target.profile, target.environment, options);

  result.inventory.manifest = workspace.store().put_object(result.files.to_mtree());
  if (!result.definitions.tables.empty())
    result.inventory.definitions = workspace.store().put_json(Json(result.definitions));
  const Digest stored = workspace.store().put_json(Json(result.inventory));
  workspace.store().set_reference("inventory/" + target.name(), stored);
  workspace.store().append(collection::surveys, SurveyRecord{target.name(), stored, result.inventory.taken,
                                                             result.inventory.version, result.inventory.program});
  SurveyOutcome out;
  out.inventory = std::move(result.inventory);
  out.files = std::move(result.files);
  out.read_files = result.hashed_files;
  out.took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
  const auto& inventory = out.inventory;
  reporter.done(
      {fmt::format("{} {}, {}, {}, {}", inventory.product, inventory.version.text(), counted(inventory.files, "file"),
                   human_bytes(inventory.bytes), counted(inventory.findings.size(), "finding")),
       fmt::format("{} {}，{} 个文件，{}，{} 个发现项", inventory.product, inventory.version.text(), inventory.files,
                   human_bytes(inventory.bytes), inventory.findings.size())});
  return out;
}

BaselineOutcome make_baseline(const std::string& root, const std::string& output, const std::string& index, bool cold,
                              Reporter& reporter) {
  const auto began = std::chrono::steady_clock::now();
  TreeOptions options;
  options.index_file = index;
  options.cold = cold;
  options.extended_attributes = false;
  options.progress = [&](const TreeProgress& progress) { show(progress, reporter); };
  reporter.begin({"read " + root, "读取 " + root});
  auto result = read_tree(root, options);
  if (!result.problems.empty()) {
    // A baseline with holes would call files "added by the customer" that are the vendor's.
    Text detail;
    for (const auto& problem : result.problems) {
      const auto path = "  " + printable(problem.path.bytes());
      detail.en += path + ": " + problem.detail.en + "\n";
      detail.zh += path + "：" + problem.detail.in(Language::chinese) + "\n";
    }
    throw Error(Code::io, root, detail);
  }
  BaselineOutcome out;
  out.files = result.manifest.size();
  out.bytes = result.manifest.bytes();
  out.read_files = result.hashed_files;
  // The digest is computed while the manifest is being written.
  auto digest = std::async(std::launch::async, [&] { return result.manifest.content_digest(); });
  write_file_atomic(output, [&](const WritePortion& write) {
    result.manifest.write_mtree(write);
    out.digest = digest.get();
    // Given back while the disk is still writing.
    result = {};
  });
  out.took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
  reporter.done({counted(out.files, "entry", "entries") + ", " + human_bytes(out.bytes),
                 fmt::format("{} 项，{}", out.files, human_bytes(out.bytes))});
  return out;
}

}  // namespace ferry
