#include "runner/store/journal_reader.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr std::string_view fact_columns = "seq, step, at, kind, body";

struct Row {
    std::int64_t seq = 0;
    Event event;
};

Result<Row> read_row(Statement& row) {
    auto const seq = row.integer(0);
    auto const damaged = [seq](std::string const& why) {
        return Error(Errc::damaged_journal, fmt::format("journal.db, fact {}: {}", seq, why));
    };
    auto const body = json::read(row.text(4));
    if (body.has_error()) return damaged(body.error().message());
    auto fact = fact_from_json(row.text(3), *body);
    if (fact.has_error()) return damaged(fact.error().message());
    auto const at = WallTime(std::chrono::milliseconds(row.integer(2)));
    return Row{seq, Event{row.digest(1), at, std::move(*fact)}};
}

} // namespace

Result<JournalReader> JournalReader::open(std::string const& path) {
    auto database = Database::open(path, Database::Mode::read);
    if (database.has_error()) return database.error();
    auto const ours = check_schema(*database, path);
    if (ours.has_error()) return ours.error();
    JournalReader reader;
    reader.database_ = std::move(*database);
    auto const facts =
        fmt::format("SELECT {} FROM facts WHERE step = ? AND seq <= ? ORDER BY seq", fact_columns);
    std::pair<Statement*, std::string_view> const statements[] = {
        {&reader.facts_of_, facts},
        {&reader.summary_,
         "SELECT phase, gave_up, price, images, unsettled FROM steps WHERE key = ?"},
        {&reader.task_, "SELECT 1 FROM tasks WHERE task_id = ?"},
        {&reader.owner_, "SELECT step, tile FROM images WHERE file = ?"}};
    for (auto const& [statement, sql] : statements) {
        auto prepared = reader.database_.prepare(sql);
        if (prepared.has_error()) return prepared.error();
        *statement = std::move(*prepared);
    }
    return reader;
}

Result<StepRecord> JournalReader::find(Digest const& step, std::int64_t last_seq) {
    ResetAtEnd const guard(facts_of_);
    facts_of_.bind(1, step).bind(2, last_seq);
    StepRecord record;
    for (;;) {
        auto const more = facts_of_.step();
        if (more.has_error()) return more.error();
        if (!*more) return record;
        auto const row = read_row(facts_of_);
        if (row.has_error()) return row.error();
        record.apply(row->seq, row->event);
    }
}

Result<std::optional<StepSummary>> JournalReader::summary(Digest const& step) {
    ResetAtEnd const guard(summary_);
    auto const found = summary_.bind(1, step).step();
    if (found.has_error()) return found.error();
    if (!*found) return std::optional<StepSummary>();
    StepSummary summary;
    auto const phase = phase_numbered(summary_.integer(0));
    if (phase.has_error()) return phase.error();
    summary.phase = *phase;
    summary.gave_up = summary_.integer(1) != 0;
    summary.price = summary_.integer(2);
    summary.images = static_cast<int>(summary_.integer(3));
    summary.unsettled = summary_.integer(4) != 0;
    return std::optional(summary);
}

Result<bool> JournalReader::knows_task(std::string_view task_id) {
    ResetAtEnd const guard(task_);
    return task_.bind(1, task_id).step();
}

Result<std::optional<ImageKey>> JournalReader::owner_of(std::string_view file) {
    ResetAtEnd const guard(owner_);
    auto const found = owner_.bind(1, file).step();
    if (found.has_error()) return found.error();
    if (!*found) return std::optional<ImageKey>();
    return std::optional(ImageKey{owner_.digest(0), static_cast<int>(owner_.integer(1))});
}

Result<Totals> JournalReader::totals() {
    auto const counted = counts();
    if (counted.has_error()) return counted.error();
    return counted->totals();
}

Result<std::map<std::string, Totals>> JournalReader::paid_by_account() {
    auto const all = totals();
    if (all.has_error()) return all.error();
    std::map<std::string, Totals> paid;
    Totals unnamed{all->paid, all->cost, 0, 0};
    auto const known = knows_accounts(database_);
    if (known.has_error()) return known.error();
    // Named accounts have an index of their own: without any, this reads none of a million steps.
    auto query = database_.prepare(
        *known ? fmt::format("SELECT account, count(*), sum(price) FROM steps "
                             "WHERE account <> '' AND phase = {} GROUP BY account",
                             phase_number(Phase::finished))
               : "SELECT '', 0, 0 WHERE 0");
    if (query.has_error()) return query.error();
    for (;;) {
        auto const more = query->step();
        if (more.has_error()) return more.error();
        if (!*more) break;
        Totals const one{query->integer(1), query->integer(2), 0, 0};
        unnamed.paid -= one.paid;
        unnamed.cost -= one.cost;
        paid.emplace(query->text(0), one);
    }
    if (unnamed.paid > 0) paid.emplace("", unnamed);
    return paid;
}

Result<StepCounts> JournalReader::counts() {
    auto query = database_.prepare(
        "SELECT phase, count(*), sum(gave_up), sum(price) FROM steps GROUP BY phase");
    if (query.has_error()) return query.error();
    StepCounts counts;
    for (;;) {
        auto const more = query->step();
        if (more.has_error()) return more.error();
        if (!*more) return counts;
        auto const found = phase_numbered(query->integer(0));
        if (found.has_error()) return found.error();
        auto const phase = static_cast<std::size_t>(*found);
        counts.by_phase[phase] = query->integer(1);
        counts.gave_up += query->integer(2);
        counts.prices[phase] = query->integer(3);
    }
}

Result<std::int64_t> JournalReader::last_seq() {
    return database_.number("SELECT max(seq) FROM facts");
}

Result<std::int64_t> JournalReader::count_images() {
    return database_.number("SELECT count(*) FROM images");
}

Result<>
JournalReader::for_each_fact(std::int64_t seq,
                             std::function<Result<>(std::int64_t, Event const&)> const& take) {
    auto query = database_.prepare(
        fmt::format("SELECT {} FROM facts WHERE seq > ? ORDER BY seq", fact_columns));
    if (query.has_error()) return query.error();
    query->bind(1, seq);
    for (;;) {
        auto const more = query->step();
        if (more.has_error()) return more.error();
        if (!*more) return {};
        auto const row = read_row(*query);
        if (row.has_error()) return row.error();
        auto taken = take(row->seq, row->event);
        if (taken.has_error()) return taken;
    }
}

Result<> JournalReader::for_each_image(std::int64_t seq,
                                       std::function<Result<>(ImageRecord const&)> const& take) {
    auto query = database_.prepare(
        fmt::format("SELECT {} FROM images JOIN facts USING (seq, step) WHERE seq > ? ORDER BY seq",
                    fact_columns));
    if (query.has_error()) return query.error();
    query->bind(1, seq);
    for (;;) {
        auto const more = query->step();
        if (more.has_error()) return more.error();
        if (!*more) return {};
        auto row = read_row(*query);
        if (row.has_error()) return row.error();
        auto record = find(row->event.step, row->seq);
        if (record.has_error()) return record.error();
        auto taken = take(ImageRecord{std::move(row->event), std::move(record->state)});
        if (taken.has_error()) return taken;
    }
}

Result<>
JournalReader::for_each_image_step(std::int64_t seq,
                                   std::function<bool(std::int64_t, Digest const&)> const& take) {
    auto query = database_.prepare("SELECT seq, step FROM images WHERE seq > ? ORDER BY seq");
    if (query.has_error()) return query.error();
    query->bind(1, seq);
    for (;;) {
        auto const more = query->step();
        if (more.has_error()) return more.error();
        if (!*more || !take(query->integer(0), query->digest(1))) return {};
    }
}

Result<> JournalReader::for_each_image_file(std::function<void(ImageFile const&)> const& take) {
    auto query = database_.prepare("SELECT step, file, bytes FROM images ORDER BY seq");
    if (query.has_error()) return query.error();
    for (;;) {
        auto const more = query->step();
        if (more.has_error()) return more.error();
        if (!*more) return {};
        take({query->digest(0), query->text(1), query->integer(2)});
    }
}

Result<> JournalReader::for_each_done(std::function<void(DoneRow const&)> const& take) {
    auto const mask = column_in(database_, "steps", "offer");
    if (mask.has_error()) return mask.error();
    // The unary plus keeps SQLite from using the index by phase: the rows are stored by key.
    auto query = database_.prepare(
        fmt::format("SELECT key, images, {} FROM steps WHERE +phase = {} AND gave_up = 0 "
                    "AND +unsettled = 0 ORDER BY key",
                    *mask, phase_number(Phase::finished)));
    if (query.has_error()) return query.error();
    for (;;) {
        auto const more = query->step();
        if (more.has_error()) return more.error();
        if (!*more) return {};
        take({query->digest(0), static_cast<int>(query->integer(1)), query->integer(2)});
    }
}

Result<> JournalReader::for_each_unsettled(
    std::function<Result<>(Digest const&, StepRecord const&)> const& take) {
    auto query = database_.prepare("SELECT key FROM steps WHERE unsettled = 1 ORDER BY last_seq");
    if (query.has_error()) return query.error();
    return walk_steps(*query, take);
}

Result<> JournalReader::for_each_given_up(
    std::function<Result<>(Digest const&, StepRecord const&)> const& take) {
    // Naming the phases lets the index find the few among a million.
    auto query = database_.prepare(
        fmt::format("SELECT key FROM steps WHERE phase IN ({}, {}) AND gave_up = 1 "
                    "ORDER BY last_seq",
                    phase_number(Phase::finished), phase_number(Phase::failed)));
    if (query.has_error()) return query.error();
    return walk_steps(*query, take);
}

Result<>
JournalReader::walk_steps(Statement& steps,
                          std::function<Result<>(Digest const&, StepRecord const&)> const& take) {
    for (;;) {
        auto const more = steps.step();
        if (more.has_error()) return more.error();
        if (!*more) return {};
        auto const key = steps.digest(0);
        auto const record = find(key);
        if (record.has_error()) return record.error();
        auto taken = take(key, *record);
        if (taken.has_error()) return taken;
    }
}

} // namespace darkroom::store
