#include "model/value.h"

#include <cctype>
#include <compare>

#include "base/error.h"

namespace ferry {
namespace {

// Calls `literal` for text as it stands and `variable` for the name inside ${...}.
template <class Literal, class Variable>
void scan_template(std::string_view text, Literal literal, Variable variable) {
  for (std::size_t at = 0; at < text.size();) {
    const auto dollar = text.find('$', at);
    if (dollar == std::string_view::npos) return literal(text.substr(at));
    literal(text.substr(at, dollar - at));
    const auto rest = text.substr(dollar);
    if (rest.starts_with("$${")) {
      literal(rest.substr(1, 2));
      at = dollar + 3;
    } else if (rest.starts_with("${")) {
      const auto end = rest.find('}');
      if (end == std::string_view::npos)
        throw Error(
            Code::invalid_document, std::string(text),
            Text{"'${' without '}'; write '$${' for a literal '${'", "“${”缺少对应的“}”；若要写字面的“${”，请用“$${”"});
      variable(std::string(rest.substr(2, end - 2)));
      at = dollar + end + 1;
    } else {
      literal(rest.substr(0, 1));
      at = dollar + 1;
    }
  }
}

std::string known_names(const Variables& variables) {
  std::string out;
  for (const auto& [name, unused] : variables) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

// A run of digits or a run of letters.
struct Part {
  bool number = false;
  std::string text;  // numbers without leading zeros, so that length decides first
};

std::vector<Part> parts_of(std::string_view text) {
  std::vector<Part> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool number = std::isdigit(c) != 0;
    if (!number && c < 0x80 && std::isalpha(c) == 0) {  // '.', '-', '+', ... only separate
      ++i;
      continue;
    }
    Part part{number, {}};
    for (; i < text.size(); ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      const bool digit = std::isdigit(next) != 0;
      if (number ? !digit : (digit || (next < 0x80 && std::isalpha(next) == 0))) break;
      if (!part.text.empty() || next != '0') part.text += text[i];
    }
    out.push_back(std::move(part));
  }
  return out;
}

// 8, 8.0 and 8.0.0 are one version, and so are 8.0P1 and 8P1: zeros at the end of a row of numbers say nothing.
std::vector<Part> significant(std::vector<Part> parts) {
  std::vector<Part> out;
  for (auto& part : parts) {
    if (!part.number)
      while (out.size() > 1 && out.back().number && out.back().text.empty()) out.pop_back();
    out.push_back(std::move(part));
  }
  while (out.size() > 1 && out.back().number && out.back().text.empty()) out.pop_back();
  return out;
}

// A number stands above letters, so that 8.0P1, a patch of 8.0, comes before 8.0.1.
std::strong_ordering compare(const Part& a, const Part& b) {
  if (a.number != b.number) return a.number ? std::strong_ordering::greater : std::strong_ordering::less;
  if (a.number && a.text.size() != b.text.size()) return a.text.size() <=> b.text.size();
  return a.text.compare(b.text) <=> 0;
}

}  // namespace

std::string expand(std::string_view text, const Variables& variables, const SecretLookup& secret) {
  constexpr std::string_view secret_prefix = "secret.";
  std::string out;
  scan_template(
      text, [&](std::string_view literal) { out += literal; },
      [&](const std::string& name) {
        const auto found = variables.find(name);
        if (found != variables.end()) {
          out += found->second;
        } else if (name.starts_with(secret_prefix) && secret) {
          out += secret(name.substr(secret_prefix.size()));
        } else if (name.starts_with(secret_prefix)) {
          throw Error(Code::missing_secret, name.substr(secret_prefix.size()),
                      Text{"no secrets are available here", "此处不能使用密钥"});
        } else {
          throw Error(Code::invalid_document, "${" + name + "}",
                      Text{"unknown variable; known: " + known_names(variables),
                           "未知的变量；已知：" + known_names(variables)});
        }
      });
  return out;
}

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> out;
  scan_template(
      text, [](std::string_view) {}, [&](std::string name) { out.push_back(std::move(name)); });
  return out;
}

Version::Version(std::string text) : text_(std::move(text)) {}

std::strong_ordering Version::operator<=>(const Version& other) const {
  const auto a = significant(parts_of(text_));
  const auto b = significant(parts_of(other.text_));
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const auto order = compare(a[i], b[i]);
    if (order != std::strong_ordering::equal) return order;
  }
  return a.size() <=> b.size();
}

namespace {

struct Term {
  std::string relation;  // "", "=", "!=", ">=", "<=", ">", "<", "prefix", "all"
  std::string version;
};

bool is_version_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+' || c == '_';
}

Term parse_term(std::string_view text, std::size_t& at) {
  const auto refuse = [&] {
    throw Error(
        Code::invalid_document, std::string(text),
        Text{"no version range; examples: '>=7.4 <8', '7.4', '8.*', '*'", "不是版本范围；例如“>=7.4 <8”“7.4”“8.*”“*”"});
  };
  const auto blanks = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  Term term;
  for (const std::string_view relation : {">=", "<=", "!=", "=", ">", "<"}) {
    if (!text.substr(at).starts_with(relation)) continue;
    term.relation = relation;
    at += relation.size();
    blanks();
    break;
  }
  const std::size_t begin = at;
  while (at < text.size() && is_version_character(text[at])) ++at;
  term.version = text.substr(begin, at - begin);
  if (at < text.size() && text[at] == '*') {
    ++at;
    if (!term.relation.empty() || !(term.version.empty() || term.version.ends_with('.'))) refuse();
    term.relation = term.version.empty() ? "all" : "prefix";
  } else if (parts_of(term.version).empty()) {
    refuse();
  }
  if (at < text.size() && text[at] != ' ') refuse();
  blanks();
  return term;
}

std::vector<Term> parse_range(std::string_view text) {
  std::vector<Term> out;
  std::size_t at = 0;
  while (at < text.size() && text[at] == ' ') ++at;
  while (at < text.size()) out.push_back(parse_term(text, at));
  if (out.empty())
    throw Error(Code::invalid_document, std::string(text),
                Text{"an empty version range; write '*' for all", "版本范围为空；“*”表示全部"});
  return out;
}

bool has_prefix(const std::string& version, const std::string& prefix) {
  const auto wanted = parts_of(prefix);
  const auto have = parts_of(version);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Part zero{true, {}};
    if (compare(i < have.size() ? have[i] : zero, wanted[i]) != std::strong_ordering::equal) return false;
  }
  return true;
}

bool holds(const Term& term, const Version& version) {
  if (term.relation == "all") return true;
  if (version.empty()) return false;  // an unknown version is in no narrower range than "*"
  if (term.relation == "prefix") return has_prefix(version.text(), term.version);
  const auto order = version <=> Version(term.version);
  if (term.relation == ">=") return std::is_gteq(order);
  if (term.relation == "<=") return std::is_lteq(order);
  if (term.relation == ">") return std::is_gt(order);
  if (term.relation == "<") return std::is_lt(order);
  if (term.relation == "!=") return std::is_neq(order);
  return std::is_eq(order);
}

}  // namespace

VersionRange::VersionRange(std::string text) : text_(std::move(text)) {
  parse_range(text_);
}

// Ranges are intervals: two of them have something in common where one begins, or just behind that, or at the very
// first version; each with the versions that a range leaves out one by one stepped over.
bool overlap(const VersionRange& a, const VersionRange& b) {
  std::vector<std::string> candidates{"0", "0.0.0.1"};
  for (const auto* range : {&a, &b})
    for (const auto& term : parse_range(range->text())) {
      const auto base = term.version.empty() ? std::string("0") : term.version;
      const auto point = base.ends_with('.') ? base + "0" : base;
      candidates.insert(candidates.end(), {point, point + ".0.0.0.1", point + ".0.0.0.2"});
    }
  return std::any_of(candidates.begin(), candidates.end(), [&](const std::string& candidate) {
    return a.contains(Version(candidate)) && b.contains(Version(candidate));
  });
}

bool VersionRange::contains(const Version& version) const {
  for (const auto& term : parse_range(text_))
    if (!holds(term, version)) return false;
  return true;
}

void to_json(Json& json, const Version& value) {
  json = value.text();
}
void from_json(const Json& json, Version& value) {
  value = Version(json.get<std::string>());
}
void to_json(Json& json, const VersionRange& value) {
  json = value.text();
}
void from_json(const Json& json, VersionRange& value) {
  value = VersionRange(json.get<std::string>());
}

}  // namespace ferry
