#include "runner/store/journal_refold.hpp"

#include "runner/store/journal_reader.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace darkroom::store {

using engine::Phase;

namespace {

using Rows = std::vector<std::pair<Digest, StepSummary>>;

Result<Rows> outdated_rows(JournalReader& journal) {
    Rows rows;
    auto const take = [&rows](Digest const& step, StepRecord const& record) -> Result<> {
        if (record.state.phase != Phase::failed) rows.emplace_back(step, summary_of(record));
        return {};
    };
    TRY(journal.for_each_failed_row(take));
    return rows;
}

Result<> write_rows(Database& database, Rows const& rows) {
    TRY_ASSIGN(auto update, database.prepare("UPDATE steps SET phase = ?, gave_up = ?, price = ?, "
                                             "unsettled = ? WHERE key = ?"));
    for (auto const& [step, summary] : rows) {
        TRY(update.bind(1, std::int64_t{phase_number(summary.phase)})
                .bind(2, std::int64_t{summary.gave_up})
                .bind(3, summary.price)
                .bind(4, std::int64_t{summary.unsettled})
                .bind(5, step)
                .run());
    }
    return {};
}

} // namespace

Result<Refolded> refold_steps(std::string const& journal) {
    TRY_ASSIGN(auto database, Database::open(journal, Database::Mode::create));
    TRY_ASSIGN(auto const outdated, has_rows_of_0_1(database));
    if (!outdated) return Refolded();
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    TRY_ASSIGN(auto const rows, outdated_rows(reader));
    TRY(database.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; "
                         "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS meta("
                         "name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"));
    TRY(write_rows(database, rows));
    TRY(database.execute(fmt::format("INSERT OR REPLACE INTO meta(name, text) VALUES('{}', '{}'); "
                                     "COMMIT",
                                     fold_key, fold_version)));
    Refolded refolded;
    for (auto const& [step, summary] : rows) {
        auto& count = summary.phase == Phase::open ? refolded.unknown : refolded.wanted;
        ++count;
    }
    return refolded;
}

} // namespace darkroom::store
