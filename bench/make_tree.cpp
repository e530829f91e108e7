// Makes a tree like that of an installed OA system: many small text and class files, some jars, images, attachments.
// usage: make_tree FOLDER FILES MEGABYTES SEED     (deterministic: same arguments, same bytes)
// Where the megabytes do not suffice for files of that size, all are smaller in proportion.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

int main(int argc, char** argv) {
  if (argc != 5) return std::fputs("usage: make_tree FOLDER FILES MEGABYTES SEED\n", stderr), 2;
  const std::filesystem::path root = argv[1];
  const auto files = std::strtoull(argv[2], nullptr, 10);
  const auto bytes = std::strtoull(argv[3], nullptr, 10) * 1000000ULL;
  std::mt19937_64 random(std::strtoull(argv[4], nullptr, 10));
  // A block of noise from which every file takes a slice: as fast to make as to write, and no two files alike.
  std::string noise(8U << 20U, '\0');
  for (std::size_t i = 0; i + 8 <= noise.size(); i += 8) {
    const std::uint64_t value = random();
    for (std::size_t k = 0; k < 8; ++k) noise[i + k] = static_cast<char>(value >> (8 * k));
  }
  // 98 % small files of 1 to 40 kB, as far as the total allows; the others take what is missing to the total.
  const std::uint64_t share = std::min<std::uint64_t>(20000, bytes / std::max<std::uint64_t>(1, files));
  const std::uint64_t least = std::max<std::uint64_t>(16, share / 20);
  const std::uint64_t spread = std::max<std::uint64_t>(1, share * 39 / 20);
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; i < files; ++i) {
    const std::uint64_t left = files - i;
    std::uint64_t size = least + random() % spread;
    if (i % 50 == 49) {
      const std::uint64_t small_rest = left * 98 / 100 * (least + spread / 2);
      const std::uint64_t rest = bytes > written + small_rest ? bytes - written - small_rest : 0;
      size = std::max<std::uint64_t>(size, rest / std::max<std::uint64_t>(1, left / 50));
    }
    const auto folder = root / ("d" + std::to_string(i % 40)) / ("e" + std::to_string(i / 40 % 75));
    if (i < 3000) std::filesystem::create_directories(folder);
    std::ofstream out(folder / ("f" + std::to_string(i) + (i % 50 == 49 ? ".jar" : ".jsp")), std::ios::binary);
    const std::uint64_t tag = random();
    out.write(reinterpret_cast<const char*>(&tag), sizeof tag);
    for (std::uint64_t done = sizeof tag; done < size;) {
      const std::uint64_t offset = random() % (noise.size() / 2);
      const std::uint64_t part = std::min<std::uint64_t>(size - done, noise.size() / 2);
      out.write(noise.data() + offset, static_cast<std::streamsize>(part));
      done += part;
    }
    if (!out) return std::perror("make_tree"), 3;
    written += size;
  }
  std::printf("%llu files, %.2f GB\n", static_cast<unsigned long long>(files), static_cast<double>(written) / 1e9);
}
