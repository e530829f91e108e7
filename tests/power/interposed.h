// Between the functions that stand in the place of the C library's (interposed.cpp) and the recorder.
#pragma once
#include <linux/stat.h>
#include <sys/stat.h>

#include <optional>
#include <string>

#include "power/trace.h"

namespace ferry::power::interposed {

// A name that a call is about to work on; all zero where nothing is recorded or the name lies elsewhere.
struct Place {
  Id dir = 0;
  std::string name;
  Id object = 0;  // what stands there
  bool exists = false;
  bool last_name = false;  // without this name the object is gone
  std::uint64_t inode = 0;
};

void changing();
Place place_of(int folder, const char* path);
Id object_of(int file);
Id object_at(int folder, const char* path, bool follow);
void add(Call call);
// The inode number that is free when this name is gone; 0: none.
std::uint64_t gone(const Place& place);
void created(int folder, const char* path, const Place& place, const std::string& target);
void touched_parent(Call& call, int folder, const char* path);
void touched_object(Call& call, int folder, const char* path);
void wrote(int file, Id object, std::uint64_t offset, const void* bytes, std::size_t size);
void truncated(Id object, std::uint64_t size, const std::optional<int>& file, const char* path);
void changed_attributes(Id object, int folder, const char* path, int flags);
// Counts and records a sync; false: it is not to be done really.
bool begin_sync(const char* name, int file, Call::Kind kind);
int boot();
void translate(struct statx& raw);

}  // namespace ferry::power::interposed
