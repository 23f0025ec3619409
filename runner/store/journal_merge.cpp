#include "runner/store/journal_merge.hpp"

#include "runner/store/error.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_reader.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <span>
#include <unordered_map>

namespace darkroom::store {

using namespace engine;

namespace {

/// A table of the journal, and the kinds of its columns.
struct Table {
    enum class Holds { integer, text, step, seq, seq_or_0 };
    struct Column {
        std::string_view name;
        Holds holds;
    };

    std::string_view name;
    std::span<Column const> columns;
};

constexpr Table::Column images_columns[] = {{"seq", Table::Holds::seq},
                                            {"step", Table::Holds::step},
                                            {"tile", Table::Holds::integer},
                                            {"file", Table::Holds::text},
                                            {"bytes", Table::Holds::integer}};
constexpr Table::Column facts_columns[] = {{"seq", Table::Holds::seq},
                                           {"step", Table::Holds::step},
                                           {"at", Table::Holds::integer},
                                           {"kind", Table::Holds::text},
                                           {"body", Table::Holds::text}};
constexpr Table::Column steps_columns[] = {
    {"key", Table::Holds::step},          {"phase", Table::Holds::integer},
    {"gave_up", Table::Holds::integer},   {"price", Table::Holds::integer},
    {"images", Table::Holds::integer},    {"unsettled", Table::Holds::integer},
    {"last_seq", Table::Holds::seq},      {"account", Table::Holds::text},
    {"offer", Table::Holds::integer},     {"charges_again", Table::Holds::integer},
    {"cost_again", Table::Holds::integer}};
constexpr Table::Column tasks_columns[] = {
    {"task_id", Table::Holds::text}, {"step", Table::Holds::step}, {"seq", Table::Holds::seq_or_0}};
constexpr Table::Column shared_tasks_columns[] = {{"task_id", Table::Holds::text},
                                                  {"step", Table::Holds::step}};
constexpr Table images_table{"images", images_columns};
constexpr Table facts_table{"facts", facts_columns};
constexpr Table steps_table{"steps", steps_columns};
constexpr Table tasks_table{"tasks", tasks_columns};
constexpr Table shared_tasks_table{"shared_tasks", shared_tasks_columns};

/// Reads a fact without its place in the order of sending: the numbers of two directories have
/// nothing to do with each other. A task that seems to be sent later than it was could prove a paid
/// request absent, and an attempt of another directory's run, in the same boot, could seem never to
/// have been sent.
constexpr std::string_view body_without_order =
    "CASE kind WHEN 'accepted' THEN json_remove(body, '$.order') "
    "WHEN 'failed' THEN json_remove(body, '$.order') "
    "WHEN 'submitted' THEN json_remove(body, '$.boot', '$.sent_after') ELSE body END";

/// Ranks how far a step is. A step whose loss could cost money again ranks above one whose loss
/// could not.
int rank_of(StepSummary const& step) {
    switch (step.phase) {
    case Phase::finished: return step.unsettled || step.gave_up ? 5 : 6;
    case Phase::open: return 4;
    case Phase::wanted: return 3;
    case Phase::failed: return 2;
    case Phase::skipped: return 1;
    }
    return 0;
}

Result<StepSummary> summary_in(Statement& row, int column) {
    StepSummary step;
    auto const phase = phase_numbered(row.integer(column));
    if (phase.has_error()) return phase.error();
    step.phase = *phase;
    step.gave_up = row.integer(column + 1) != 0;
    step.price = row.integer(column + 2);
    step.unsettled = row.integer(column + 3) != 0;
    step.charges_again = static_cast<int>(row.integer(column + 4));
    step.cost_again = row.integer(column + 5);
    return step;
}

/// The journal that was chosen for each step, and the step's state in it.
constexpr std::string_view choice_table =
    "CREATE TEMP TABLE choice(key BLOB PRIMARY KEY, source INTEGER NOT NULL, "
    "phase INTEGER NOT NULL, gave_up INTEGER NOT NULL, price INTEGER NOT NULL, "
    "unsettled INTEGER NOT NULL, charges_again INTEGER NOT NULL, cost_again INTEGER NOT NULL) "
    "WITHOUT ROWID";

/// Drops every index that is not a constraint, and returns the SQL that creates it again. Building
/// an index once at the end costs a fraction of updating it row by row.
Result<std::vector<std::string>> drop_indexes(Database& database) {
    std::vector<std::string> sql;
    std::string drop;
    {
        TRY_ASSIGN(
            auto rows,
            database.prepare(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"));
        for (;;) {
            TRY_ASSIGN(auto const more, rows.step());
            if (!more) break;
            drop += fmt::format("DROP INDEX {};", rows.text(0));
            sql.emplace_back(rows.text(1));
        }
    }
    TRY(database.execute(drop));
    return sql;
}

/// Runs a merge: first it chooses a journal for each step, then it copies each journal.
class JournalMerge {
public:
    JournalMerge(std::vector<std::string> const& sources, LinkImage const& link)
        : sources_(sources), link_(link), lost_(sources.size(), 0) {}

    Result<> open(std::string const& target);
    Result<> choose_steps(std::size_t source);
    Result<> copy(std::size_t source);
    Result<> close();
    MergeTally const& tally() const { return tally_; }

private:
    /// The journal that is being read.
    struct Reading {
        std::size_t number = 0;
        Database database;
        std::int64_t seq_shift = 0; ///< From its facts' numbers to the new ones.
        std::unordered_map<std::int64_t, std::string>
            renamed; ///< Keyed by the new number of the fact.
    };

    Result<Database> open_source(std::size_t source) const;
    Result<> choose_step(std::size_t source, Digest const& key, StepSummary const& step);
    void leave_out(std::size_t source, StepSummary const& step);
    Result<bool> is_chosen(std::size_t source, Digest const& key);
    Result<> copy_table(Reading& reading, Table const& table);
    Result<> copy_row(Reading& reading, Table const& table, Statement& row, Statement& insert);
    Result<> change_text(Reading& reading, Table const& table, Statement& row, std::string& text);

    std::vector<std::string> const& sources_;
    LinkImage const& link_;
    Database database_; // before the statements: closed after them
    Statement chosen_, choose_, share_task_;
    std::vector<std::string> indexes_; // SQL that creates those dropped by open()
    std::vector<std::uint64_t> lost_;  // by source: steps for which another one was chosen
    std::int64_t last_seq_ = 0;
    MergeTally tally_;
};

Result<> JournalMerge::open(std::string const& target) {
    TRY_ASSIGN(auto database, Database::open(target, Database::Mode::create));
    // An incomplete merge is discarded: nothing needs to be rolled back.
    TRY(database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                         "PRAGMA cache_size = -65536"));
    TRY(prepare_schema(database, target));
    TRY(database.execute(std::string(choice_table)));
    TRY_ASSIGN(auto indexes, drop_indexes(database));
    indexes_ = std::move(indexes);
    database_ = std::move(database);
    TRY_ASSIGN(auto chosen,
               database_.prepare(
                   "SELECT source, phase, gave_up, price, unsettled, charges_again, cost_again "
                   "FROM choice WHERE key = ?"));
    chosen_ = std::move(chosen);
    TRY_ASSIGN(auto choose, database_.prepare("INSERT OR REPLACE INTO choice"
                                              "(key, source, phase, gave_up, price, unsettled, "
                                              "charges_again, cost_again) "
                                              "VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
    choose_ = std::move(choose);
    TRY_ASSIGN(auto share, database_.prepare(share_task_sql));
    share_task_ = std::move(share);
    return {};
}

/// Creates the indexes of the copied rows.
Result<> JournalMerge::close() {
    for (auto const& index : indexes_) {
        TRY(database_.execute(index));
    }
    return {};
}

Result<Database> JournalMerge::open_source(std::size_t source) const {
    auto const& path = sources_.at(source);
    TRY_ASSIGN(auto database, Database::open(path, Database::Mode::read));
    TRY(check_schema(database, path));
    return database;
}

Result<> JournalMerge::choose_steps(std::size_t source) {
    TRY_ASSIGN(auto database, open_source(source));
    TRY_ASSIGN(auto const again, column_in(database, "steps", "charges_again"));
    TRY_ASSIGN(auto const cost_again, column_in(database, "steps", "cost_again"));
    TRY_ASSIGN(auto rows,
               database.prepare(fmt::format("SELECT key, phase, gave_up, price, unsettled, {}, {} "
                                            "FROM steps ORDER BY key",
                                            again, cost_again)));
    TRY_ASSIGN(auto const outdated, has_rows_of_0_1(database));
    TRY_ASSIGN(auto reader, JournalReader::open(sources_.at(source)));
    auto done = database_.execute("BEGIN");
    while (done.has_value()) {
        TRY_ASSIGN(auto const more, rows.step());
        if (!more) return database_.execute("COMMIT");
        TRY_ASSIGN(auto const step, summary_in(rows, 1));
        auto const key = rows.digest(0);
        if (!outdated || step.phase != Phase::failed) {
            done = choose_step(source, key, step);
            continue;
        }
        TRY_ASSIGN(auto const record, reader.find(key)); // the row may be that of version 0.1
        done = choose_step(source, key, summary_of(record));
    }
    return done;
}

Result<> JournalMerge::choose_step(std::size_t source, Digest const& key, StepSummary const& step) {
    {
        ResetAtEnd const guard(chosen_);
        TRY_ASSIGN(auto const found, chosen_.bind(1, key).step());
        if (found) {
            TRY_ASSIGN(auto const other, summary_in(chosen_, 1));
            bool const is_further = rank_of(step) > rank_of(other);
            if (!is_further) return leave_out(source, step), Result<>();
            leave_out(static_cast<std::size_t>(chosen_.integer(0)), other);
        }
    }
    return choose_.bind(1, key)
        .bind(2, static_cast<std::int64_t>(source))
        .bind(3, std::int64_t{phase_number(step.phase)})
        .bind(4, std::int64_t{step.gave_up})
        .bind(5, step.price)
        .bind(6, std::int64_t{step.unsettled})
        .bind(7, std::int64_t{step.charges_again})
        .bind(8, step.cost_again)
        .run();
}

void JournalMerge::leave_out(std::size_t source, StepSummary const& step) {
    ++lost_.at(source);
    ++tally_.doubles;
    if (step.phase == Phase::open) ++tally_.unknown_again;
    auto const totals = totals_of(step);
    tally_.paid_again += static_cast<std::uint64_t>(totals.paid);
    tally_.cost_again += totals.cost;
}

/// Returns true when a row of this step is copied from `source`. Where another journal was chosen
/// for some step, a skipped step here may no longer be right: its parent may be finished there. The
/// next run skips it again if necessary.
Result<bool> JournalMerge::is_chosen(std::size_t source, Digest const& key) {
    if (lost_.at(source) == 0) return true;
    ResetAtEnd const guard(chosen_);
    TRY_ASSIGN(auto const found, chosen_.bind(1, key).step());
    if (!found) return false; // a fact of no step: nothing ever reads it
    bool const is_skipped = chosen_.integer(1) == phase_number(Phase::skipped);
    return chosen_.integer(0) == static_cast<std::int64_t>(source) && !is_skipped;
}

Result<> JournalMerge::copy(std::size_t source) {
    auto database = open_source(source);
    if (database.has_error()) return database.error();
    Reading reading{source, std::move(*database), last_seq_, {}};
    auto const facts = reading.database.number("SELECT max(seq) FROM facts");
    if (facts.has_error()) return facts.error();
    auto done = database_.execute("BEGIN");
    // Images come first: the facts hold their names, which may change.
    for (auto const* table :
         {&images_table, &facts_table, &steps_table, &tasks_table, &shared_tasks_table}) {
        if (done.has_value()) done = copy_table(reading, *table);
    }
    if (done.has_error()) return done;
    last_seq_ += *facts;
    return database_.execute("COMMIT");
}

Result<> JournalMerge::copy_table(Reading& reading, Table const& table) {
    TRY_ASSIGN(auto const has_it, has_table(reading.database, table.name));
    if (!has_it) return {};
    std::string selected;
    std::string inserted;
    std::string places;
    for (auto const& column : table.columns) {
        TRY_ASSIGN(auto const there, column_in(reading.database, table.name, column.name));
        std::string_view const comma = selected.empty() ? "" : ", ";
        bool const is_body = &table == &facts_table && column.name == "body";
        selected += fmt::format("{}{}", comma, is_body ? body_without_order : there);
        inserted += fmt::format("{}{}", comma, column.name);
        places += fmt::format("{}?", comma);
    }
    TRY_ASSIGN(auto rows,
               reading.database.prepare(fmt::format("SELECT {} FROM {} ORDER BY {}", selected,
                                                    table.name, table.columns.front().name)));
    auto const sql =
        fmt::format("INSERT OR IGNORE INTO {}({}) VALUES({})", table.name, inserted, places);
    TRY_ASSIGN(auto insert, database_.prepare(&table == &tasks_table ? name_task_sql : sql));
    for (;;) {
        TRY_ASSIGN(auto const more, rows.step());
        if (!more) return {};
        TRY(copy_row(reading, table, rows, insert));
    }
}

Result<> JournalMerge::copy_row(Reading& reading, Table const& table, Statement& row,
                                Statement& insert) {
    std::vector<std::string> texts(table.columns.size()); // they must outlive the insert
    Digest step{};
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        auto const at = static_cast<int>(i);
        switch (table.columns[i].holds) {
        case Table::Holds::integer: insert.bind(at + 1, row.integer(at)); break;
        case Table::Holds::seq: insert.bind(at + 1, row.integer(at) + reading.seq_shift); break;
        case Table::Holds::seq_or_0:
            insert.bind(at + 1, row.integer(at) == 0 ? 0 : row.integer(at) + reading.seq_shift);
            break;
        case Table::Holds::text: texts[i] = row.text(at); break;
        case Table::Holds::step:
            step = row.digest(at);
            insert.bind(at + 1, step);
            break;
        }
    }
    TRY_ASSIGN(auto const chosen, is_chosen(reading.number, step));
    if (!chosen) return {};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (table.columns[i].holds != Table::Holds::text) continue;
        TRY(change_text(reading, table, row, texts[i]));
        insert.bind(static_cast<int>(i) + 1, texts[i]);
    }
    if (&table == &steps_table) ++tally_.steps;
    if (&table == &tasks_table) {
        TRY(share_task_.bind(1, texts.front()).bind(2, step).run());
    }
    return insert.run();
}

/// Changes a fact's text when its image's file gets another name.
Result<> JournalMerge::change_text(Reading& reading, Table const& table, Statement& row,
                                   std::string& text) {
    auto const seq = row.integer(0) + reading.seq_shift;
    if (&table == &images_table && !text.empty()) {
        TRY_ASSIGN(auto file, link_(reading.number, text));
        if (file != text) reading.renamed.emplace(seq, file);
        text = std::move(file);
        return {};
    }
    auto const renamed = reading.renamed.find(seq);
    bool const is_body = &table == &facts_table && text.starts_with('{');
    if (!is_body || renamed == reading.renamed.end()) return {};
    auto const body = json::read(text, fact_limits);
    if (body.has_error()) return Error(Errc::damaged_journal, body.error().message());
    auto fact = fact_from_json(row.text(3), *body);
    if (fact.has_error()) return Error(Errc::damaged_journal, fact.error().message());
    auto* saved = std::get_if<ImageSaved>(&*fact);
    if (saved == nullptr)
        return Error(Errc::damaged_journal,
                     fmt::format("journal.db, fact {}: an image, but not saved", row.integer(0)));
    saved->image.file = renamed->second;
    text = json::write(to_json(*fact));
    return {};
}

/// Makes the journal durable: SQLite was set not to do that.
Result<> sync_file(std::string const& path) {
    TRY_ASSIGN(auto file, File::open(path, O_RDWR));
    auto const synced = file.sync();
    return synced.has_error() ? synced : sync_directory(parent_of(path));
}

} // namespace

Result<MergeTally> merge_journals(std::vector<std::string> const& sources,
                                  std::string const& target, LinkImage const& link) {
    MergeTally tally;
    {
        JournalMerge merge(sources, link);
        auto done = merge.open(target);
        for (std::size_t i = 0; i < sources.size() && done.has_value(); ++i)
            done = merge.choose_steps(i);
        for (std::size_t i = 0; i < sources.size() && done.has_value(); ++i) done = merge.copy(i);
        if (done.has_value()) done = merge.close();
        if (done.has_error()) return done.error();
        tally = merge.tally();
    } // closes the database
    TRY(sync_file(target));
    return tally;
}

} // namespace darkroom::store
