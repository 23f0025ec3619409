// The comparison of a service's list of tasks with a journal: which tasks no step has. Pure.
#pragma once

#include "runner/engine/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace darkroom::report {

/// The times, by the service's clock, between which a task may be one of the run.
struct AuditTimes {
    WallTime from{};
    WallTime to{};
};

/// A task that no step of the journal has.
struct StrayTask {
    std::string id; ///< "" when the record's id cannot be read.
    std::string account;
    WallTime created_at{}; ///< 0: not known.
    std::string action;
    std::string prompt;
    std::string state; ///< "running", "finished" or "failed".
    std::string step;  ///< The step that heard of this finished task as failed; "": none has it.
};

/// The step that has a task.
struct TaskOwner {
    std::string step; ///< Its name.
    bool failed = false;
};

/// The result of an audit.
struct Audit {
    std::string directory; ///< As the user typed it.
    std::vector<StrayTask> strays;
    std::uint64_t all = 0;         ///< Strays, those beyond `strays` included.
    std::uint64_t records = 0;     ///< Records in the run's time.
    std::vector<std::string> gaps; ///< Why the answer is not whole; each a sentence.
};

/// This many strays are kept and printed; the rest is counted.
constexpr std::size_t strays_max = 1000;

/// Walks over one account's list, newest first, page by page. The times of unordered lists and
/// records without a time are taken into account: a list ends at an empty page, at two pages
/// running that bring no new record, or at two that lie wholly before the run's time.
class AccountAudit {
public:
    using OwnerOf = std::function<Result<std::optional<TaskOwner>>(std::string const& task_id)>;
    /// The number of requests that were answered without an id, by engine::key_of(): as many equal
    /// tasks are theirs.
    using Unnamed = std::map<std::string, std::uint64_t>;

    /// `model` is the service's, and outlives the audit.
    AccountAudit(jobs::ServiceModel const& model, std::string account, AuditTimes times,
                 OwnerOf owner_of, Unnamed unnamed = {});

    /// Takes the next page; returns true while there may be more of interest. Errors: of
    /// `owner_of`.
    Result<bool> take(engine::TaskPage const& page, Audit& audit);
    /// Returns true once a page had a task that a step has.
    bool has_shown_ours() const { return has_shown_ours_; }
    /// Returns the offset of the next page.
    int offset() const { return offset_; }

private:
    bool is_outside(engine::TaskRecord const& record) const;
    Result<> take_record(engine::TaskRecord const& record, Audit& audit);
    bool takes_unnamed(engine::TaskRecord const& record);

    jobs::ServiceModel const& model_;
    std::string account_;
    AuditTimes times_;
    OwnerOf owner_of_;
    Unnamed unnamed_;                ///< Those whose tasks were not met yet.
    std::set<std::string> last_ids_; ///< The ids of the page before.
    std::set<std::string> listed_;   ///< Ids of strays; bounded like them.
    int offset_ = 0;
    bool has_shown_ours_ = false;
    int idle_pages_ = 0; ///< Pages running that brought nothing of interest.
};

/// Returns the line of a task for a person; printable.
std::string stray_line(StrayTask const& stray);
/// Returns the lines of an audit for a person.
std::string audit_text(Audit const& audit);
/// Returns the object of `audit --json`. docs/cli.md has the keys.
json::Value to_json(Audit const& audit);

} // namespace darkroom::report
