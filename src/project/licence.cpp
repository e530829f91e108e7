#include "project/licence.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "project/fields.h"

namespace ferry {
namespace {

template <class Visitor, class Value>
void term_members(Visitor visit, Value& value) {
  visit("users", value.users);
  visit("modules", value.modules);
  visit("until", value.until);
}

template <class Visitor, class Value>
void application_members(Visitor visit, Value& value) {
  visit("environment", value.environment);
  visit("kind", value.kind);
  visit("product", value.product);
  visit("title", value.title);
  visit("version", value.version);
  visit("contract_name", value.contract_name);
  visit("machine_code", value.machine_code);
  visit("terms", value.terms);
  visit("applied", value.applied);
  visit("by", value.by);
  visit("promised", value.promised);
  visit("received", value.received);
  visit("file", value.file);
  visit("installed", value.installed);
}

Text kind_text(const std::string& kind) {
  if (kind == "production") return {"production", "正式环境"};
  if (kind == "clone") return {"test system (copy of production)", "测试环境（正式环境的克隆）"};
  return {"test system", "测试环境"};
}

Text contact_of(const Project& project, const std::string& id) {
  const Person* person = project.find_person(id);
  if (person == nullptr) return {id, id};
  const std::string contact = person->contact.empty() ? "" : ", " + person->contact;
  return {person->name + contact, person->name + (person->contact.empty() ? "" : "，" + person->contact)};
}

void line(Text& out, const Text& key, const Text& value) {
  out.en += key.en + ": " + value.in(Language::english) + "\n";
  out.zh += key.zh + "：" + value.in(Language::chinese) + "\n";
}

}  // namespace

std::string_view name_of(LicenceState state) {
  switch (state) {
    case LicenceState::applied:
      return "applied";
    case LicenceState::received:
      return "received";
    case LicenceState::installed:
      break;
  }
  return "installed";
}

Text title_of(LicenceState state) {
  switch (state) {
    case LicenceState::applied:
      return {"applied for", "已申请"};
    case LicenceState::received:
      return {"received", "已收到"};
    case LicenceState::installed:
      break;
  }
  return {"installed", "已安装"};
}

LicenceState LicenceApplication::state() const {
  if (installed) return LicenceState::installed;
  return received ? LicenceState::received : LicenceState::applied;
}

std::vector<LicenceApplication> latest_applications(const std::vector<LicenceApplication>& records) {
  std::vector<LicenceApplication> out;
  for (const auto& record : records) {
    const auto known = std::find_if(
        out.begin(), out.end(), [&](const LicenceApplication& one) { return one.environment == record.environment; });
    if (known == out.end())
      out.push_back(record);
    else
      *known = record;
  }
  return out;
}

Text application_text(const Project& project, const LicenceApplication& application) {
  Text out{"Application for a licence\n\n", "许可证申请\n\n"};
  line(out, {"Customer, exactly as in the contract", "客户名称（与合同完全一致）"},
       {application.contract_name, application.contract_name});
  line(out, {"Product", "产品"}, application.title);
  line(out, {"Version", "版本"}, {application.version, application.version});
  line(out, {"For", "用途"}, kind_text(application.kind));
  if (!application.machine_code.empty())
    line(out, {"Machine code", "机器码"}, {application.machine_code, application.machine_code});
  const auto& terms = application.terms;
  if (terms.users) line(out, {"Users", "用户数"}, {std::to_string(*terms.users), std::to_string(*terms.users)});
  if (!terms.modules.empty()) line(out, {"Modules", "模块"}, {joined(terms.modules), joined(terms.modules, "、")});
  line(out, {"Valid until", "有效期至"},
       terms.until ? Text{to_string(*terms.until), to_string(*terms.until)} : Text{"without end", "永久"});
  line(out, {"Applied for by", "申请人"}, contact_of(project, application.by));
  const auto day = to_string(std::chrono::floor<std::chrono::days>(application.applied));
  line(out, {"Date", "日期"}, {day, day});
  out.en +=
      "\nThe name must be the contract's letter by letter, blanks and brackets included: the product refuses any "
      "other.\n";
  out.zh += "\n客户名称须与合同逐字一致（包括空格与括号的全半角），否则产品拒绝该许可证。\n";
  return out;
}

std::optional<Date> licence_end(const std::string& text) {
  int year = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 4), year);
  if (error == std::errc{} && end == text.data() + 4 && year > 9000) return std::nullopt;
  return parse_date(text.substr(0, 10));
}

std::vector<std::string> licence_modules(const std::string& text) {
  constexpr std::string_view separators = ",;| \t\r\n[]\"";
  std::vector<std::string> out;
  for (std::size_t at = 0; (at = text.find_first_not_of(separators, at)) != std::string::npos;) {
    const auto end = std::min(text.find_first_of(separators, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::vector<Text> licence_shortfalls(const LicenceTerms& wanted, const std::optional<std::int64_t>& users,
                                     const std::optional<std::vector<std::string>>& modules,
                                     const std::optional<Date>& expires) {
  std::vector<Text> out;
  if (wanted.users && users && *users < *wanted.users)
    out.push_back({"it is for " + std::to_string(*users) + " users, the contract says " + std::to_string(*wanted.users),
                   "许可用户数 " + std::to_string(*users) + "，合同为 " + std::to_string(*wanted.users)});
  if (modules) {
    std::vector<std::string> missing;
    for (const auto& module : wanted.modules)
      if (std::find(modules->begin(), modules->end(), module) == modules->end()) missing.push_back(module);
    if (!missing.empty())
      out.push_back({"these modules are not in it: " + joined(missing), "缺少模块：" + joined(missing, "、")});
  }
  if (expires && wanted.until && *expires < *wanted.until)
    out.push_back({"it ends on " + to_string(*expires) + ", the contract says " + to_string(*wanted.until),
                   "许可证于 " + to_string(*expires) + " 到期，合同为 " + to_string(*wanted.until)});
  return out;
}

void to_json(Json& json, const LicenceTerms& value) {
  json = Json::object();
  term_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, LicenceTerms& value) {
  value = LicenceTerms{};
  term_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const LicenceApplication& value) {
  application_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, LicenceApplication& value) {
  value = LicenceApplication{};
  application_members(project_fields::Reader(json), value);
}

}  // namespace ferry
