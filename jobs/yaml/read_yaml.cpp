// The door to yaml-cpp: its events become our nodes, its exceptions our findings.
#include "jobs/yaml/node.hpp"

#include "jobs/yaml/surrogates.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>

namespace darkroom::jobs {

namespace {

/// Ends the reading of a text after a fatal error.
struct Stop {
    std::size_t offset;
    std::string text;
};

bool is_merge(Node const& key) { return key.is_text() && !key.quoted && key.text == "<<"; }

/// Builds the tree bottom up, so that the library's own recursion is the only one, and that is
/// stopped at our depth.
class Builder final : public YAML::EventHandler {
public:
    Builder(std::string_view text, int source, Findings& findings, YamlLimits limits)
        : text_(text), source_(source), findings_(findings), limits_(limits),
          marked_(with_pairs_marked(text)), has_pairs_(marked_ != text) {}

    /// Returns the text for the library: as long as the original, with the same places.
    std::string const& marked() const { return marked_; }

    NodePtr root() const { return root_; }

    void OnDocumentStart(YAML::Mark const& mark) override {
        if (++documents_ > 1)
            throw Stop{offset(mark), "a job file is one document: remove the second '---'"};
    }
    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        give(node(mark), anchor);
    }
    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override {
        auto made = node(mark);
        made->kind = Node::Kind::text;
        made->text = has_pairs_ ? with_pairs_read(value, has_escapes(offset(mark))) : value;
        if (value.find('\0') != std::string::npos)
            findings_.error(made->where, "an escape for a zero byte, which no text may contain");
        made->quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
        if (!is_closed(offset(mark))) throw Stop{offset(mark), "a quotation mark is never closed"};
        if (!made->quoted) check_tag(tag, made->where);
        bool const is_null = !made->quoted && (value == "~" || value == "null" || value == "Null" ||
                                               value == "NULL" || value.empty());
        if (is_null) made->kind = Node::Kind::null;
        give(made, anchor);
    }
    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        auto const found = anchors_.find(anchor);
        if (found == anchors_.end())
            throw Stop{offset(mark), "an alias inside the value it stands for"};
        give(found->second, 0);
    }

    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, Node::Kind::list, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, Node::Kind::map, tag, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    /// A list or map that is not complete yet.
    struct Frame {
        std::shared_ptr<Node> node;
        YAML::anchor_t anchor = 0;
        NodePtr key; ///< The key of a map while its value is read.
        std::map<std::string, Where, std::less<>> seen; ///< The keys of a map.
        std::vector<NodePtr> merged;                    ///< The maps behind `<<`.
    };

    static std::size_t offset(YAML::Mark const& mark) {
        return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    }

    std::shared_ptr<Node> node(YAML::Mark const& mark) const {
        auto made = std::make_shared<Node>();
        made->where = {source_, offset(mark)};
        return made;
    }

    void open(YAML::Mark const& mark, Node::Kind kind, std::string const& tag,
              YAML::anchor_t anchor) {
        if (frames_.size() == limits_.depth)
            throw Stop{offset(mark), fmt::format("nested deeper than {} levels", limits_.depth)};
        Frame frame{node(mark), anchor, nullptr, {}, {}};
        frame.node->kind = kind;
        check_tag(tag, frame.node->where);
        frames_.push_back(std::move(frame));
    }

    void close() {
        auto frame = std::move(frames_.back());
        frames_.pop_back();
        for (auto const& map : frame.merged) merge(frame, *map);
        give(std::move(frame.node), frame.anchor);
    }

    /// Hands a finished value to the list or map around it.
    void give(NodePtr const& value, YAML::anchor_t anchor) {
        if (anchor != 0) anchors_[anchor] = value;
        if (frames_.empty()) {
            root_ = value;
            return;
        }
        auto& frame = frames_.back();
        count(*frame.node, *value);
        if (frame.node->is_list()) {
            frame.node->items.push_back(value);
        } else if (!frame.key) {
            if (!value->is_text())
                throw Stop{value->where.offset, "a key is a plain word followed by ':'; a text "
                                                "that begins with '{' or '[' needs quotes"};
            frame.key = value;
        } else {
            add_member(frame, value);
        }
    }

    void add_member(Frame& frame, NodePtr const& value) {
        auto const key = std::exchange(frame.key, nullptr);
        if (is_merge(*key)) {
            add_merged(frame, *key, value);
            return;
        }
        auto const [first, is_new] = frame.seen.emplace(key->text, key->where);
        if (!is_new) {
            auto const number = findings_.line_of(first->second);
            auto const line = number == 0 ? "" : fmt::format(" (first in line {})", number);
            findings_.error(key->where, fmt::format("'{}' appears twice{}", key->text, line));
            return;
        }
        frame.node->members.push_back({key->text, key->where, value});
    }

    void add_merged(Frame& frame, Node const& key, NodePtr const& value) {
        auto const maps = value->is_list() ? value->items : std::vector<NodePtr>{value};
        for (auto const& map : maps) {
            if (map->is_map()) {
                frame.merged.push_back(map);
            } else {
                findings_.error(key.where, "'<<' takes a mapping or a list of mappings");
            }
        }
    }

    /// The map's own keys win, then the earlier of the merged maps.
    void merge(Frame& into, Node const& from) {
        for (auto const& member : from.members) {
            if (!into.seen.emplace(member.key, member.where).second) continue;
            into.node->members.push_back(member);
            count(*into.node, *member.value);
        }
    }

    /// Sees to it that aliases of aliases don't make a small text stand for a huge tree.
    void count(Node& parent, Node const& child) {
        parent.size += child.size;
        if (parent.size > limits_.values)
            throw Stop{child.where.offset,
                       fmt::format("more than {} values, those behind aliases counted each time",
                                   limits_.values)};
    }

    /// The library takes the end of the file for a closing quotation mark; we do not.
    bool is_closed(std::size_t at) const {
        char const quote = at < text_.size() ? text_[at] : '\0';
        if (quote != '"' && quote != '\'') return true;
        for (++at; at < text_.size(); ++at) {
            if (text_[at] == '\\' && quote == '"')
                ++at;
            else if (text_[at] == quote)
                return true; // '' within '…' looks closed twice: no harm
        }
        return false;
    }

    /// Returns true if the scalar at that place, after its tag and anchor, is in double quotes.
    bool has_escapes(std::size_t at) const {
        constexpr auto separators = " \t\r\n";
        while (at < text_.size() && (text_[at] == '&' || text_[at] == '!'))
            at = text_.find_first_not_of(separators, text_.find_first_of(separators, at));
        return at < text_.size() && text_[at] == '"';
    }

    void check_tag(std::string const& tag, Where const& where) {
        constexpr std::array<std::string_view, 5> plain{"", "?", "!", "tag:yaml.org,2002:map",
                                                        "tag:yaml.org,2002:seq"};
        if (std::find(plain.begin(), plain.end(), tag) == plain.end())
            findings_.error(where, fmt::format("tag '{}': only '!!str' has a meaning here", tag));
    }

    std::string_view text_;
    int source_;
    Findings& findings_;
    YamlLimits limits_;
    std::string marked_;
    bool has_pairs_;
    int documents_ = 0;
    std::vector<Frame> frames_;
    std::map<YAML::anchor_t, NodePtr> anchors_;
    NodePtr root_;
};

/// A message of the library in the words of a person who looks at the file.
struct Wording {
    std::string_view theirs;
    std::string_view ours;
};
constexpr std::array<Wording, 21> wordings{{
    {"end of map not found",
     "this does not fit here: is the line indented like its neighbours, is a ':' missing, or "
     "does a text need quotes?"},
    {"end of map flow not found",
     "'{' is never closed by '}'; a text that begins with '{' needs quotes"},
    {"end of sequence not found",
     "this line does not fit into the list: indent it like its neighbours"},
    {"end of sequence flow not found", "'[' is never closed by ']'"},
    {"illegal flow end", "a ']' or '}' that nothing has opened"},
    {"illegal block entry", "'- ' is not allowed here: begin a new line for the list"},
    {"illegal map key", "a key is not allowed here: look at the indentation of this line"},
    {"illegal map value", "':' is not allowed here: a text with ': ' in it needs quotes"},
    {"illegal tab when looking for indentation", "indent with blanks, not with tabs"},
    {"illegal EOF in scalar", "a quotation mark is never closed"},
    {"illegal document indicator in scalar", "'---' or '...' inside a quoted text"},
    {"unknown escape character: ", "a backslash with a character that makes no escape: write it "
                                   "twice, or use single quotes"},
    {"unknown token", "this can't begin a value: put the text into quotes"},
    {"bad character found while scanning hex number", "an escape such as \\x41 with a wrong digit"},
    {"invalid unicode: ", "an escape for a character that does not exist"},
    {"the referenced anchor is not defined",
     "'*' begins an alias, and its anchor '&' is not above: a text that begins with '*' needs "
     "quotes"},
    {"alias not found after *", "'*' begins an alias: a text that begins with '*' needs quotes"},
    {"anchor not found after &", "'&' begins an anchor: a text that begins with '&' needs quotes"},
    {"cannot assign multiple anchors to the same node", "two anchors for one value"},
    {"cannot assign multiple tags to the same node", "two tags for one value"},
    {"tag handle with no suffix", "'!' begins a tag: a text that begins with '!' needs quotes"},
}};

std::string in_our_words(std::string const& theirs) {
    auto const known = std::find_if(wordings.begin(), wordings.end(), [&](Wording const& wording) {
        return theirs.starts_with(wording.theirs);
    });
    return std::string(known == wordings.end() ? theirs : known->ours);
}

/// A tab before the first word of the line that `at` is in: whatever the library says of the line,
/// this is the cause.
std::optional<std::size_t> tab_in_indentation(std::string_view text, std::size_t at) {
    auto const begin = text.substr(0, at).rfind('\n') + 1; // npos + 1 == 0: the first line
    auto const tab = text.find('\t', begin);
    auto const word = text.find_first_not_of(" \t", begin);
    return tab < word ? std::optional(tab) : std::nullopt;
}

/// Where a text that is not UTF-8 first goes wrong.
std::size_t first_bad_byte(std::string_view text) {
    std::size_t at = 0;
    std::size_t length = 0;
    do {
        at += length;
        for (length = 1; length <= 4 && !is_valid_utf8(text.substr(at, length));) ++length;
    } while (length <= 4 && at < text.size());
    return at;
}

/// Refuses bytes that no parser should read.
std::optional<Stop> refuse_bytes(std::string_view text, YamlLimits limits) {
    if (text.size() > limits.bytes)
        return Stop{0, fmt::format("bigger than {}: a job file of that size is a table; give its "
                                   "rows in a file of their own",
                                   format_bytes(limits.bytes))};
    if (auto const nul = text.find('\0'); nul != std::string_view::npos)
        return Stop{nul, "a zero byte: this is not a text file"};
    if (is_valid_utf8(text)) return std::nullopt;
    return Stop{first_bad_byte(text), "bytes that are not UTF-8: save the file as UTF-8"};
}

void parse(Builder& builder) {
    std::istringstream stream{builder.marked()};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
}

} // namespace

NodePtr read_yaml(std::string_view text, int source, Findings& findings, YamlLimits limits) {
    if (auto const refused = refuse_bytes(text, limits)) {
        findings.error({source, refused->offset}, refused->text);
        return nullptr;
    }
    Builder builder(text, source, findings, limits);
    try {
        parse(builder);
    } catch (Stop const& stop) {
        findings.error({source, stop.offset}, stop.text);
        return nullptr;
    } catch (YAML::Exception const& error) {
        auto const at =
            error.mark.pos < 0 ? std::size_t{0} : static_cast<std::size_t>(error.mark.pos);
        auto const tab = tab_in_indentation(text, at);
        findings.error({source, tab.value_or(at)},
                       tab ? "indent with blanks, not with tabs" : in_our_words(error.msg));
        return nullptr;
    }
    if (builder.root()) return builder.root();
    auto empty = std::make_shared<Node>();
    empty->where = {source, 0};
    return empty;
}

} // namespace darkroom::jobs
