#include "model/entry_words.h"

namespace ferry {

std::string_view chinese_name_of(EntryType type) {
  switch (type) {
    case EntryType::file:
      return "文件";
    case EntryType::folder:
      return "文件夹";
    case EntryType::link:
      return "链接";
    default:
      return "特殊文件";
  }
}

}  // namespace ferry
