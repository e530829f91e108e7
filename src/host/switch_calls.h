// Thin, checked wrappers of the system calls with which an installed tree is changed: everything relative to an open
// folder, links never followed, errors as Error with the path in it. Linux 5.6 or newer (openat2); renameat2's flags
// are optional.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/path.h"
#include "host/descriptor.h"
#include "model/entry.h"

namespace ferry::calls {

// What statx(2) says about one name.
struct Status {
  EntryType type = EntryType::file;
  std::uint32_t mode = 0;  // 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;  // bytes; of a link the length of its target
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t mount = 0;   // mount id; 0 where the kernel does not tell (before 5.8)
  bool immutable = false;    // chattr +i
  bool append_only = false;  // chattr +a
};

// A folder by absolute path, opened for reading. Throws Error(not_found, not_a_directory, permission, ...).
Descriptor open_folder(const std::string& path);
// A folder below `root` (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS). Empty optional when it, or a folder on the way, does
// not exist. Throws Error(out_of_bounds_path) when a link stands on the way, Error(not_a_directory, permission, io).
std::optional<Descriptor> open_folder_beneath(int root, const RelativePath& path);

// Empty optional when there is no such name. `where` (bytes; made printable when needed) is only for error messages
// here and below.
std::optional<Status> status(int folder, const std::string& name, const std::string& where);
Status status_of(int descriptor, const std::string& where);

// False on an overlay without redirect_dir: a folder of a lower layer can't be renamed there (EXDEV; Linux,
// Documentation/filesystems/overlayfs.rst, "Redirect directory"). `mount`: Status::mount of the folder.
bool can_move_folders(int folder, std::uint64_t mount, const std::string& where);

// RENAME_EXCHANGE. False when kernel or file system can't (EINVAL, ENOSYS); throws Error otherwise.
bool exchange(int folder_a, const std::string& a, int folder_b, const std::string& b, const std::string& where);
// Renames to a name that must be free: Error(already_exists). With `plain` the newer call is not used; then the name is
// looked up first, which is only as safe as the promise that nobody else works there.
void move(int from_folder, const std::string& from, int to_folder, const std::string& to, const std::string& where,
          bool plain = false);

// Creates for writing; an existing name is Error(already_exists). Mode 0600.
Descriptor create_file(int folder, const std::string& name, const std::string& where);
void write_all(int file, std::string_view bytes, const std::string& where);
// Goes on behind a hole of so many bytes; one at the end needs set_size.
void skip(int file, std::uint64_t bytes, const std::string& where);
void set_size(int file, std::uint64_t size, const std::string& where);
void make_folder(int folder, const std::string& name, const std::string& where);  // mode 0700; an existing one is fine
void make_link(int folder, const std::string& name, const std::string& target, const std::string& where);
std::string read_link(int folder, const std::string& name, const std::string& where);
void remove_file(int folder, const std::string& name, const std::string& where);                      // absent: fine
void remove_folder(int folder, const std::string& name, const std::string& where);                    // only empty ones
std::vector<std::string> list_folder(int folder, const std::string& name, const std::string& where);  // unsorted

// Links are not followed. Not for the mode of links, which have none.
void set_owner(int folder, const std::string& name, std::uint32_t uid, std::uint32_t gid, const std::string& where);
void set_mode(int folder, const std::string& name, std::uint32_t mode, const std::string& where);
void set_mtime(int folder, const std::string& name, std::int64_t mtime_ns, const std::string& where);
// Through an open file, which saves the look-ups when a file has just been written.
void set_attributes(int file, const Status& present, const Entry& wanted, const std::string& where);

// Extended attributes with ACLs and capabilities: name -> bytes. A file system without them has none.
using ExtendedAttributes = std::map<std::string, std::string>;
ExtendedAttributes extended_attributes(int folder, const std::string& name, const std::string& where);
// Sets those given, removes none. An attribute that can't be set and does not stand there yet is an Error.
void set_extended_attributes(int folder, const std::string& name, const ExtendedAttributes& attributes,
                             const std::string& where);

Digest digest_of(int folder, const std::string& name, const std::string& where);  // a regular file
// May this process (effective ids) create and remove names in the folder?
bool may_change(int folder);

void sync_file(int file, const std::string& where);                 // fsync; Error(sync_failed), final
void sync_whole_file_system(int folder, const std::string& where);  // syncfs; Error(sync_failed), final

}  // namespace ferry::calls
