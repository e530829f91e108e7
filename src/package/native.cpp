#include "package/native.h"

#include <elf.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "package/open.h"

namespace ferry {
namespace {

constexpr std::uint64_t largest_module = 256ULL << 20U;

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

// A structure out of bytes that may end anywhere.
template <class T>
bool read_at(std::string_view bytes, std::uint64_t offset, T& out) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, bytes.data() + offset, sizeof(T));
  return true;
}

std::string_view name_at(std::string_view strings, std::uint64_t offset) {
  if (offset >= strings.size()) return {};
  const auto rest = strings.substr(offset);
  return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

std::string_view part(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) return {};
  return bytes.substr(offset, size);
}

// Calls `use` with each dynamic symbol and whether it is defined here.
template <class Header, class Section, class Symbol, class Use>
void each_symbol(std::string_view elf, Use use) {
  Header header;
  if (!read_at(elf, 0, header)) return;
  const auto section = [&](std::size_t index, Section& out) {
    return index < header.e_shnum && header.e_shoff <= elf.size() &&
           read_at(elf, header.e_shoff + index * sizeof(Section), out);
  };
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    Section symbols;
    Section names;
    if (!section(i, symbols)) return;
    if (symbols.sh_type != SHT_DYNSYM || !section(symbols.sh_link, names)) continue;
    const auto strings = part(elf, names.sh_offset, names.sh_size);
    const auto table = part(elf, symbols.sh_offset, symbols.sh_size);
    Symbol symbol;
    for (std::uint64_t at = 0; read_at(table, at, symbol); at += sizeof(Symbol))
      if (const auto name = name_at(strings, symbol.st_name); !name.empty()) use(name, symbol.st_shndx != SHN_UNDEF);
  }
}

template <class Use>
void each_symbol(std::string_view elf, Use use) {
  // Of the machines that Ferry runs on: least significant byte first.
  if (elf.size() < EI_NIDENT || elf.substr(0, SELFMAG) != ELFMAG || elf[EI_DATA] != ELFDATA2LSB) return;
  if (elf[EI_CLASS] == ELFCLASS64)
    each_symbol<Elf64_Ehdr, Elf64_Shdr, Elf64_Sym>(elf, use);
  else if (elf[EI_CLASS] == ELFCLASS32)
    each_symbol<Elf32_Ehdr, Elf32_Shdr, Elf32_Sym>(elf, use);
}

// What the symbols say. Node.js: src/node.h and src/node_api.h declare these names; PHP: Zend/zend_modules.h; Java:
// the JNI specification, chapter 2.
struct Signs {
  bool napi = false;        // Node-API, which every later version keeps
  std::string node;         // node_register_module_vNNN
  bool node_older = false;  // registers itself when loaded, or uses V8: bound, and it does not say to what
  bool php = false, jni = false;
};

Signs signs_of(std::string_view elf) {
  constexpr std::string_view bound = "node_register_module_v";
  Signs out;
  each_symbol(elf, [&](std::string_view name, bool defined) {
    if (name == "napi_register_module_v1" || name == "napi_module_register") out.napi = true;
    if (defined && name.starts_with(bound)) out.node = name.substr(bound.size());
    if (!defined && name == "node_module_register") out.node_older = true;
    if (defined && name == "get_module") out.php = true;
    if (defined && (name == "JNI_OnLoad" || name.starts_with("Java_"))) out.jni = true;
  });
  if (!std::all_of(out.node.begin(), out.node.end(), is_digit)) out.node.clear();
  return out;
}

// "API20220829,NTS": how PHP itself tells an extension that fits from one that does not (ZEND_MODULE_BUILD_ID).
std::string php_build(std::string_view bytes) {
  constexpr std::size_t digits = 8;
  for (auto at = bytes.find("API"); at != std::string_view::npos; at = bytes.find("API", at + 1)) {
    const auto rest = bytes.substr(at + 3, 40);
    if (rest.size() <= digits || !std::all_of(rest.begin(), rest.begin() + digits, is_digit) || rest[digits] != ',')
      continue;
    const auto end = std::find_if(rest.begin() + digits + 1, rest.end(),
                                  [](char c) { return std::isupper(static_cast<unsigned char>(c)) == 0 && c != ','; });
    return {rest.begin(), end};
  }
  return {};
}

// "22.3.0" at the beginning; empty when there is no such number.
std::string three_numbers(std::string_view bytes) {
  std::size_t end = 0;
  for (int number = 0; number < 3; ++number) {
    if (number > 0 && (end == bytes.size() || bytes[end++] != '.')) return {};
    const auto begin = end;
    while (end < bytes.size() && is_digit(bytes[end])) ++end;
    if (end == begin) return {};
  }
  return std::string(bytes.substr(0, end));
}

// The first of them behind `before`.
std::string version_behind(std::string_view bytes, std::string_view before) {
  for (auto at = bytes.find(before); at != std::string_view::npos; at = bytes.find(before, at + 1))
    if (auto version = three_numbers(bytes.substr(at + before.size(), 30)); !version.empty()) return version;
  return {};
}

bool is_php(std::string_view name) {
  return name == "php" || name == "php-fpm" || name == "php-cgi" ||
         (name.starts_with("php") && name.size() > 3 && is_digit(name[3]));
}

}  // namespace

bool may_be_native(const RelativePath& path, const Entry& entry) {
  const auto name = path.name();
  return entry.type == EntryType::file && entry.size > EI_NIDENT && entry.size <= largest_module &&
         (name.ends_with(".node") || name.ends_with(".so"));
}

bool may_be_runtime(const RelativePath& path, const Entry& entry) {
  constexpr std::uint64_t smallest = 1U << 20U;
  const auto name = path.name();
  return entry.type == EntryType::file && entry.size >= smallest && entry.size <= largest_module &&
         (name == "node" || name == "nodejs" || is_php(name));
}

std::optional<NativeModule> native_module_in(const RelativePath& path, std::string_view content) {
  const auto signs = signs_of(content);
  const bool node = path.name().ends_with(".node");
  if (node && signs.napi) return NativeModule{path, "node", true, {}};
  if (node && (!signs.node.empty() || signs.node_older)) return NativeModule{path, "node", false, signs.node};
  if (signs.php)
    if (const auto build = php_build(content); !build.empty()) return NativeModule{path, "php", false, build};
  if (signs.jni) return NativeModule{path, "java", true, {}};
  return std::nullopt;
}

std::optional<RuntimeProgram> runtime_in(const RelativePath& path, std::string_view content) {
  if (!content.starts_with(ELFMAG)) return std::nullopt;
  if (is_php(path.name())) {
    const auto loads = php_build(content);
    if (loads.empty()) return std::nullopt;
    return RuntimeProgram{path, "php", version_behind(content, "PHP/"), loads};
  }
  const auto version = version_behind(content, "node-v");
  if (version.empty()) return std::nullopt;
  return RuntimeProgram{path, "node", version, node_module_version(version)};
}

NativeContents native_contents(const Package& package) {
  NativeContents out;
  const auto& items = package.files.items();
  const bool any = std::any_of(items.begin(), items.end(), [](const auto& item) {
    return may_be_native(item.first, item.second) || may_be_runtime(item.first, item.second);
  });
  if (!any) return out;
  stream_files(package, [&](const RelativePath& path, const Entry& entry, ContentReader& content) {
    if (may_be_native(path, entry)) {
      if (auto found = native_module_in(path, content.read_all())) out.modules.push_back(std::move(*found));
    } else if (may_be_runtime(path, entry)) {
      if (auto found = runtime_in(path, content.read_all())) out.runtimes.push_back(std::move(*found));
    }
  });
  return out;
}

}  // namespace ferry
