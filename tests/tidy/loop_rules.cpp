#include "tests/tidy/rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace darkroom::tidy {

namespace {

using Units = std::set<std::string>;

bool is_program(std::string_view path) {
    return path.starts_with("jobs/") || path.starts_with("runner/");
}

/// Returns a path without its ending: a .cpp and its .hpp are one unit.
std::string unit_of(std::string_view path) { return std::string(path.substr(0, path.rfind('.'))); }

/// The units that each unit includes.
class IncludeGraph {
public:
    explicit IncludeGraph(std::span<SourceFile const> tree) {
        for (auto const& file : tree) {
            if (file.is_code() && is_program(file.path)) includes_[unit_of(file.path)];
        }
        for (auto const& file : tree) {
            if (file.is_code() && is_program(file.path)) add_includes(file);
        }
    }

    /// Returns the groups of units that reach each other, the largest first.
    std::vector<Units> loops() const {
        std::map<std::string, Units> reached;
        for (auto const& [unit, targets] : includes_) reach(unit, reached[unit]);
        std::vector<Units> found;
        Units known;
        for (auto const& [unit, targets] : reached) {
            if (!targets.contains(unit) || known.contains(unit)) continue;
            Units loop;
            for (auto const& other : targets) {
                if (reached.at(other).contains(unit)) loop.insert(other);
            }
            known.insert(loop.begin(), loop.end());
            found.push_back(std::move(loop));
        }
        std::stable_sort(found.begin(), found.end(),
                         [](auto const& a, auto const& b) { return a.size() > b.size(); });
        return found;
    }

private:
    void add_includes(SourceFile const& file) {
        auto const unit = unit_of(file.path);
        for (auto const& include : includes_of(file)) {
            auto const target = unit_of(include.name);
            if (target != unit && includes_.contains(target)) includes_[unit].insert(target);
        }
    }

    /// Adds everything that `unit` includes, directly or not; itself only in a loop.
    void reach(std::string const& unit, Units& into) const {
        for (auto const& target : includes_.at(unit)) {
            if (into.insert(target).second) reach(target, into);
        }
    }

    std::map<std::string, Units> includes_;
};

} // namespace

Findings check_loops(std::span<SourceFile const> tree, LoopLimits limits) {
    auto const loops = IncludeGraph(tree).loops();
    std::size_t largest = 0, units = 0;
    Findings found;
    for (auto const& loop : loops) {
        largest = std::max(largest, loop.size());
        units += loop.size();
        found.push_back(fmt::format("{} units include each other in a loop: {}; use a header that "
                                    "both sides include",
                                    loop.size(), fmt::join(loop, ", ")));
    }
    if (largest <= limits.largest && units <= limits.units) return {};
    return found;
}

} // namespace darkroom::tidy
