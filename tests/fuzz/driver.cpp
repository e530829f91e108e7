// Runs one target without libFuzzer: every file of the corpus, then mutations of them for some seconds. It sees no
// coverage, so it finds less than libFuzzer, but it needs no second build of the program: `./test` can afford it.
// usage: fuzz_NAME [-seconds=N] [-seed=N] FILE|FOLDER...
// A find ends the process; the input lies in ./find-NAME-SEED then and belongs into the corpus when it is fixed.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "target.h"

namespace {

constexpr std::size_t longest_input = 32768;
constexpr unsigned seconds_per_input = 20;

// For the signal handler, which may only make system calls.
std::string present_input;
std::array<char, 256> find_name{};

void keep_input(int number) {
  const int file = ::open(find_name.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file >= 0) {
    [[maybe_unused]] const auto written = ::write(file, present_input.data(), present_input.size());
    ::close(file);
  }
  constexpr std::string_view text = "find: the input is kept in ";
  [[maybe_unused]] auto told = ::write(STDERR_FILENO, text.data(), text.size());
  told = ::write(STDERR_FILENO, find_name.data(), std::strlen(find_name.data()));
  told = ::write(STDERR_FILENO, number == SIGALRM ? " (hangs)\n" : "\n", number == SIGALRM ? 9 : 1);
  ::signal(number, SIG_DFL);
  ::raise(number == SIGALRM ? SIGKILL : number);
}

void watch() {
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM}) ::signal(number, keep_input);
  // On a stack of its own: endless recursion has used up the other one.
  static std::array<char, 65536> stack;
  const stack_t other{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  ::sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = keep_input;
  action.sa_flags = SA_ONSTACK;
  ::sigaction(SIGSEGV, &action, nullptr);
  // An input that wants more memory than this is a find (bad_alloc), not a machine that stands still.
  const rlimit memory{.rlim_cur = 3ULL << 30U, .rlim_max = 3ULL << 30U};
  ::setrlimit(RLIMIT_AS, &memory);
}

void run(const std::string& input) {
  present_input = input;
  ::alarm(seconds_per_input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  ::alarm(0);
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  std::string next() {
    std::string out = corpus_[below(corpus_.size())];
    for (auto rounds = 1 + below(6); rounds > 0; --rounds) change(out);
    if (out.size() > longest_input) out.resize(longest_input);
    return out;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  std::string piece(const std::string& from) {
    const auto at = below(from.size() + 1);
    return from.substr(at, below(std::min<std::size_t>(from.size() - at, 64) + 1));
  }
  std::string line(const std::string& from) {
    auto begin = below(from.size() + 1);
    while (begin > 0 && from[begin - 1] != '\n') --begin;
    return from.substr(begin, from.find('\n', begin) - begin) + "\n";
  }

  void change(std::string& out) {
    static const std::array<std::string, 24> special{std::string("\0", 1),
                                                     "\n",
                                                     "\r\n",
                                                     "..",
                                                     "/",
                                                     "\\",
                                                     "-1",
                                                     "0",
                                                     "18446744073709551616",
                                                     "9223372036854775807",
                                                     "1e999",
                                                     "[[[[[[[[",
                                                     "{{{{{{{{",
                                                     "\"",
                                                     "'",
                                                     ": ",
                                                     "- ",
                                                     "&a *a",
                                                     "\xff\xfe",
                                                     "\xce\xc4",
                                                     "\xe4\xb8",
                                                     "\\777",
                                                     "%s%n",
                                                     "=~!"};
    const auto at = below(out.size() + 1);
    const auto& other = corpus_[below(corpus_.size())];
    switch (below(10)) {
      case 0:
        if (!out.empty()) out[below(out.size())] ^= static_cast<char>(1U << below(8));
        break;
      case 1:
        if (!out.empty()) out[below(out.size())] = static_cast<char>(below(256));
        break;
      case 2:
        out.insert(at, special[below(special.size())]);
        break;
      case 3:
        out.erase(at, 1 + below(16));
        break;
      case 4:
        out.insert(at, piece(out));
        break;
      case 5:
        out.insert(at, piece(other));
        break;
      case 6:
        out = out.substr(0, at) + other.substr(below(other.size() + 1));
        break;
      case 7:
        out.insert(out.find('\n', at) == std::string::npos ? out.size() : out.find('\n', at) + 1, line(other));
        break;
      case 8:
        out.resize(at);
        break;
      default: {
        const auto many = piece(out);
        for (auto n = below(200); n > 0 && out.size() < longest_input; --n) out.insert(at, many);
      }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

std::vector<std::string> read_corpus(const std::vector<std::filesystem::path>& places) {
  std::vector<std::filesystem::path> files;
  for (const auto& place : places) {
    if (!std::filesystem::is_directory(place)) {
      files.push_back(place);
      continue;
    }
    for (const auto& item : std::filesystem::directory_iterator(place)) files.push_back(item.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(bytes_of(file));
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = std::filesystem::path(argv[0]).filename();
  double seconds = 0;
  std::uint64_t seed = std::random_device{}();
  std::vector<std::filesystem::path> places;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("-seconds="))
      seconds = std::atof(argument.c_str() + 9);
    else if (argument.starts_with("-seed="))
      seed = std::strtoull(argument.c_str() + 6, nullptr, 10);
    else
      places.emplace_back(argument);
  }
  const auto corpus = read_corpus(places);
  if (corpus.empty()) return std::fprintf(stderr, "%s: no corpus\n", name.c_str()), 2;
  std::snprintf(find_name.data(), find_name.size(), "find-%s-%llu", name.c_str(),
                static_cast<unsigned long long>(seed));
  watch();
  std::printf("%s: seed %llu\n", name.c_str(), static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  for (const auto& input : corpus) run(input);
  const auto begin = std::chrono::steady_clock::now();
  const auto end = begin + std::chrono::duration<double>(seconds);
  Mutator mutator(corpus, seed);
  std::uint64_t runs = 0;
  while (std::chrono::steady_clock::now() < end) {
    run(mutator.next());
    ++runs;
  }
  std::printf("%s: %zu files of the corpus, %llu mutations, no find\n", name.c_str(), corpus.size(),
              static_cast<unsigned long long>(runs));
}
