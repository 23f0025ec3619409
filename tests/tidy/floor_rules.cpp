#include "tests/tidy/rules.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

namespace darkroom::tidy {

namespace {

/// The directories inside one large room. A file includes its own directory and directories of a
/// lower floor only.
using Floors = std::map<std::string_view, int>;

/// The rooms that have floors, by their path; "" is the room's own directory.
/// In jobs/ `model` stands above `language` and `table`, since a job holds a Template and a Table;
/// `read` stands above `plan`, since it checks how many items a job has.
std::map<std::string_view, Floors> const& floors() {
    static std::map<std::string_view, Floors> const table = {
        {"jobs/",
         {{"yaml", 0},
          {"language", 1},
          {"schedule", 2},
          {"services", 2},
          {"table", 2},
          {"model", 3},
          {"plan", 4},
          {"read", 5}}},
        {"runner/report/", {{"", 0}, {"dashboard", 1}, {"gallery", 1}}},
        {"runner/studio/", {{"http", 0}, {"paint", 0}, {"faults", 1}, {"tasks", 2}, {"", 3}}},
    };
    return table;
}

/// Returns "http" for "runner/studio/http/session.hpp" in the room "runner/studio/"; "" for a file
/// in the room's own directory.
std::string_view floor_of(std::string_view path, std::string_view room) {
    path.remove_prefix(room.size());
    auto const slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// Returns the reason why a file on floor `from` of a room must not include one on `to`, or "".
std::string objection(std::string_view room, std::string_view from, std::string_view to) {
    if (from == to) return {};
    auto const& table = floors().at(room);
    auto const upper = table.find(from);
    auto const lower = table.find(to);
    for (auto const& [name, found] : {std::pair(from, upper), std::pair(to, lower)}) {
        if (found == table.end())
            return fmt::format("'{}{}' has no floor; add it to floors()", room, name);
    }
    if (lower->second < upper->second) return {};
    return fmt::format("{0}{1} (floor {2}) includes {0}{3} (floor {4}); use a lower floor", room,
                       from, upper->second, to, lower->second);
}

} // namespace

Findings check_floors(SourceFile const& file) {
    Findings found;
    for (auto const& [room, table] : floors()) {
        if (!file.path.starts_with(room)) continue;
        for (auto const& include : includes_of(file)) {
            if (!include.quoted || !include.name.starts_with(room)) continue;
            auto const why =
                objection(room, floor_of(file.path, room), floor_of(include.name, room));
            if (!why.empty()) found.push_back(finding(file, include.line, why));
        }
    }
    return found;
}

} // namespace darkroom::tidy
