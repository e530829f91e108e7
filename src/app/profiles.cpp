#include "app/profiles.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "base/error.h"
#include "host/files.h"
#include "model/yaml_text.h"

namespace ferry::embedded {
extern const std::vector<std::pair<std::string_view, std::string_view>> profiles;
}  // namespace ferry::embedded

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t origin_column = 72;

// Mappings and lists of a document, one line per value; `origin` tells where the one at a JSON pointer came from.
class Printer {
 public:
  explicit Printer(const ProfileResult& result) : origins_(result.origins) {}

  void object(const Json& json, const std::string& pointer, const std::string& first, const std::string& rest) {
    std::string indent = first;
    for (const auto& [key, value] : json.items()) {
      member(yaml_scalar(key) + ":", value, pointer + "/" + escaped(key), indent, rest);
      indent = rest;
    }
  }

  std::vector<std::string> lines;

 private:
  static std::string escaped(const std::string& key) {
    auto pointer = Json::json_pointer();
    pointer.push_back(key);
    return pointer.to_string().substr(1);
  }

  void member(const std::string& head, const Json& value, const std::string& pointer, const std::string& indent,
              const std::string& rest) {
    if (value.is_object() && !value.empty()) {
      lines.push_back(indent + head);
      object(value, pointer, rest + "  ", rest + "  ");
    } else if (value.is_array() && !value.empty()) {
      lines.push_back(indent + head);
      list(value, pointer, rest + "  ");
    } else {
      scalar(indent + head + " ", value, pointer);
    }
  }

  void list(const Json& json, const std::string& pointer, const std::string& indent) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      const auto below = pointer + "/" + std::to_string(i);
      if (json[i].is_object() && !json[i].empty())
        object(json[i], below, indent + "- ", indent + "  ");
      else if (json[i].is_array() && !json[i].empty())
        member("-", json[i], below, indent, indent);
      else
        scalar(indent + "- ", json[i], below);
    }
  }

  void scalar(std::string text, const Json& value, const std::string& pointer) {
    text += value.is_string() ? yaml_scalar(value.get<std::string>()) : value.dump();
    const auto found = origins_.find(pointer);
    if (found != origins_.end()) {
      const auto width = display_width(text);
      text += std::string(width < origin_column ? origin_column - width : 1, ' ') + "# " + found->second;
    }
    lines.push_back(std::move(text));
  }

  const std::map<std::string, std::string>& origins_;
};

}  // namespace

std::vector<std::string> built_in_bases() {
  std::vector<std::string> out;
  for (const auto& [name, unused] : embedded::profiles) out.emplace_back(name);
  return out;
}

std::string_view built_in_base(const std::string& name) {
  for (const auto& [known, text] : embedded::profiles)
    if (known == name) return text;
  return {};
}

ReadDocument base_reader(const std::string& profile_file) {
  // A base may itself extend another: that name is meant from the base's own folder.
  const auto folder = std::make_shared<fs::path>(fs::absolute(profile_file).parent_path());
  return [profile_file, folder](const std::string& name) {
    for (const auto& candidate : {*folder / name, folder->parent_path() / name / "profile.yaml"})
      if (fs::is_regular_file(candidate)) {
        *folder = candidate.parent_path();
        return read_file(candidate.string());
      }
    if (const auto text = built_in_base(name); !text.empty()) return std::string(text);
    throw Error(Code::not_found, name,
                Text{"profile named by 'extends' in " + profile_file, profile_file + " 的 extends 所指的产品档案"});
  };
}

ProfileResult check_profile(const std::string& file) {
  return parse_profile(read_file(file), file, base_reader(file));
}

std::vector<std::string> with_origins(const ProfileResult& result) {
  if (!result.profile && !result.base) throw_problems(result.problems);
  Printer printer(result);
  printer.object(result.base ? *result.base : result.profile->resolved, "", "", "");
  return std::move(printer.lines);
}

}  // namespace ferry
