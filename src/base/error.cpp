#include "base/error.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ferry {
namespace {

// Exit statuses by family: 2 usage/input, 3 system, 4 run state, 5 service, 6 database, 7 package, 8 gate and project,
// 9 check failed, 70 internal (sysexits.h EX_SOFTWARE).
const std::array table{
    CodeInfo{Code::usage,
             "usage",
             2,
             400,
             false,
             {"The command was not understood", "命令有误"},
             {"See --help.", "请用 --help 查看用法。"}},
    CodeInfo{Code::not_confirmed,
             "not_confirmed",
             2,
             400,
             false,
             {"Not confirmed, nothing was done", "未确认，未做任何操作"},
             {"Answer y, or give --yes.", "请回答 y，或使用 --yes。"}},
    CodeInfo{Code::yaml_syntax,
             "yaml_syntax",
             2,
             400,
             false,
             {"Not valid YAML", "YAML 语法错误"},
             {"Correct the file at the place named.", "请在所示位置修改该文件。"}},
    CodeInfo{
        Code::invalid_document,
        "invalid_document",
        2,
        400,
        false,
        {"The document does not follow its format", "文件内容不符合格式"},
        {"Correct the places named; docs/formats describes every key.", "请修改所示位置；各键的说明见 docs/formats。"}},
    CodeInfo{Code::unknown_key,
             "unknown_key",
             2,
             400,
             false,
             {"Unknown key", "未知的键"},
             {"Use one of the keys that are allowed there.", "请使用此处允许的键。"}},
    CodeInfo{Code::not_found,
             "not_found",
             2,
             404,
             false,
             {"Not found", "找不到"},
             {"Check the path or name; the matching list command shows the names there are.",
              "请核对路径或名称；对应的 list 命令会列出已有名称。"}},
    CodeInfo{Code::already_exists,
             "already_exists",
             2,
             409,
             false,
             {"Already there", "已存在"},
             {"Choose another name, or remove the existing one yourself.", "请换一个名称，或自行删除已有内容。"}},
    CodeInfo{Code::unsupported_format,
             "unsupported_format",
             2,
             400,
             false,
             {"This format version is not known to this program", "本程序不认识该格式版本"},
             {"Use the program version that wrote it, or a newer one.", "请使用写出该文件的程序版本或更新的版本。"}},
    CodeInfo{Code::missing_secret,
             "missing_secret",
             2,
             400,
             false,
             {"A secret has no value", "缺少密钥或口令的值"},
             {"Set the environment variable or file that the environment names for it.",
              "请设置环境文件中为其指定的环境变量或文件。"}},
    CodeInfo{Code::io,
             "io",
             3,
             500,
             true,
             {"Reading or writing failed", "读写失败"},
             {"Check the disk and the kernel log.", "请检查磁盘和内核日志。"}},
    CodeInfo{Code::permission,
             "permission",
             3,
             403,
             false,
             {"No permission", "没有权限"},
             {"Run as the owner of the installation, or give this account the right named.",
              "请以安装实例的所有者身份运行，或授予该账号所需权限。"}},
    CodeInfo{Code::disk_full,
             "disk_full",
             3,
             507,
             true,
             {"The disk is full", "磁盘空间不足"},
             {"Free the room named and resume; nothing was lost.", "请腾出所需空间后继续执行；数据没有丢失。"}},
    CodeInfo{
        Code::too_many_files,
        "too_many_files",
        3,
        503,
        true,
        {"Too many files are open", "打开的文件过多"},
        {"Raise the limit (ulimit -n; for the whole machine sysctl fs.file-max) or end what holds so many, then "
         "resume; "
         "nothing was lost.",
         "请提高上限（ulimit -n；整机为 sysctl fs.file-max）或结束占用大量文件的程序，然后继续执行；数据没有丢失。"}},
    CodeInfo{
        Code::out_of_memory,
        "out_of_memory",
        3,
        503,
        true,
        {"There is not enough memory", "内存不足"},
        {"Free memory or add swap space; look at limits of this account or container (ulimit -v, memory.max). Then "
         "resume; nothing was lost.",
         "请释放内存或增加交换空间，并检查该账号或容器的限制（ulimit -v、memory.max），然后继续执行；数据没有丢失。"}},
    CodeInfo{Code::file_changed,
             "file_changed",
             3,
             409,
             true,
             {"A file changed while it was being read", "读取过程中文件发生了变化"},
             {"Repeat when nothing writes to it, or name it as data in the profile.",
              "请在无人写入时重试，或在产品档案中将其列为数据。"}},
    CodeInfo{Code::not_a_directory,
             "not_a_directory",
             3,
             400,
             false,
             {"Not a folder", "不是文件夹"},
             {"Check the path.", "请检查路径。"}},
    CodeInfo{Code::link_loop,
             "link_loop",
             3,
             400,
             false,
             {"Symbolic links form a loop", "符号链接形成了循环"},
             {"Remove the loop.", "请消除该循环。"}},
    CodeInfo{Code::other_device,
             "other_device",
             3,
             409,
             false,
             {"The two places are not on the same file system", "两处不在同一文件系统上"},
             {"Put the staging folder on the file system of the installation (environment: staging).",
              "请把暂存目录放到安装实例所在的文件系统（环境文件的 staging 项）。"}},
    CodeInfo{
        Code::immutable_file,
        "immutable_file",
        3,
        409,
        false,
        {"A file or folder may not be changed (immutable or read-only)", "文件或文件夹不可更改（带不可变属性或只读）"},
        {"Remove the attribute (chattr -i) or the read-only mount, then repeat.",
         "请去除该属性（chattr -i）或只读挂载后重试。"}},
    CodeInfo{Code::out_of_bounds_path,
             "out_of_bounds_path",
             3,
             400,
             false,
             {"A path leads out of its folder", "路径越出了所属目录"},
             {"Use a relative path without '..'.", "请使用不含 “..” 的相对路径。"}},
    CodeInfo{Code::protected_path,
             "protected_path",
             3,
             409,
             false,
             {"The customer's data would be touched", "将触及客户数据"},
             {"Nothing was changed. Take the path out of the package, or correct 'paths.data' in the profile.",
              "尚未做任何更改。请从升级包中去掉该路径，或修正产品档案的 paths.data。"}},
    CodeInfo{Code::busy_files,
             "busy_files",
             3,
             409,
             true,
             {"Processes still use files of the installation", "仍有进程占用安装实例的文件"},
             {"End the processes named, then resume.", "请结束所列进程后继续执行。"}},
    CodeInfo{Code::port_in_use,
             "port_in_use",
             3,
             409,
             true,
             {"The port is already in use", "端口已被占用"},
             {"End what listens there, or choose another port in the environment.",
              "请结束占用该端口的程序，或在环境文件中更换端口。"}},
    CodeInfo{Code::program_missing,
             "program_missing",
             3,
             500,
             false,
             {"A program that is needed is not installed", "缺少所需的程序"},
             {"Install it and repeat.", "请安装后重试。"}},
    CodeInfo{Code::program_failed,
             "program_failed",
             3,
             500,
             true,
             {"A program ended with an error", "外部程序执行失败"},
             {"Its last lines stand in the detail; correct the cause and repeat.",
              "其最后几行输出见详情；请排除原因后重试。"}},
    CodeInfo{Code::needs_root,
             "needs_root",
             3,
             403,
             false,
             {"This needs root rights", "此操作需要 root 权限"},
             {"Run as root or with sudo.", "请以 root 身份或用 sudo 运行。"}},
    CodeInfo{Code::kernel_refused,
             "kernel_refused",
             3,
             500,
             false,
             {"The kernel refused what is needed", "内核拒绝了所需的操作"},
             {"Run as root on Linux 5.9 or newer, outside containers that forbid it.",
              "请以 root 身份在 Linux 5.9 或更新的内核上运行（且不在禁止该操作的容器中）。"}},
    CodeInfo{
        Code::locked,
        "locked",
        4,
        409,
        true,
        {"Another ferry process works on this installation", "另有 ferry 进程正在操作该安装实例"},
        {"Wait for it to end, or look at it with 'ferry run show'.", "请等待其结束，或用 “ferry run show” 查看。"}},
    CodeInfo{
        Code::drift,
        "drift",
        4,
        409,
        false,
        {"The installation changed since the plan was made", "制定方案后安装实例发生了变化"},
        {"Nothing was changed. Find out who changed this and put it back, or make a new plan with 'ferry plan make' "
         "and have it approved; 'ferry drift show' tells what it means for the rehearsal.",
         "尚未做任何更改。请查明变更来源并恢复原状，或用 “ferry plan make” 重新制定方案并审批；“ferry drift show” "
         "说明对测试升级的影响。"}},
    CodeInfo{Code::stale_plan,
             "stale_plan",
             4,
             409,
             false,
             {"The plan is older than what it is based on", "方案已过期"},
             {"Make the plan again and have it approved.", "请重新制定方案并重新审批。"}},
    CodeInfo{Code::not_approved,
             "not_approved",
             4,
             403,
             false,
             {"An approval is missing", "缺少审批"},
             {"Have it approved by the person named.", "请由所列人员审批。"}},
    CodeInfo{Code::not_allowed,
             "not_allowed",
             4,
             403,
             false,
             {"This person may not do this", "该人员无权执行此操作"},
             {"The project file says who may: roles, approvers, signers.",
              "项目文件规定了谁可以操作：角色、审批人、签字人。"}},
    CodeInfo{Code::run_unfinished,
             "run_unfinished",
             4,
             409,
             false,
             {"An earlier run on this installation is not finished", "该安装实例上有未完成的执行"},
             {"'ferry run resume' goes on, 'ferry run rollback' takes it back.",
              "用 “ferry run resume” 继续，或用 “ferry run rollback” 回退。"}},
    CodeInfo{Code::nothing_to_resume,
             "nothing_to_resume",
             4,
             409,
             false,
             {"This run has ended; there is nothing to resume", "该执行已结束，无需继续"},
             {"'ferry run list' shows the runs.", "用 “ferry run list” 查看各次执行。"}},
    CodeInfo{Code::cannot_roll_back,
             "cannot_roll_back",
             4,
             409,
             false,
             {"The way back is closed", "回退通道已关闭"},
             {"Go forward, or restore the recovery point by an approved decision.",
              "请继续向前修复，或经审批后从恢复点还原。"}},
    CodeInfo{Code::corrupt_log,
             "corrupt_log",
             4,
             500,
             false,
             {"A log is damaged before its end", "日志在末尾之前损坏"},
             {"Do not edit it. Keep a copy and ask for help with it.", "请勿修改，保留副本并寻求支持。"}},
    CodeInfo{Code::corrupt_object,
             "corrupt_object",
             4,
             500,
             false,
             {"A stored document is not what was stored", "存储的文档与存入时不符"},
             {"Take it from a copy of Ferry's home folder, or make it again.",
              "请从 Ferry 主目录的副本中恢复，或重新生成。"}},
    CodeInfo{
        Code::third_state,
        "third_state",
        4,
        409,
        false,
        {"A file is neither the old nor the new one", "文件既不是旧版本也不是新版本"},
        {"It was kept aside at the place named; look who changed it.", "已将其另存到所示位置；请查明是谁修改的。"}},
    CodeInfo{Code::interrupted,
             "interrupted",
             4,
             503,
             true,
             {"Interrupted", "已中断"},
             {"'ferry run resume' goes on, 'ferry run rollback' takes it back.",
              "用 “ferry run resume” 继续，或用 “ferry run rollback” 回退。"}},
    CodeInfo{
        Code::past_deadline,
        "past_deadline",
        4,
        409,
        false,
        {"The last safe moment has passed", "已过最后安全时刻"},
        {"Decide: 'ferry run rollback' goes back, 'ferry run resume --past-deadline' goes on although going back may "
         "then outlast the window.",
         "请决定：“ferry run rollback” 回退；“ferry run resume --past-deadline” 继续（此后回退可能超出停机窗口）。"}},
    CodeInfo{Code::sync_failed,
             "sync_failed",
             4,
             500,
             false,
             {"The disk did not confirm what was written", "磁盘未确认写入"},
             {"Check the disk; then take the run back. What was not confirmed may be lost.",
              "请检查磁盘，然后回退；未确认的内容可能已丢失。"}},
    CodeInfo{Code::service_not_ready,
             "service_not_ready",
             5,
             503,
             true,
             {"The service did not become ready", "服务未能就绪"},
             {"Its last log lines stand in the detail.", "其最后几行日志见详情。"}},
    CodeInfo{Code::service_not_stopping,
             "service_not_stopping",
             5,
             503,
             true,
             {"The service did not stop within its grace period", "服务未在宽限期内停止"},
             {"Stop it by hand and resume, or allow 'stop: kill' in the profile.",
              "请手工停止后继续，或在产品档案中允许强制结束。"}},
    CodeInfo{Code::service_left_behind,
             "service_left_behind",
             5,
             503,
             true,
             {"The service stopped but left processes behind", "服务已停止但遗留了进程"},
             {"End the processes named, then resume.", "请结束所列进程后继续执行。"}},
    CodeInfo{Code::no_answer,
             "no_answer",
             5,
             503,
             true,
             {"The system does not answer", "系统没有响应"},
             {"Look whether its services run and whether the address in the environment is right.",
              "请检查服务是否运行，以及环境文件中的地址是否正确。"}},
    CodeInfo{Code::database_unreachable,
             "database_unreachable",
             6,
             503,
             true,
             {"The database cannot be opened", "无法打开数据库"},
             {"Check the address, the file and the credentials in the environment.",
              "请检查环境文件中的地址、文件和凭据。"}},
    CodeInfo{Code::database_locked,
             "database_locked",
             6,
             503,
             true,
             {"The database is locked by another process", "数据库被其他进程锁定"},
             {"Wait for the other process or end it, then repeat.", "请等待或结束占用它的进程后重试。"}},
    CodeInfo{Code::database_version,
             "database_version",
             6,
             409,
             false,
             {"The database does not belong to this version", "数据库版本不符"},
             {"Files and database must be of the same moment; restore the matching one.",
              "文件与数据库必须属于同一时刻；请还原配套的数据库。"}},
    CodeInfo{Code::database_query,
             "database_query",
             6,
             500,
             false,
             {"A database statement failed", "数据库语句执行失败"},
             {"The statement stands in the detail; correct the profile or the script.",
              "语句见详情；请修正产品档案或脚本。"}},
    CodeInfo{Code::migration_failed,
             "migration_failed",
             6,
             500,
             false,
             {"The migration failed", "数据库迁移失败"},
             {"Roll back, or correct the cause and resume after the last recorded statement.",
              "请回退，或排除原因后从最后记录的语句之后继续。"}},
    CodeInfo{Code::unsigned_package,
             "unsigned_package",
             7,
             422,
             false,
             {"The package is not signed", "升级包没有签名"},
             {"Ask the vendor for the signature file (.minisig), or import the archive by name.",
              "请向厂商索取签名文件（.minisig），或以本人名义导入。"}},
    CodeInfo{Code::bad_signature,
             "bad_signature",
             7,
             422,
             false,
             {"The signature does not fit the package", "签名与升级包不符"},
             {"Fetch package and signature again; do not use this one.", "请重新获取升级包和签名；不要使用该文件。"}},
    CodeInfo{Code::untrusted_key,
             "untrusted_key",
             7,
             422,
             false,
             {"The package is signed with a key that is not trusted", "签名所用的密钥不受信任"},
             {"Check the key with the vendor, then 'ferry key add'.", "请与厂商核对密钥，再执行 “ferry key add”。"}},
    CodeInfo{Code::truncated_archive,
             "truncated_archive",
             7,
             422,
             false,
             {"The archive is cut off or damaged", "压缩包被截断或已损坏"},
             {"Fetch it again.", "请重新获取。"}},
    CodeInfo{Code::hostile_archive,
             "hostile_archive",
             7,
             422,
             false,
             {"The archive was refused as unsafe", "压缩包不安全，已拒绝"},
             {"Nothing was unpacked outside the staging folder. Ask the vendor for a clean archive.",
              "未在暂存目录之外解出任何内容。请向厂商索取合规的压缩包。"}},
    CodeInfo{Code::wrong_product,
             "wrong_product",
             7,
             422,
             false,
             {"The package is for another product", "升级包属于其他产品"},
             {"Use the package of the product installed.", "请使用与所装产品相符的升级包。"}},
    CodeInfo{Code::wrong_version,
             "wrong_version",
             7,
             422,
             false,
             {"The package is not for the version installed", "升级包不适用于当前版本"},
             {"Ask for the package of this version, or add the stops between.",
              "请索取适用于当前版本的升级包，或加入中间版本。"}},
    CodeInfo{Code::wrong_runtime,
             "wrong_runtime",
             7,
             422,
             false,
             {"The runtime is not the one that the version needs", "运行环境不符合该版本的要求"},
             {"Install the runtime named, or correct the profile (runtimes).",
              "请安装所需的运行环境，或更正产品档案（runtimes）。"}},
    CodeInfo{Code::package_conflict,
             "package_conflict",
             7,
             409,
             false,
             {"The package set contradicts itself", "升级包组合相互矛盾"},
             {"Leave out one of the packages named.", "请去掉所列升级包之一。"}},
    CodeInfo{Code::package_missing,
             "package_missing",
             7,
             409,
             false,
             {"A package is missing from the set", "升级包组合缺少升级包"},
             {"Request it from the vendor and add it.", "请向厂商申请后加入。"}},
    CodeInfo{Code::package_content,
             "package_content",
             7,
             422,
             false,
             {"The package's content is not in order", "升级包内容有问题"},
             {"Correct what is named and make it again.", "请改正所指之处并重新制作。"}},
    CodeInfo{Code::runs_differ,
             "runs_differ",
             7,
             409,
             false,
             {"Two runs of the same commands on the same copy differ", "同样的命令在同样的副本上运行两次，结果不同"},
             {"Explain each difference by a rule under 'differences' in capture.yaml (one is proposed for each), or "
              "make the "
              "commands do the same every time.",
              "请在 capture.yaml 的 differences 中为每处差异写明规则（已逐条给出建议），或使命令每次结果一致。"}},
    CodeInfo{Code::wrong_source,
             "wrong_source",
             7,
             409,
             false,
             {"The package was captured on another program than the one that is installed",
              "该包采集时所用的程序与已安装的程序不同"},
             {"Capture it again on this installation, or on the vendor's baseline that it is compared with "
              "(ferry package capture).",
              "请在该安装实例或与其比较的厂商基准上重新采集（ferry package capture）。"}},
    CodeInfo{Code::undecided,
             "undecided",
             8,
             409,
             false,
             {"Decisions are missing", "仍有未作的处置决定"},
             {"Decide with 'ferry decision set'.", "请用 “ferry decision set” 作出决定。"}},
    CodeInfo{Code::gate_closed,
             "gate_closed",
             8,
             409,
             false,
             {"The gate is closed", "放行条件未满足"},
             {"'ferry gate show' says what would turn each condition green.",
              "用 “ferry gate show” 查看每个条件如何满足。"}},
    CodeInfo{Code::no_backup,
             "no_backup",
             8,
             409,
             false,
             {"There is no backup", "没有备份"},
             {"Make one with 'ferry backup create'.", "请用 “ferry backup create” 备份。"}},
    CodeInfo{Code::backup_unverified,
             "backup_unverified",
             8,
             409,
             false,
             {"The backup has not been restored yet", "备份尚未经过还原验证"},
             {"Restore it once; making the clone from it counts.", "请至少还原一次；用它制作克隆即可。"}},
    CodeInfo{Code::backup_damaged,
             "backup_damaged",
             8,
             409,
             false,
             {"The backup repository is damaged", "备份仓库已损坏"},
             {"Make a new backup in a new repository; keep the damaged one until that is verified.",
              "请在新仓库中重新备份；新备份验证通过之前请保留损坏的仓库。"}},
    CodeInfo{Code::wrong_secret,
             "wrong_secret",
             2,
             400,
             false,
             {"The password or key was refused", "口令或密钥不正确"},
             {"Correct the value behind the reference that is named.", "请更正所示引用指向的值。"}},
    CodeInfo{
        Code::licence_invalid,
        "licence_invalid",
        8,
        409,
        false,
        {"The licence does not fit", "许可证不符"},
        {"Apply for a licence with the customer name exactly as in the contract.", "请按合同上的客户名称申请许可证。"}},
    CodeInfo{Code::check_failed,
             "check_failed",
             9,
             409,
             false,
             {"Checks failed", "验证项未通过"},
             {"'ferry check list' shows them with their evidence.", "用 “ferry check list” 查看验证项及证据。"}},
    CodeInfo{Code::impossible_date,
             "impossible_date",
             8,
             409,
             false,
             {"The date cannot be met", "该日期无法实现"},
             {"Choose the earliest date named or a later one.", "请选择所示的最早日期或更晚的日期。"}},
    CodeInfo{Code::project_incomplete,
             "project_incomplete",
             8,
             409,
             false,
             {"The project is not complete", "升级项目不完整"},
             {"Fill in what is named.", "请补全所列内容。"}},
    CodeInfo{Code::fence_unproven,
             "fence_unproven",
             8,
             409,
             false,
             {"It is not proved that the clone cannot reach the outside", "未能证明克隆与外界隔离"},
             {"Run as root so that the fence can be built.", "请以 root 身份运行以建立出网隔离。"}},
    CodeInfo{Code::internal,
             "internal",
             70,
             500,
             false,
             {"Internal error", "内部错误"},
             {"Please report it with the support file.", "请连同日志一并报告。"}},
};

}  // namespace

const CodeInfo& info(Code code) {
  for (const auto& row : table)
    if (row.code == code) return row;
  broken_invariant("every code has a row in the table", __FILE__, __LINE__);
}

bool is_fault_of_machine(Code code) {
  switch (code) {
    case Code::io:
    case Code::disk_full:
    case Code::too_many_files:
    case Code::out_of_memory:
    case Code::immutable_file:
    case Code::sync_failed:
      return true;
    default:
      return false;
  }
}

Error::Error(Code code, std::string what, std::string detail)
    : code_(code), about_(std::move(what)), detail_(std::move(detail)) {
  render();
}

Error::Error(Code code, std::string what, Text detail)
    : code_(code), about_(std::move(what)), detail_(std::move(detail.en)), chinese_detail_(std::move(detail.zh)) {
  render();
}

Error::Error(Code code, Text what, Text detail)
    : code_(code),
      about_(std::move(what.en)),
      detail_(std::move(detail.en)),
      chinese_about_(std::move(what.zh)),
      chinese_detail_(std::move(detail.zh)) {
  render();
}

Error&& Error::within(std::string context) && {
  return std::move(*this).within(Text{context, std::move(context)});
}

Error&& Error::within(Text context) && {
  chinese_context_.push_back(context.in(Language::chinese));
  context_.push_back(std::move(context.en));
  render();
  return std::move(*this);
}

Error&& Error::with_chinese_detail(std::string detail) && {
  chinese_detail_ = std::move(detail);
  return std::move(*this);
}

std::string Error::describe(Language language) const {
  const auto& row = info(code_);
  const bool chinese = language == Language::chinese;
  std::string out = row.text.in(language);
  const auto& about = chinese && !chinese_about_.empty() ? chinese_about_ : about_;
  if (!about.empty()) out += (chinese ? "：" : ": ") + about;
  const auto& detail = chinese && !chinese_detail_.empty() ? chinese_detail_ : detail_;
  if (!detail.empty()) {
    // A detail of several lines (a log, a list) is easier to read below the sentence than in brackets.
    if (detail.find('\n') == std::string::npos)
      out += (chinese ? "（" : " (") + detail + (chinese ? "）" : ")");
    else
      out += "\n" + detail;
  }
  for (const auto& line : chinese ? chinese_context_ : context_) out += (chinese ? "\n  位于 " : "\n  in ") + line;
  if (!row.remedy.empty()) out += "\n  → " + row.remedy.in(language);
  return out;
}

void Error::render() {
  rendered_ = describe(Language::english);
}

namespace {

// The C library of a machine without a zh_CN locale knows these in English only. Others stay English.
std::string chinese_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return "设备上没有剩余空间";
    case EDQUOT:
      return "超出磁盘配额";
    case EACCES:
      return "权限不够";
    case EPERM:
      return "不允许的操作";
    case ENOENT:
      return "没有这个文件或文件夹";
    case EEXIST:
      return "文件已存在";
    case ELOOP:
      return "符号链接层数过多";
    case EXDEV:
      return "跨文件系统";
    case EROFS:
      return "只读文件系统";
    case ENOTDIR:
      return "不是文件夹";
    case ENOTEMPTY:
      return "文件夹非空";
    case EADDRINUSE:
      return "地址已被占用";
    case EBUSY:
      return "设备或资源忙";
    case ETXTBSY:
      return "程序文件正在使用";
    case EIO:
      return "输入/输出错误";
    case EMFILE:
    case ENFILE:
      return "打开的文件过多";
    case ENAMETOOLONG:
      return "文件名过长";
    case ECONNREFUSED:
      return "连接被拒绝";
    case ECONNRESET:
      return "连接被对方重置";
    case ETIMEDOUT:
      return "连接超时";
    case ENOMEM:
      return "内存不足";
    case ESTALE:
      return "网络文件系统的句柄已失效";
    default:
      return {};
  }
}

}  // namespace

Error system_error(std::string what, int error_number) {
  Code code = Code::io;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      code = Code::disk_full;
      break;
    case EMFILE:
    case ENFILE:
      code = Code::too_many_files;
      break;
    case ENOMEM:
      code = Code::out_of_memory;
      break;
    case EACCES:
    case EPERM:
      code = Code::permission;
      break;
    case ENOENT:
      code = Code::not_found;
      break;
    case EEXIST:
      code = Code::already_exists;
      break;
    case ELOOP:
      code = Code::link_loop;
      break;
    case EXDEV:
      code = Code::other_device;
      break;
    case EROFS:
      code = Code::immutable_file;
      break;
    case ENOTDIR:
      code = Code::not_a_directory;
      break;
    case EADDRINUSE:
      code = Code::port_in_use;
      break;
    case EISDIR:
      return Error(Code::usage, std::move(what),
                   Text{"this is a folder; a file is expected", "这是文件夹，此处应为文件"});
    default:
      break;
  }
  return Error(code, std::move(what), Text{std::strerror(error_number), chinese_of(error_number)});
}

void broken_invariant(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "ferry: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace ferry
