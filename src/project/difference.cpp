#include "project/difference.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "project/fields.h"

namespace ferry {
namespace {

constexpr std::pair<Demand, std::string_view> demand_names[] = {
    {Demand::nothing, "nothing"}, {Demand::waiver, "waiver"}, {Demand::fresh_clone, "fresh_clone"}};

const Text fresh_clone{
    "Back up production, make the clone anew ('ferry backup create', 'ferry clone remove', 'ferry clone create') and "
    "rehearse on it.",
    "请重新备份正式环境、重建克隆（ferry backup create、ferry clone remove、ferry clone create）并在其上测试升级。"};
const Text clone_or_waiver{
    "Make the clone anew and rehearse on it, or have exactly this accepted: 'ferry drift waive KEY --reason TEXT', "
    "confirmed by an approver with 'ferry gate confirm'.",
    "请重建克隆并重新测试升级；或仅就此项豁免：“ferry drift waive 编号 --reason 理由”，再由审批人用 “ferry gate "
    "confirm” 确认。"};

Text from_to(const std::string& then, const std::string& now) {
  const auto shown = [](const std::string& text, const char* empty) {
    return text.empty() ? std::string(empty) : text;
  };
  return {shown(then, "nothing") + " → " + shown(now, "nothing"), shown(then, "无") + " → " + shown(now, "无")};
}

class Comparison {
 public:
  explicit Comparison(const ComparisonRequest& request) : request_(request) {}

  std::vector<Difference> all() {
    versions();
    files();
    host();
    databases();
    services();
    amounts();
    for (auto& found : compare_definitions(request_.profile, request_.now.inventory.version, request_.then.definitions,
                                           request_.now.definitions))
      out_.push_back(std::move(found));
    std::stable_sort(out_.begin(), out_.end(), [](const Difference& a, const Difference& b) {
      return std::pair(-static_cast<int>(a.demand), a.key) < std::pair(-static_cast<int>(b.demand), b.key);
    });
    return std::move(out_);
  }

 private:
  Difference& add(std::string key, Demand demand, Severity severity, Text title, Text detail) {
    Difference& out = out_.emplace_back();
    out.key = std::move(key);
    out.demand = demand;
    out.severity = severity;
    out.title = std::move(title);
    out.detail = std::move(detail);
    if (demand != Demand::nothing) out.remedy = demand == Demand::waiver ? clone_or_waiver : fresh_clone;
    out.state = digest_of(Json::array({out.key, out.detail.en}));
    return out;
  }
  void value(const std::string& key, Demand demand, Severity severity, const Text& title, const std::string& then,
             const std::string& now) {
    if (then != now) add(key, demand, severity, title, from_to(then, now));
  }
  void values(const std::string& prefix, Demand demand, Severity severity, const Text& title,
              const std::map<std::string, std::string>& then, const std::map<std::string, std::string>& now) {
    std::set<std::string> names;
    for (const auto& [name, unused] : then) names.insert(name);
    for (const auto& [name, unused] : now) names.insert(name);
    const auto of = [](const std::map<std::string, std::string>& map, const std::string& name) {
      const auto it = map.find(name);
      return it == map.end() ? std::string() : it->second;
    };
    for (const auto& name : names)
      value(prefix + name, demand, severity, {title.en + " " + name, title.zh + " " + name}, of(then, name),
            of(now, name));
  }
  // Each item that is in one of the lists only.
  void lists(const std::string& prefix, Demand demand, Severity severity, const Text& title,
             const std::vector<std::string>& then, const std::vector<std::string>& now) {
    const std::set<std::string> before(then.begin(), then.end());
    const std::set<std::string> after(now.begin(), now.end());
    for (const auto& item : after)
      if (!before.contains(item))
        add(prefix + item, demand, severity, {title.en + " " + item, title.zh + " " + item}, {"new", "新增"});
    for (const auto& item : before)
      if (!after.contains(item))
        add(prefix + item, demand, severity, {title.en + " " + item, title.zh + " " + item}, {"gone", "已不存在"});
  }

  void versions() {
    const auto& then = request_.then.inventory;
    const auto& now = request_.now.inventory;
    value("version", Demand::fresh_clone, Severity::high, {"Version of the product", "产品版本"}, then.version.text(),
          now.version.text());
    value("build", Demand::fresh_clone, Severity::high, {"Build of the product", "产品构建号"}, then.build, now.build);
    lists("package:", Demand::fresh_clone, Severity::high, {"Applied package", "已装包"}, then.packages, now.packages);
    lists("script:", Demand::fresh_clone, Severity::high, {"Applied database script", "已执行的数据库脚本"},
          then.scripts, now.scripts);
    // Surveys of before this was kept say nothing.
    if (!then.profile.empty() && then.profile != now.profile)
      add("profile", request_.rehearsed_with_profile ? Demand::nothing : Demand::fresh_clone, Severity::medium,
          {"Profile", "产品档案"},
          request_.rehearsed_with_profile
              ? Text{"changed since the clone was made; it was rehearsed with the present one",
                     "制作克隆后有变化；已用当前档案测试升级"}
              : Text{"changed since the clone was made", "制作克隆后有变化"});
    std::map<std::string, std::string> modules_then, modules_now;
    for (const auto& module : then.modules) modules_then[module.id] = module.installed ? module.version + " +" : "";
    for (const auto& module : now.modules)
      if (modules_then.contains(module.id)) modules_now[module.id] = module.installed ? module.version + " +" : "";
    for (const auto& module : now.modules) {
      if (!modules_then.contains(module.id) || modules_then[module.id] == modules_now[module.id]) continue;
      const auto shown = [](const std::string& state) {
        return state.empty() ? state : state.substr(0, state.size() - 2);
      };
      Difference& out =
          add("module:" + module.id, Demand::waiver, Severity::high,
              {"Module " + module.title.in(Language::english), "模块 " + module.title.in(Language::chinese)},
              from_to(shown(modules_then[module.id]), shown(modules_now[module.id])));
      if (out.detail.en == "nothing → nothing") out.detail = {"switched on or off", "启用状态改变"};
    }
  }

  // A file that is the vendor's by the baseline of then and of now was patched or damaged; any other is customisation.
  Text file_title(const FileDifference& file) const {
    const auto has = [&](const std::vector<RelativePath>& list) {
      return std::find(list.begin(), list.end(), file.path) != list.end();
    };
    const std::string name = printable(file.path.bytes());
    const auto& now = request_.now.inventory;
    const auto& then = request_.then.inventory;
    if (now.compared && (has(now.added) || has(now.modified) || has(then.added) || has(then.modified)))
      return {"Customisation " + name, "二次开发 " + name};
    if (now.compared && has(now.deleted)) return {"Vendor's file " + name, "厂商文件 " + name};
    return {"Program file " + name, "程序文件 " + name};
  }

  void files() {
    if (!request_.then.files_known || !request_.now.files_known) {
      value("files", Demand::waiver, Severity::high, {"Program files", "程序文件"},
            request_.then.inventory.program.brief(), request_.now.inventory.program.brief());
      return;
    }
    const std::set<RelativePath> planned(request_.planned.begin(), request_.planned.end());
    for (const auto& file : file_differences(request_.then.program, request_.now.program)) {
      const bool touched = planned.contains(file.path);
      Difference& out = add("file:" + printable(file.path.bytes()), touched ? Demand::fresh_clone : Demand::waiver,
                            touched ? Severity::high : Severity::medium, file_title(file), file.describe());
      out.state = file.state();
      if (!touched) continue;
      out.detail.en += "; the upgrade touches it";
      out.detail.zh += "；本次升级会触及该文件";
    }
  }

  void host() {
    const auto& then = request_.then.inventory.host;
    const auto& now = request_.now.inventory.host;
    values("runtime:", Demand::waiver, Severity::high, {"Runtime", "运行环境"}, then.runtimes, now.runtimes);
    std::map<std::string, std::string> runtimes_then, runtimes_now;
    for (const auto& one : request_.then.inventory.runtimes)
      runtimes_then[one.id] = one.version + " " + one.digest.brief();
    for (const auto& one : request_.now.inventory.runtimes)
      if (runtimes_then.contains(one.id)) runtimes_now[one.id] = one.version + " " + one.digest.brief();
    std::erase_if(runtimes_then, [&](const auto& one) { return !runtimes_now.contains(one.first); });
    values("runtime-of-product:", Demand::waiver, Severity::high, {"Runtime", "运行环境"}, runtimes_then, runtimes_now);
    value("host:os", Demand::waiver, Severity::high, {"Operating system", "操作系统"}, then.os, now.os);
    value("host:time-zone", Demand::waiver, Severity::medium, {"Time zone", "时区"}, then.time_zone, now.time_zone);
    value("host:file-system", Demand::waiver, Severity::medium, {"File system", "文件系统"}, then.file_system,
          now.file_system);
    value("host:kernel", Demand::nothing, Severity::info, {"Kernel", "内核"}, then.kernel, now.kernel);
    value("host:locale", Demand::nothing, Severity::info, {"Locale of the survey", "调研时的区域设置"}, then.locale,
          now.locale);
    value("host:cores", Demand::nothing, Severity::info, {"Processor cores", "处理器核数"}, std::to_string(then.cores),
          std::to_string(now.cores));
    value("host:memory", Demand::nothing, Severity::info, {"Memory", "内存"}, human_bytes(then.memory_bytes),
          human_bytes(now.memory_bytes));
  }

  void databases() {
    for (const auto& now : request_.now.inventory.databases) {
      const DatabaseFacts* then = nullptr;
      for (const auto& one : request_.then.inventory.databases)
        if (one.id == now.id) then = &one;
      const Text name{"Database " + now.id, "数据库 " + now.id};
      if (then == nullptr) {
        add("database:" + now.id, Demand::waiver, Severity::high, name, {"new", "新增"});
        continue;
      }
      const std::string key = "database:" + now.id + ":";
      value(key + "product", Demand::fresh_clone, Severity::high, name, then->product, now.product);
      value(key + "version", Demand::waiver, Severity::high, {name.en + ": version", name.zh + "：版本"}, then->version,
            now.version);
      value(key + "encoding", Demand::fresh_clone, Severity::high, {name.en + ": encoding", name.zh + "：字符集"},
            then->encoding, now.encoding);
      // Surveys of before this was kept say nothing.
      if (!then->settings.empty())
        values(key + "setting:", Demand::waiver, Severity::medium, {name.en + ": setting", name.zh + "：设置项"},
               then->settings, now.settings);
      schema(*then, now);
    }
    for (const auto& then : request_.then.inventory.databases) {
      const auto& all = request_.now.inventory.databases;
      if (std::none_of(all.begin(), all.end(), [&](const DatabaseFacts& now) { return now.id == then.id; }))
        add("database:" + then.id, Demand::waiver, Severity::high, {"Database " + then.id, "数据库 " + then.id},
            {"could not be read, or is gone", "无法读取或已不存在"});
    }
  }

  void schema(const DatabaseFacts& then, const DatabaseFacts& now) {
    if (then.schema == now.schema) return;
    const std::string key = "schema:" + now.id;
    const auto before = out_.size();
    lists(key + ":", Demand::waiver, Severity::high, {"Customer's database object", "客户自建数据库对象"},
          then.custom_objects, now.custom_objects);
    std::vector<std::string> tables_then, tables_now;
    const auto known = [&](const std::string& table) {
      const auto named = [&](const std::string& object) { return object == "table " + table; };
      return std::any_of(then.custom_objects.begin(), then.custom_objects.end(), named) ||
             std::any_of(now.custom_objects.begin(), now.custom_objects.end(), named);
    };
    for (const auto& [table, rows] : then.rows)
      if (!known(table)) tables_then.push_back("table " + table);
    for (const auto& [table, rows] : now.rows)
      if (!known(table)) tables_now.push_back("table " + table);
    lists(key + ":", Demand::waiver, Severity::high, {"Database object", "数据库对象"}, tables_then, tables_now);
    if (out_.size() == before)
      add(key, Demand::waiver, Severity::high, {"Schema of database " + now.id, "数据库 " + now.id + " 的结构"},
          from_to(then.schema.brief(), now.schema.brief()));
  }

  // A service that does not run says nothing about how it would.
  void services() {
    for (const auto& now : request_.now.inventory.services) {
      const ServiceFacts* then = nullptr;
      for (const auto& one : request_.then.inventory.services)
        if (one.id == now.id) then = &one;
      const Text name{"Service " + now.id, "服务 " + now.id};
      const std::string key = "service:" + now.id;
      if (then == nullptr) {
        add(key, Demand::waiver, Severity::high, name, {"new", "新增"});
        continue;
      }
      if (!then->running || !now.running) continue;
      value(key + ":account", Demand::waiver, Severity::medium, {name.en + ": account", name.zh + "：运行账号"},
            then->account, now.account);
      value(key + ":command", Demand::waiver, Severity::medium, {name.en + ": command", name.zh + "：启动命令"},
            then->command, now.command);
      value(key + ":port", Demand::waiver, Severity::medium, {name.en + ": port", name.zh + "：端口"}, then->port,
            now.port);
      if (!then->build.empty() && !now.build.empty())
        value(key + ":build", Demand::waiver, Severity::high,
              {name.en + ": build it serves", name.zh + "：运行的构建号"}, then->build, now.build);
    }
    for (const auto& then : request_.then.inventory.services) {
      const auto& all = request_.now.inventory.services;
      if (std::none_of(all.begin(), all.end(), [&](const ServiceFacts& now) { return now.id == then.id; }))
        add("service:" + then.id, Demand::waiver, Severity::high, {"Service " + then.id, "服务 " + then.id},
            {"gone", "已不存在"});
    }
  }

  void amounts() {
    const auto& rule = request_.profile.growth;
    for (const auto& [key, now] : request_.now.amounts) {
      const auto it = request_.then.amounts.find(key);
      const std::uint64_t then = it == request_.then.amounts.end() ? 0 : it->second.number;
      const std::uint64_t least = now.unit == Amount::Unit::bytes
                                      ? rule.bytes
                                      : static_cast<std::uint64_t>(std::max<std::int64_t>(rule.rows, 0));
      if (now.number <= then || now.number - then < least) continue;
      const double factor = rule.percent / 100.0;
      const double ratio = static_cast<double>(now.number) / static_cast<double>(std::max<std::uint64_t>(then, 1));
      if (ratio < factor) continue;
      const auto shown = [&](std::uint64_t number) {
        return now.unit == Amount::Unit::bytes ? human_bytes(number) : std::to_string(number);
      };
      const std::string name = key.substr(key.find(':') + 1);
      static const Text titles[] = {
          {"Rows of ", "表行数 "}, {"Size of ", "数据量 "}, {"Number of files in ", "文件数 "}};
      const auto& title = titles[static_cast<std::size_t>(now.unit)];
      Difference& out =
          add(key, Demand::waiver, Severity::medium, {title.en + name, title.zh + name},
              {"grown, " + shown(then) + " → " + shown(now.number) +
                   ": times and room measured in the "
                   "rehearsal do not hold",
               "增长，" + shown(then) + " → " + shown(now.number) + "：测试升级测得的时间与空间不再适用"});
      // Data grow every minute. A waiver holds until they have grown by the factor once more.
      out.state = digest_of(Json::array({key, static_cast<std::int64_t>(std::log(ratio) / std::log(factor))}));
    }
  }

  const ComparisonRequest& request_;
  std::vector<Difference> out_;
};

}  // namespace

std::string_view name_of(Demand demand) {
  return fields::to_name(demand_names, demand);
}

void to_json(Json& json, const Difference& value) {
  json = Json{{"key", value.key},
              {"severity", std::string(name_of(value.severity))},
              {"demand", std::string(name_of(value.demand))},
              {"open", value.open()},
              {"title", value.title},
              {"detail", value.detail},
              {"remedy", value.remedy},
              {"state", value.state},
              {"checks", value.checks},
              {"waiver", value.waiver},
              {"waived", value.waived}};
}

std::vector<Difference> compare_with_clone(const ComparisonRequest& request) {
  return Comparison(request).all();
}

std::string waiver_subject(const std::string& key) {
  return "same-as-clone/" + key;
}

void apply_waivers(std::vector<Difference>& differences, const Project& project, const std::vector<Waiver>& waivers,
                   const Digest& recipe, Moment now) {
  for (auto& difference : differences) {
    if (difference.demand == Demand::nothing) continue;
    for (const auto& waiver : latest(waivers)) {
      if (waiver.condition != waiver_subject(difference.key)) continue;
      Text problem = difference.demand == Demand::waiver ? waiver_problem(project, waiver, recipe, now)
                                                         : Text{"this difference can't be waived", "该差异不可豁免"};
      if (problem.empty() && waiver.difference != difference.state)
        problem = {"it has changed since it was accepted", "豁免之后又有变化"};
      if (!problem.empty()) {
        difference.waived = {"waiver " + waiver.id + " does not count: " + problem.en,
                             "豁免 " + waiver.id + " 无效：" + problem.zh};
        continue;
      }
      difference.waiver = waiver.id;
      difference.asserted = rests_on_accounts(waiver);
      difference.waived = waiver_text(project, waiver);
      break;
    }
  }
}

}  // namespace ferry
