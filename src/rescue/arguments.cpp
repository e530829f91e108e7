#include "rescue/arguments.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/error.h"

namespace ferry::rescue {
namespace {

std::span<char*> words_of(int argc, char** argv) {
  return std::span<char*>(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0);
}

class Parser {
 public:
  explicit Parser(std::span<char*> words) : words_(words) {}

  Arguments parse() {
    while (at_ < words_.size()) take(words_[at_++]);
    if (out_.command == Arguments::Command::help || out_.command == Arguments::Command::version) return out_;
    if (out_.folder.empty())
      throw Error(Code::usage, "DIR",
                  Text{"which installation? Its root or its staging folder is missing",
                       "缺少安装实例：请给出其根目录或暂存目录"});
    return out_;
  }

 private:
  void take(std::string_view word) {
    if (word == "--help" || word == "-h" || word == "help") return set(Arguments::Command::help);
    if (word == "--version") return set(Arguments::Command::version);
    if (word.starts_with("--")) return option(word);
    if (!chosen_ && word == "show") return set(Arguments::Command::show);
    if (!chosen_ && word == "recover") return set(Arguments::Command::recover);
    if (chosen_ && out_.folder.empty() && !word.starts_with("-")) {
      out_.folder = word;
      return;
    }
    unknown(word);
  }

  void set(Arguments::Command command) {
    // --help wins wherever it stands.
    if (!chosen_ || command == Arguments::Command::help) out_.command = command;
    chosen_ = true;
  }

  void option(std::string_view word) {
    using Direction = RecoverOptions::Direction;
    const bool recovers = out_.command == Arguments::Command::recover;
    if (word == "--json")
      out_.json = true;
    else if (word == "--run")
      out_.run = value(word);
    else if (word == "--language")
      out_.language = language(value(word));
    else if (recovers && word == "--back")
      direct(Direction::back);
    else if (recovers && word == "--forward")
      direct(Direction::forward);
    else if (recovers && word == "--start")
      out_.recover.start = true;
    else if (recovers && word == "--accept-loss")
      out_.recover.accept_loss = true;
    else if (recovers && word == "--effects-released")
      out_.recover.effects_released = true;
    else if (recovers && word == "--as")
      out_.recover.person = value(word);
    else if (recovers && word == "--yes")
      out_.yes = true;
    else
      unknown(word);
  }

  void direct(RecoverOptions::Direction direction) {
    if (out_.recover.direction != RecoverOptions::Direction::automatic && out_.recover.direction != direction)
      throw Error(Code::usage, "--back --forward", Text{"one of the two", "只能二选一"});
    out_.recover.direction = direction;
  }

  std::string value(std::string_view option) {
    if (at_ >= words_.size()) throw Error(Code::usage, std::string(option), Text{"a value is missing", "缺少值"});
    return words_[at_++];
  }

  static Language language(const std::string& text) {
    if (text == "en") return Language::english;
    if (text == "zh") return Language::chinese;
    throw Error(Code::usage, "--language", Text{"en or zh", "应为 en 或 zh"});
  }

  [[noreturn]] static void unknown(std::string_view word) {
    throw Error(Code::usage, std::string(word),
                Text{"not known here; see 'ferry-host --help'", "无法识别；请看 “ferry-host --help”"});
  }

  std::span<char*> words_;
  std::size_t at_ = 0;
  bool chosen_ = false;
  Arguments out_;
};

}  // namespace

Language language_of(int argc, char** argv) {
  const auto words = words_of(argc, argv);
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (std::string_view(words[i]) == "--language")
      return std::string_view(words[i + 1]) == "zh" ? Language::chinese : Language::english;
  return language_of_locale(std::getenv("LC_ALL"), std::getenv("LC_MESSAGES"), std::getenv("LANG"));
}

bool wants_json(int argc, char** argv) {
  const auto words = words_of(argc, argv);
  return std::find(words.begin(), words.end(), std::string_view("--json")) != words.end();
}

Arguments parse(int argc, char** argv) {
  auto out = Parser(words_of(argc, argv)).parse();
  out.language = language_of(argc, argv);
  if (out.recover.person.empty()) out.recover.person = "uid " + std::to_string(::getuid());
  return out;
}

Text help() {
  return {
      R"(ferry-host: recovers an installation from what lies beside it, with nothing else: no Ferry, no home folder, no
packages, no libraries of the system.

  ferry-host show DIR       what is really there: old version, new version, or between; changes nothing
  ferry-host recover DIR    brings an interrupted upgrade back to the old version, files and databases

DIR is the installation's root or its staging folder (.ferry-NAME beside it).

  --run ID             this run; default: the one that is not finished, else the newest
  --json               the result for programs
  --language en|zh     default: LC_ALL, LC_MESSAGES, LANG
for recover:
  --back               to the old version, also when nothing was interrupted
  --forward            completes the switch where the databases are migrated already
  --start              starts the services afterwards; else their commands are only shown
  --accept-loss        go back although users have worked on the new version since it was opened
  --effects-released   mail, jobs and the like that the run held were released by hand
  --as NAME            who does this, for the log; default: the number of the account
  --yes                do not ask

Stop the services first; ferry-host names the processes that are in the way. Exit status as ferry's: 0 done, 2 usage,
3 the system refused (disk, rights, something in use), 4 the run is not in a state for this, 1 anything else.
)",
      R"(ferry-host：仅凭安装实例旁的记录恢复安装实例，不需要 Ferry、主目录、升级包或系统库。

  ferry-host show DIR       显示真实状态：旧版本、新版本或介于两者之间；不做任何改动
  ferry-host recover DIR    将中断的升级恢复为旧版本（文件与数据库）

DIR 为安装实例的根目录或其暂存目录（旁边的 .ferry-名称）。

  --run ID             指定执行；默认为未完成的一次，否则为最近一次
  --json               输出供程序使用的结果
  --language en|zh     默认取自 LC_ALL、LC_MESSAGES、LANG
recover 的选项：
  --back               回到旧版本，没有中断时也可使用
  --forward            数据库已迁移时，完成文件切换
  --start              完成后启动服务；否则只显示启动命令
  --accept-loss        系统开放后用户已有录入，仍要回退
  --effects-released   已人工恢复被暂停的外部动作（邮件、定时任务等）
  --as NAME            操作人，记入日志；默认为账号编号
  --yes                不再询问

请先停止服务；ferry-host 会指出仍在占用的进程。退出码与 ferry 相同：0 完成，2 用法错误，3 系统拒绝（磁盘、权限、
被占用），4 执行状态不允许，1 其他。
)"};
}

}  // namespace ferry::rescue
