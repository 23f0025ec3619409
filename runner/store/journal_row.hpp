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
};
/// The number of a phase in table `steps`. Stored: never renumber.
int phase_number(engine::Phase phase);
/// Returns the phase of a number. Errors: damaged_journal.
Result<engine::Phase> phase_numbered(std::int64_t number);

StepSummary summary_of(StepRecord const& record);

/// Returns the part of the totals that one step adds.
engine::Totals totals_of(StepSummary const& summary);

/// A fact to be written to the journal. `seq` counts from 1.
struct JournalRow {
    std::int64_t seq = 0;
    engine::Event event;
    StepSummary after; ///< The step with this fact.
};

/// Identifies an image by the step that made it.
struct ImageKey {
    Digest step{};
    int tile = 0;
    friend auto operator<=>(ImageKey const&, ImageKey const&) = default;
};

/// Returns the task id that a fact names; "" when there is none.
std::string task_named_by(engine::Fact const& fact);

/// Creates the tables of an empty database, or checks that they are ours and not newer.
/// Errors: foreign_journal, newer_journal, SQLite's.
Result<> prepare_schema(Database& database, std::string const& path);
/// Returns true when the steps have their account; those of an older program do not.
Result<bool> knows_accounts(Database& database);
/// Returns a column's name; its default value in the database of an older program that lacks it.
Result<std::string> column_in(Database& database, std::string_view table, std::string_view name);
/// Only checks; see prepare_schema().
Result<> check_schema(Database& database, std::string const& path);

} // namespace darkroom::store
