// Whose a task is, the last words about steps, and the requests of other runs.
#include "runner/ledger/sqlite_ledger.hpp"

#include <utility>

namespace darkroom::ledger {

using namespace engine;
using store::ResetAtEnd;

namespace {

constexpr std::int64_t found_for_ms = 25 * 60 * 60 * 1000;

WallTime wall_of(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

} // namespace

/// The next run of the directory must know of it, whatever became of the directory's own mark.
bool SqliteLedger::may_send(Digest const& step) {
    calls_.note([this, step]() -> Result<> {
        TRY_ASSIGN(auto* update,
                   database_.statement("UPDATE steps SET named_at = -1 WHERE run = ? AND step = ? "
                                       "AND named_at = 0"));
        return update->bind(1, run_).bind(2, step).run();
    });
    return true;
}

void SqliteLedger::name(Digest const& step, std::string const& task_id) {
    calls_.note([this, step, task_id]() -> Result<> {
        TRY(try_claim(step, task_id, Claim::by_answer));
        return {};
    });
}

awaitable<Entered> SqliteLedger::adopt(Digest step, std::string task_id) {
    auto const adopted = std::make_shared<Result<Entered>>(Entered::done);
    CallQueue::Call call = [this, adopted, step, task_id] {
        return keep(*adopted, try_claim(step, task_id, Claim::by_search));
    };
    auto const made = co_await calls_.make(std::move(call));
    if (made.has_error()) co_return Entered::unavailable;
    co_return **adopted;
}

Result<Entered> SqliteLedger::try_claim(Digest const& step, std::string const& task, Claim how) {
    Transaction transaction(database_);
    TRY(transaction.begin());
    TRY_ASSIGN(auto const row, find(step));
    if (!row) return Entered::known; // of version 0.1
    TRY_ASSIGN(auto const is_ours, claim_with_copies(step, row->account, task));
    if (!is_ours) return Entered::taken;
    if (row->state != step_open || overtaken_.contains(step)) {
        TRY(transaction.commit());
        return Entered::known;
    }
    TRY_ASSIGN(auto* update,
               database_.statement("UPDATE steps SET task = ?, by_search = ?, named_at = ? "
                                   "WHERE run = ? AND step = ?"));
    update->bind(1, task).bind(2, how == Claim::by_search ? 1 : 0).bind(3, now_ms());
    TRY(update->bind(4, run_).bind(5, step).run());
    if (stands_for_copy(*row)) {
        TRY_ASSIGN(auto const found, find_in_copies(step));
        if (found && found->row.sent_at == row->sent_at) TRY(name_in_copy(step, *found, task));
    }
    TRY(transaction.commit());
    return Entered::done;
}

/// Returns whether the task is the step's own now.
Result<bool> SqliteLedger::claim(Digest const& step, std::int64_t account, std::string_view task) {
    TRY_ASSIGN(auto* insert, database_.statement("INSERT INTO tasks(account, task, run, step, at) "
                                                 "VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
    insert->bind(1, account).bind(2, task).bind(3, run_).bind(4, step).bind(5, now_ms());
    TRY(insert->run());
    if (database_.changes() > 0) return true;
    TRY_ASSIGN(auto* query, database_.statement("SELECT 1 FROM tasks WHERE account = ? AND "
                                                "task = ? AND run = ? AND step = ?"));
    ResetAtEnd const guard(*query);
    return query->bind(1, account).bind(2, task).bind(3, run_).bind(4, step).step();
}

/// Copies of a directory may follow one task for one step.
Result<bool> SqliteLedger::claim_with_copies(Digest const& step, std::int64_t account,
                                             std::string_view task) {
    TRY_ASSIGN(auto const is_ours, claim(step, account, task));
    if (is_ours) return true;
    return is_task_of_copy(step, account, task);
}

awaitable<Entered> SqliteLedger::settle(Digest step, LastWord word, std::string task_id) {
    auto const settled = std::make_shared<Result<Entered>>(Entered::done);
    CallQueue::Call call = [this, settled, step, word, task_id] {
        return keep(*settled, try_settle(step, word, task_id));
    };
    auto const made = co_await calls_.make_soon(std::move(call));
    if (made.has_error()) co_return Entered::unavailable;
    co_return **settled;
}

Result<Entered> SqliteLedger::try_settle(Digest const& step, LastWord word,
                                         std::string const& task) {
    Transaction transaction(database_);
    TRY(transaction.begin());
    TRY_ASSIGN(auto const row, find(step));
    bool const is_overtaken = word == LastWord::free && overtaken_.contains(step);
    if (!row || row->state != step_open || is_overtaken) return Entered::known;
    if (word == LastWord::paid && !task.empty() && task != row->task) {
        TRY_ASSIGN(auto const is_ours, claim_with_copies(step, row->account, task));
        if (!is_ours) return Entered::taken;
        TRY_ASSIGN(auto* update, database_.statement("UPDATE steps SET task = ? "
                                                     "WHERE run = ? AND step = ?"));
        TRY(update->bind(1, task).bind(2, run_).bind(3, step).run());
    }
    TRY(end_step(step, *row, word));
    if (stands_for_copy(*row))
        TRY(end_in_copies(step, *row, word, task.empty() ? row->task : task));
    TRY(transaction.commit());
    return Entered::done;
}

Result<> SqliteLedger::end_step(Digest const& step, Row const& row, LastWord word) {
    TRY_ASSIGN(auto* update, database_.statement("UPDATE steps SET state = ?, place = 0, lost = 0 "
                                                 "WHERE run = ? AND step = ?"));
    update->bind(1, word == LastWord::paid ? step_paid : step_free);
    TRY(update->bind(2, run_).bind(3, step).run());
    if (row.has_place) TRY(leave_place(row.account));
    if (word == LastWord::paid) TRY(note_duration(row));
    if (word == LastWord::free) TRY(spend(row.account, row.sent_at, -row.price));
    return {};
}

void SqliteLedger::note_paid(Digest const& step, std::string const& task_id) {
    calls_.note([this, step, task_id]() -> Result<> {
        TRY_ASSIGN(auto const entered, try_settle(step, LastWord::paid, task_id));
        if (entered == Entered::taken) TRY(try_settle(step, LastWord::paid, ""));
        return {};
    });
}

void SqliteLedger::lose(Digest const& step) {
    calls_.note([this, step] { return try_lose(step); });
}

void SqliteLedger::set_aside(Digest const& step) {
    calls_.note([this, step] { return try_set_aside(step); });
}

/// The task stays the step's: nobody else may take it.
Result<> SqliteLedger::try_set_aside(Digest const& step) {
    if (overtaken_.contains(step)) return {};
    TRY_ASSIGN(auto* update,
               database_.statement("UPDATE steps SET task = '', by_search = 0, named_at = -1 "
                                   "WHERE run = ? AND step = ? AND state = 1"));
    return update->bind(1, run_).bind(2, step).run();
}

Result<> SqliteLedger::try_lose(Digest const& step) {
    Transaction transaction(database_);
    TRY(transaction.begin());
    TRY_ASSIGN(auto const row, find(step));
    if (!row || row->state != step_open || overtaken_.contains(step)) return {};
    TRY_ASSIGN(auto* update, database_.statement("UPDATE steps SET place = 0, lost = 1 "
                                                 "WHERE run = ? AND step = ?"));
    TRY(update->bind(1, run_).bind(2, step).run());
    if (row->has_place) TRY(leave_place(row->account));
    return transaction.commit();
}

awaitable<OtherRuns> SqliteLedger::others(std::string identity, std::vector<std::string> tasks) {
    auto const found = std::make_shared<Result<OtherRuns>>(OtherRuns());
    CallQueue::Call call = [this, found, identity, tasks = std::move(tasks)] {
        return keep(*found, try_others(identity, tasks));
    };
    auto const made = co_await calls_.make(std::move(call));
    if (made.has_error()) co_return OtherRuns();
    co_return std::move(**found);
}

Result<OtherRuns> SqliteLedger::try_others(std::string const& identity,
                                           std::vector<std::string> const& tasks) {
    TRY_ASSIGN(auto const account, account_of(identity));
    OtherRuns others;
    for (auto const& task : tasks) {
        TRY_ASSIGN(auto* query,
                   database_.statement("SELECT 1 FROM tasks WHERE account = ?1 AND task = ?3 AND "
                                       "run <> ?2 AND NOT EXISTS (SELECT 1 FROM steps mine WHERE "
                                       "mine.run = ?2 AND mine.step = tasks.step AND "
                                       "mine.state = 1 AND tasks.run IN (SELECT other.run FROM "
                                       "origins here JOIN origins other ON other.origin = "
                                       "here.origin WHERE here.run = ?2))"));
        ResetAtEnd const guard(*query);
        TRY_ASSIGN(auto const is_theirs,
                   query->bind(1, account).bind(3, task).bind(2, run_).step());
        if (is_theirs) others.tasks.push_back(task);
    }
    TRY(read_requests(account, others));
    others.is_known = true;
    return others;
}

/// A process that has died sends nothing more: its requests are lost. One for which a step of this
/// directory stands is asked about here as well.
Result<> SqliteLedger::read_requests(std::int64_t account, OtherRuns& others) {
    struct Unnamed {
        OtherRequest request;
        std::int64_t holder = 0;
        bool is_of_copy = false;
    };
    std::vector<Unnamed> unnamed;
    {
        TRY_ASSIGN(auto* query,
                   database_.statement(
                       "SELECT step, request, sent_at, holder, lost, ends_at, EXISTS ("
                       "SELECT 1 FROM steps mine WHERE mine.run = ?2 AND mine.step = other.step "
                       "AND mine.state = 1 AND mine.nonce = -1 AND mine.sent_at = other.sent_at) "
                       "FROM steps other INDEXED BY steps_open WHERE account = ?1 AND state = 1 "
                       "AND run <> ?2 AND task = '' AND nonce <> -1"));
        ResetAtEnd const guard(*query);
        query->bind(1, account).bind(2, run_);
        for (;;) {
            TRY_ASSIGN(auto const more, query->step());
            if (!more) break;
            bool const may_fly = query->integer(4) == 0 && now_ms() < query->integer(5) + slack_ms;
            OtherRequest other;
            other.state = may_fly ? OtherRequest::State::in_flight : OtherRequest::State::lost;
            other.step = query->digest(0);
            other.request = query->digest(1);
            other.sent_at = wall_of(query->integer(2));
            unnamed.push_back({other, query->integer(3), query->integer(6) != 0});
        }
    }
    for (auto& [other, holder, is_of_copy] : unnamed) {
        if (other.state == OtherRequest::State::in_flight) {
            TRY_ASSIGN(auto const alive, is_alive(holder));
            if (!alive) other.state = OtherRequest::State::lost;
        }
        bool const is_ours = is_of_copy && other.state == OtherRequest::State::lost;
        if (!is_ours) others.requests.push_back(other);
    }
    TRY_ASSIGN(auto* query,
               database_.statement("SELECT step, request, sent_at, named_at FROM steps "
                                   "INDEXED BY steps_found WHERE account = ? AND by_search = 1 "
                                   "AND run <> ? AND sent_at > ?"));
    ResetAtEnd const guard(*query);
    query->bind(1, account).bind(2, run_).bind(3, now_ms() - found_for_ms);
    for (;;) {
        TRY_ASSIGN(auto const more, query->step());
        if (!more) return {};
        others.requests.push_back({OtherRequest::State::found, query->digest(0), query->digest(1),
                                   wall_of(query->integer(2)), wall_of(query->integer(3))});
    }
}

} // namespace darkroom::ledger
