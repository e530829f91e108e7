#include "app/test_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/backups.h"
#include "app/planning.h"
#include "app/recipes.h"
#include "base/error.h"
#include "host/runtime.h"
#include "impact/three_way.h"

namespace ferry {
namespace {

constexpr std::uint64_t mebibyte = 1ULL << 20U;

Text same(const std::string& text) {
  return {text, text};
}

// "Debian GNU/Linux 12 (bookworm)" -> "Debian GNU/Linux 12*": minor versions do not matter.
std::string system_pattern(const std::string& name) {
  const auto digit = name.find_first_of("0123456789");
  if (digit == std::string::npos) return name;
  return name.substr(0, std::min(name.find_first_not_of("0123456789", digit), name.size())) + "*";
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

// Puts the sheet together, one part after the other.
class SheetMaker {
 public:
  SheetMaker(Workspace& workspace, const Target& target)
      : workspace_(workspace),
        production_(workspace.production()),
        target_(target),
        inventory_(workspace.inventory(production_.name())) {
    if (workspace.store().reference("recipe")) recipe_ = current_recipe(workspace);
    if (recipe_) packages_ = packages_of(workspace, *recipe_);
  }

  TestSheet make() {
    identity();
    system();
    room();
    runtimes();
    programs();
    databases();
    ports();
    accounts();
    fence();
    habits();
    sheet_.notes = production_.profile.machine.notes;
    sheet_.notes.push_back(
        {"Never production's own machine. The backup repository must be reachable from here; it is only read.",
         "不得使用正式环境机器。本机须能访问备份仓库（只读）。"});
    return std::move(sheet_);
  }

 private:
  SheetNeed& add(std::string id, SheetKind kind, Text title, Text need, Text remedy, bool required = true) {
    SheetNeed out;
    out.id = std::move(id);
    out.kind = kind;
    out.title = std::move(title);
    out.need = std::move(need);
    out.remedy = std::move(remedy);
    out.required = required;
    sheet_.needs.push_back(std::move(out));
    return sheet_.needs.back();
  }

  void identity() {
    const auto project = workspace_.project();
    sheet_.project = project.id;
    sheet_.customer = project.customer;
    sheet_.product = production_.profile.product;
    sheet_.title = production_.profile.title;
    sheet_.from = inventory_.version;
    if (recipe_) sheet_.to = recipe_->to;
    sheet_.environment = target_.name();
    sheet_.root = target_.root();
    sheet_.made = to_string(workspace_.clock());
    sheet_.surveyed = inventory_.taken;
  }

  void system() {
    const auto& needs = production_.profile.machine;
    const auto& host = inventory_.host;
    auto systems = needs.systems;
    if (systems.empty() && !host.os.empty()) systems.push_back(system_pattern(host.os));
    if (!systems.empty()) {
      auto& need = add("system", SheetKind::system, {"Operating system", "操作系统"}, same(joined(systems)),
                       {"Install one of these systems.", "请安装其中一种系统。"});
      need.names = systems;
      need.why = {"production runs on " + host.os + ", " + host.kernel, "正式环境为 " + host.os + "，" + host.kernel};
    }
    const int cores = needs.cores > 0 ? needs.cores : std::max(1, (host.cores + 1) / 2);
    auto& core = add("cores", SheetKind::cores, {"Processor cores", "处理器核数"},
                     {"at least " + std::to_string(cores), "不少于 " + std::to_string(cores)},
                     {"Give the machine more cores; durations measured with fewer say little about production.",
                      "请增加核数；核数过少时测得的耗时对正式环境没有参考意义。"},
                     needs.cores > 0);
    core.number = static_cast<std::uint64_t>(cores);
    core.why = {fmt::format("production has {} ({})", host.cores, host.cpu),
                fmt::format("正式环境为 {} 核（{}）", host.cores, host.cpu)};
    const auto memory = needs.memory_bytes > 0 ? needs.memory_bytes : host.memory_bytes / 2;
    if (memory == 0) return;
    auto& need = add("memory", SheetKind::memory, {"Memory", "内存"},
                     {"at least " + human_bytes(memory), "不少于 " + human_bytes(memory)},
                     {"Give the machine more memory.", "请增加内存。"}, needs.memory_bytes > 0);
    // What a vendor calls 8 GB shows a little less to the system.
    need.number = memory / 100 * 95;
    need.why = {"production has " + human_bytes(host.memory_bytes), "正式环境为 " + human_bytes(host.memory_bytes)};
  }

  void part(Text what, std::uint64_t bytes) { sheet_.room.push_back({std::move(what), bytes}); }

  void room() {
    std::uint64_t databases = 0;
    for (const auto& database : inventory_.databases) databases += database.bytes;
    std::uint64_t packages = 0;
    for (const auto& package : packages_) packages += package.files.bytes();
    const auto jumps = recipe_ ? recipe_->jumps() : 1;
    part({"the copy of production", "正式环境副本"}, inventory_.bytes);
    part({"a second one, from which it is put back between rehearsals", "用于在多次演练之间复位的第二份副本"},
         inventory_.bytes);
    part({"a third one while it is put back", "复位过程中的第三份副本"}, inventory_.bytes);
    part(recipe_ ? Text{"the new version beside the old one", "新版本与旧版本并存"}
                 : Text{"the new version beside the old one (assumed as large as what is installed: no recipe yet)",
                        "新版本与旧版本并存（尚无升级配方，按现有安装大小估计）"},
         recipe_ ? packages : program_bytes());
    part({fmt::format("recovery points of the databases ({})", 2 + jumps),
          fmt::format("数据库恢复点（{} 份）", 2 + jumps)},
         (2 + jumps) * databases);
    if (production_.profile.machine.disk_bytes > 0)
      part({"the product's own demand", "产品自身要求"}, production_.profile.machine.disk_bytes);
    std::uint64_t sum = 0;
    for (const auto& one : sheet_.room) sum += one.bytes;
    part({"growth and logs", "增长与日志"}, sum / 10 + 512 * mebibyte);
    sum += sheet_.room.back().bytes;
    const auto parent = target_.root().substr(0, target_.root().rfind('/'));
    auto& need = add("disk", SheetKind::disk, {"Free disk", "可用磁盘空间"},
                     {human_bytes(sum) + " free on the file system of " + parent,
                      parent + " 所在文件系统可用空间不少于 " + human_bytes(sum)},
                     {"Enlarge the file system, or choose another root in the environment's file.",
                      "请扩大该文件系统，或在环境文件中改用其他目录。"});
    need.number = sum;
    need.files = 3 * inventory_.files;
  }

  std::uint64_t program_bytes() const {
    const auto& paths = production_.profile.paths;
    std::uint64_t out = 0;
    for (const auto& [path, entry] : workspace_.manifest(inventory_).items())
      if (!is_under_any(path, paths.data) && !is_under_any(path, paths.ignored)) out += entry.size;
    return out;
  }

  std::vector<Version> versions() const {
    std::vector<Version> out{inventory_.version};
    if (!recipe_) return out;
    for (const auto& hop : recipe_->hops) out.push_back(hop.to);
    if (recipe_->hops.empty()) out.push_back(recipe_->to);
    return out;
  }

  // What services, migrations and packages demand for the version, by runtime.
  std::map<std::string, std::vector<VersionRange>> demands(const Version& version) const {
    std::map<std::string, std::vector<VersionRange>> out;
    for (const auto& service : services_of_version(production_.profile, version))
      for (const auto& [id, wanted] : service.runtime) out[id].push_back(wanted);
    if (version == inventory_.version) return out;
    for (const auto& [id, wanted] : migration_to(production_.profile, version).runtime) out[id].push_back(wanted);
    for (const auto& package : packages_) {
      const auto& demand = package.meta.runtime;
      if (demand.empty() || package.meta.to != version) continue;
      const auto blank = std::min(demand.find(' '), demand.size());
      const auto range = demand.substr(std::min(blank + 1, demand.size()));
      out[demand.substr(0, blank)].push_back(range.empty() ? VersionRange() : VersionRange(range));
    }
    return out;
  }

  void runtimes() {
    for (const auto& version : versions())
      for (const auto& [id, ranges] : demands(version))
        for (const auto& wanted : ranges) runtime(id, version, wanted);
    // Nobody demands a version: then that of production is what works.
    for (const auto& facts : inventory_.runtimes)
      if (!facts.version.empty() && !asked_.contains(facts.id))
        runtime(facts.id, inventory_.version, VersionRange(facts.version), false);
    for (auto& need : sheet_.needs) {
      if (need.kind != SheetKind::runtime) continue;
      for (const auto& demand : need.demands) {
        const std::string end = need.need.empty() ? "" : ", ";
        need.need.en += end + demand.wanted.text() + " for " + demand.version;
        need.need.zh += (need.need.zh.empty() ? "" : "，") + demand.version + " 需要 " + demand.wanted.text();
      }
    }
  }

  void runtime(const std::string& id, const Version& version, const VersionRange& wanted, bool required = true) {
    asked_.insert(id);
    const auto* found = find_runtime(production_.profile, id, version);
    if (found == nullptr) found = usual_runtime(id);
    if (found == nullptr) return;
    std::vector<std::string> run;
    for (const auto& word : found->run) run.push_back(expand(word, target_.variables));
    // What comes with the copy or with the release is not the machine's business.
    if (run.front().starts_with(target_.root() + "/")) return;
    if (!run.front().starts_with("/") && run.front().find('/') != std::string::npos) return;
    for (auto& need : sheet_.needs) {
      if (need.kind != SheetKind::runtime || need.names != run) continue;
      need.demands.push_back({version.text(), wanted});
      return;
    }
    auto& need = add("runtime:" + id, SheetKind::runtime, found->title.empty() ? same(id) : found->title, {},
                     {"Install it; '" + joined_words(run) + "' must answer with such a version.",
                      "请安装；执行 “" + joined_words(run) + "” 须给出符合要求的版本。"},
                     required);
    need.names = run;
    need.regex = found->regex;
    need.demands.push_back({version.text(), wanted});
    for (const auto& facts : inventory_.runtimes)
      if (facts.id == id && !facts.version.empty())
        need.why = {"production has " + facts.version, "正式环境为 " + facts.version};
  }

  static std::string joined_words(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
  }

  void program(const std::string& name, Text why) {
    if (!programs_.insert(name).second) return;
    auto& need = add("program:" + name, SheetKind::program, {"Program " + name, "程序 " + name},
                     name.starts_with("/") ? same(name) : Text{name + " in the PATH", "PATH 中有 " + name},
                     {"Install it.", "请安装。"});
    need.names = {name};
    need.why = std::move(why);
  }

  void programs() {
    program("restic", {"restores the backup into the copy", "用于将备份还原为副本"});
    for (const auto& name : production_.profile.machine.programs) program(name, {"the product's demand", "产品要求"});
    for (const auto& version : versions())
      for (const auto& service : services_of_version(production_.profile, version)) {
        const auto first = expand(service.run.front(), target_.variables);
        if (first.starts_with("/") && !first.starts_with(target_.root() + "/"))
          program(first, {"starts the service " + service.id, "用于启动服务 " + service.id});
      }
  }

  void databases() {
    for (const auto& database : inventory_.databases)
      add("database:" + database.id, SheetKind::database, {"Database " + database.id, "数据库 " + database.id},
          {database.product + " " + database.version + ", " + human_bytes(database.bytes) +
               ": inside the installation, no server to install",
           database.product + " " + database.version + "，" + human_bytes(database.bytes) +
               "：随安装目录，无需安装数据库服务"},
          {}, false);
  }

  void ports() {
    std::set<std::string> seen;
    for (const auto& version : versions())
      for (const auto& service : services_of_version(production_.profile, version)) {
        if (service.port.empty()) continue;
        const auto port = expand(service.port, target_.variables, target_.secret);
        if (!seen.insert(port).second) continue;
        auto& need = add("port:" + port, SheetKind::port, {"Port " + port, "端口 " + port},
                         {"free, for the service " + service.id, "未被占用，供服务 " + service.id + " 使用"},
                         {"End what listens there, or choose another port in the environment's file.",
                          "请停止占用该端口的程序，或在环境文件中改用其他端口。"});
        need.number = static_cast<std::uint64_t>(std::stoul(port));
      }
  }

  void accounts() {
    std::string account = target_.environment.user;
    if (account.empty()) account = production_.environment.user;
    if (!account.empty() && account != "root") {
      auto& need = add("account:" + account, SheetKind::account, {"Account " + account, "账号 " + account},
                       {"exists; the services run as it", "已建立；服务以该账号运行"},
                       {"Make it: useradd --system " + account, "请建立：useradd --system " + account});
      need.names = {account};
    }
    auto& root = add("root", SheetKind::root, {"Administrator's rights", "管理员权限"},
                     {"Ferry runs as root", "Ferry 以 root 运行"},
                     {"Run the check and later Ferry as root (sudo).", "请以 root（sudo）执行本检查及之后的 Ferry。"});
    root.why = {"without it the copy can't be fenced off, and nothing proves that it reaches nobody outside",
                "否则无法对副本做出网隔离，也无法证明其不会访问外部"};
  }

  void fence() {
    auto& fence = add("fence", SheetKind::fence, {"Fence", "出网隔离"},
                      {"Linux 5.14 or newer; network, mount and process namespaces and BPF allowed",
                       "Linux 5.14 或更新；允许网络、挂载、进程命名空间及 BPF"},
                      {"Use a newer kernel, and a virtual machine instead of a container.",
                       "请使用更新的内核；使用虚拟机而不是容器。"});
    fence.why = {"the copy must not send mail or reach interfaces", "副本不得外发邮件或访问接口"};
    add("door", SheetKind::door, {"Maintenance page", "维护页"},
        {"Linux 5.9 or newer, BPF allowed", "Linux 5.9 或更新，允许 BPF"},
        {"Without it the page stands in only while the application is stopped.", "否则仅在应用停止期间显示维护页。"},
        false);
  }

  void habits() {
    const auto& host = inventory_.host;
    if (!host.time_zone.empty()) {
      auto& need = add("time-zone", SheetKind::time_zone, {"Time zone", "时区"}, same(host.time_zone),
                       {"Set the same zone as production: timedatectl set-timezone " + host.time_zone,
                        "请设为与正式环境相同：timedatectl set-timezone " + host.time_zone},
                       false);
      need.names = {host.time_zone};
    }
    if (host.locale.empty()) return;
    auto& need =
        add("locale", SheetKind::locale, {"Locale", "区域设置"}, same(host.locale),
            {"Set the same locale as production: encodings depend on it.", "请设为与正式环境相同：字符编码与之有关。"},
            false);
    need.names = {host.locale};
  }

  Workspace& workspace_;
  Target production_;
  const Target& target_;
  Inventory inventory_;
  std::optional<Recipe> recipe_;
  std::vector<Package> packages_;
  TestSheet sheet_;
  std::set<std::string> asked_, programs_;
};

}  // namespace

TestSheet make_test_sheet(Workspace& workspace, const std::string& environment) {
  const auto target = workspace.target(environment);
  if (target.is_production())
    throw Error(Code::usage, target.name(),
                Text{"the sheet is for a test system: name an environment of kind clone or test",
                     "该表用于测试系统：请指定 kind 为 clone 或 test 的环境"});
  return SheetMaker(workspace, target).make();
}

}  // namespace ferry
