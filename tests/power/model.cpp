#include "power/model.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace ferry::power {
namespace {

constexpr std::size_t sector = 512;

using Kind = Call::Kind;

std::shared_ptr<const std::string> nothing() {
  static const auto empty = std::make_shared<const std::string>();
  return empty;
}

// ---- which calls on names and attributes are kept

struct Key {
  Id object;
  std::string name;  // empty: its attributes; of object 0: an inode number
  bool operator<(const Key& other) const { return std::tie(object, name) < std::tie(other.object, other.name); }
};

// What the call works on: calls that share one keep their order. An inode can't be taken before it is given free.
std::vector<Key> names_of(const Call& call);
std::vector<Key> keys_of(const Call& call) {
  auto out = names_of(call);
  if (call.inode != 0) out.push_back({0, std::to_string(call.inode)});
  return out;
}

std::vector<Key> names_of(const Call& call) {
  switch (call.kind) {
    case Kind::create:
      return {{call.dir, call.name}, {call.object, ""}};
    case Kind::link:
    case Kind::remove:
      return {{call.dir, call.name}};
    case Kind::move:
    case Kind::exchange:
      return {{call.dir, call.name}, {call.dir2, call.name2}};
    case Kind::attributes:
      return {{call.object, ""}};
    default:
      return {};
  }
}

bool is_metadata(const Call& call) {
  return !keys_of(call).empty();
}

// Calls that a sync before the instant has put on the medium.
std::vector<bool> forced(const Trace& trace, std::size_t instant, Model model) {
  std::vector<bool> out(instant, false);
  std::set<Key> keys;
  std::set<Id> synced;
  bool all = false;
  for (std::size_t i = instant; i-- > 0;) {
    const auto& call = trace.calls[i];
    if (call.is_sync()) {
      // With a journal every sync writes it up to here.
      if (call.kind == Kind::sync_all || model == Model::ordered) all = true;
      if (call.kind == Kind::sync_file) synced.insert(call.object);
      continue;
    }
    const auto own = keys_of(call);
    // A name is synced with its folder, attributes with their object. That the object itself was synced does not put
    // its name there.
    const auto wanted = [&](const Key& key) {
      if (call.kind == Kind::create && key.name.empty()) return false;
      return keys.contains(key) || synced.contains(key.object);
    };
    out[i] = all || std::any_of(own.begin(), own.end(), wanted);
    if (out[i]) keys.insert(own.begin(), own.end());
  }
  return out;
}

std::vector<bool> kept_calls(const Trace& trace, std::size_t instant, Model model, Seed& seed) {
  auto out = forced(trace, instant, model);
  if (model == Model::ordered) {
    std::size_t first = instant;
    while (first > 0 && !out[first - 1]) --first;
    std::size_t cut = first + seed.pick(instant - first + 1);
    if (seed.one_in(4)) cut = instant;
    if (seed.one_in(6)) cut = first;
    std::fill(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(cut), true);
    return out;
  }
  // How much is lost differs from cut to cut, so that "all but one" and "only one" are met too.
  const auto lost_in = 1 + seed.pick(1 + seed.pick(10));
  std::set<Key> lost;
  for (std::size_t i = 0; i < instant; ++i) {
    const auto own = keys_of(trace.calls[i]);
    const bool may = std::none_of(own.begin(), own.end(), [&](const Key& key) { return lost.contains(key); });
    if (!out[i]) out[i] = may && !(seed.pick(11) < lost_in);
    if (!out[i]) lost.insert(own.begin(), own.end());
  }
  return out;
}

// ---- contents

struct Content {
  std::string durable;
  std::string full;  // as the program sees it
  bool changed = false;
  bool fresh = false;  // created by the trace and never synced: its blocks may show anything
  bool appends = false;
};

void write_into(std::string& content, const Call& call) {
  if (call.kind == Kind::truncate) {
    content.resize(call.offset, '\0');
    return;
  }
  if (content.size() < call.offset + call.bytes.size()) content.resize(call.offset + call.bytes.size(), '\0');
  content.replace(call.offset, call.bytes.size(), call.bytes);
}

void settle(Content& content) {
  if (!content.changed) return;
  content.durable = content.full;
  content.changed = false;
  content.fresh = false;
}

std::map<Id, Content> contents_at(const Trace& trace, std::size_t instant) {
  std::map<Id, Content> out;
  for (std::size_t i = 0; i < instant; ++i) {
    const auto& call = trace.calls[i];
    if (call.kind == Kind::create) {
      out[call.object].fresh = true;
    } else if (call.kind == Kind::write || call.kind == Kind::truncate) {
      auto found = out.find(call.object);
      if (found == out.end()) {
        const auto& content = *trace.begin.objects.at(call.object).content;
        found = out.emplace(call.object, Content{content, content, false, false, false}).first;
      }
      write_into(found->second.full, call);
      found->second.changed = true;
      found->second.appends = found->second.appends || call.appends;
    } else if (call.kind == Kind::sync_file || call.kind == Kind::sync_data) {
      if (const auto found = out.find(call.object); found != out.end()) settle(found->second);
    } else if (call.kind == Kind::sync_all) {
      for (auto& [id, content] : out) settle(content);
    }
  }
  return out;
}

// Every sector by itself is there, is not (old bytes, or zeros where was nothing), or shows what lay there before.
std::string torn(const Content& content, Seed& seed) {
  const auto& full = content.full;
  std::string out = content.durable;
  switch (seed.pick(4)) {
    case 0:
    case 1:
      out.resize(full.size(), '\0');
      break;
    case 2:
      out.resize(std::min(full.size(), content.durable.size() + seed.pick(full.size() + 1)), '\0');
      break;
    default:
      break;
  }
  const auto lost_in = seed.pick(5);
  // Stale blocks only in new files: what is appended to a log shows zeros where it was not written (docs/formats).
  const bool stale = content.fresh && !content.appends && seed.one_in(3);
  // Large contents in pieces, or the random numbers cost more than the rest.
  const auto piece = std::max(sector, (out.size() / 64 + sector - 1) / sector * sector);
  for (std::size_t at = 0; at < out.size(); at += piece) {
    const auto size = std::min(piece, out.size() - at);
    if (seed.pick(5) >= lost_in && at < full.size())
      out.replace(at, std::min(size, full.size() - at), full, at, std::min(size, full.size() - at));
    else if (stale)
      for (std::size_t i = at; i < at + size; i += 7) out[i] = static_cast<char>(seed.pick(256));
  }
  return out;
}

std::string content_after(const Content& content, Seed& seed) {
  if (!content.changed) return content.durable;
  switch (seed.pick(4)) {
    case 0:
      return content.durable;
    case 1:
      return content.full;
    default:
      return torn(content, seed);
  }
}

// ---- the tree

void touch(State& state, const Call& call) {
  for (const auto& touched : call.touched) {
    const auto found = state.objects.find(touched.object);
    if (found == state.objects.end()) continue;
    found->second.attributes.mtime_ns = touched.mtime_ns;
    found->second.attributes.ctime_ns = touched.ctime_ns;
  }
}

// A folder that a lost call should have made is nowhere; what is done to it goes with it.
std::map<std::string, Id>* names(State& state, Id folder) {
  const auto found = state.objects.find(folder);
  return found == state.objects.end() ? nullptr : &found->second.names;
}

void create(State& state, const Call& call) {
  auto* in = names(state, call.dir);
  if (in == nullptr) return;
  Object object;
  object.attributes = call.set;
  object.inode = call.inode;
  if (S_ISREG(call.set.mode)) object.content = nothing();
  object.target = call.bytes;
  state.objects[call.object] = std::move(object);
  (*in)[call.name] = call.object;
}

void move(State& state, const Call& call) {
  auto* from = names(state, call.dir);
  auto* to = names(state, call.dir2);
  if (from == nullptr) return;
  const auto found = from->find(call.name);
  if (found == from->end()) return;
  const Id id = found->second;
  from->erase(found);
  if (to != nullptr) (*to)[call.name2] = id;
}

void exchange(State& state, const Call& call) {
  auto* from = names(state, call.dir);
  auto* to = names(state, call.dir2);
  if (from == nullptr || to == nullptr || !from->contains(call.name) || !to->contains(call.name2)) return;
  std::swap((*from)[call.name], (*to)[call.name2]);
}

void apply(State& state, const Call& call) {
  switch (call.kind) {
    case Kind::create:
      create(state, call);
      break;
    case Kind::link:
      if (auto* in = names(state, call.dir); in != nullptr && state.objects.contains(call.object))
        (*in)[call.name] = call.object;
      break;
    case Kind::remove:
      if (auto* in = names(state, call.dir)) in->erase(call.name);
      break;
    case Kind::move:
      move(state, call);
      break;
    case Kind::exchange:
      exchange(state, call);
      break;
    case Kind::attributes:
      if (const auto found = state.objects.find(call.object); found != state.objects.end())
        found->second.attributes = call.set;
      return;
    default:
      break;
  }
  touch(state, call);
}

void keep_reachable(State& state) {
  std::set<Id> seen;
  std::vector<Id> open{state.root};
  while (!open.empty()) {
    const Id id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    for (const auto& [name, child] : state.objects.at(id).names) open.push_back(child);
  }
  std::erase_if(state.objects, [&](const auto& item) { return !seen.contains(item.first); });
}

std::string compare(const State& a, Id a_id, const State& b, Id b_id, const std::string& path) {
  const auto& x = a.objects.at(a_id);
  const auto& y = b.objects.at(b_id);
  if (x.attributes.mode != y.attributes.mode) return path + ": mode";
  if (x.attributes.uid != y.attributes.uid || x.attributes.gid != y.attributes.gid) return path + ": owner";
  if (x.attributes.mtime_ns != y.attributes.mtime_ns) return path + ": mtime";
  if (x.attributes.extended != y.attributes.extended) return path + ": extended attributes";
  if (x.target != y.target) return path + ": target";
  if ((x.content == nullptr) != (y.content == nullptr) || (x.content && *x.content != *y.content))
    return path + ": content";
  for (const auto& [name, child] : x.names) {
    const auto other = y.names.find(name);
    if (other == y.names.end()) return path + "/" + name + ": missing";
    if (auto found = compare(a, child, b, other->second, path + "/" + name); !found.empty()) return found;
  }
  for (const auto& [name, child] : y.names)
    if (!x.names.contains(name)) return path + "/" + name + ": unexpected";
  return {};
}

}  // namespace

State all_kept(const Trace& trace) {
  State out = trace.begin;
  for (const auto& call : trace.calls) apply(out, call);
  for (auto& [id, content] : contents_at(trace, trace.calls.size()))
    if (const auto found = out.objects.find(id); found != out.objects.end() && found->second.content)
      found->second.content = std::make_shared<const std::string>(content.full);
  keep_reachable(out);
  return out;
}

State power_cut(const Trace& trace, std::size_t instant, Model model, Seed& seed) {
  const auto kept = kept_calls(trace, instant, model, seed);
  State out = trace.begin;
  for (std::size_t i = 0; i < instant; ++i) {
    const auto& call = trace.calls[i];
    // The time of a write comes with the inode, early or late.
    if (is_metadata(call) ? kept[i] : kept[i] || seed.one_in(2)) apply(out, call);
  }
  for (auto& [id, content] : contents_at(trace, instant)) {
    const auto found = out.objects.find(id);
    if (found != out.objects.end() && found->second.content)
      found->second.content = std::make_shared<const std::string>(content_after(content, seed));
  }
  keep_reachable(out);
  return out;
}

std::size_t pick_instant(const Trace& trace, Seed& seed) {
  if (seed.one_in(2)) return seed.pick(trace.calls.size() + 1);
  std::vector<std::size_t> syncs;
  for (std::size_t i = 0; i < trace.calls.size(); ++i)
    if (trace.calls[i].is_sync()) syncs.push_back(i);
  if (syncs.empty()) return seed.pick(trace.calls.size() + 1);
  const auto sync = syncs[seed.pick(syncs.size())];
  return std::min(sync - std::min<std::size_t>(sync, seed.pick(4)) + seed.pick(3), trace.calls.size());
}

std::string difference(const State& expected, const State& found) {
  return compare(expected, expected.root, found, found.root, "");
}

}  // namespace ferry::power
