// The rules of docs/architecture.md, held by reading the sources.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "host/crash_point.h"

namespace {

namespace fs = std::filesystem;
const fs::path source_dir = FERRY_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// What only tests include: x_test.cpp and the fixtures beside them.
bool belongs_to_tests(const fs::path& file) {
  const std::string name = file.stem().string();
  return name.find("test") != std::string::npos || name.find("fixture") != std::string::npos;
}

// Room -> rooms it may use, from the table in the document.
std::map<std::string, std::set<std::string>> allowed_rooms() {
  std::map<std::string, std::set<std::string>> out;
  std::istringstream lines(read(source_dir / "docs/architecture.md"));
  const std::regex row(R"(^\| `src/([a-z]+)` \|[^|]*\|([^|]*)\|\s*$)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    std::istringstream words(match[2].str());
    auto& rooms = out[match[1].str()];
    for (std::string word; words >> word;)
      if (word != "-") rooms.insert(word);
  }
  return out;
}

TEST(Architecture, EveryRoomIncludesOnlyWhatItsRowAllows) {
  const auto allowed = allowed_rooms();
  ASSERT_GE(allowed.size(), 14U);
  const std::regex include(R"(#include "([a-z]+)/)");
  std::size_t files = 0;
  for (const auto& item : fs::recursive_directory_iterator(source_dir / "src")) {
    const auto extension = item.path().extension();
    if (extension != ".h" && extension != ".cpp") continue;
    ++files;
    const std::string room = fs::relative(item.path(), source_dir / "src").begin()->string();
    ASSERT_TRUE(allowed.contains(room)) << item.path() << " stands in a room that docs/architecture.md does not know";
    const std::string text = read(item.path());
    for (auto it = std::sregex_iterator(text.begin(), text.end(), include); it != std::sregex_iterator(); ++it) {
      const std::string used = (*it)[1].str();
      if (used == room || !allowed.contains(used)) continue;
      EXPECT_TRUE(allowed.at(room).contains(used)) << item.path() << " includes room " << used;
    }
  }
  EXPECT_GT(files, 40U);
}

TEST(Architecture, OnlyTheDatabaseRoomKnowsDatabaseClients) {
  const std::regex client(R"(#include [<"](soci/|sqlite3\.h))");
  for (const auto& item : fs::recursive_directory_iterator(source_dir / "src")) {
    const auto extension = item.path().extension();
    if (extension != ".h" && extension != ".cpp") continue;
    const bool database = item.path().parent_path().filename() == "database";
    // Tests make their fixtures with SQLite itself, so that a fault of the room can't hide in its own tests.
    if (database || belongs_to_tests(item.path())) continue;
    EXPECT_FALSE(std::regex_search(read(item.path()), client)) << item.path();
  }
}

TEST(Architecture, NothingInCppKnowsTheSampleProduct) {
  const std::regex sample(R"(sample-oa|hrm_|workflow_base|oa\.properties)");
  for (const auto& item : fs::recursive_directory_iterator(source_dir / "src")) {
    const auto extension = item.path().extension();
    if ((extension != ".h" && extension != ".cpp") || belongs_to_tests(item.path())) continue;
    EXPECT_FALSE(std::regex_search(read(item.path()), sample)) << item.path();
  }
}

TEST(Architecture, DocumentsThatAreNamedExist) {
  const std::regex link(R"(\]\(([a-zA-Z0-9_./-]+\.md)\))");
  for (const auto& item : fs::recursive_directory_iterator(source_dir / "docs")) {
    if (item.path().extension() != ".md") continue;
    const std::string text = read(item.path());
    for (auto it = std::sregex_iterator(text.begin(), text.end(), link); it != std::sregex_iterator(); ++it)
      EXPECT_TRUE(fs::exists(item.path().parent_path() / (*it)[1].str())) << item.path() << " -> " << (*it)[1].str();
  }
}

// Figures and lists that a new enumerator or file would make wrong without anybody noticing.
TEST(Architecture, TheDocumentOnReliabilityKnowsEveryCrashPointAndFuzzTarget) {
  const std::string text = read(source_dir / "docs/reliability.md");
  const auto points = std::to_string(ferry::crash_points().size());
  EXPECT_NE(text.find("| named crash points | " + points + " |"), std::string::npos) << "there are " << points;
  for (const auto& item : fs::directory_iterator(source_dir / "tests/fuzz")) {
    const auto name = item.path().stem().string();
    if (!name.starts_with("fuzz_")) continue;
    const auto target = name.substr(5);
    EXPECT_NE(text.find("`" + target + "`"), std::string::npos) << target << " is not in the table of fuzz targets";
    EXPECT_TRUE(fs::exists(source_dir / "tests/fuzz/corpus" / target)) << target << " has no corpus";
  }
}

// A point that no test of the whole program kills at would be a name and no proof.
TEST(Architecture, EveryCrashPointIsTriedWithTheWholeProgram) {
  std::string tests;
  for (const char* file : {"upgrade_test.cpp", "upgrade/rollback_killed.cpp", "jumps_test.cpp", "hotpatch_cases.cpp",
                           "ferry_host_test.cpp"})
    tests += read(source_dir / "tests" / file);
  for (const auto point : ferry::crash_points())
    EXPECT_NE(tests.find("\"" + std::string(ferry::name_of(point))), std::string::npos) << ferry::name_of(point);
}

}  // namespace
