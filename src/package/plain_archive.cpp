#include "package/plain_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>

#include "base/error.h"
#include "host/files.h"
#include "package/publish.h"

namespace ferry {

struct PlainArchive::State {
  std::string file;
  std::string unfinished;
  std::int64_t time = 0;
  std::unique_ptr<struct archive, decltype(&archive_write_free)> archive{archive_write_new(), archive_write_free};

  void require_ok(long long result) const {
    if (result < ARCHIVE_OK) throw system_error(unfinished, archive_errno(archive.get()));
  }
};

PlainArchive::PlainArchive(std::string file, std::int64_t time) : state_(std::make_unique<State>()) {
  auto& state = *state_;
  state.file = std::move(file);
  state.unfinished = state.file + ".unfinished";
  state.time = time;
  if (path_exists(state.file)) throw Error(Code::already_exists, state.file);
  // GNU tar keeps names as bytes; pax would have to know their encoding.
  state.require_ok(archive_write_set_format_gnutar(state.archive.get()));
  state.require_ok(archive_write_add_filter_gzip(state.archive.get()));
  state.require_ok(archive_write_set_filter_option(state.archive.get(), "gzip", "timestamp", nullptr));
  archive_write_set_bytes_in_last_block(state.archive.get(), 1);
  state.require_ok(archive_write_open_filename(state.archive.get(), state.unfinished.c_str()));
}

PlainArchive::~PlainArchive() {
  if (!state_) return;
  std::error_code ignored;
  std::filesystem::remove(state_->unfinished, ignored);
}

void PlainArchive::add(const std::string& name, std::string_view bytes) {
  const auto& state = *state_;
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_mtime(entry.get(), state.time, 0);
  state.require_ok(archive_write_header(state.archive.get(), entry.get()));
  state.require_ok(archive_write_data(state.archive.get(), bytes.data(), bytes.size()));
}

void PlainArchive::finish() {
  state_->require_ok(archive_write_close(state_->archive.get()));
  publish(state_->unfinished, state_->file);
}

}  // namespace ferry
