// The little of bpf(2) that Ferry needs: programs of type sk_lookup (Linux 5.9), which are asked for each new
// connection or datagram of a network namespace before the kernel looks for a listening socket. With them the fence
// gives everything to its sink, and the door gives the users' connections to the maintenance page.
#pragma once
#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/descriptor.h"

namespace ferry::bpf {

// A few instructions with forward labels: all an assembler has to be here. Registers as in the kernel's calling
// convention: 1 to 5 arguments, 0 result, 6 to 9 kept over calls, 10 frame.
class Assembler {
 public:
  void emit(int code, int destination, int source, int offset, int immediate);
  void move(int to, int from) { emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void set(int to, int value) { emit(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
  void add(int to, int value) { emit(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value); }
  void shift_right(int to, int bits) { emit(BPF_ALU64 | BPF_RSH | BPF_K, to, 0, 0, bits); }
  void host_order(int reg) { emit(BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, 32); }
  void load(int to, int base, std::size_t offset) {
    emit(BPF_LDX | BPF_MEM | BPF_W, to, base, static_cast<int>(offset), 0);
  }
  void store(int offset, int from) { emit(BPF_STX | BPF_MEM | BPF_W, 10, from, offset, 0); }
  void load_map(int to, int map);
  void call(int function) { emit(BPF_JMP | BPF_CALL, 0, 0, 0, function); }
  void jump(const std::string& label) { emit_jump(BPF_JMP | BPF_JA, 0, 0, label); }
  void jump_equal(int reg, int value, const std::string& label) {
    emit_jump(BPF_JMP | BPF_JEQ | BPF_K, reg, value, label);
  }
  void jump_unequal(int reg, int value, const std::string& label) {
    emit_jump(BPF_JMP | BPF_JNE | BPF_K, reg, value, label);
  }
  void exit() { emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
  void label(const std::string& name) { labels_[name] = instructions_.size(); }
  // The end of a program of type sk_lookup: gives the connection to the socket in slot `slot` (a register) of a
  // sockmap, and drops it when there is none; label "pass": leaves it to the kernel.
  void give_to_socket(int sockets, int slot);
  std::vector<bpf_insn> finish();

 private:
  void emit_jump(int code, int reg, int value, const std::string& label);
  std::vector<bpf_insn> instructions_;
  std::map<std::size_t, std::string> jumps_;
  std::map<std::string, std::size_t> labels_;
};

// All throw Error(kernel_refused) with the step and the kernel's reason.
Descriptor new_map(bpf_map_type type, std::uint32_t value_size, std::uint32_t entries);  // keys are 32 bits
void set_entry(int map, std::uint32_t key, std::uint32_t value);
void set_entry(int map, std::uint32_t key, std::uint64_t value);
void remove_entry(int map, std::uint32_t key);  // not there: as wanted
Descriptor load_lookup(const std::vector<bpf_insn>& program);
// To the network namespace of this process. Closing the descriptor, also by the process's death, detaches it.
Descriptor attach_lookup(int program);

}  // namespace ferry::bpf
