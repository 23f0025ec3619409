#include "runner/store/journal_row.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr std::int64_t application_id = 0x6472'6b72; // "drkr"
constexpr std::int64_t schema_version = 1;

// `facts` is the truth. The other tables are derived from it in the same transaction, so that a
// million finished steps are skipped, counted and listed without reading their facts.
constexpr std::string_view tables = R"(
CREATE TABLE facts(
  seq INTEGER PRIMARY KEY, step BLOB NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX facts_by_step ON facts(step);
CREATE TABLE steps(
  key BLOB PRIMARY KEY, phase INTEGER NOT NULL, gave_up INTEGER NOT NULL,
  price INTEGER NOT NULL, images INTEGER NOT NULL, unsettled INTEGER NOT NULL,
  last_seq INTEGER NOT NULL, account TEXT NOT NULL DEFAULT '',
  offer INTEGER NOT NULL DEFAULT -1, charges_again INTEGER NOT NULL DEFAULT 0,
  cost_again INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX steps_by_phase ON steps(phase, gave_up, price);
CREATE INDEX steps_unsettled ON steps(last_seq) WHERE unsettled = 1;
CREATE INDEX steps_by_account ON steps(account, phase, price) WHERE account <> '';
CREATE INDEX steps_charged_again ON steps(account, charges_again, cost_again)
  WHERE charges_again > 0;
CREATE TABLE tasks(
  task_id TEXT PRIMARY KEY, step BLOB NOT NULL, seq INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX tasks_by_seq ON tasks(seq) WHERE seq > 0;
CREATE TABLE shared_tasks(
  task_id TEXT NOT NULL, step BLOB NOT NULL, PRIMARY KEY(task_id, step)) WITHOUT ROWID;
CREATE TABLE images(
  seq INTEGER PRIMARY KEY, step BLOB NOT NULL, tile INTEGER NOT NULL, file TEXT NOT NULL,
  bytes INTEGER NOT NULL DEFAULT -1, UNIQUE(step, tile));
CREATE INDEX images_by_file ON images(file);
CREATE TABLE meta(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
)";

struct GaveUp {
    StepState const& after;
    bool before;
    bool operator()(Failed const& fact) const {
        return fact.final && (after.phase == Phase::failed || after.phase == Phase::finished);
    }
    bool operator()(ImageSaved const&) const { return before && after.unsettled(); }
    bool operator()(Submitted const&) const { return false; }
    bool operator()(Finished const&) const { return false; }
    bool operator()(Requeued const&) const { return false; }
    bool operator()(Accepted const&) const { return before && after.phase != Phase::open; }
    bool operator()(Skipped const&) const { return before; }
    bool operator()(SetAside const&) const { return before; }
    bool operator()(ChargedAgain const&) const { return before; }
};

struct TaskNamed {
    std::string operator()(Accepted const& fact) const { return fact.task_id; }
    std::string operator()(Finished const& fact) const { return fact.answer.task_id; }
    std::string operator()(Failed const& fact) const { return fact.problem.task_id; }
    std::string operator()(Submitted const&) const { return {}; }
    std::string operator()(ImageSaved const&) const { return {}; }
    std::string operator()(Skipped const&) const { return {}; }
    std::string operator()(Requeued const&) const { return {}; }
    std::string operator()(SetAside const& fact) const { return fact.task_id; }
    std::string operator()(ChargedAgain const& fact) const { return fact.task_id; }
};

/// Returns whether a fact shows that its attempt was taken as the task that it names. A person's
/// word shows nothing about the order of sending, nor does a task that was set aside.
struct NamesOwn {
    bool operator()(Accepted const& fact) const { return !fact.by_person; }
    bool operator()(Finished const&) const { return true; }
    bool operator()(Failed const&) const { return true; }
    bool operator()(Submitted const&) const { return false; }
    bool operator()(ImageSaved const&) const { return false; }
    bool operator()(Skipped const&) const { return false; }
    bool operator()(Requeued const&) const { return false; }
    bool operator()(SetAside const&) const { return false; }
    bool operator()(ChargedAgain const&) const { return false; }
};

/// Returns true when nothing has been written to the database yet.
Result<bool> is_empty(Database& database) {
    for (auto const* query :
         {"SELECT count(*) FROM sqlite_schema", "PRAGMA user_version", "PRAGMA application_id"}) {
        TRY_ASSIGN(auto const number, database.number(query));
        if (number != 0) return false;
    }
    return true;
}

/// A column that older databases lack. An older program neither fills nor misses a column: a size
/// or an action mask of -1 is unknown, and its only account is the one without a name.
struct NewColumn {
    std::string_view table;
    std::string_view name;
    std::string_view otherwise; ///< Its value where it is missing.
    std::string_view sql;
};
constexpr NewColumn new_columns[] = {
    {"images", "bytes", "-1", "ALTER TABLE images ADD COLUMN bytes INTEGER NOT NULL DEFAULT -1"},
    {"steps", "account", "''",
     "BEGIN IMMEDIATE; ALTER TABLE steps ADD COLUMN account TEXT NOT NULL DEFAULT ''; "
     "CREATE INDEX steps_by_account ON steps(account, phase, price) WHERE account <> ''; COMMIT"},
    {"steps", "offer", "-1", "ALTER TABLE steps ADD COLUMN offer INTEGER NOT NULL DEFAULT -1"},
    {"steps", "charges_again", "0",
     "ALTER TABLE steps ADD COLUMN charges_again INTEGER NOT NULL DEFAULT 0"},
    {"steps", "cost_again", "0",
     "BEGIN IMMEDIATE; ALTER TABLE steps ADD COLUMN cost_again INTEGER NOT NULL DEFAULT 0; "
     "CREATE INDEX steps_charged_again ON steps(account, charges_again, cost_again) "
     "WHERE charges_again > 0; COMMIT"},
    {"tasks", "seq", "0",
     "BEGIN IMMEDIATE; ALTER TABLE tasks ADD COLUMN seq INTEGER NOT NULL DEFAULT 0; "
     "CREATE INDEX tasks_by_seq ON tasks(seq) WHERE seq > 0; COMMIT"},
    // The columns of new tables, which are empty where they are missing.
    {"shared_tasks", "step", "x''",
     "CREATE TABLE shared_tasks(task_id TEXT NOT NULL, step BLOB NOT NULL, "
     "PRIMARY KEY(task_id, step)) WITHOUT ROWID"},
    {"meta", "text", "''",
     "CREATE TABLE meta(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"}};

Result<bool> has_column(Database& database, NewColumn const& column) {
    TRY_ASSIGN(auto const count,
               database.number(
                   fmt::format("SELECT count(*) FROM pragma_table_info('{}') WHERE name = '{}'",
                               column.table, column.name)));
    return count != 0;
}

Result<> add_new_columns(Database& database) {
    for (auto const& column : new_columns) {
        TRY_ASSIGN(auto const there, has_column(database, column));
        if (there) continue;
        TRY(database.execute(std::string(column.sql)));
    }
    return {};
}

} // namespace

void StepRecord::apply(std::int64_t seq, Event const& event) {
    state.apply(event);
    gave_up = std::visit(GaveUp{state, gave_up}, event.fact);
    last_seq = seq;
    last_at = event.at;
}

int phase_number(Phase phase) {
    switch (phase) { // stored: never renumber
    case Phase::wanted: return 0;
    case Phase::open: return 1;
    case Phase::finished: return 2;
    case Phase::failed: return 3;
    case Phase::skipped: return 4;
    }
    return 0;
}

Result<Phase> phase_numbered(std::int64_t number) {
    for (auto const phase :
         {Phase::wanted, Phase::open, Phase::finished, Phase::failed, Phase::skipped}) {
        if (phase_number(phase) == number) return phase;
    }
    return Error(Errc::damaged_journal, fmt::format("journal.db: a step in phase {}", number));
}

StepSummary summary_of(StepRecord const& record) {
    return {record.state.phase,         record.gave_up,
            record.state.price,         static_cast<int>(record.state.saved.size()),
            record.state.unsettled(),   record.state.account,
            record.state.charges_again, record.state.cost_again};
}

Totals totals_of(StepSummary const& summary) {
    Totals totals{summary.charges_again, summary.cost_again, 0, 0};
    switch (summary.phase) {
    case Phase::open:
        totals.open = 1;
        totals.open_price = summary.price;
        break;
    case Phase::finished:
        ++totals.paid;
        totals.cost += summary.price;
        break;
    case Phase::wanted:
    case Phase::failed:
    case Phase::skipped: break;
    }
    return totals;
}

Result<bool> knows_accounts(Database& database) { return has_column(database, new_columns[1]); }

Result<bool> has_table(Database& database, std::string_view name) {
    TRY_ASSIGN(
        auto const count,
        database.number(fmt::format(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '{}'", name)));
    return count != 0;
}

Result<std::string> column_in(Database& database, std::string_view table, std::string_view name) {
    for (auto const& column : new_columns) {
        if (column.table != table || column.name != name) continue;
        TRY_ASSIGN(auto const there, has_column(database, column));
        if (!there) return fmt::format("{} AS {}", column.otherwise, name);
    }
    return std::string(name);
}

Result<bool> has_rows_of_0_1(Database& database) {
    TRY_ASSIGN(auto const has_meta, has_table(database, "meta"));
    if (!has_meta) return true;
    TRY_ASSIGN(
        auto const up_to_date,
        database.number(fmt::format("SELECT count(*) FROM meta WHERE name = '{}' AND text = '{}'",
                                    fold_key, fold_version)));
    return up_to_date == 0;
}

Result<NumberedEvent> read_fact(Statement& row) {
    auto const seq = row.integer(0);
    auto const damaged = [seq](std::string const& why) {
        return Error(Errc::damaged_journal, fmt::format("journal.db, fact {}: {}", seq, why));
    };
    auto const body = json::read(row.text(4), fact_limits);
    if (body.has_error()) return damaged(body.error().message());
    auto fact = fact_from_json(row.text(3), *body);
    if (fact.has_error()) return damaged(fact.error().message());
    auto const at = WallTime(std::chrono::milliseconds(row.integer(2)));
    return NumberedEvent{seq, Event{row.digest(1), at, std::move(*fact)}};
}

std::string task_named_by(Fact const& fact) { return std::visit(TaskNamed{}, fact); }

TaskNaming naming_of(Fact const& fact, StepState const& before) {
    TaskNaming naming{task_named_by(fact)};
    naming.is_set_aside = std::holds_alternative<SetAside>(fact);
    if (naming.task_id == before.task_id && !naming.is_set_aside) return {};
    // A request of another machine that was taken over has no number in this directory.
    bool const is_of_0_1 = before.attempt == 0 && before.identity.empty();
    naming.is_known = !is_of_0_1 && std::visit(NamesOwn{}, fact);
    return naming;
}

KnownTask known_task(std::string task_id, Digest const& step, StepRecord const& record) {
    auto const& state = record.state;
    KnownTask task;
    task.task_id = std::move(task_id);
    task.step = step;
    task.identity = state.identity;
    task.account = state.account;
    task.endpoint = state.info.service->endpoint_of(state.info.action).path;
    task.request = state.info.request;
    task.service = state.info.service;
    task.order = state.order;
    task.sent_at = state.submitted_at;
    task.named_at = record.last_at;
    task.by_search = state.by_search;
    return task;
}

Result<> check_schema(Database& database, std::string const& path) {
    auto const owner = database.number("PRAGMA application_id");
    if (owner.has_error()) {
        if (owner.error().code != boost::system::errc::executable_format_error)
            return owner.error();
        return Error(Errc::foreign_journal, path + " is not a database; choose another directory");
    }
    if (*owner != application_id)
        return Error(Errc::foreign_journal,
                     path + " belongs to another program; choose another directory");
    TRY_ASSIGN(auto const version, database.number("PRAGMA user_version"));
    if (version > schema_version)
        return Error(Errc::newer_journal,
                     fmt::format("{} has schema {}, this program knows {}; use the newer program",
                                 path, version, schema_version));
    return {};
}

Result<> prepare_schema(Database& database, std::string const& path) {
    auto const empty = is_empty(database);
    if (empty.has_error() || !*empty) { // the check gives a better error
        auto const ours = check_schema(database, path);
        return ours.has_error() ? ours : add_new_columns(database);
    }
    // One transaction: a crash leaves an empty database, which is made again.
    return database.execute(fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id = {}; "
                                        "PRAGMA user_version = {}; COMMIT",
                                        tables, application_id, schema_version));
}

} // namespace darkroom::store
