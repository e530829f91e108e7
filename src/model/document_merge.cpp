#include <algorithm>

#include "model/document.h"

namespace ferry::document {
namespace {

const Node* id_of(const Node& item) {
  const auto* id = item.member("id");
  return id != nullptr && id->kind == Node::Kind::scalar ? id : nullptr;
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

  Node lists(const Node& base, const Node& over, const std::string& pointer) {
    Node out = over;
    out.items = base.items;
    for (const auto& item : over.items) {
      const auto& id = id_of(item)->text;
      const auto known =
          std::find_if(out.items.begin(), out.items.end(), [&](const Node& other) { return id_of(other)->text == id; });
      if (known == out.items.end()) {
        if (wants_removal(item)) {
          nothing_to_remove(item, pointer, base.items);
        } else {
          out.items.push_back(item);
        }
      } else if (wants_removal(item)) {
        out.items.erase(known);
      } else {
        *known = merge(*known, item, pointer);
      }
    }
    return out;
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
