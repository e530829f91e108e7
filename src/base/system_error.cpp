// What the operating system says, as an Error.
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace ferry {
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

}  // namespace ferry
