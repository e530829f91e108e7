#include <fmt/format.h>

#include "app/packaging.h"
#include "base/counted.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Json package_json(const Package& package) {
  return {{"meta", package.meta},          {"digest", package.digest},
          {"files", package.files.size()}, {"bytes", package.files.bytes()},
          {"scripts", package.scripts},    {"origin", package.origin},
          {"file", package.file}};
}

Text kind_text(PackageKind kind) {
  switch (kind) {
    case PackageKind::upgrade:
      return {"upgrade", "升级包"};
    case PackageKind::feature:
      return {"feature pack", "非标功能包"};
    case PackageKind::patch:
      return {"patch", "补丁"};
  }
  return {};
}

// Packages lie in the library under their digest.
std::string brief_name(const std::string& file) {
  return file.substr(file.rfind('/') + 1).substr(0, 12);
}

std::string origin_words(CommandLine& line, const PackageOrigin& origin) {
  if (!origin.key_id.empty()) return line.say({"signed with key ", "签名密钥 "}) + origin.key_id;
  if (!origin.person.empty()) return line.say({"imported by ", "导入人 "}) + origin.person;
  return line.say({"signature not looked at", "未校验签名"});
}

std::vector<std::string> package_lines(CommandLine& line, const Package& package) {
  const auto& meta = package.meta;
  std::vector<std::string> out;
  out.push_back(
      fmt::format("{}  {}  {} {}", meta.id, line.say(meta.title), meta.product, line.say(kind_text(meta.kind))));
  out.push_back(fmt::format("  {} → {}", meta.from.text(), meta.to.empty() ? meta.from.text() : meta.to.text()));
  out.push_back(line.say(
      {fmt::format("  {}, {}, {}, removes {}", counted(package.files.size(), "file"),
                   human_bytes(package.files.bytes()), counted(package.scripts.size(), "script"), meta.removes.size()),
       fmt::format("  {} 个文件，{}，{} 个脚本，删除 {} 项", package.files.size(), human_bytes(package.files.bytes()),
                   package.scripts.size(), meta.removes.size())}));
  out.push_back("  " + origin_words(line, package.origin));
  out.push_back("  sha256 " + package.digest.hex());
  if (meta.capture)
    out.push_back(
        line.say({"  captured on program ", "  采集自程序 "}) + meta.capture->source.substr(0, 12) +
        (meta.capture->runs < 2 ? line.say({", NOT compared with a second run", "，未与第二次运行比较"}) : ""));
  for (const auto& fix : meta.fixes) out.push_back(line.say({"  claims to fix: ", "  声称解决："}) + fix);
  for (const auto& note : meta.notes) out.push_back("  " + line.say(note));
  return out;
}

struct Options {
  std::string folder, file, key, output, holder, id, why, meta, strip, names, purpose = "packages", until;
  std::vector<std::string> files, scripts, ignore;
  std::string password;
};

void add_key_commands(CommandLine& line, const std::shared_ptr<Options>& options) {
  auto* noun = line.noun("key", {"keys that sign packages", "签名密钥"});
  auto* make = line.verb(
      noun, "new",
      {"make a pair: NAME.pub and NAME.key (minisign format)", "生成密钥对 NAME.pub 与 NAME.key（minisign 格式）"},
      [&line, options] {
        const auto made = new_key(options->output, options->password);
        return Output{
            {{"id", made}},
            {line.say({"key ", "密钥 "}) + made + ": " + options->output + ".pub, " + options->output + ".key"},
            0};
      });
  make->add_option("--output,-o", options->output)->required();
  make->add_option("--password-variable", options->password,
                   line.say({"environment variable with a password for the secret key", "存放私钥口令的环境变量名"}));
  auto* add = line.verb(noun, "add", {"trust a public key", "信任公钥"}, [&line, options] {
    const auto id =
        trust_key(line.workspace(), options->file, options->holder, options->purpose, options->until, line.person());
    return Output{{{"id", id}}, {line.say({"trusted: ", "已信任："}) + id}, 0};
  });
  add->add_option("file", options->file)->required();
  add->add_option("--holder", options->holder, line.say({"whose key it is", "密钥持有者"}))->required();
  add->add_option("--until", options->until, line.say({"last day, YYYY-MM-DD", "有效期至 YYYY-MM-DD"}));
  line.verb(noun, "list", {"trusted keys", "受信任的密钥"}, [&line] {
    Output out;
    out.json = Json::array();
    std::vector<Row> rows{{line.say({"key", "密钥"}), line.say({"holder", "持有者"}), line.say({"added by", "添加人"}),
                           line.say({"state", "状态"})}};
    const auto keys = line.workspace().keys();
    for (const auto& key : keys.keys()) {
      const std::string state =
          key.revoked() ? line.say({"revoked: ", "已吊销："}) + key.revoked_why : line.say({"trusted", "受信任"});
      rows.push_back({key.key.id_text(), key.holder, key.added_by, state});
      out.json.push_back(
          {{"id", key.key.id_text()}, {"holder", key.holder}, {"added_by", key.added_by}, {"revoked", key.revoked()}});
    }
    out.lines = table(rows);
    return out;
  });
  auto* revoke = line.verb(noun, "revoke", {"no longer trust a key", "吊销密钥"}, [&line, options] {
    revoke_key(line.workspace(), options->id, line.person(), options->why);
    return Output{{{"id", options->id}}, {line.say({"revoked: ", "已吊销："}) + options->id}, 0};
  });
  revoke->add_option("id", options->id)->required();
  revoke->add_option("--why", options->why)->required();
}

}  // namespace

void add_package_commands(CommandLine& line) {
  auto options = std::make_shared<Options>();
  add_key_commands(line, options);
  auto* noun = line.noun("package", {"what the vendor delivers", "厂商交付的包"});
  auto* build = line.verb(noun, "build", {"make a package of a folder", "由文件夹制作包"}, [&line, options] {
    const auto package = build_package_file(options->folder, options->output);
    return Output{package_json(package), package_lines(line, package), 0};
  });
  build
      ->add_option("folder", options->folder,
                   line.say({"package.yaml, files/, sql/ (docs/formats/package.md)",
                             "package.yaml、files/、sql/（见 docs/formats/package.md）"}))
      ->required();
  build->add_option("--output,-o", options->output)->required();
  auto* sign = line.verb(noun, "sign", {"write FILE.minisig", "写出签名 FILE.minisig"}, [options] {
    sign_package_file(options->file, options->key, options->password);
    return Output{{{"signature", options->file + ".minisig"}}, {options->file + ".minisig"}, 0};
  });
  sign->add_option("file", options->file)->required();
  sign->add_option("--key", options->key)->required();
  sign->add_option("--password-variable", options->password);
  auto* verify = line.verb(noun, "verify", {"signature, structure and every digest", "校验签名、结构与全部摘要"},
                           [&line, options] {
                             const auto package = verify_package_file(line.workspace(), options->file);
                             return Output{package_json(package), package_lines(line, package), 0};
                           });
  verify->add_option("file", options->file)->required();
  auto* show = line.verb(noun, "show", {"look at a package, vouched for or not", "查看包（无论是否有人担保）"},
                         [&line, options] {
                           const auto package = show_package_file(options->file);
                           return Output{package_json(package), package_lines(line, package), 0};
                         });
  show->add_option("file", options->file)->required();
  auto* import = line.verb(
      noun, "import", {"make a package of a vendor's zip, by name", "以本人名义把厂商 zip 导入为包"}, [&line, options] {
        const auto person = line.person();
        // What nobody has signed somebody must answer for: an account that is nobody of the project does not do.
        if (line.workspace().project().find_person(person) == nullptr)
          throw Error(Code::not_allowed, person,
                      Text{"who imports an unsigned archive answers for it: say with --as which person of the project",
                           "导入未签名的压缩包须由项目人员负责：请用 --as 指明是哪一位"});
        ImportRequest request{options->file,  options->meta,    options->output, options->strip,
                              options->names, options->scripts, options->ignore, person};
        const auto package = import_vendor_zip(request);
        return Output{package_json(package), package_lines(line, package), 0};
      });
  import->add_option("zip", options->file)->required();
  import->add_option("--meta", options->meta, line.say({"its package.yaml", "其 package.yaml"}))->required();
  import->add_option("--output,-o", options->output)->required();
  import->add_option("--strip", options->strip, line.say({"folder in front of all paths", "需去掉的前缀目录"}));
  import->add_option("--names", options->names, line.say({"code page of names, e.g. GBK", "文件名代码页，如 GBK"}));
  import->add_option("--script", options->scripts,
                     line.say({"FOLDER=DIALECT: its files are database scripts", "目录=方言：其中文件为数据库脚本"}));
  import->add_option("--ignore", options->ignore, line.say({"entry to leave out", "忽略的条目"}));
  auto* add = line.verb(noun, "add", {"verify and keep in the project", "校验并加入项目"}, [&line, options] {
    Output out;
    out.json = Json::array();
    for (const auto& file : options->files) {
      const auto package = add_package(line.workspace(), file, line.person());
      out.json.push_back(package_json(package));
      out.lines.push_back(fmt::format("{}  {}", package.meta.id, package.digest.brief()));
    }
    return out;
  });
  add->add_option("files", options->files)->required();
  add_package_audit(line, noun);
  line.verb(noun, "list", {"packages of the project", "项目中的包"}, [&line] {
    Output out;
    out.json = Json::array();
    std::vector<Row> rows{{"id", line.say({"kind", "类型"}), line.say({"from → to", "适用 → 目标"}),
                           line.say({"origin", "来源"}), "sha256"}};
    std::vector<Library::Rejected> rejected;
    for (const auto& package : line.workspace().library().list(system_now(), &rejected)) {
      out.json.push_back(package_json(package));
      rows.push_back({package.meta.id, line.say(kind_text(package.meta.kind)),
                      package.meta.from.text() + " → " + package.meta.to.text(), origin_words(line, package.origin),
                      package.digest.brief()});
    }
    out.lines = table(rows);
    for (const auto& bad : rejected)
      out.lines.push_back(line.say({"! not usable: ", "！不可用："}) + brief_name(bad.file) + "  " +
                          line.say(bad.reason));
    return out;
  });
}

}  // namespace ferry::cli
