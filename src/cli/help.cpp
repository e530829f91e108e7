#include "cli/help.h"

#include <algorithm>
#include <map>
#include <memory>

namespace ferry::cli {
namespace {

// Without those that Ferry starts itself: they are in no group.
std::vector<const CLI::App*> shown_commands(const CLI::App& app) {
  std::vector<const CLI::App*> out;
  for (const auto* command : app.get_subcommands({}))
    if (!command->get_group().empty()) out.push_back(command);
  return out;
}

constexpr std::size_t name_width = 32;

// CLI11 pads by bytes; Chinese needs columns.
class Layout : public CLI::Formatter {
 public:
  explicit Layout(Language language) : language_(language) {
    if (language != Language::chinese) return;
    label("Usage", "用法");
    label("OPTIONS", "选项");
    label("SUBCOMMAND", "命令");
    label("REQUIRED", "（必填）");
    label("Env", "环境变量");
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return row(make_option_name(option, is_positional) + value_of(*option, is_positional), make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return row(command->get_name(), command->get_description());
  }
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    std::string out = "\n" + say(is_positional ? Text{"Arguments", "参数"} : Text{std::move(group), "选项"}) + ":\n";
    for (const auto* option : options) out += make_option(option, is_positional);
    return out;
  }
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode) const override {
    const auto commands = shown_commands(*app);
    if (commands.empty()) return {};
    std::string out = "\n" + say({"Commands", "命令"}) + ":\n";
    for (const auto* command : commands) out += make_subcommand(command);
    return out;
  }
  std::string make_footer(const CLI::App* app) const override {
    if (app->get_parent() == nullptr) return CLI::Formatter::make_footer(app);
    return say({"Options of every command (--json, --yes, --as, --project, --language ...): ferry --help",
                "各命令通用的选项（--json、--yes、--as、--project、--language 等）：ferry --help"}) +
           "\n";
  }

 private:
  const std::string& say(const Text& text) const { return text.in(language_); }

  // What to write behind the name: "TEXT:{keep,take}" becomes "{keep,take}"; a positional's name says enough.
  std::string value_of(const CLI::Option& option, bool is_positional) const {
    std::string out;
    const std::string type = option.get_type_size() == 0 ? "" : option.get_type_name();
    const auto colon = type.find(':');
    if (colon != std::string::npos)
      out += " " + type.substr(colon + 1);
    else if (!type.empty() && !is_positional)
      out += " " + say({"VALUE", "值"});
    if (option.get_expected_max() == CLI::detail::expected_max_vector_size) out += " ...";
    if (option.get_required()) out += say({" (required)", "（必填）"});
    return out;
  }

  static std::string row(const std::string& name, const std::string& about) {
    const std::size_t width = display_width(name);
    std::string out = "  " + name;
    if (about.empty()) return out + "\n";
    // A long name has its line alone.
    if (width + 2 > name_width) return out + "\n" + std::string(name_width + 2, ' ') + about + "\n";
    return out + std::string(name_width - width, ' ') + about + "\n";
  }

  Language language_;
};

// Key: "noun verb name", else the name alone. For arguments whose meaning their command does not say itself.
const std::map<std::string, Text>& argument_texts() {
  static const std::map<std::string, Text> texts{
      {"environment", {"name of the environment ('ferry environment list')", "环境名称（见 ferry environment list）"}},
      {"backup create environment", {"default: production", "省略时为正式环境"}},
      {"environment add file",
       {"environment file (docs/formats/environment.md)", "环境文件（docs/formats/environment.md）"}},
      {"profile check file", {"profile (docs/formats/profile.md)", "产品档案（docs/formats/profile.md）"}},
      {"profile show file", {"profile (docs/formats/profile.md)", "产品档案（docs/formats/profile.md）"}},
      {"key add file", {"public key, NAME.pub", "公钥文件 NAME.pub"}},
      {"key new --output", {"NAME: writes NAME.pub and NAME.key", "名称：写出 名称.pub 与 名称.key"}},
      {"key revoke id", {"id of the key ('ferry key list')", "密钥编号（见 ferry key list）"}},
      {"--why", {"reason, kept with the key", "理由，随密钥保存"}},
      {"--key", {"secret key, NAME.key", "私钥文件 NAME.key"}},
      {"--password-variable", {"environment variable with the key's password", "存放私钥口令的环境变量名"}},
      {"file", {"package file", "升级包文件"}},
      {"files", {"package files", "升级包文件"}},
      {"zip", {"the vendor's archive", "厂商的压缩包"}},
      {"--output", {"file to write", "写出的文件"}},
      {"path", {"path of the file in the installation", "安装实例中的文件路径"}},
      {"--reason", {"why; kept with it", "理由，随记录保存"}},
      {"--cold",
       {"read in disk order with more readers: for caches that are cold", "按磁盘顺序并多路读取：用于冷缓存"}},
      {"backup verify id",
       {"backup ('ferry backup list'); default: the latest", "备份编号（见 ferry backup list）；默认最近一次"}},
      {"check", {"id of the check ('ferry check list ENVIRONMENT')", "验证项编号（见 ferry check list 环境）"}},
      {"result", {"what the person found", "人工验证的结论"}},
      {"--note", {"what was looked at", "查看了什么"}},
      {"id", {"id of the issue ('ferry issue list')", "问题编号（见 ferry issue list）"}},
      {"department", {"id of the department (project file, departments)", "部门编号（项目文件 departments）"}},
      {"--reject", {"reject instead of accept", "拒绝（省略则为通过）"}},
      {"--comment", {"words to keep with it", "附言，随记录保存"}},
      {"condition", {"id of the condition ('ferry gate show')", "放行条件编号（见 ferry gate show）"}},
      {"--days", {"how many days the waiver holds, 1 to 60", "豁免有效天数，1 至 60"}},
      {"run", {"default: the newest", "默认最近一次"}},
      {"--started", {"day, YYYY-MM-DD", "开始日期，YYYY-MM-DD"}},
      {"--done", {"day, YYYY-MM-DD", "完成日期，YYYY-MM-DD"}},
      {"--promised", {"day, YYYY-MM-DD", "承诺日期，YYYY-MM-DD"}},
  };
  return texts;
}

void describe(CLI::App& command, const std::string& path, Language language) {
  const auto& texts = argument_texts();
  for (auto* option : command.get_options()) {
    if (!option->get_description().empty() && option->get_description() != "YYYY-MM-DD" &&
        option->get_description() != "YAML")
      continue;
    const std::string name =
        option->get_positional() ? option->get_name(true, false) : "--" + option->get_lnames().front();
    auto it = texts.find(path + name);
    if (it == texts.end()) it = texts.find(name);
    if (it != texts.end()) option->description(it->second.in(language));
  }
  for (auto* inner : command.get_subcommands({})) describe(*inner, path + inner->get_name() + " ", language);
}

std::string names_of(const CLI::App& command) {
  std::string out;
  for (const auto* inner : shown_commands(command)) out += (out.empty() ? "" : ", ") + inner->get_name();
  return out;
}

std::string behind_colon(const std::string& message) {
  const auto colon = message.find(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

Text wrong_command(const CLI::App& root, const CLI::App& at, const std::string& path) {
  std::string word;
  for (const auto& candidate : root.remaining(true))
    if (word.empty() && !candidate.starts_with("-")) word = candidate;
  const std::string names = names_of(at);
  if (word.empty())
    return {"a command is missing after '" + path + "'; there are: " + names,
            "“" + path + "” 之后缺少命令，可用：" + names};
  return {"'" + word + "' is no command of '" + path + "'; there are: " + names,
          "“" + path + "” 没有命令 “" + word + "”，可用：" + names};
}

}  // namespace

void prepare_help(CLI::App& root, Language language) {
  root.formatter(std::make_shared<Layout>(language));
  root.set_help_flag("-h,--help", Text{"this help", "显示本帮助"}.in(language));
}

void describe_arguments(CLI::App& root, Language language) {
  describe(root, "", language);
}

Text problem_of(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App* at = &root;
  std::string path = "ferry";
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  const std::string message = error.what();
  const bool required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (required || extra) {
    if (!at->get_subcommands({}).empty()) return wrong_command(root, *at, path);
    if (extra)
      return {"'" + path + "' does not know: " + behind_colon(message),
              "“" + path + "” 不认识：" + behind_colon(message)};
    const std::string name = message.substr(0, message.find(" is required"));
    return {"'" + path + "' needs " + name + "; see '" + path + " --help'",
            "“" + path + "” 缺少 " + name + "；见 “" + path + " --help”"};
  }
  return {message, "参数值有误：" + message};
}

}  // namespace ferry::cli
