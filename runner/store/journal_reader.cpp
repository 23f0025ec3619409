#include "runner/store/journal_reader.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::store {

using namespace engine;

Result<JournalReader> JournalReader::open(std::string const& path) {
    TRY_ASSIGN(auto database, Database::open(path, Database::Mode::read));
    TRY(check_schema(database, path));
    JournalReader reader;
    reader.database_ = std::move(database);
    TRY_ASSIGN(reader.is_outdated_, has_rows_of_0_1(reader.database_));
    auto const facts =
        fmt::format("SELECT {} FROM facts WHERE step = ? AND seq <= ? ORDER BY seq", fact_columns);
    TRY_ASSIGN(auto const seq, column_in(reader.database_, "tasks", "seq"));
    TRY_ASSIGN(auto const has_shared, has_table(reader.database_, "shared_tasks"));
    auto const known_task =
        fmt::format("SELECT seq FROM (SELECT {} FROM tasks WHERE task_id = ?) WHERE seq > 0", seq);
    auto const steps_of_task = fmt::format(
        "SELECT step FROM tasks WHERE task_id = ?1{}",
        has_shared ? " UNION ALL SELECT step FROM shared_tasks WHERE task_id = ?1" : "");
    std::pair<Statement*, std::string_view> const statements[] = {
        {&reader.facts_of_, facts},
        {&reader.summary_,
         "SELECT phase, gave_up, price, images, unsettled FROM steps WHERE key = ?"},
        {&reader.task_, "SELECT 1 FROM tasks WHERE task_id = ?"},
        {&reader.known_task_, known_task},
        {&reader.steps_of_task_, steps_of_task},
        {&reader.image_, "SELECT 1 FROM images WHERE step = ? AND tile = ?"},
        {&reader.owner_, "SELECT step, tile FROM images WHERE file = ?"}};
    for (auto const& [statement, sql] : statements) {
        TRY_ASSIGN(auto prepared, reader.database_.prepare(sql));
        *statement = std::move(prepared);
    }
    return reader;
}

Result<StepRecord> JournalReader::find(Digest const& step, std::int64_t last_seq) {
    ResetAtEnd const guard(facts_of_);
    facts_of_.bind(1, step).bind(2, last_seq);
    StepRecord record;
    for (;;) {
        TRY_ASSIGN(auto const more, facts_of_.step());
        if (!more) return record;
        TRY_ASSIGN(auto const row, read_fact(facts_of_));
        record.apply(row.seq, row.event);
    }
}

Result<std::optional<StepSummary>> JournalReader::summary(Digest const& step) {
    ResetAtEnd const guard(summary_);
    TRY_ASSIGN(auto const found, summary_.bind(1, step).step());
    if (!found) return std::optional<StepSummary>();
    StepSummary summary;
    auto const phase = phase_numbered(summary_.integer(0));
    if (phase.has_error()) return phase.error();
    summary.phase = *phase;
    if (is_outdated_ && *phase == Phase::failed) {
        TRY_ASSIGN(auto const record, find(step));
        return std::optional(summary_of(record));
    }
    summary.gave_up = summary_.integer(1) != 0;
    summary.price = summary_.integer(2);
    summary.images = static_cast<int>(summary_.integer(3));
    summary.unsettled = summary_.integer(4) != 0;
    return std::optional(summary);
}

Result<bool> JournalReader::has_image(ImageKey const& image) {
    ResetAtEnd const guard(image_);
    return image_.bind(1, image.step).bind(2, std::int64_t{image.tile}).step();
}

Result<std::optional<ImageKey>> JournalReader::owner_of(std::string_view file) {
    ResetAtEnd const guard(owner_);
    TRY_ASSIGN(auto const found, owner_.bind(1, file).step());
    if (!found) return std::optional<ImageKey>();
    return std::optional(ImageKey{owner_.digest(0), static_cast<int>(owner_.integer(1))});
}

Result<Totals> JournalReader::totals() {
    TRY_ASSIGN(auto const counted, counts());
    return counted.totals();
}

Result<std::map<std::string, Totals>> JournalReader::paid_by_account() {
    TRY_ASSIGN(auto const counted, counts());
    return paid_by_account(counted.totals());
}

Result<std::map<std::string, Totals>> JournalReader::paid_by_account(Totals const& all) {
    std::map<std::string, Totals> paid;
    Totals unnamed{all.paid, all.cost, 0, 0};
    TRY_ASSIGN(auto const again, charged_again());
    for (auto const& [account, one] : again) {
        if (account.empty()) continue;
        unnamed.paid -= one.paid;
        unnamed.cost -= one.cost;
        paid[account] = one;
    }
    TRY_ASSIGN(auto const known, knows_accounts(database_));
    // Named accounts have an index of their own: without any, this reads none of a million steps.
    // The plus keeps SQLite from the index of the phases, which would read them all.
    TRY_ASSIGN(
        auto query,
        database_.prepare(known ? fmt::format("SELECT account, count(*), sum(price) FROM steps "
                                              "WHERE account <> '' AND +phase = {} "
                                              "GROUP BY account",
                                              phase_number(Phase::finished))
                                : "SELECT '', 0, 0 WHERE 0"));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) break;
        Totals const one{query.integer(1), query.integer(2), 0, 0};
        unnamed.paid -= one.paid;
        unnamed.cost -= one.cost;
        auto& sum = paid[std::string(query.text(0))];
        sum.paid += one.paid;
        sum.cost += one.cost;
    }
    if (unnamed.paid > 0) paid.emplace("", unnamed);
    return paid;
}

Result<StepCounts> JournalReader::counts() {
    TRY_ASSIGN(auto query,
               database_.prepare(
                   "SELECT phase, count(*), sum(gave_up), sum(price) FROM steps GROUP BY phase"));
    StepCounts counts;
    TRY_ASSIGN(auto const again, charged_again());
    for (auto const& [account, one] : again) {
        counts.paid_again += one.paid;
        counts.cost_again += one.cost;
    }
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) break;
        TRY_ASSIGN(auto const found, phase_numbered(query.integer(0)));
        auto const phase = static_cast<std::size_t>(found);
        counts.by_phase[phase] = query.integer(1);
        counts.gave_up += query.integer(2);
        counts.prices[phase] = query.integer(3);
    }
    if (is_outdated_) {
        TRY(add_outdated(counts));
    }
    return counts;
}

/// Counts the failed steps of version 0.1 as what they are by their facts.
Result<> JournalReader::add_outdated(StepCounts& counts) {
    return for_each_failed_row([&counts](Digest const&, StepRecord const& record) -> Result<> {
        auto const after = summary_of(record);
        auto const failed = static_cast<std::size_t>(Phase::failed);
        auto const phase = static_cast<std::size_t>(after.phase);
        --counts.by_phase[failed];
        ++counts.by_phase[phase];
        counts.prices[failed] -= after.price;
        counts.prices[phase] += after.price;
        if (!after.gave_up) --counts.gave_up;
        return {};
    });
}

/// Sums the attempts that were paid besides those of the finished steps, by account: few.
Result<std::map<std::string, Totals>> JournalReader::charged_again() {
    std::map<std::string, Totals> sums;
    TRY_ASSIGN(auto const cost, column_in(database_, "steps", "cost_again"));
    if (cost != "cost_again") return sums;
    TRY(for_each_charged_again([&](Event const& event) -> Result<> {
        auto const& fact = std::get<ChargedAgain>(event.fact);
        TRY_ASSIGN(auto const record, find(event.step));
        auto& sum = sums[fact.account.value_or(record.state.account)];
        ++sum.paid;
        sum.cost += fact.cost;
        return {};
    }));
    return sums;
}

Result<std::int64_t> JournalReader::last_seq() {
    return database_.number("SELECT max(seq) FROM facts");
}

Result<std::int64_t> JournalReader::last_image_seq() {
    return database_.number("SELECT max(seq) FROM images");
}

Result<std::int64_t> JournalReader::count_images(std::int64_t last_seq) {
    return database_.number(fmt::format("SELECT count(*) FROM images WHERE seq <= {}", last_seq));
}

Result<std::int64_t> JournalReader::count_pictures() {
    return database_.number("SELECT count(*) FROM images "
                            "WHERE file <> '' AND substr(file, -4) <> '.txt'");
}

Result<>
JournalReader::for_each_fact(std::int64_t seq,
                             std::function<Result<>(std::int64_t, Event const&)> const& take) {
    TRY_ASSIGN(auto query, database_.prepare(fmt::format(
                               "SELECT {} FROM facts WHERE seq > ? ORDER BY seq", fact_columns)));
    query.bind(1, seq);
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        TRY_ASSIGN(auto const row, read_fact(query));
        TRY(take(row.seq, row.event));
    }
}

Result<> JournalReader::for_each_image(std::int64_t seq,
                                       std::function<Result<>(ImageRecord const&)> const& take) {
    TRY_ASSIGN(auto query,
               database_.prepare(fmt::format(
                   "SELECT {} FROM images JOIN facts USING (seq, step) WHERE seq > ? ORDER BY seq",
                   fact_columns)));
    query.bind(1, seq);
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        TRY_ASSIGN(auto row, read_fact(query));
        TRY_ASSIGN(auto record, find(row.event.step, row.seq));
        TRY(take(ImageRecord{std::move(row.event), std::move(record.state)}));
    }
}

Result<>
JournalReader::for_each_image_step(std::int64_t seq,
                                   std::function<bool(std::int64_t, Digest const&)> const& take) {
    TRY_ASSIGN(auto query,
               database_.prepare("SELECT seq, step FROM images WHERE seq > ? ORDER BY seq"));
    query.bind(1, seq);
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more || !take(query.integer(0), query.digest(1))) return {};
    }
}

Result<>
JournalReader::for_each_image_key(std::int64_t last_seq,
                                  std::function<void(Digest const&, int tile)> const& take) {
    TRY_ASSIGN(auto query, database_.prepare("SELECT step, tile FROM images WHERE +seq <= ? "
                                             "ORDER BY step, tile"));
    query.bind(1, last_seq);
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        take(query.digest(0), static_cast<int>(query.integer(1)));
    }
}

Result<> JournalReader::for_each_image_file(std::function<void(ImageFile const&)> const& take) {
    TRY_ASSIGN(auto query,
               database_.prepare("SELECT step, file, bytes, tile FROM images ORDER BY seq"));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        take(
            {query.digest(0), query.text(1), query.integer(2), static_cast<int>(query.integer(3))});
    }
}

Result<> JournalReader::for_each_done(std::function<void(DoneRow const&)> const& take) {
    TRY_ASSIGN(auto const mask, column_in(database_, "steps", "offer"));
    // The unary plus keeps SQLite from using the index by phase: the rows are stored by key.
    TRY_ASSIGN(auto query,
               database_.prepare(fmt::format(
                   "SELECT key, images, price, {} FROM steps WHERE +phase = {} AND gave_up = 0 "
                   "AND +unsettled = 0 ORDER BY key",
                   mask, phase_number(Phase::finished))));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        take({query.digest(0), static_cast<int>(query.integer(1)), query.integer(2),
              query.integer(3)});
    }
}

Result<> JournalReader::for_each_finished_key(std::function<void(Digest const&)> const& take) {
    // As above: by key.
    TRY_ASSIGN(auto query,
               database_.prepare(fmt::format("SELECT key FROM steps WHERE +phase = {} ORDER BY key",
                                             phase_number(Phase::finished))));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        take(query.digest(0));
    }
}

Result<>
JournalReader::for_each_submitted_backwards(std::function<bool(Submitted const&)> const& take) {
    TRY_ASSIGN(auto query, database_.prepare(fmt::format(
                               "SELECT {} FROM facts WHERE kind = 'submitted' ORDER BY seq DESC",
                               fact_columns)));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        TRY_ASSIGN(auto const row, read_fact(query));
        if (!take(std::get<Submitted>(row.event.fact))) return {};
    }
}

Result<> JournalReader::for_each_unsettled(
    std::function<Result<>(Digest const&, StepRecord const&)> const& take) {
    auto const outdated =
        is_outdated_ ? fmt::format(" OR phase = {}", phase_number(Phase::failed)) : "";
    TRY_ASSIGN(auto query,
               database_.prepare(fmt::format(
                   "SELECT key FROM steps WHERE unsettled = 1{} ORDER BY last_seq", outdated)));
    auto const take_unsettled = [&take](Digest const& step, StepRecord const& record) -> Result<> {
        return record.state.unsettled() ? take(step, record) : Result<>();
    };
    return walk_steps(query, take_unsettled);
}

Result<> JournalReader::for_each_given_up(
    std::function<Result<>(Digest const&, StepRecord const&)> const& take) {
    // Naming the phases lets the index find the few among a million.
    TRY_ASSIGN(auto query, database_.prepare(fmt::format(
                               "SELECT key FROM steps WHERE phase IN ({}, {}) AND gave_up = 1 "
                               "ORDER BY last_seq",
                               phase_number(Phase::finished), phase_number(Phase::failed))));
    auto const take_given_up = [&take](Digest const& step, StepRecord const& record) -> Result<> {
        return record.gave_up ? take(step, record) : Result<>();
    };
    return walk_steps(query, take_given_up);
}

Result<> JournalReader::for_each_failed_row(
    std::function<Result<>(Digest const&, StepRecord const&)> const& take) {
    TRY_ASSIGN(auto query,
               database_.prepare(fmt::format(
                   "SELECT key FROM steps WHERE phase = {} AND gave_up = 1 ORDER BY last_seq",
                   phase_number(Phase::failed))));
    return walk_steps(query, take);
}

Result<> JournalReader::for_each_charged_again(std::function<Result<>(Event const&)> const& take) {
    TRY_ASSIGN(auto const charges, column_in(database_, "steps", "charges_again"));
    if (charges != "charges_again") return {}; // an older program knew of none
    // CROSS: the steps come first, by their index; else all facts would be read in their order.
    TRY_ASSIGN(auto query, database_.prepare(fmt::format(
                               "SELECT {} FROM steps CROSS JOIN facts ON facts.step = steps.key "
                               "WHERE charges_again > 0 AND kind = 'charged_again' ORDER BY seq",
                               fact_columns)));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        TRY_ASSIGN(auto const row, read_fact(query));
        TRY(take(row.event));
    }
}

Result<>
JournalReader::walk_steps(Statement& steps,
                          std::function<Result<>(Digest const&, StepRecord const&)> const& take) {
    for (;;) {
        TRY_ASSIGN(auto const more, steps.step());
        if (!more) return {};
        auto const key = steps.digest(0);
        TRY_ASSIGN(auto const record, find(key));
        TRY(take(key, record));
    }
}

} // namespace darkroom::store
