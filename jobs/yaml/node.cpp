#include "jobs/yaml/node.hpp"

#include "runner/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// One step down a dotted path, for the words of an error.
struct Segment {
    std::string_view head;
    std::string_view rest; ///< Empty at the last one.
};

Segment split_path(std::string_view path) {
    auto const dot = path.find('.');
    if (dot == std::string_view::npos) return {path, {}};
    return {path.substr(0, dot), path.substr(dot + 1)};
}

/// The place in a list that `head` names by number or id; the list's size when there is none.
std::size_t place_in(Node const& list, std::string_view head) {
    if (auto const index = parse_whole<std::size_t>(head))
        return std::min(*index, list.items.size());
    auto const found = std::find_if(list.items.begin(), list.items.end(), [&](NodePtr const& item) {
        auto const* id = item->find("id");
        return id && id->value->is_text() && id->value->text == head;
    });
    return static_cast<std::size_t>(found - list.items.begin());
}

} // namespace

Member const* Node::find(std::string_view key) const {
    auto const found = std::find_if(members.begin(), members.end(),
                                    [key](Member const& member) { return member.key == key; });
    return found == members.end() ? nullptr : &*found;
}

NodePtr replace_at(NodePtr const& root, std::string_view path, NodePtr const& value,
                   Findings& findings) {
    auto const [head, rest] = split_path(path);
    bool const is_last = rest.empty() && !path.ends_with('.');
    if (head.empty()) {
        findings.error(value->where, "the path has an empty part: write it like limits.rate");
        return root;
    }
    auto const below = [&, rest = rest](NodePtr const& old) {
        return is_last ? value : replace_at(old, rest, value, findings);
    };
    auto copy = std::make_shared<Node>(*root);
    if (root->is_list()) {
        auto const place = place_in(*root, head);
        if (place == root->items.size()) {
            findings.error(value->where, fmt::format("there is no element '{}' here", head));
            return root;
        }
        copy->items[place] = below(root->items[place]);
        return copy;
    }
    if (root->is_text()) {
        findings.error(value->where, fmt::format("'{}' is below a plain value", head));
        return root;
    }
    copy->kind = Node::Kind::map;
    if (auto const* old = root->find(head)) {
        auto& member = copy->members[static_cast<std::size_t>(old - root->members.data())];
        member = {member.key, value->where, below(member.value)};
        return copy;
    }
    auto empty = std::make_shared<Node>();
    empty->where = value->where;
    copy->members.push_back({std::string(head), value->where, below(empty)});
    return copy;
}

} // namespace darkroom::jobs
