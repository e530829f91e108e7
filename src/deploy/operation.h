// The plan's changes as operations on single names, in the order in which they can be done.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/deployment.h"

namespace ferry {

// `place`: the name gets another object, or one where was none, or none. `attributes`: the object stays, its owner,
// mode and time change. `drop`: a generated folder gives way to an empty one.
enum class OperationKind { place, attributes, drop };
std::string_view name_of(OperationKind kind);
std::optional<OperationKind> operation_kind(std::string_view name);

// An object and how to know it again.
struct Identity {
  Entry entry;
  std::uint64_t inode = 0;  // 0: not known yet
};

struct Operation {
  std::uint32_t number = 0;  // position among all operations sorted by path: names its slot
  OperationKind kind = OperationKind::place;
  RelativePath path;
  std::optional<Identity> before;
  std::optional<Identity> after;
  const PlannedChange* change = nullptr;  // of the input; null for drops and for what was read from a journal
  // security.capability of an object whose owner changes: chown takes it away.
  std::string capability;

  bool has_slot() const { return kind != OperationKind::attributes; }
};

// Checks the input and orders it: folders that appear (parents first), then files and links, then folders that go
// (children first, when they are empty), then drops, then attributes. Backwards is the reverse order. Changes that
// change nothing are left out. Throws Error(invalid_document, protected_path) with the path.
std::vector<Operation> operations_of(const DeployInput& input);

// Of everything in the input. Of this machine only (byte order): it ties what is staged to its plan.
Digest digest_of_input(const DeployInput& input);

bool is_folder(const std::optional<Identity>& object);

}  // namespace ferry
