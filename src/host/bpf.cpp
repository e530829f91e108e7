#include "host/bpf.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace ferry::bpf {
namespace {

long bpf(int command, bpf_attr& attributes) {
  return ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

Error refused(const std::string& what, const std::string& more = {}) {
  return Error(Code::kernel_refused, what, std::strerror(errno) + (more.empty() ? "" : ": " + more));
}

template <typename Value>
void set_value(int map, std::uint32_t key, Value value) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map);
  attributes.key = reinterpret_cast<std::uint64_t>(&key);
  attributes.value = reinterpret_cast<std::uint64_t>(&value);
  if (bpf(BPF_MAP_UPDATE_ELEM, attributes) != 0) throw refused("bpf map entry");
}

}  // namespace

void Assembler::emit(int code, int destination, int source, int offset, int immediate) {
  bpf_insn instruction{};
  instruction.code = static_cast<std::uint8_t>(code);
  instruction.dst_reg = static_cast<std::uint8_t>(destination & 0xf);
  instruction.src_reg = static_cast<std::uint8_t>(source & 0xf);
  instruction.off = static_cast<std::int16_t>(offset);
  instruction.imm = immediate;
  instructions_.push_back(instruction);
}

void Assembler::load_map(int to, int map) {
  emit(BPF_LD | BPF_IMM | BPF_DW, to, BPF_PSEUDO_MAP_FD, 0, map);
  emit(0, 0, 0, 0, 0);
}

// Expects the context in register 6; uses 7 and the second word of the frame.
void Assembler::give_to_socket(int sockets, int slot) {
  constexpr int context = 6;
  store(-8, slot);
  load_map(1, sockets);
  move(2, 10);
  add(2, -8);
  call(BPF_FUNC_map_lookup_elem);
  jump_equal(0, 0, "drop");
  move(7, 0);
  move(1, context);
  move(2, 7);
  set(3, 0);
  call(BPF_FUNC_sk_assign);
  move(1, 7);
  call(BPF_FUNC_sk_release);
  label("pass");
  set(0, SK_PASS);
  exit();
  label("drop");
  set(0, SK_DROP);
  exit();
}

std::vector<bpf_insn> Assembler::finish() {
  for (const auto& [at, name] : jumps_) {
    instructions_[at].off = static_cast<std::int16_t>(labels_.at(name) - at - 1);
  }
  return instructions_;
}

void Assembler::emit_jump(int code, int reg, int value, const std::string& label) {
  jumps_[instructions_.size()] = label;
  emit(code, reg, 0, 0, value);
}

Descriptor new_map(bpf_map_type type, std::uint32_t value_size, std::uint32_t entries) {
  bpf_attr attributes{};
  attributes.map_type = type;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = value_size;
  attributes.max_entries = entries;
  Descriptor map(static_cast<int>(bpf(BPF_MAP_CREATE, attributes)));
  if (!map.valid()) throw refused("bpf map");
  return map;
}

void set_entry(int map, std::uint32_t key, std::uint32_t value) {
  set_value(map, key, value);
}
void set_entry(int map, std::uint32_t key, std::uint64_t value) {
  set_value(map, key, value);
}

void remove_entry(int map, std::uint32_t key) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map);
  attributes.key = reinterpret_cast<std::uint64_t>(&key);
  bpf(BPF_MAP_DELETE_ELEM, attributes);
}

Descriptor load_lookup(const std::vector<bpf_insn>& instructions) {
  std::string log(16384, '\0');
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SK_LOOKUP;
  attributes.expected_attach_type = BPF_SK_LOOKUP;
  attributes.insns = reinterpret_cast<std::uint64_t>(instructions.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(instructions.size());
  attributes.license = reinterpret_cast<std::uint64_t>("GPL");
  attributes.log_buf = reinterpret_cast<std::uint64_t>(log.data());
  attributes.log_size = static_cast<std::uint32_t>(log.size());
  attributes.log_level = 1;
  Descriptor program(static_cast<int>(bpf(BPF_PROG_LOAD, attributes)));
  if (!program.valid()) throw refused("bpf program (sk_lookup needs Linux 5.9)", log.c_str());
  return program;
}

Descriptor attach_lookup(int program) {
  const Descriptor net(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<std::uint32_t>(program);
  attributes.link_create.target_fd = static_cast<std::uint32_t>(net.get());
  attributes.link_create.attach_type = BPF_SK_LOOKUP;
  Descriptor link(static_cast<int>(bpf(BPF_LINK_CREATE, attributes)));
  if (!link.valid()) throw refused("bpf attach");
  return link;
}

}  // namespace ferry::bpf
