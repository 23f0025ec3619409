// What journal.db holds: its tables, a fact with its place, and the fold of a step's facts.
#pragma once

#include "runner/engine/event.hpp"
#include "runner/engine/ports.hpp"
#include "runner/store/journal_sql.hpp"

#include <cstdint>

namespace darkroom::store {

/// A step's facts added up. `gave_up` also covers a paid step whose image was given up.
struct StepRecord {
    engine::StepState state;
    std::int64_t last_seq = 0; ///< 0: no fact yet.
    WallTime last_at{};        ///< Of its last fact.
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
    std::string account = {}; ///< Of its last request.
};
StepSummary summary_of(StepRecord const& record);

/// What one step adds to the totals.
engine::Totals totals_of(StepSummary const& summary);

/// A fact on its way into the journal. `seq` counts from 1.
struct JournalRow {
    std::int64_t seq = 0;
    engine::Event event;
    StepSummary after; ///< The step with this fact.
};

/// An image by the step that made it.
struct ImageKey {
    Digest step{};
    int tile = 0;
    friend bool operator==(ImageKey const&, ImageKey const&) = default;
};

/// Every task id that a fact names; "" is left out.
std::string task_named_by(engine::Fact const& fact);

/// Makes the tables of an empty database, or checks that they are ours and not newer.
/// Errors: foreign_journal, newer_journal, SQLite's.
Result<> prepare_schema(Database& database, std::string const& path);
/// Whether the steps tell their account; those of an older program do not.
Result<bool> knows_accounts(Database& database);
/// A column's name; in a database of an older program, which has not got it, what stands for it.
Result<std::string> column_in(Database& database, std::string_view table, std::string_view name);
/// The check alone.
Result<> check_schema(Database& database, std::string const& path);

} // namespace darkroom::store
