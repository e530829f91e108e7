// The limit for a survey: nothing but open, read, SHA-256 by OpenSSL's EVP, close, for every regular file below a
// folder, on all cores; no metadata, no sorting, no result. Prints the digest of all digests so that nothing is
// optimised away.
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: bare_hash FOLDER\n", stderr), 2;
  std::vector<std::string> files;
  for (const auto& item : std::filesystem::recursive_directory_iterator(argv[1]))
    if (item.is_regular_file() && !item.is_symlink()) files.push_back(item.path().string());
  std::atomic<std::size_t> next{0};
  std::atomic<unsigned> sum{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t)
    threads.emplace_back([&] {
      EVP_MD* method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
      EVP_MD_CTX* context = EVP_MD_CTX_new();
      std::vector<char> buffer(1U << 20U);
      unsigned char digest[32];
      for (std::size_t i = next++; i < files.size(); i = next++) {
        const int fd = open(files[i].c_str(), O_RDONLY | O_CLOEXEC);
        EVP_DigestInit_ex2(context, method, nullptr);
        for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;)
          EVP_DigestUpdate(context, buffer.data(), static_cast<std::size_t>(n));
        EVP_DigestFinal_ex(context, digest, nullptr);
        close(fd);
        sum += digest[0];
      }
      EVP_MD_CTX_free(context);
      EVP_MD_free(method);
    });
  for (auto& thread : threads) thread.join();
  std::printf("%zu files, check %u\n", files.size(), sum.load());
}
