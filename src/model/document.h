// A YAML document on its way to a structure: a tree that still knows where everything stood, so that each complaint
// can name a place. For this room, and for the project file (src/project).
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/profile.h"

namespace ferry::document {

struct Place {
  std::string file;
  int line = 0;    // 1-based
  int column = 0;  // 1-based, in characters
};

struct Node {
  enum class Kind { empty, scalar, list, mapping };
  Kind kind = Kind::empty;
  std::string text;    // scalar
  bool plain = false;  // scalar without quotes: may become a number or a truth value
  Place place;
  std::string key;  // when this is a member of a mapping
  Place key_place;
  std::vector<Node> items;  // list items or members

  const Node* member(std::string_view name) const;
};

using Problems = std::vector<DocumentProblem>;

void report(Problems& problems, const Place& place, const std::string& pointer, Text message,
            Code code = Code::invalid_document);

// Reads one YAML document whose top is a mapping. Nothing when the problems make further work pointless.
std::optional<Node> read_yaml(std::string_view yaml, const std::string& file, Problems& problems);

// What `over` says on top of `base`: mappings merge by key (an empty value removes the key), lists whose items all
// have an `id` merge by it ({id: x, remove: true} removes), everything else is replaced.
Node merge(const Node& base, const Node& over, Problems& problems);

// The document as JSON with the places of all its values and keys.
struct Typed {
  Json json;
  std::map<std::string, Place> values;  // by JSON pointer
  std::map<std::string, Place> keys;
  Problems problems;

  // Place of the value at the pointer, or of the nearest thing around it.
  Place place_of(const std::string& pointer) const;
  void report(const std::string& pointer, Text message, Code code = Code::invalid_document);
};

std::string child(const std::string& pointer, std::string_view key);
std::string child(const std::string& pointer, std::size_t index);

// "; did you mean 'x'?" for the nearest candidate, empty when none is near. Both languages.
Text suggestion(const std::string& word, const std::vector<std::string>& candidates);
std::string join(const std::vector<std::string>& words);

void sort_problems(Problems& problems);

}  // namespace ferry::document
