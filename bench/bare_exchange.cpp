// The limit for a switch: nothing but renameat2(RENAME_EXCHANGE) for every file of one tree with its twin in another,
// and a syncfs before and after. No journal, no checks, no way to recover.
// usage: bare_exchange NEW INSTALLED     prints milliseconds
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: bare_exchange NEW INSTALLED\n", stderr), 2;
  std::vector<std::string> files;
  for (const auto& item : std::filesystem::recursive_directory_iterator(argv[1]))
    if (item.is_regular_file()) files.push_back(std::filesystem::relative(item.path(), argv[1]).string());
  const int from = open(argv[1], O_RDONLY | O_DIRECTORY);
  const int to = open(argv[2], O_RDONLY | O_DIRECTORY);
  const auto begin = std::chrono::steady_clock::now();
  if (syncfs(to) != 0) return std::perror("syncfs"), 3;
  for (const auto& file : files)
    if (renameat2(from, file.c_str(), to, file.c_str(), RENAME_EXCHANGE) != 0) return std::perror(file.c_str()), 3;
  if (syncfs(to) != 0) return std::perror("syncfs"), 3;
  const auto took = std::chrono::steady_clock::now() - begin;
  std::printf("%lld\n", static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
}
