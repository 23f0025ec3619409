// What people have changed about a run while it is at work. It is gone with the run.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::report {

/// One change that holds: "paused", "limits.rate=2/s", "cars/12 cancelled".
struct RunChange {
    WallTime at{};
    std::string what;
};

/// The changes that hold, the oldest first.
class RunChanges {
public:
    static constexpr std::size_t changes_max = 1000;

    /// Adds a change; one that says the same is replaced. Returns false when there are too many.
    bool add(WallTime at, std::string what);
    /// Adds the new value of a setting in place of its last one. Returns false when there are too
    /// many changes.
    bool set(WallTime at, std::string_view path, std::string_view value);
    /// Removes a change.
    void remove(std::string_view what);
    bool has(std::string_view what) const;
    std::vector<RunChange> const& all() const { return all_; }

private:
    std::vector<RunChange> all_;
};

/// The change that a paused run has.
inline constexpr std::string_view paused_change = "paused";

/// Returns the text that a directory keeps. Stored: keys are added, never changed.
std::string to_text(RunChanges const& changes);
/// Returns the changes in a text; none from one that is not whole.
RunChanges read_run_changes(std::string_view text);
/// Returns the array `changes` of `status --json`.
json::Value to_json(RunChanges const& changes);
/// Returns "Changed by hand: paused; limits.rate=2/s", printable; "" when nothing was changed.
std::string changes_text(RunChanges const& changes);

} // namespace darkroom::report
