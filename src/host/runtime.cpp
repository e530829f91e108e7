#include "host/runtime.h"

#include <cstdlib>
#include <regex>

#include "base/error.h"
#include "host/program.h"
#include "host/tree.h"

namespace ferry {
namespace {

constexpr Milliseconds longest_call{10000};
constexpr const char* first_number = "([0-9]+(?:\\.[0-9]+)+[0-9A-Za-z.+_-]*|[0-9]+)";
constexpr std::size_t longest_answer = 4096;

// The program at the end of all links.
std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  const std::string out = real != nullptr ? real : path;
  std::free(real);
  return out;
}

// The line with the version, and the version.
void read_answer(const std::string& answer, const std::string& expression, RuntimeFacts& facts) {
  const std::regex regex(expression.empty() ? first_number : expression);
  for (std::size_t begin = 0; begin < answer.size();) {
    const auto end = std::min(answer.find('\n', begin), answer.size());
    std::string line = printable(answer.substr(begin, end - begin));
    if (line.ends_with('\r')) line.pop_back();
    begin = end + 1;
    std::smatch match;
    // A JVM tells first which options it took from the environment.
    if (line.starts_with("Picked up ") || !std::regex_search(line, match, regex) || match.size() < 2) continue;
    facts.version = match[1].str();
    facts.says = line;
    return;
  }
  facts.problem = "no version in its answer: " + printable(answer.substr(0, 200));
}

}  // namespace

std::string runtime_program(const Runtime& runtime, const Environment& environment,
                            const std::map<std::string, std::string>& variables) {
  const auto program = expand(runtime.run.at(0), environment.as_variables());
  if (program.find('/') != std::string::npos)
    return program.starts_with('/') ? program : environment.root + "/" + program;
  const auto path = variables.find("PATH");
  return find_program(program, path == variables.end() ? std::string() : path->second);
}

RuntimeFacts ask_runtime(const Runtime& runtime, const Environment& environment, const RuntimeQuestion& question) {
  RuntimeFacts facts;
  facts.id = runtime.id;
  try {
    const auto program = runtime_program(runtime, environment, question.environment);
    if (program.empty() || find_program(program).empty()) {
      facts.problem = (program.empty() ? expand(runtime.run.at(0), environment.as_variables()) : program) +
                      ": there is no such program";
      return facts;
    }
    facts.file = resolved(program);
    facts.digest = digest_of_file(facts.file);
    auto argv = question.prefix;
    argv.push_back(program);
    for (std::size_t i = 1; i < runtime.run.size(); ++i)
      argv.push_back(expand(runtime.run[i], environment.as_variables()));
    ProgramOptions options;
    options.directory = environment.root;
    if (!question.environment.empty()) options.environment = question.environment;
    if (question.prefix.empty()) options.user = question.user;
    options.timeout = longest_call;
    options.output_limit = longest_answer;
    const auto result = run_program(argv, options);
    if (result.ok())
      read_answer(result.out + "\n" + result.err, runtime.regex, facts);
    else
      facts.problem =
          facts.file + (result.timed_out ? ": no answer" : ": exit status " + std::to_string(result.status));
  } catch (const Error& error) {
    facts.problem = error.what();
  }
  return facts;
}

const Runtime* usual_runtime(const std::string& id) {
  static const std::vector<Runtime> all{{"java", {"Java", "Java"}, {}, {"java", "-version"}, ""},
                                        {"node", {"Node.js", "Node.js"}, {}, {"node", "--version"}, ""}};
  for (const auto& runtime : all)
    if (runtime.id == id) return &runtime;
  return nullptr;
}

}  // namespace ferry
