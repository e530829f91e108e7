#include "app/capturing.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/capture_run.h"
#include "app/packaging.h"
#include "app/profiles.h"
#include "base/counted.h"
#include "base/error.h"
#include "host/files.h"
#include "host/sandbox.h"
#include "host/scratch.h"
#include "host/tree.h"
#include "package/build.h"
#include "package/meta.h"
#include "package/run_comparison.h"
#include "survey/survey.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void incomplete(const std::string& file, const Text& why) {
  throw Error(Code::invalid_document, file, why);
}

// The order's `package` by the rules of package.yaml.
PackageMeta meta_of(const CaptureOrder& order, const std::string& file) {
  if (!order.package.is_object())
    incomplete(file, {"'package' is missing: what the package says about itself", "缺少 package：包的自我说明"});
  auto meta = order.package.get<PackageMeta>();
  return require_meta(meta_to_yaml(meta), file + ": package");
}

class Capture {
 public:
  Capture(const CaptureRequest& request, Reporter& reporter)
      : request_(request),
        reporter_(reporter),
        order_file_(fs::absolute(request.order).lexically_normal().string()),
        order_(require_capture_order(read_file(order_file_), order_file_)),
        ground_{order_, order_file_, "", "", {"/root", "/home"}, {}} {}

  CaptureOutcome run();

 private:
  void settle();
  std::string copies_folder() const;
  void copy_source();
  Manifest read(const std::string& root, const Text& what);
  Manifest execute(const CaptureRun& run, int number);
  void copy_databases(const std::string& source) const;
  std::vector<std::string> database_files() const;
  void check_databases(const CaptureRun& run, const std::map<std::string, std::string>& before) const;
  std::map<std::string, std::string> database_states(const CaptureRun& run) const;
  Manifest program(const Manifest& files) const;
  Manifest compare(const Manifest& source, const Manifest& first, const Manifest* second);
  void note_network(const SandboxResult& result);
  void make_package(const Manifest& source, const Manifest& result);
  void make_baseline(const std::string& folder, const Manifest& result);
  void take_out_dropped(const Manifest& first, const Manifest& result) const;

  const CaptureRequest& request_;
  Reporter& reporter_;
  std::string order_file_;
  CaptureOrder order_;
  CaptureGround ground_;
  std::optional<Profile> profile_;
  PackageMeta meta_;
  std::vector<RelativePath> left_out_;  // data, generated and ignored folders
  std::unique_ptr<Scratch> scratch_;
  std::unique_ptr<CaptureRun> first_, second_;
  std::map<std::string, bool> network_;
  CaptureOutcome out_;
};

// Everything that can be wrong with the order is said before the first file is copied.
void Capture::settle() {
  if (path_exists(request_.output)) throw Error(Code::already_exists, request_.output);
  require_apart(order_, order_file_, copies_folder());
  if (!request_.baseline) meta_ = meta_of(order_, order_file_);
  for (const auto& name : {request_.baseline ? request_.output + ".mtree" : "", request_.tree,
                           request_.tree.empty() ? "" : request_.tree + ".mtree"})
    if (!name.empty() && path_exists(name)) throw Error(Code::already_exists, name);
  if (request_.target) {
    if (request_.target->is_clone())
      throw Error(Code::usage, request_.target->name(),
                  Text{"a clone's files are rewritten; capture on production's",
                       "克隆的文件已被改写；请在生产环境的文件上采集"});
    profile_ = request_.target->profile;
  } else if (!order_.profile.empty()) {
    const auto file = (fs::path(order_file_).parent_path() / order_.profile).lexically_normal().string();
    profile_ = require_profile(read_named(file, order_file_, "profile"), file, base_reader(file));
  }
  ground_.root = !order_.root.empty() ? order_.root : request_.target ? request_.target->root() : std::string();
  if (ground_.root.empty())
    incomplete(order_file_, {"'root' is missing: where production stands", "缺少 root：生产环境的安装位置"});
  ground_.user = !order_.user.empty() ? order_.user : request_.target ? request_.target->environment.user : "";
  if (profile_)
    for (const auto* list : {&profile_->paths.data, &profile_->paths.generated, &profile_->paths.ignored})
      left_out_.insert(left_out_.end(), list->begin(), list->end());
  if (!order_.database_declared) return;
  for (const auto& file : database_files())
    order_.differences.insert(order_.differences.begin(),
                              {PathPattern(file), DifferenceRule::How::drop, "", "a database: the migration's matter"});
}

std::string Capture::copies_folder() const {
  return !request_.work.empty() ? request_.work
                                : fs::absolute(request_.output).lexically_normal().parent_path().string();
}

void Capture::copy_source() {
  scratch_ = std::make_unique<Scratch>(".ferry-capture", copies_folder());
  ground_.hidden.push_back(scratch_->path());
  first_ = std::make_unique<CaptureRun>(ground_, *scratch_ / "first");
  make_folders(*scratch_ / "first");
  const auto source = request_.target ? request_.target->root() : request_.source;
  if (source.empty()) {
    make_folders(first_->tree());
    give_to(first_->tree(), ground_.user);
  } else {
    reporter_.begin({"copy " + source, "复制 " + source});
    CopyOptions options;
    options.exclude = left_out_;
    copy_tree(source, first_->tree(), options);
    if (order_.database_declared) copy_databases(source);
  }
  first_->prepare();
  if (request_.once) return;
  second_ = std::make_unique<CaptureRun>(ground_, *scratch_ / "second");
  make_folders(*scratch_ / "second");
  reporter_.begin({"copy for the second run", "为第二次运行复制"});
  copy_tree(first_->tree(), second_->tree());
  second_->prepare();
}

Manifest Capture::read(const std::string& root, const Text& what) {
  TreeOptions options;
  options.extended_attributes = false;
  options.exclude = left_out_;
  options.progress = [&](const TreeProgress& progress) {
    reporter_.progress(progress.files_done, progress.walked ? progress.files : 0, Unit::files);
  };
  reporter_.begin(what);
  auto tree = read_tree(root, options);
  if (!tree.problems.empty()) {
    const auto& problem = tree.problems.front();
    throw Error(problem.code, printable(problem.path.bytes()), problem.detail);
  }
  return std::move(tree.manifest);
}

// Of databases that the profile places below the root, with what belongs to them.
std::vector<std::string> Capture::database_files() const {
  std::vector<std::string> out;
  if (!profile_) return out;
  const Variables variables = request_.target ? request_.target->variables : Variables{};
  for (const auto& database : profile_->databases) {
    std::string file;
    try {
      file = expand(database.file, variables);
    } catch (const Error&) {
      continue;  // without an environment nobody knows where it lies
    }
    if (file.starts_with(ground_.root + "/")) file = file.substr(ground_.root.size() + 1);
    if (file.starts_with('/')) continue;
    for (const char* ending : {"", "-wal", "-journal"}) out.push_back(file + ending);
  }
  return out;
}

// Data folders are no part of the copy; an upgrader that may migrate finds its databases all the same.
void Capture::copy_databases(const std::string& source) const {
  for (const auto& file : database_files()) {
    const auto to = first_->tree() + "/" + file;
    if (!path_exists(source + "/" + file) || path_exists(to)) continue;
    const auto folder = fs::path(to).parent_path().string();
    const bool is_new = !path_exists(folder);
    make_folders(folder);
    copy_file(source + "/" + file, to);
    if (is_new) give_to(folder, ground_.user);
  }
}

// Digest, or "" for what is not there.
std::map<std::string, std::string> Capture::database_states(const CaptureRun& run) const {
  std::map<std::string, std::string> out;
  for (const auto& file : database_files()) {
    const auto path = run.tree() + "/" + file;
    out[file] = path_exists(path) ? digest_of_file(path).hex() : std::string();
  }
  return out;
}

void Capture::check_databases(const CaptureRun& run, const std::map<std::string, std::string>& before) const {
  if (order_.database_declared) return;
  for (const auto& [file, digest] : database_states(run))
    if (before.at(file) != digest)
      throw Error(
          Code::protected_path, file,
          Text{"the commands change this database. If that is the migration, say 'database: declared' in "
               "capture.yaml and name it under 'migrate' in the profile",
               "命令改动了该数据库。若这就是数据迁移，请在 capture.yaml 中写明 database: declared，并在产品档案的 "
               "migrate 中说明"});
}

void Capture::note_network(const SandboxResult& result) {
  for (const auto& attempt : result.network) {
    const bool known = network_.contains(attempt.place);
    network_[attempt.place] = attempt.allowed;
    if (!attempt.allowed && !known)
      reporter_.warning({attempt.place + " was asked for and refused: it is not under 'network' in capture.yaml",
                         "已拒绝访问 " + attempt.place + "：capture.yaml 的 network 中没有列出"});
  }
}

Manifest Capture::execute(const CaptureRun& run, int number) {
  const auto databases = database_states(run);
  reporter_.begin({fmt::format("run {} of {}", number, request_.once ? 1 : 2),
                   fmt::format("第 {} 次运行，共 {} 次", number, request_.once ? 1 : 2)});
  const auto result = run.run(order_.run, true, reporter_);
  require_success(order_.run, result);
  note_network(result);
  check_databases(run, databases);
  return read(run.tree(), {"read the result", "读取结果"});
}

Manifest Capture::program(const Manifest& files) const {
  return profile_ ? program_files(*profile_, files) : files;
}

Manifest Capture::compare(const Manifest& source, const Manifest& first, const Manifest* second) {
  const RunTree one{first_->tree(), first};
  std::optional<RunTree> other;
  if (second != nullptr) other.emplace(RunTree{second_->tree(), *second});
  auto compared = compare_runs(source, one, other ? &*other : nullptr, order_.differences);
  if (!compared.unexplained.empty()) {
    const auto file = request_.output + ".differences.yaml";
    write_file_atomic(file, to_text(compared.unexplained));
    reporter_.note({"all differences: " + file, "全部差异见 " + file});
    throw_differences(compared.unexplained);
  }
  out_.record.explained = std::move(compared.explained);
  const auto databases = order_.database_declared ? database_files() : std::vector<std::string>{};
  for (const auto place : compared.unused)
    if (place >= databases.size()) out_.unused_rules.push_back(order_.differences[place].path.text());
  return std::move(compared.result);
}

void Capture::make_package(const Manifest& source, const Manifest& result) {
  auto change = captured_change(source, program(result));
  for (const auto& [path, entry] : change.files.items()) {
    const bool there = source.find(path) != nullptr;
    ++(there ? out_.changed : out_.added);
  }
  out_.removed = change.removes.size();
  out_.mode_only = change.mode_only.size();
  if (change.files.size() == 0 && change.removes.empty())
    throw Error(
        Code::package_content, order_file_,
        Text{"the commands changed nothing below " + ground_.root, "命令没有改变 " + ground_.root + " 下的任何内容"});
  meta_.capture = out_.record;
  meta_.removes = std::move(change.removes);
  reporter_.begin({"write " + request_.output, "写出 " + request_.output});
  BuildOptions options;
  options.level = 6;
  out_.package = build_package(meta_, first_->tree(), change.files, request_.output, options);
  if (!request_.key.empty()) sign_package_file(request_.output, request_.key, request_.password_variable);
}

// The tree stands beside its manifest, so that texts can be merged line by line.
void Capture::make_baseline(const std::string& folder, const Manifest& result) {
  std::error_code failed;
  fs::rename(first_->tree(), folder, failed);
  if (failed) copy_tree(first_->tree(), folder);
  write_file_atomic(folder + ".mtree", result.to_mtree());
}

// What is no part of the result is not to be found in a tree that stands for it; folders after what is in them.
void Capture::take_out_dropped(const Manifest& first, const Manifest& result) const {
  for (auto item = first.items().rbegin(); item != first.items().rend(); ++item) {
    if (result.find(item->first) != nullptr) continue;
    std::error_code not_empty;
    fs::remove(first_->tree() + "/" + item->first.bytes(), not_empty);
  }
}

CaptureOutcome Capture::run() {
  settle();
  copy_source();
  auto source = program(read(first_->tree(), {"read the source", "读取采集源"}));
  auto& record = out_.record;
  record.source = source_digest(source).hex();
  record.runs = request_.once ? 1 : 2;
  record.root = ground_.root;
  record.commands = order_.run;
  record.database_declared = order_.database_declared;
  reporter_.begin({"runtime", "运行环境"});
  record.runtime = runtime_of(ground_, *first_, reporter_);
  ground_.network = places_of(ground_, *first_, reporter_);
  auto first = program(execute(*first_, 1));
  std::optional<Manifest> second;
  if (second_) second = program(execute(*second_, 2));
  for (const auto& [place, allowed] : network_) record.network.push_back({place, allowed});
  auto result = compare(source, first, second ? &*second : nullptr);
  if (request_.baseline || !request_.tree.empty()) take_out_dropped(first, result);
  first = Manifest();
  second.reset();
  out_.files = result.size();
  out_.bytes = result.bytes();
  out_.digest = result.content_digest();
  if (!request_.baseline) make_package(source, result);
  if (request_.baseline || !request_.tree.empty())
    make_baseline(request_.baseline ? request_.output : request_.tree, result);
  reporter_.done({counted(out_.files, "file") + ", " + human_bytes(out_.bytes),
                  fmt::format("{} 个文件，{}", out_.files, human_bytes(out_.bytes))});
  return std::move(out_);
}

}  // namespace

CaptureOutcome capture(const CaptureRequest& request, Reporter& reporter) {
  require_sandbox();
  return Capture(request, reporter).run();
}

}  // namespace ferry
