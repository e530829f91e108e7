#include <algorithm>
#include <set>

#include "model/document.h"

namespace ferry::document {
namespace {

const Node* id_of(const Node& item) {
  const auto* id = item.member("id");
  return id != nullptr && id->kind == Node::Kind::scalar ? id : nullptr;
}

std::string version_of(const Node& item) {
  const auto* version = item.member("version");
  return version != nullptr && version->kind == Node::Kind::scalar ? version->text : std::string();
}

bool merges_by_id(const Node& list) {
  return list.kind == Node::Kind::list && !list.items.empty() &&
         std::all_of(list.items.begin(), list.items.end(), [](const Node& item) { return id_of(item) != nullptr; });
}

bool wants_removal(const Node& item) {
  const auto* remove = item.member("remove");
  return remove != nullptr && remove->kind == Node::Kind::scalar && remove->text == "true" && item.items.size() == 2;
}

class Merger {
 public:
  explicit Merger(Problems& problems) : problems_(problems) {}

  Node merge(const Node& base, const Node& over, const std::string& pointer) {
    if (base.kind == Node::Kind::mapping && over.kind == Node::Kind::mapping) return mappings(base, over, pointer);
    if (merges_by_id(base) && merges_by_id(over)) return lists(base, over, pointer);
    // In a list that is an addition as a whole there is nothing that could be removed.
    if (merges_by_id(over))
      for (const auto& item : over.items)
        if (wants_removal(item)) nothing_to_remove(item, pointer, {});
    return over;
  }

 private:
  Node mappings(const Node& base, const Node& over, const std::string& pointer) {
    Node out = over;
    out.items.clear();
    for (const auto& item : base.items) {
      const auto* new_item = over.member(item.key);
      if (new_item == nullptr) {
        out.items.push_back(item);
      } else if (new_item->kind != Node::Kind::empty) {
        out.items.push_back(merge(item, *new_item, child(pointer, item.key)));
      }
    }
    for (const auto& item : over.items)
      if (base.member(item.key) == nullptr) out.items.push_back(merge(Node{}, item, child(pointer, item.key)));
    return out;
  }

  // Items are known by their id. Where an id stands several times, for different versions of the product, the version
  // tells them apart: one without a version speaks of all of them, and one for a version builds on the base's item that
  // was for every version, which it takes the place of.
  Node lists(const Node& base, const Node& over, const std::string& pointer) {
    Node out = over;
    out.items = base.items;
    std::set<std::string> replaced;  // ids whose item for every version gave way
    for (const auto& item : over.items) {
      const auto& id = id_of(item)->text;
      const auto same = [&](const Node& other) { return id_of(other)->text == id; };
      const auto known = std::count_if(base.items.begin(), base.items.end(), same);
      if (wants_removal(item)) {
        if (known == 0) nothing_to_remove(item, pointer, base.items);
        std::erase_if(out.items, same);
      } else if (known == 0) {
        out.items.push_back(item);
      } else if (known == 1 && std::count_if(over.items.begin(), over.items.end(), same) == 1) {
        auto& only = *std::find_if(out.items.begin(), out.items.end(), same);
        only = merge(only, item, pointer);
      } else {
        by_version(base, item, pointer, out, replaced);
      }
    }
    return out;
  }

  void by_version(const Node& base, const Node& item, const std::string& pointer, Node& out,
                  std::set<std::string>& replaced) {
    const auto& id = id_of(item)->text;
    const auto version = version_of(item);
    const auto is = [&](const std::string& wanted) {
      return [&id, wanted](const Node& other) { return id_of(other)->text == id && version_of(other) == wanted; };
    };
    const auto same = [&](const Node& other) { return id_of(other)->text == id; };
    if (std::none_of(out.items.begin(), out.items.end(), same)) return out.items.push_back(item);  // all were removed
    if (version.empty()) {
      for (auto& other : out.items)
        if (same(other)) other = merge(other, item, pointer);
      return;
    }
    const auto exact = std::find_if(out.items.begin(), out.items.end(), is(version));
    const auto every = std::find_if(base.items.begin(), base.items.end(), is(""));
    if (exact != out.items.end()) {
      *exact = merge(*exact, item, pointer);
    } else if (every == base.items.end()) {
      out.items.push_back(item);
    } else if (replaced.insert(id).second) {
      auto& place = *std::find_if(out.items.begin(), out.items.end(), is(""));
      place = merge(*every, item, pointer);
    } else {
      const auto last = std::find_if(out.items.rbegin(), out.items.rend(), same);
      out.items.insert(last.base(), merge(*every, item, pointer));
    }
  }

  void nothing_to_remove(const Node& item, const std::string& pointer, const std::vector<Node>& present) {
    std::vector<std::string> ids;
    for (const auto& other : present) ids.push_back(id_of(other)->text);
    const auto& id = *id_of(item);
    const auto near = suggestion(id.text, ids);
    const auto list = ids.empty() ? std::string("-") : join(ids);
    report(problems_, id.place, pointer,
           {"there is no '" + id.text + "' to remove in the profile below; it has: " + list + near.en,
            "基础档案中没有可移除的“" + id.text + "”；现有：" + list + near.zh});
  }

  Problems& problems_;
};

}  // namespace

Node merge(const Node& base, const Node& over, Problems& problems) {
  return Merger(problems).merge(base, over, "");
}

}  // namespace ferry::document
