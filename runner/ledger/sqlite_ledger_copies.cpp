// Copies of one directory: each is a run of its own, and none pays for what another has bought.
#include "runner/ledger/sqlite_ledger.hpp"

#include <iterator>
#include <set>
#include <utility>

namespace darkroom::ledger {

using namespace engine;
using store::ResetAtEnd;

Result<> SqliteLedger::note_origin() {
    if (options_.origin.empty()) return {};
    TRY_ASSIGN(auto* insert,
               database_.statement("INSERT OR REPLACE INTO origins(run, origin) VALUES(?, ?)"));
    return insert->bind(1, run_).bind(2, sha256(options_.origin)).run();
}

/// Returns which rows there are that may answer a grant: to look for those of one step costs more
/// than all the rest of it. Another process may enter a copy at any time, which is seen by its
/// change of the file.
Result<SqliteLedger::Beside> SqliteLedger::look_beside() {
    TRY_ASSIGN(auto const is_changed, database_.has_changed_elsewhere());
    if (beside_ && !is_changed) return *beside_;
    beside_.reset();
    TRY_ASSIGN(auto* query, database_.statement(
                                "SELECT EXISTS (SELECT 1 FROM origins mine JOIN origins other ON "
                                "other.origin = mine.origin AND other.run <> mine.run WHERE "
                                "mine.run = ?1), EXISTS (SELECT 1 FROM charges WHERE run = ?1)"));
    ResetAtEnd const guard(*query);
    TRY(query->bind(1, run_).step());
    beside_ = Beside{query->integer(0) != 0, query->integer(1) != 0};
    return *beside_;
}

/// Returns the last request for this step that another copy has and that is not free.
Result<std::optional<SqliteLedger::CopyRow>> SqliteLedger::find_in_copies(Digest const& step) {
    TRY_ASSIGN(auto* query,
               database_.statement(
                   "SELECT s.account, s.holder, s.nonce, s.price, s.state, s.place, s.sent_at, "
                   "s.task, s.by_search, s.request, s.named_at, s.ends_at, s.run FROM origins mine "
                   "JOIN origins other ON other.origin = mine.origin AND other.run <> mine.run "
                   "JOIN steps s ON s.run = other.run AND s.step = ? "
                   "WHERE mine.run = ? AND s.state <> 3 AND (s.nonce <> -1 OR s.state = 2) "
                   "ORDER BY s.nonce = -1, s.sent_at DESC LIMIT 1"));
    ResetAtEnd const guard(*query);
    TRY_ASSIGN(auto const is_there, query->bind(1, step).bind(2, run_).step());
    if (!is_there) return std::optional<CopyRow>();
    return std::optional(CopyRow{row_of(*query), query->integer(11), query->integer(12)});
}

/// Answers where another copy has a request for the step: the directory gets a row for it, which
/// costs nothing.
Result<std::optional<Grant>> SqliteLedger::grant_of_copy(GrantRequest const& request) {
    TRY_ASSIGN(auto const found, find_in_copies(request.step));
    if (!found) return std::optional<Grant>();
    TRY(stand_for(request.step, *found));
    auto const what = found->row.state == step_paid ? Grant::What::paid : Grant::What::open;
    return std::optional(held_grant(what, found->row));
}

awaitable<std::optional<std::vector<Digest>>> SqliteLedger::held_after(Digest after) {
    using Held = std::vector<Digest>;
    auto const held = std::make_shared<Result<Held>>(Held());
    CallQueue::Call call = [this, held, after] { return keep(*held, try_held_after(after)); };
    auto const made = co_await calls_.make(std::move(call));
    if (made.has_error()) co_return std::nullopt;
    co_return std::move(**held);
}

/// The steps of another copy are this directory's, too. These are those for which grant() says open
/// or paid.
Result<std::vector<Digest>> SqliteLedger::try_held_after(Digest const& after) {
    constexpr std::size_t most = 1000;
    std::set<Digest> held;
    TRY_ASSIGN(auto const runs, copies());
    for (auto const run : runs) {
        TRY_ASSIGN(
            auto* query,
            database_.statement(
                "SELECT step FROM steps WHERE run = ?1 AND step > ?2 AND state <> 3 AND "
                "(nonce <> -1 OR state = 2 OR run = ?3) UNION SELECT step FROM charges WHERE "
                "run = ?1 AND step > ?2 AND task <> '' ORDER BY step LIMIT 1000"));
        ResetAtEnd const guard(*query);
        query->bind(1, run).bind(2, after).bind(3, run_);
        for (;;) {
            TRY_ASSIGN(auto const more, query->step());
            if (!more) break;
            held.insert(query->digest(0));
        }
    }
    auto const end = held.size() > most ? std::next(held.begin(), most) : held.end();
    return std::vector<Digest>(held.begin(), end);
}

/// Returns the runs of all copies of the directory, its own first.
Result<std::vector<std::int64_t>> SqliteLedger::copies() {
    std::vector<std::int64_t> runs{run_};
    TRY_ASSIGN(auto* query, database_.statement("SELECT other.run FROM origins mine JOIN origins "
                                                "other ON other.origin = mine.origin AND "
                                                "other.run <> mine.run WHERE mine.run = ?"));
    ResetAtEnd const guard(*query);
    query->bind(1, run_);
    for (;;) {
        TRY_ASSIGN(auto const more, query->step());
        if (!more) return runs;
        runs.push_back(query->integer(0));
    }
}

Result<> SqliteLedger::stand_for(Digest const& step, CopyRow const& found) {
    auto const& row = found.row;
    TRY_ASSIGN(auto* insert,
               database_.statement(
                   "INSERT OR REPLACE INTO steps(run, step, account, holder, nonce, request, "
                   "price, state, place, lost, by_search, task, sent_at, ends_at) "
                   "VALUES(?, ?, ?, ?, ?, ?, 0, 1, 0, 1, ?, ?, ?, ?)"));
    std::int64_t const nonce = of_copy;
    insert->bind(1, run_).bind(2, step).bind(3, row.account).bind(4, holder_).bind(5, nonce);
    insert->bind(6, row.request).bind(7, row.by_search ? 1 : 0).bind(8, row.task);
    return insert->bind(9, row.sent_at).bind(10, found.ends_at).run();
}

bool SqliteLedger::stands_for_copy(Row const& row) { return row.nonce == of_copy; }

/// The last word about a request of another copy whose process has died is this one's. Its task is
/// for all of them.
Result<> SqliteLedger::end_in_copies(Digest const& step, Row const& row, LastWord word,
                                     std::string const& task) {
    TRY_ASSIGN(auto const found, find_in_copies(step));
    bool const is_it = found && found->row.state == step_open && found->row.sent_at == row.sent_at;
    if (!is_it) return {};
    if (!task.empty() && found->row.task.empty()) TRY(name_in_copy(step, *found, task));
    TRY_ASSIGN(auto const alive, is_alive(found->row.holder));
    if (alive) return {}; // it says so itself
    auto const own = std::exchange(run_, found->run);
    auto const ended = end_step(step, found->row, word);
    run_ = own;
    return ended;
}

Result<> SqliteLedger::name_in_copy(Digest const& step, CopyRow const& found,
                                    std::string const& task) {
    TRY_ASSIGN(auto* update,
               database_.statement("UPDATE steps SET task = ?, by_search = 1, named_at = ? "
                                   "WHERE run = ? AND step = ? AND task = '' AND state = 1"));
    return update->bind(1, task).bind(2, now_ms()).bind(3, found.run).bind(4, step).run();
}

/// Answers where the step was paid by an attempt that had been called free. Its money is counted.
Result<std::optional<Grant>> SqliteLedger::grant_of_charge(GrantRequest const& request) {
    Row row;
    {
        TRY_ASSIGN(auto* query,
                   database_.statement(
                       "SELECT t.account, c.task, c.at FROM (SELECT ?2 AS run UNION ALL "
                       "SELECT other.run FROM origins mine JOIN origins other ON other.origin = "
                       "mine.origin AND other.run <> mine.run WHERE mine.run = ?2) r "
                       // in this order: the tasks are many, and charges few
                       "CROSS JOIN charges c ON c.run = r.run AND c.step = ?1 AND c.task <> '' "
                       "CROSS JOIN tasks t ON t.task = c.task AND t.step = c.step "
                       "ORDER BY c.at DESC LIMIT 1"));
        ResetAtEnd const guard(*query);
        TRY_ASSIGN(auto const is_there, query->bind(1, request.step).bind(2, run_).step());
        if (!is_there) return std::optional<Grant>();
        row.account = query->integer(0);
        row.task = query->text(1);
        row.sent_at = query->integer(2);
    }
    row.state = step_paid;
    row.request = request.request;
    TRY_ASSIGN(auto* insert,
               database_.statement(
                   "INSERT OR REPLACE INTO steps(run, step, account, holder, nonce, request, "
                   "price, state, place, task, sent_at, ends_at) "
                   "VALUES(?, ?, ?, ?, ?, ?, 0, 2, 0, ?, ?, ?)"));
    std::int64_t const nonce = of_copy;
    insert->bind(1, run_).bind(2, request.step).bind(3, row.account).bind(4, holder_);
    insert->bind(5, nonce).bind(6, row.request).bind(7, row.task).bind(8, row.sent_at);
    TRY(insert->bind(9, row.sent_at).run());
    return std::optional(held_grant(Grant::What::paid, row));
}

/// Returns whether another copy has the task, for the same step.
Result<bool> SqliteLedger::is_task_of_copy(Digest const& step, std::int64_t account,
                                           std::string_view task) {
    TRY_ASSIGN(auto* query,
               database_.statement("SELECT 1 FROM tasks t JOIN origins other ON other.run = t.run "
                                   "JOIN origins mine ON mine.origin = other.origin "
                                   "WHERE t.account = ? AND t.task = ? AND t.step = ? AND "
                                   "mine.run = ?"));
    ResetAtEnd const guard(*query);
    return query->bind(1, account).bind(2, task).bind(3, step).bind(4, run_).step();
}

} // namespace darkroom::ledger
