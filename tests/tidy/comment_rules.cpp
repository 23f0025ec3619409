#include "tests/tidy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace darkroom::tidy {

namespace {

/// A small room says little about habits.
constexpr std::size_t lines_for_a_share = 400;
constexpr std::size_t share_least = 4, share_most = 20; // percent

std::string_view trimmed_comment(std::string_view line) {
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

/// The room of a file for these counts: "jobs", "runner/net", "tests/net". Rooms inside rooms count
/// with the outer one. Empty for files of no room.
std::string room_of(std::string_view path) {
    if (path.starts_with("jobs/")) return "jobs";
    if (!path.starts_with("runner/") && !path.starts_with("tests/")) return {};
    auto const end = path.find('/', path.find('/') + 1);
    return end == std::string_view::npos ? std::string() : std::string(path.substr(0, end));
}

/// True when a doc comment with this text begins like a clause that has no verb of its own.
bool is_fragment(std::string_view text) {
    constexpr std::array<std::string_view, 6> starts{"What", "Whether", "How", "Of", "By", "That"};
    auto const word = text.substr(0, text.find(' '));
    return std::find(starts.begin(), starts.end(), word) != starts.end();
}

/// Calls `visit(line number, text)` for each doc comment, with the text of its first line.
template <class Visit>
void each_doc_comment(SourceFile const& file, Visit visit) {
    bool continued = false;
    for (std::size_t number = 1; number <= file.starts.size(); ++number) {
        auto const line = file.line(number);
        auto const at = line.find("///");
        // In a literal, something follows that is not blank.
        bool const is_doc = at != std::string_view::npos &&
                            file.code.substr(file.starts[number - 1] + at, line.size() - at)
                                    .find_first_not_of(' ') == std::string::npos;
        bool const trails = is_doc && line.substr(at).starts_with("///<");
        if (is_doc && (trails || !continued))
            visit(number, trimmed_comment(line.substr(at + 3 + trails)));
        continued = is_doc && !trails && trimmed_comment(line).starts_with("///");
    }
}

struct Lines {
    std::size_t all = 0, comments = 0;
};

void count_lines(SourceFile const& file, Lines& into) {
    for (std::size_t number = 1; number <= file.starts.size(); ++number) {
        auto const text = trimmed_comment(file.line(number));
        if (text.empty()) continue;
        ++into.all;
        if (text.starts_with("//")) ++into.comments;
    }
}

} // namespace

Findings check_fragments(SourceFile const& file) {
    Findings found;
    if (!file.is_code()) return found;
    each_doc_comment(file, [&](std::size_t line, std::string_view text) {
        if (is_fragment(text))
            found.push_back(finding(file, line,
                                    fmt::format("'{}' begins no sentence; use one with a subject "
                                                "or a verb",
                                                text.substr(0, text.find(' ')))));
    });
    return found;
}

Ratchet check_fragment_counts(std::span<SourceFile const> tree,
                              std::map<std::string, std::size_t> const& most) {
    std::map<std::string, Findings> by_room;
    for (auto const& file : tree) {
        auto const room = room_of(file.path);
        if (room.empty()) continue;
        auto const found = check_fragments(file);
        auto& all = by_room[room];
        all.insert(all.end(), found.begin(), found.end());
    }
    Ratchet ratchet;
    for (auto const& [room, found] : by_room) {
        auto const row = most.find(room);
        auto const limit = row == most.end() ? 0 : row->second;
        if (found.size() < limit)
            ratchet.improved.push_back(
                fmt::format("{}: {} fragments, limit {}; lower it", room, found.size(), limit));
        if (found.size() > limit) {
            ratchet.worse.push_back(
                fmt::format("{}: {} fragments, limit {}", room, found.size(), limit));
            ratchet.worse.insert(ratchet.worse.end(), found.begin(), found.end());
        }
    }
    return ratchet;
}

Findings check_comment_share(std::span<SourceFile const> tree) {
    std::map<std::string, Lines> by_room;
    for (auto const& file : tree) {
        auto const room = room_of(file.path);
        if (file.is_code() && !room.empty() && !room.starts_with("tests/"))
            count_lines(file, by_room[room]);
    }
    Findings found;
    for (auto const& [room, lines] : by_room) {
        if (lines.all < lines_for_a_share) continue;
        auto const share = lines.comments * 100 / lines.all;
        if (share < share_least || share > share_most)
            found.push_back(fmt::format("{}: {} % of its lines are comments; use {} to {} %", room,
                                        share, share_least, share_most));
    }
    return found;
}

} // namespace darkroom::tidy
