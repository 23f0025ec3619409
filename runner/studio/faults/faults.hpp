// Failures on purpose: which fault strikes which request. Pure; faulty_exchange.hpp carries it out.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/http/exchange.hpp"
#include "runner/studio/faults/change.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace darkroom::studio {

enum class FaultKind {
    reset_before,  ///< TCP reset before the request is taken: no task is made.
    reset_after,   ///< The task is made, then a reset instead of an answer.
    cut,           ///< The connection closes after `after_lines` or `after_bytes` of the body.
    end,           ///< The body ends, in good order, after `after_lines` (no final line).
    stall,         ///< Silence for `time` after `after_lines` or `after_bytes`, then a cut.
    status,        ///< `status`, `headers` and `body` instead of the answer; no task is made.
    status_after,  ///< The same after the task was made, like a gateway that times out.
    fail,          ///< The task fails with `code` and `message`.
    dribble,       ///< The answer comes `bytes` at a time, `time` apart.
    long_line,     ///< The first stream line is padded with an unknown key to `bytes`.
    short_body,    ///< File: announced and sent as whole, but only the first `after_bytes`.
    corrupt,       ///< File: the byte at `after_bytes` (default the middle) is flipped.
    html,          ///< File: an HTML page with status 200.
    empty,         ///< File: no bytes, status 200.
    wrong_size,    ///< File: painted at half the promised width and height.
    redirect_loop, ///< File: redirects to itself.
    lost,          ///< Callback: the end of the task is not posted.
    doubled,       ///< Callback: it is posted twice.
    expired,       ///< File: `status` (default 403) until /tasks has given a fresh link.
    change,        ///< The JSON that is sent is changed.
    false_fail,    ///< It says that the task failed with `code`; the task succeeds all the same.
    hide,          ///< Record: /tasks does not show it.
    list,          ///< Listing: it is not what was asked for.
};

/// The order of a listing.
enum class ListOrder {
    newest_first, ///< As documented.
    oldest_first,
    shuffled, ///< Follows no time at all, but is the same for each page.
};

/// The ways in which a listing is not what was asked for.
struct ListingFault {
    std::optional<std::size_t> newest; ///< Only this many tasks are known to it.
    std::optional<std::size_t> page;   ///< At most this many are given at once.
    std::vector<std::string> ignore;   ///< Members of the request that have no effect.
    ListOrder order = ListOrder::newest_first;
    Duration late = Duration::zero(); ///< Tasks younger than this are missing.
};

/// A failure of one request. Only the members named at its kind count.
struct Fault {
    FaultKind kind = FaultKind::reset_before;
    std::optional<std::uint64_t> after_lines;
    std::optional<std::uint64_t> after_bytes;
    std::uint64_t bytes = 0;
    Duration time = Duration::zero();
    int status = 0;
    http::Headers headers;
    std::string body;
    std::optional<Duration> retry_after; ///< Adds Retry-After: whole seconds, or…
    bool retry_after_as_date = false;    ///< …an HTTP date that far ahead.
    std::string code;
    std::string message;
    Change change;
    std::optional<std::uint64_t> line; ///< Only this line of a stream is changed, from 1.
    ListingFault listing;
    std::uint64_t times = 0;        ///< Record: only that often, 0: always.
    std::optional<Duration> within; ///< Record: only while its task is younger than this.
};

/// Names what a rule applies to: requests (`tasks` includes `listing`; `any` is all of them),
/// callbacks, and records of /tasks: those of a listing, those found by an id, or both.
enum class FaultTarget {
    any,
    imagine,
    edits,
    videos,
    text,
    tasks,
    listing,
    file,
    callback,
    record,
    listed,
    found
};
/// Returns true for a record of /tasks.
bool is_record(FaultTarget target);

/// A fault and when it strikes. All conditions must hold.
struct FaultRule {
    FaultTarget target = FaultTarget::any;
    std::string prompt;      ///< Part of the prompt (a follow-up's: its first generation's).
    std::string action;      ///< "upscale*"; empty: any.
    std::uint64_t nth = 0;   ///< Only the nth request that fits, from 1; 0: every one.
    std::uint64_t count = 0; ///< Strikes at most this often; 0: no limit.
    double share = 1;        ///< Strikes this part of those that fit, chosen by the seed.
    Fault fault;
};

/// The properties of a request that a rule is compared with.
struct FaultSite {
    FaultTarget target = FaultTarget::any;
    std::string_view prompt;
    std::string_view action;
};

/// A record that is shown once more.
struct Sight {
    std::string task_id;
    Duration age; ///< The age of the task.
};

/// The rules, and the counts of fitting and struck requests of each. A rule for records chooses
/// tasks: what it has once chosen stays so.
class FaultScript {
public:
    FaultScript() = default;
    FaultScript(std::vector<FaultRule> rules, std::uint64_t seed);

    /// Returns the fault of the first rule that strikes here, if any, and counts it.
    std::optional<Fault> strike(FaultSite const& site);
    /// Returns the same for a record; `hide` is not among them.
    std::optional<Fault> strike_record(FaultSite const& site, Sight const& sight);
    /// True when a `hide` strikes this record.
    bool hides(FaultSite const& site, Sight const& sight);
    /// True when there is a `hide` at all.
    bool may_hide() const;
    /// Returns how often each rule has struck, in order.
    std::vector<std::uint64_t> strikes() const;

private:
    /// Tells whether a rule has chosen a task, and how often it has struck it.
    struct Choice {
        bool chosen = false;
        std::uint64_t times = 0;
    };
    struct Counted {
        FaultRule rule;
        std::uint64_t fitted = 0;
        std::uint64_t struck = 0;
        std::unordered_map<std::string, Choice> choices{}; ///< Keyed by task; only for records.
    };
    bool chooses(std::size_t index);
    bool strikes(std::size_t index, FaultSite const& site, Sight const& sight);
    std::vector<Counted> rules_;
    std::uint64_t seed_ = 1;
};

/// Returns the position of a rule (from 0) or of its key ("" or unknown: the rule) for messages.
using FaultLocator = std::function<std::string(std::size_t rule, std::string_view key)>;

/// Reads `{"seed": 7, "faults": [{"on": "imagine", "prompt": "volcano", "nth": 2, "do": "cut",
/// "after_lines": 1}, …]}`; docs/faults.md lists the keys. Errors: Errc::bad_fault_script with
/// the rule's number and the key, after the position that `locate` returns.
Result<FaultScript> read_fault_script(json::Value const& value, FaultLocator const& locate = {});

} // namespace darkroom::studio
