// Real ELF files, made by the compiler that Ferry is built with, and cut everywhere.
#include "package/native.h"

#include <gtest/gtest.h>

#include "host/files.h"
#include "host/program.h"

namespace ferry::test {
namespace {

std::string compiled(const std::string& source) {
  const TempFolder folder("ferry-native");
  ProgramOptions options;
  options.input = source;
  require_program({"cc", "-shared", "-fPIC", "-nostdlib", "-s", "-x", "c", "-o", folder / "x", "-"}, options);
  return read_file(folder / "x");
}

const RelativePath node_path("node_modules/a/build/Release/a.node");

TEST(Native, AModuleForNodeSaysWhatItWasBuiltFor) {
  EXPECT_EQ(native_module_in(node_path, compiled("void node_register_module_v115(void) {}")),
            (NativeModule{node_path, "node", false, "115"}));
  EXPECT_EQ(native_module_in(node_path, compiled("void napi_register_module_v1(void) {}")),
            (NativeModule{node_path, "node", true, ""}));
  EXPECT_EQ(
      native_module_in(node_path, compiled("void napi_module_register(void*);\n"
                                           "__attribute__((constructor)) void a(void) { napi_module_register(0); }")),
      (NativeModule{node_path, "node", true, ""}));
  EXPECT_EQ(
      native_module_in(node_path, compiled("void node_module_register(void*);\n"
                                           "__attribute__((constructor)) void a(void) { node_module_register(0); }")),
      (NativeModule{node_path, "node", false, ""}));
  EXPECT_EQ(native_module_in(node_path, compiled("int helper(void) { return 1; }")), std::nullopt);
}

TEST(Native, ExtensionsOfPhpAndLibrariesOfJavaAreToldApart) {
  const RelativePath path("ext/x.so");
  EXPECT_EQ(native_module_in(path, compiled("const char* get_module(void) { return \"API20220829,NTS\"; }")),
            (NativeModule{path, "php", false, "20220829,NTS"}));
  EXPECT_EQ(native_module_in(path, compiled("int JNI_OnLoad(void) { return 1; }")),
            (NativeModule{path, "java", true, ""}));
  EXPECT_EQ(native_module_in(path, compiled("int Java_a_B_c(void) { return 1; }")),
            (NativeModule{path, "java", true, ""}));
  EXPECT_EQ(native_module_in(path, compiled("int get_module(void) { return 1; }")), std::nullopt) << "no PHP in it";
  EXPECT_EQ(native_module_in(path, "MZ\x90 of another system"), std::nullopt);
}

TEST(Native, ARuntimeIsReadWithoutBeingRun) {
  const RelativePath node("runtime/bin/node");
  const std::string elf(
      "\x7f"
      "ELF");
  EXPECT_EQ(runtime_in(node, elf + "...node-v...https://x/node-v22.3.0.tar.gz..."),
            (RuntimeProgram{node, "node", "22.3.0", "127"}));
  EXPECT_EQ(runtime_in(node, elf + "node-v999.1.2")->loads, "") << "a release that is not known here";
  const RelativePath php("bin/php8.2");
  EXPECT_EQ(runtime_in(php, elf + "X-Powered-By: PHP/8.2.36 API20220829,NTS\n"),
            (RuntimeProgram{php, "php", "8.2.36", "20220829,NTS"}));
  EXPECT_EQ(runtime_in(node, "#!/bin/sh\nexec node-v22.3.0/bin/node"), std::nullopt);
}

TEST(Native, AFileThatIsCutOffAnywhereIsNoModuleAndNothingWorse) {
  const auto whole = compiled("void node_register_module_v115(void) {}");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto found = native_module_in(node_path, std::string_view(whole).substr(0, size));
    EXPECT_TRUE(!found || found->built_for == "115") << size;
  }
}

}  // namespace
}  // namespace ferry::test
