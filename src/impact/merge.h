// A merge proposal for one conflict: bytes in, bytes out. Offered only when clean; a person decides in any case.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/path.h"
#include "base/text.h"

namespace ferry {

// Lines, 1-based. count 0: between first - 1 and first.
struct LineRange {
  std::size_t first = 1;
  std::size_t count = 0;
  bool operator==(const LineRange&) const = default;
};
struct MergeCollision {
  LineRange base, mine, theirs;
};

struct MergeProposal {
  enum class Method { text, properties, none } method = Method::none;
  bool clean = false;
  std::string content;                     // when clean: the proposed bytes
  std::vector<MergeCollision> collisions;  // text: where both changed the same lines
  std::vector<Text> notes;                 // what a person should know: "the customer's value of KEY was kept"
  std::string draft;                       // text with collisions: with markers, for an editor
};

// `base` empty optional: not known or not there (then only .properties and .env files can be merged).
//
// Text is merged by lines as bytes (libgit2), so that GBK files stay GBK; different line ends of the three sides are
// no change. Not offered: binary content, UTF-16, files of different encodings, more than 16 MiB.
// .properties (java.util.Properties.load) and .env files are merged key by key: the customer's lines, order and
// comments; his value wins for every key he changed; new keys of the vendor are added with their comments.
MergeProposal propose_merge(const RelativePath& path, const std::optional<std::string>& base, std::string_view mine,
                            std::string_view theirs);

}  // namespace ferry
