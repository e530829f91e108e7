#include "app/customisations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/packaging.h"
#include "app/recipes.h"
#include "base/error.h"
#include "base/mask_secrets.h"
#include "host/files.h"
#include "impact/containment.h"
#include "package/open.h"
#include "package/plain_archive.h"

namespace ferry {
namespace {

constexpr std::uint64_t largest_handed = 256ULL << 20U;
constexpr std::uint64_t largest_compared = 16ULL << 20U;

// Settings hold secrets without quotes, source code does not.
bool is_code(const RelativePath& path) {
  constexpr std::string_view settings[] = {"properties", "env",  "ini", "conf", "cfg",
                                           "yml",        "yaml", "xml", "json", "toml"};
  const auto name = path.name();
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  return std::find(std::begin(settings), std::end(settings), name.substr(dot + 1)) == std::end(settings);
}

bool is_text(const std::string& bytes) {
  return bytes.find('\0') == std::string::npos;
}

MaskedText masked(const RelativePath& path, const std::string& bytes) {
  if (!is_text(bytes)) return {bytes, 0};
  return mask_secrets(bytes, is_code(path));
}

// Names in the archive are bytes; what is no UTF-8 would be unreadable on the other side.
std::string archive_name(const char* folder, const RelativePath& path) {
  return std::string(folder) + "/" + (is_utf8(path.bytes()) ? path.bytes() : escape(path.bytes()));
}

const Text readme{
    "What is in here\n\ncustomisation.json: versions, applied packages, modules, and each change of the customer's "
    "with the "
    "decision about it.\nfiles/: the customer's files as they are now. merged/: the content agreed on where both sides "
    "changed a file.\n'***' stands for a secret that was hidden; it must not come back.\nData, licence and generated "
    "files "
    "are not included.\n\nPlease return packages that contain each of these changes; they are compared with this "
    "list.\n",
    "内容说明\n\ncustomisation.json：版本、已安装的包、模块，以及客户的每一处改动与处置决定。\nfiles/"
    "：客户文件的当前内容。"
    "merged/：双方均修改时商定的内容。\n“***”为隐去的密码等，不得原样返回。\n不含数据、许可证与生成的文件。\n\n"
    "请返回包含上述全部改动的升级包；收到后将逐项核对。\n"};

class HandOver {
 public:
  HandOver(Workspace& workspace, Reporter& reporter)
      : workspace_(workspace),
        reporter_(reporter),
        production_(workspace.production()),
        inventory_(workspace.inventory(production_.name())),
        installed_(workspace.manifest(inventory_)),
        memory_(workspace.path("decisions.jsonl")) {
    const auto baseline = workspace.baseline(production_);
    if (!inventory_.compared || !baseline)
      throw Error(Code::usage, production_.name(),
                  Text{"it was not compared with the vendor's baseline: nobody knows what the customer changed. Name "
                       "'baseline' in the environment and survey again",
                       "未与厂商基线比较，无法得知客户的改动。请在环境文件中填写 baseline 并重新调研"});
    baseline_ = *baseline;
  }

  CustomisationReturn write(const std::string& output) {
    collect();
    CustomisationReturn out;
    out.handed = workspace_.clock();
    PlainArchive archive(output, std::chrono::duration_cast<Seconds>(out.handed.time_since_epoch()).count());
    archive.add("README.txt", readme.en + "\n" + readme.zh);
    std::uint64_t done = 0;
    for (auto& change : changes_) {
      pack(archive, change);
      reporter_.progress(++done, changes_.size(), Unit::files);
    }
    const Json list = document(out.handed);
    archive.add("customisation.json", list.dump(1) + "\n");
    archive.finish();
    out.bundle = workspace_.store().put_json(list);
    out.changes = std::move(changes_);
    return out;
  }

 private:
  bool left_out(const RelativePath& path) const {
    const auto& paths = production_.profile.paths;
    const auto& licence = production_.profile.licence;
    return is_under_any(path, paths.data) || is_under_any(path, paths.generated) || is_under_any(path, paths.ignored) ||
           (licence && path.bytes() == licence->file);
  }

  void collect() {
    for (const auto& path : inventory_.modified) change(path, ChangeKind::modified, false);
    for (const auto& path : inventory_.added) change(path, ChangeKind::added, false);
    for (const auto& path : inventory_.deleted) change(path, ChangeKind::deleted, false);
    // Configuration is the customer's own: the survey does not list it as customised, but the vendor has to know.
    for (const auto& [path, entry] : baseline_.items()) {
      const auto* now = installed_.find(path);
      if (entry.type == EntryType::file && now != nullptr && !entry.same_content(*now) &&
          is_under_any(path, production_.profile.paths.config))
        change(path, ChangeKind::modified, true);
    }
    std::sort(changes_.begin(), changes_.end(),
              [](const HandedChange& a, const HandedChange& b) { return a.path < b.path; });
  }

  void change(const RelativePath& path, ChangeKind kind, bool config) {
    if (left_out(path)) return;
    const auto* mine = installed_.find(path);
    if (mine != nullptr && mine->type == EntryType::folder) return;
    HandedChange out;
    out.path = path;
    out.kind = kind;
    out.config = config;
    out.mine = content_key(mine);
    out.base = content_key(baseline_.find(path));
    if (const auto* decision = memory_.latest(path); decision != nullptr && decision->mine == out.mine) {
      out.choice = std::string(name_of(decision->choice));
      out.reason = decision->reason;
      out.merged = decision->merged;
    }
    changes_.push_back(std::move(out));
  }

  void pack(PlainArchive& archive, HandedChange& change) {
    if (change.kind != ChangeKind::deleted) pack_mine(archive, change);
    if (change.merged.empty()) return;
    const auto content = masked(change.path, workspace_.store().get_object(change.merged));
    change.masked += content.masked;
    archive.add(archive_name("merged", change.path), content.text);
  }

  void pack_mine(PlainArchive& archive, HandedChange& change) {
    const auto* entry = installed_.find(change.path);
    if (entry == nullptr || entry->type != EntryType::file) {
      change.withheld = "link";
      return;
    }
    if (entry->size > largest_handed) {
      change.withheld = "too large";
      return;
    }
    const auto bytes = read_file(production_.root() + "/" + change.path.bytes(), largest_handed);
    if (Digest::of(bytes) != change.mine)
      throw Error(Code::drift, printable(change.path.bytes()),
                  Text{"it is another file than the survey saw; survey again", "与调研时的内容不同；请重新调研"});
    const auto content = masked(change.path, bytes);
    change.masked = content.masked;
    archive.add(archive_name("files", change.path), content.text);
    // What was handed over is what the returned text is compared with, whatever becomes of the installation.
    if (content.text.size() <= largest_compared && is_text(content.text))
      texts_[escape(change.path.bytes())] = workspace_.store().put_object(content.text);
  }

  Json document(Moment at) const {
    Json databases = Json::array();
    for (const auto& database : inventory_.databases)
      databases.push_back({{"id", database.id},
                           {"product", database.product},
                           {"version", database.version},
                           {"custom_objects", database.custom_objects}});
    Json out{{"format", 1},
             {"project", workspace_.project().id},
             {"product", inventory_.product},
             {"version", inventory_.version},
             {"build", inventory_.build},
             {"surveyed", inventory_.taken},
             {"made", to_string(at)},
             {"packages", inventory_.packages},
             {"modules", inventory_.modules},
             {"databases", std::move(databases)},
             {"changes", changes_},
             {"texts", texts_}};
    if (workspace_.store().reference("recipe")) out["target"] = current_recipe(workspace_).to;
    return out;
  }

  Workspace& workspace_;
  Reporter& reporter_;
  Target production_;
  Inventory inventory_;
  Manifest installed_;
  Manifest baseline_;
  DecisionMemory memory_;
  std::vector<HandedChange> changes_;
  std::map<std::string, Digest> texts_;  // path (escaped) -> masked content in the store
};

CustomisationReturn require_handed(const Workspace& workspace) {
  if (auto found = customisation_return(workspace)) return *found;
  throw Error(Code::not_found, Text{"customisation handed to the vendor", "已交给厂商的二次开发"},
              Text{"'ferry customisation export --output FILE' bundles it",
                   "请用 “ferry customisation export --output 文件” 打包"});
}

std::vector<Package> returned_packages(Workspace& workspace, const std::vector<std::string>& files) {
  std::vector<Package> out;
  if (files.empty()) {
    // The composed set even where decisions are still open.
    const auto composition = show_impact(workspace).composition;
    for (const auto& one : composition.packages) out.push_back(workspace.library().get(one.digest, workspace.clock()));
    return out;
  }
  for (const auto& file : files) out.push_back(verify_package_file(workspace, file));
  std::stable_sort(out.begin(), out.end(),
                   [](const Package& a, const Package& b) { return a.meta.kind < b.meta.kind; });
  return out;
}

// The texts of a change, with the same masks on all sides.
class Texts {
 public:
  Texts(const Workspace& workspace, const Digest& bundle, const std::vector<Package>& packages)
      : workspace_(workspace), production_(workspace.production()), packages_(packages) {
    const Json list = workspace.store().get_json(bundle);
    texts_ = list.at("texts").get<std::map<std::string, Digest>>();
  }

  ChangeTexts ask(const HandedChange& change, const std::string& package) const {
    ChangeTexts out;
    if (const auto found = texts_.find(escape(change.path.bytes())); found != texts_.end())
      out.mine = workspace_.store().get_object(found->second);
    if (auto base = baseline_content(production_, change.path); base && Digest::of(*base) == change.base)
      out.base = masked(change.path, *base).text;
    for (const auto& one : packages_) {
      if (one.meta.id != package) continue;
      const auto* entry = one.files.find(change.path);
      if (entry == nullptr || entry->type != EntryType::file || entry->size > largest_compared) continue;
      const auto raw = read_package_file(one, change.path);
      out.placeholder = change.masked > 0 && raw.find(secret_mask) != std::string::npos;
      out.returned = masked(change.path, raw).text;
    }
    return out;
  }

 private:
  const Workspace& workspace_;
  Target production_;
  const std::vector<Package>& packages_;
  std::map<std::string, Digest> texts_;
};

// A person's word holds for the content that he has seen.
void carry_accepted(const std::vector<ReturnedChange>& before, ReturnedChange& now) {
  for (const auto& one : before) {
    if (one.state != Containment::accepted || one.path != now.path || one.content != now.content || !is_open(now.state))
      continue;
    now.state = one.state;
    now.person = one.person;
    now.reason = one.reason;
    now.why = one.why;
  }
}

void remember(Workspace& workspace, const CustomisationReturn& fact) {
  workspace.store().append(collection::customisations, Json(fact));
}

}  // namespace

CustomisationReturn hand_over_customisation(Workspace& workspace, const std::string& output, const std::string& person,
                                            Reporter& reporter) {
  reporter.begin({"bundle the customer's changes", "打包客户二次开发"});
  auto fact = HandOver(workspace, reporter).write(output);
  remember(workspace, fact);
  workspace.audit("customisation.export", output, person, {{"bundle", fact.bundle}, {"changes", fact.changes.size()}});
  reporter.done({fmt::format("{} changes", fact.changes.size()), fmt::format("{} 处改动", fact.changes.size())});
  return fact;
}

CustomisationReturn check_returned(Workspace& workspace, const std::vector<std::string>& files,
                                   const std::string& person, Reporter& reporter) {
  auto fact = require_handed(workspace);
  reporter.begin({"look for each change in what came back", "在返回的包中逐项核对改动"});
  const auto packages = returned_packages(workspace, files);
  const auto overlay = overlay_of(packages, workspace.production().profile.paths.whole);
  const Texts texts(workspace, fact.bundle, packages);
  const auto before = std::move(fact.returned);
  fact.returned.clear();
  for (const auto& change : fact.changes) {
    fact.returned.push_back(judge_returned(change, overlay, [&](const HandedChange& asked, const std::string& package) {
      return texts.ask(asked, package);
    }));
    carry_accepted(before, fact.returned.back());
    reporter.progress(fact.returned.size(), fact.changes.size(), Unit::files);
  }
  fact.packages.clear();
  for (const auto& package : packages) fact.packages.push_back(package.digest.hex());
  std::sort(fact.packages.begin(), fact.packages.end());
  fact.looked = workspace.clock();
  remember(workspace, fact);
  const auto open = static_cast<std::size_t>(std::count_if(
      fact.returned.begin(), fact.returned.end(), [](const ReturnedChange& one) { return is_open(one.state); }));
  workspace.audit("customisation.check", fact.bundle.hex(), person, {{"packages", fact.packages}, {"open", open}});
  reporter.done({fmt::format("{} changes, {} open", fact.changes.size(), open),
                 fmt::format("{} 处改动，{} 处未落实", fact.changes.size(), open)});
  return fact;
}

CustomisationReturn accept_returned(Workspace& workspace, const RelativePath& path, const std::string& reason,
                                    const std::string& person) {
  auto fact = require_handed(workspace);
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos)
    throw Error(Code::usage, printable(path.bytes()), Text{"say why (--reason)", "请说明理由（--reason）"});
  for (auto& one : fact.returned) {
    if (one.path != path || !is_open(one.state)) continue;
    one.state = Containment::accepted;
    one.person = person;
    one.reason = reason;
    remember(workspace, fact);
    workspace.audit("customisation.accept", escape(path.bytes()), person, {{"reason", reason}});
    return fact;
  }
  throw Error(Code::not_found, printable(path.bytes()),
              Text{"nothing is open about it; 'ferry customisation show' lists what is",
                   "该路径没有未落实项；“ferry customisation show” 列出全部"});
}

std::optional<CustomisationReturn> customisation_return(const Workspace& workspace) {
  const auto all = workspace.store().read_as<CustomisationReturn>(collection::customisations);
  return all.empty() ? std::nullopt : std::optional(all.back());
}

}  // namespace ferry
