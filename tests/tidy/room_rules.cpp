#include "tests/tidy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace darkroom::tidy {

namespace {

constexpr std::size_t includes_max = 10;
constexpr std::size_t beast_files_max = 1;

/// The arrows of docs/architecture.md: a room includes rooms of a lower rank only.
std::map<std::string_view, int> const& ranks() {
    static std::map<std::string_view, int> const table = {
        {"base", 0},   {"jobs", 1},     {"net", 1},   {"http", 1},     {"engine", 2},
        {"report", 3}, {"export", 3},   {"store", 3}, {"provider", 3}, {"studio", 3},
        {"ledger", 4}, {"postgres", 4}, {"cli", 5},   {"embed", 6},    {"main", 6},
    };
    return table;
}

/// "runner/base/json.cpp" is in "base", "jobs/plan/plan.hpp" in "jobs", "runner/main.cpp" is
/// "main".
std::string_view room_of_file(std::string_view path) {
    if (path.starts_with("jobs/")) return "jobs";
    if (!path.starts_with("runner/")) return {};
    path.remove_prefix(7);
    auto const slash = path.find('/');
    return slash == std::string_view::npos ? "main" : path.substr(0, slash);
}

/// Returns the reason why `from` must not include `to`, or "".
std::string room_objection(std::string_view from, std::string_view to) {
    if (from == to) return {};
    auto const mine = ranks().find(from);
    auto const theirs = ranks().find(to);
    if (mine == ranks().end()) return fmt::format("room '{}' has no rank; add it to ranks()", from);
    if (theirs == ranks().end()) return fmt::format("room '{}' has no rank; add it to ranks()", to);
    if (from == "studio" && to != "base" && to != "http")
        return fmt::format("studio includes {}; use base and http only, it shares nothing else "
                           "with us",
                           to);
    if (theirs->second < mine->second) return {};
    return fmt::format("{} (rank {}) includes {} (rank {}); use a port of a lower room", from,
                       mine->second, to, theirs->second);
}

struct Door {
    std::string_view header;               ///< Start of the names of the library's headers.
    std::vector<std::string_view> only_in; ///< Path prefixes.
    std::string_view cure;
};

std::vector<Door> const& doors() {
    static std::vector<Door> const list = {
        {"yaml-cpp/", {"jobs/yaml/"}, "JobFile"},
        {"rapidjson/", {"runner/base/json.cpp", "runner/base/json_read.cpp"}, "json::Value"},
        {"boost/beast", {"runner/http/parser.cpp"}, "RequestParser or ResponseParser"},
        {"boost/asio/ssl",
         {"runner/net/", "runner/http/", "runner/studio/"},
         "a function of net or http"},
        {"openssl/",
         {"runner/base/sha256.cpp", "runner/base/signature.cpp", "runner/net/", "runner/http/",
          "runner/studio/"},
         "sha256 of base"},
        {"archive", {"runner/export/tar_writer.cpp"}, "TarWriter"},
        {"exiv2/", {"runner/export/provenance.cpp"}, "with_provenance"},
        {"libpq", {"runner/postgres/connection.cpp"}, "Connection"},
        {"sqlite3.h", {"runner/store/journal"}, "the Journal"},
        {"nghttp2/",
         {"runner/net/http2_session.cpp", "runner/http/http2_session.cpp"},
         "Http2Session"},
        {"CLI/", {"runner/cli/command.cpp"}, "Command and Option"},
    };
    return list;
}

/// Finds files that include a Beast header, directly or through our headers.
class BeastFinder {
public:
    explicit BeastFinder(std::span<SourceFile const> tree) {
        for (auto const& file : tree) {
            for (auto const& include : includes_of(file)) includes_[file.path].insert(include.name);
        }
    }

    bool sees_beast(std::string const& path) {
        if (path.starts_with("boost/beast")) return true;
        auto const [known, is_new] = seen_.emplace(path, false); // false ends a loop
        if (!is_new) return known->second;
        auto const& names = includes_[path];
        bool const sees = std::any_of(names.begin(), names.end(),
                                      [this](auto const& name) { return sees_beast(name); });
        return seen_[path] = sees;
    }

private:
    std::map<std::string, std::set<std::string>> includes_;
    std::map<std::string, bool> seen_;
};

} // namespace

Findings check_arrows(SourceFile const& file) {
    Findings found;
    auto const room = room_of_file(file.path);
    for (auto const& include : includes_of(file)) {
        if (!include.quoted) continue;
        auto const target = room_of_file(include.name);
        if (target.empty() && !include.name.starts_with("tests/")) {
            found.push_back(finding(
                file, include.line,
                fmt::format("\"{}\" is not from the root; use the whole path", include.name)));
        } else if (!room.empty() && target.empty()) {
            found.push_back(
                finding(file, include.line, "the program includes a test; use a room of its own"));
        } else if (!room.empty()) {
            auto const why = room_objection(room, target);
            if (!why.empty()) found.push_back(finding(file, include.line, why));
        }
    }
    return found;
}

Findings check_doors(SourceFile const& file) {
    Findings found;
    if (room_of_file(file.path).empty()) return found; // a test may look behind a door
    for (auto const& include : includes_of(file)) {
        for (auto const& door : doors()) {
            if (!include.name.starts_with(door.header)) continue;
            bool const inside = std::any_of(door.only_in.begin(), door.only_in.end(),
                                            [&](auto prefix) { return file.is_under(prefix); });
            if (!inside)
                found.push_back(finding(file, include.line,
                                        fmt::format("<{}> has one door, {}; use {}", include.name,
                                                    door.only_in.front(), door.cure)));
        }
    }
    return found;
}

Findings check_include_count(SourceFile const& file) {
    if (!file.path.ends_with(".hpp")) return {};
    auto const count = includes_of(file).size();
    if (count <= includes_max) return {};
    return {finding(file, 1,
                    fmt::format("{} includes in a header, limit {}; use forward declarations",
                                count, includes_max))};
}

Findings check_beast_files(std::span<SourceFile const> tree) {
    BeastFinder finder(tree);
    Findings found;
    for (auto const& file : tree) {
        if (file.path.ends_with(".cpp") && finder.sees_beast(file.path))
            found.push_back(finding(file, 1, "sees Beast; use a header of ours without it"));
    }
    if (found.size() <= beast_files_max) return {};
    return found;
}

Findings check_rooms_are_documented(std::span<SourceFile const> tree) {
    auto const page = std::find_if(tree.begin(), tree.end(), [](auto const& file) {
        return file.path == "docs/architecture.md";
    });
    if (page == tree.end()) return {"docs/architecture.md:1: is missing; use it as the map"};
    std::set<std::string> rooms;
    for (auto const& file : tree) {
        auto const room = room_of_file(file.path);
        if (room.empty() || room == "main") continue;
        rooms.insert(room == "jobs" ? "jobs/" : fmt::format("runner/{}/", room));
    }
    Findings found;
    for (auto const& room : rooms) {
        if (page->text.find("`" + room + "`") == std::string::npos)
            found.push_back(finding(*page, 1, fmt::format("does not name `{}`; add a row", room)));
    }
    return found;
}

} // namespace darkroom::tidy
