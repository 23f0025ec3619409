// A YAML text as a tree of values with their places: the only form in which the rest of the room
// sees YAML.
#pragma once

#include "jobs/yaml/findings.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

struct Node;
using NodePtr = std::shared_ptr<Node const>; ///< An alias and its anchor share one.

struct Member {
    std::string key;
    Where where; ///< The place of the key.
    NodePtr value;
};

struct Node {
    enum class Kind { null, text, list, map } kind = Kind::null;
    Where where;
    std::string text;           ///< As written, for a number too; never converted.
    bool quoted = false;        ///< In quotes, or a block: never a number or a truth value.
    std::vector<NodePtr> items; ///< The elements of a list; never null pointers.
    std::vector<Member>
        members;          ///< The members of a map, with unique keys and `<<` already merged.
    std::size_t size = 1; ///< Values in this tree, those behind aliases counted each time.

    bool is_null() const { return kind == Kind::null; }
    bool is_text() const { return kind == Kind::text; }
    bool is_list() const { return kind == Kind::list; }
    bool is_map() const { return kind == Kind::map; }
    Member const* find(std::string_view key) const;
};

/// Limits for one text. A larger one is refused before much work is done on it.
struct YamlLimits {
    std::size_t bytes = std::size_t{4} << 20;
    std::size_t values = 100'000; ///< Those behind aliases counted each time.
    std::size_t depth = 64;
};

/// Reads one document. Returns null, with at least one error in `findings`, when it cannot be read
/// at all. Duplicate keys and foreign tags are errors too, but the tree is returned all the same.
NodePtr read_yaml(std::string_view text, int source, Findings& findings,
                  YamlLimits limits = YamlLimits());

/// Returns `root` with the value at a dotted path replaced or added; lists are entered by number
/// (from 0) or by the `id` of an element. Errors in the path are added to `findings` at the place
/// of `value`.
NodePtr replace_at(NodePtr const& root, std::string_view path, NodePtr const& value,
                   Findings& findings);

} // namespace darkroom::jobs
