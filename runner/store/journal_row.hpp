// The contents of journal.db: its tables, a numbered fact, and the sum of a step's facts.
#pragma once

#include "runner/engine/event.hpp"
#include "runner/engine/ports.hpp"
#include "runner/store/journal_sql.hpp"

#include <cstdint>

namespace darkroom::store {

/// Larger than any answer of a service that is read: every fact that was written can be read again.
inline constexpr json::ReadLimits fact_limits{64u << 20, 64, 4'000'000};

/// The sum of a step's facts. `gave_up` also covers a paid step whose image was given up.
struct StepRecord {
    engine::StepState state;
    std::int64_t last_seq = 0; ///< 0: no fact yet.
    WallTime last_at{};        ///< The time of its last fact.
    bool gave_up = false;

    void apply(std::int64_t seq, engine::Event const& event);
};

/// The part of a record that is a row of table `steps`: enough to skip, to count and to sum.
struct StepSummary {
    engine::Phase phase = engine::Phase::wanted;
    bool gave_up = false;
    jobs::Micros price = 0;
    int images = 0; ///< Saved ones.
    bool unsettled = false;
    std::string account = {}; ///< The account of its last request.
    int charges_again = 0;    ///< See StepState; and so the next.
    jobs::Micros cost_again = 0;
};
/// The number of a phase in table `steps`. Stored: never renumber.
int phase_number(engine::Phase phase);
/// Returns the phase of a number. Errors: damaged_journal.
Result<engine::Phase> phase_numbered(std::int64_t number);

StepSummary summary_of(StepRecord const& record);

/// Returns the part of the totals that one step adds.
engine::Totals totals_of(StepSummary const& summary);

/// A task that a fact names and its step did not have as its own before.
struct TaskNaming {
    std::string task_id = {};  ///< "" when there is none.
    bool is_known = false;     ///< The attempt was taken as this task; see Journal::recent_tasks().
    bool is_set_aside = false; ///< It is not the step's, or no longer.
};

/// A fact to be written to the journal. `seq` counts from 1.
struct JournalRow {
    std::int64_t seq = 0;
    engine::Event event;
    StepSummary after; ///< The step with this fact.
    TaskNaming naming = {};
};

/// Identifies an image by the step that made it.
struct ImageKey {
    Digest step{};
    int tile = 0;
    friend auto operator<=>(ImageKey const&, ImageKey const&) = default;
};

/// A fact as it was read.
struct NumberedEvent {
    std::int64_t seq = 0;
    engine::Event event;
};
constexpr std::string_view fact_columns = "seq, step, at, kind, body";
/// Reads a row of these columns. Errors: damaged_journal.
Result<NumberedEvent> read_fact(Statement& row);

/// Returns the task id that a fact names; "" when there is none.
std::string task_named_by(engine::Fact const& fact);
/// Returns the task that a fact is the first to name for its step; `before`: its state until then.
TaskNaming naming_of(engine::Fact const& fact, engine::StepState const& before);
/// Returns a task with the attempt that the record ends with: its last fact names the task.
engine::KnownTask known_task(std::string task_id, Digest const& step, StepRecord const& record);

/// Names a task: ?1 its id, ?2 the step, ?3 the fact, or 0 when it is no known task of the step.
/// The first statement keeps the steps of a task that several name, the second follows it. A known
/// task belongs to the first step that knew it.
constexpr std::string_view share_task_sql =
    "INSERT OR IGNORE INTO shared_tasks(task_id, step) "
    "SELECT task_id, step FROM tasks WHERE task_id = ?1 AND step <> ?2 UNION ALL "
    "SELECT task_id, ?2 FROM tasks WHERE task_id = ?1 AND step <> ?2";
constexpr std::string_view name_task_sql =
    "INSERT INTO tasks(task_id, step, seq) VALUES(?1, ?2, ?3) ON CONFLICT(task_id) "
    "DO UPDATE SET step = excluded.step, seq = excluded.seq "
    "WHERE tasks.seq = 0 AND excluded.seq > 0";

/// Creates the tables of an empty database, or checks that they are ours and not newer.
/// Errors: foreign_journal, newer_journal, SQLite's.
Result<> prepare_schema(Database& database, std::string const& path);
/// Returns true when the steps have their account; those of an older program do not.
Result<bool> knows_accounts(Database& database);
/// Returns true when the database has this table; that of an older program may lack it.
Result<bool> has_table(Database& database, std::string_view name);
/// The text of table `meta` that shows a lost log. The database file itself says `log_missing`
/// while a run is at work; what follows in its log begins with `log_present`.
constexpr std::string_view log_key = "log";
constexpr std::string_view log_missing = "missing";
constexpr std::string_view log_present = "present";

/// The text of table `meta` that says how facts are summed up in the steps' rows. Stored: the
/// number is raised when facts add up to other states than before.
constexpr std::string_view fold_key = "fold";
constexpr std::string_view fold_version = "2";
/// Returns true when the rows of failed steps may be those of version 0.1, which gave up where this
/// one looks the request up.
Result<bool> has_rows_of_0_1(Database& database);
/// Returns a column's name; its default value in the database of an older program that lacks it.
Result<std::string> column_in(Database& database, std::string_view table, std::string_view name);
/// Only checks; see prepare_schema().
Result<> check_schema(Database& database, std::string const& path);

} // namespace darkroom::store
