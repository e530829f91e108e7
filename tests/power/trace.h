// What a program did to one tree, call by call: the material from which the power cuts are made.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferry::power {

// An object (file, folder, link) of the tree for as long as it lives. Never given twice, unlike its inode number.
using Id = std::uint32_t;

// The fields of an inode.
struct Attributes {
  std::uint32_t mode = 0;  // with the type, as st_mode
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::map<std::string, std::string> extended;
};

struct Object {
  Attributes attributes;
  std::uint64_t inode = 0;                     // as the program sees it; given again as soon as it is free
  std::shared_ptr<const std::string> content;  // of files; never null there
  std::string target;                          // of links
  std::map<std::string, Id> names;             // of folders
  bool grows = false;                          // was written through O_APPEND
};

// The tree at one moment. `root` is always there.
struct State {
  std::map<Id, Object> objects;
  Id root = 0;
};

struct Call {
  enum class Kind {
    write,       // object, offset, bytes
    truncate,    // object, offset = new size
    create,      // dir, name -> object, which is new; bytes: target of a link
    link,        // dir, name -> object, which has another name already
    remove,      // dir, name
    move,        // dir, name -> dir2, name2
    exchange,    // dir, name <-> dir2, name2
    attributes,  // object gets `set`
    sync_file,   // fsync(object): of a file its content and attributes, of a folder its names
    sync_data,   // fdatasync(object)
    sync_all,    // syncfs
    note         // the program under test says how far it is: bytes
  };
  Kind kind = Kind::note;
  Id object = 0;
  Id dir = 0;
  std::string name;
  Id dir2 = 0;
  std::string name2;
  std::uint64_t offset = 0;
  std::string bytes;
  std::uint64_t inode = 0;  // number that create takes, or that remove and move give free
  bool appends = false;     // write
  Attributes set;           // create, attributes
  // Times that changed by the way: of the folder whose names changed, of the object whose name did.
  struct Touched {
    Id object;
    std::int64_t mtime_ns;
    std::int64_t ctime_ns;
  };
  std::vector<Touched> touched;
  std::string label;  // of syncs: call and path, for people

  bool is_sync() const { return kind == Kind::sync_file || kind == Kind::sync_data || kind == Kind::sync_all; }
};

struct Trace {
  State begin;  // on the medium before the first call
  std::vector<Call> calls;
};

}  // namespace ferry::power
