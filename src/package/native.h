// Finding native modules and runtimes in a package or an installed tree, by their content.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "model/native_module.h"
#include "model/package.h"

namespace ferry {

// By name, type and size: whether the content is worth reading.
bool may_be_native(const RelativePath& path, const Entry& entry);
bool may_be_runtime(const RelativePath& path, const Entry& entry);

// None for what is no ELF file for one of these runtimes: other systems' modules, plain libraries, damaged files.
std::optional<NativeModule> native_module_in(const RelativePath& path, std::string_view content);
std::optional<RuntimeProgram> runtime_in(const RelativePath& path, std::string_view content);

struct NativeContents {
  std::vector<NativeModule> modules;     // by path
  std::vector<RuntimeProgram> runtimes;  // by path
};
// Reads the archive once, and not at all where no name asks for it.
NativeContents native_contents(const Package& package);

}  // namespace ferry
