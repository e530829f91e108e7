// Looking at everything that is stored.
#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "host/files.h"
#include "store/chain_log.h"
#include "store/store.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

class Verifier {
 public:
  explicit Verifier(const Store& store) : store_(store), folder_(store.folder()) {}

  std::vector<StoreProblem> all() {
    attempt("project.yaml", [&] { store_.project(); });
    objects();
    logs();
    attempt("refs", [&] {
      for (const auto& [name, digest] : store_.references()) {
        // "plan/production" may name a value of kind "plan" by the digest it carries itself.
        if (!store_.has_named(name.substr(0, name.find('/')), digest)) need_object("refs: " + name, digest);
      }
    });
    named();
    return std::move(out_);
  }

 private:
  template <class Work>
  void attempt(const std::string& where, Work work) {
    try {
      work();
    } catch (const Error& e) {
      const auto text = [&](Language language) {
        const auto& row = info(e.code()).text.in(language);
        return row + (e.detail().empty() ? "" : " (" + e.detail() + ")");
      };
      out_.push_back({where, {text(Language::english), text(Language::chinese)}});
    }
  }

  void need_object(const std::string& where, const Digest& digest) {
    if (!store_.has_object(digest))
      out_.push_back(
          {where,
           {"names object " + digest.brief() + ", which is not there", "所指对象 " + digest.brief() + " 不存在"}});
  }

  // What a writer left behind or is just writing, and marks of syncing.
  static bool hidden(const fs::path& path) {
    const auto name = path.filename().string();
    return name.starts_with(".") || name.find(".ferry-") != std::string::npos;
  }

  void objects() {
    for (const auto& entry : fs::recursive_directory_iterator(folder_ + "/objects")) {
      if (!entry.is_regular_file() || hidden(entry.path())) continue;
      const auto where = fs::relative(entry.path(), folder_).string();
      attempt(where, [&] {
        const auto hex = entry.path().parent_path().filename().string() + entry.path().filename().string();
        store_.get_object(Digest::from_hex(hex));
      });
    }
  }

  void logs() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ + "/log")) {
      const auto extension = entry.path().extension();
      if (!hidden(entry.path()) && (extension == ".jsonl" || extension == ".head"))
        names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (const auto& name : names) attempt("log/" + name + ".jsonl", [&] { store_.read(name); });
  }

  void named() {
    for (const auto& entry : fs::directory_iterator(folder_ + "/named")) {
      if (hidden(entry.path())) continue;
      const auto file = entry.path().filename().string();
      attempt("named/" + file, [&] {
        if (file.size() < 66) throw Error(Code::invalid_document, file);
        const auto digits = file.size() - 64;
        store_.get_named(file.substr(0, digits - 1), Digest::from_hex(std::string_view(file).substr(digits)));
      });
    }
  }

  const Store& store_;
  std::string folder_;
  std::vector<StoreProblem> out_;
};

}  // namespace

std::vector<StoreProblem> Store::verify() const {
  return Verifier(*this).all();
}

}  // namespace ferry
