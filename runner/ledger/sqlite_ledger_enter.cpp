// The beginning of a run in the ledger: what its directory knows.
#include "runner/ledger/sqlite_ledger.hpp"
#include "runner/store/send_marks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::ledger {

using namespace std::chrono_literals;
using namespace engine;
using store::ResetAtEnd;

namespace {

constexpr std::size_t tasks_at_first_use = 100'000;
/// The service keeps its tasks for 30 days.
constexpr std::int64_t kept_ms = std::int64_t{35} * 24 * 60 * 60 * 1000;
constexpr std::int64_t day_ms = std::int64_t{24} * 60 * 60 * 1000;

} // namespace

Result<std::unique_ptr<SqliteLedger>> SqliteLedger::open(Clock& clock, LedgerOptions options) {
    TRY_ASSIGN(auto database, LedgerDatabase::open(options.path, options.broken, clock.wall()));
    if (options.is_durable) TRY(database.execute("PRAGMA synchronous = FULL"));
    std::unique_ptr<SqliteLedger> ledger(
        new SqliteLedger(clock, std::move(options), std::move(database)));
    TRY(ledger->begin_run());
    TRY(ledger->database_.execute("PRAGMA busy_timeout = 25")); // from now on others wait as well
    return ledger;
}

/// A copy of the file that was made during this run is known by a number that it does not have.
SqliteLedger::~SqliteLedger() {
    if (holder_ == 0) return; // it has not begun
    auto const next = [this]() -> Result<std::int64_t> {
        TRY_ASSIGN(auto const number, next_holder());
        TRY_ASSIGN(auto* remove, database_.statement("DELETE FROM holders WHERE id = ?"));
        TRY(remove->bind(1, number).run());
        return number;
    };
    bool const can_be_used = !failure().code && database_.check_place().has_value();
    if (can_be_used) (void)database_.note_run(options_.holder.boot, next); // else nobody notices
}

Result<> SqliteLedger::begin_run() {
    auto const next = [this] { return next_holder(); };
    TRY_ASSIGN(holder_, database_.begin_run(clock_.wall(), options_.holder.boot, next));
    Transaction transaction(database_);
    TRY(transaction.begin());
    TRY(begin_boot());
    auto const key = sha256(options_.run);
    TRY_ASSIGN(auto* run,
               database_.statement("INSERT INTO runs(key) VALUES(?) ON CONFLICT DO NOTHING"));
    TRY(run->bind(1, key).run());
    TRY_ASSIGN(auto* query, database_.statement("SELECT id FROM runs WHERE key = ?"));
    {
        ResetAtEnd const guard(*query);
        TRY(query->bind(1, key).step());
        run_ = query->integer(0);
    }
    TRY(note_origin());
    return transaction.commit();
}

/// A number is never given to two runs.
Result<std::int64_t> SqliteLedger::next_holder() {
    TRY_ASSIGN(auto* holder, database_.statement("INSERT INTO holders(pid, start, boot) "
                                                 "VALUES(?, ?, ?) RETURNING id"));
    auto const& me = options_.holder;
    ResetAtEnd const guard(*holder);
    TRY(holder->bind(1, me.pid).bind(2, me.start).bind(3, me.boot).step());
    return holder->integer(0);
}

/// Times since the boot mean nothing after another one.
Result<> SqliteLedger::begin_boot() {
    auto const boot = store::present_boot();
    TRY_ASSIGN(auto* query, database_.statement("SELECT text FROM meta WHERE name = 'boot'"));
    {
        ResetAtEnd const guard(*query);
        TRY_ASSIGN(auto const is_there, query->step());
        if (is_there && query->text(0) == boot) return {};
    }
    TRY_ASSIGN(auto* write,
               database_.statement("INSERT OR REPLACE INTO meta(name, text) VALUES('boot', ?)"));
    TRY(write->bind(1, boot).run());
    return database_.execute("UPDATE accounts SET next_at = 0, hold_until = 0, look_at = 0");
}

/// In pieces, between which other runs go on. Each piece is whole, and the oldest comes first: the
/// next run of the directory finds where an earlier one has ended.
awaitable<std::optional<std::vector<NamedStep>>> SqliteLedger::enter(DirectoryFacts facts) {
    std::vector<KnownTask> tasks;
    CallQueue::Call const find_tasks = [&] { return find_new_tasks(facts, tasks); };
    auto done = co_await calls_.make_alone(find_tasks);
    CallQueue::Call const enter_tasks = [&] { return enter_oldest(tasks); };
    while (done.has_value() && !tasks.empty()) {
        done = co_await calls_.make_alone(enter_tasks);
    }
    if (done.has_error()) co_return std::nullopt;
    std::vector<NamedStep> named;
    CallQueue::Call const enter_steps = [&]() -> Result<> {
        TRY_ASSIGN(named, enter_all_open(facts));
        return {};
    };
    done = co_await calls_.make_alone(enter_steps); // after the tasks: they end at one of these
    if (done.has_error()) co_return std::nullopt;
    NewPayments payments;
    CallQueue::Call const find_payments = [&] { return find_new_payments(facts, payments); };
    done = co_await calls_.make_alone(find_payments);
    CallQueue::Call const enter_payments = [&] { return enter_oldest(payments); };
    while (done.has_value() && !payments.is_all_entered) {
        done = co_await calls_.make_alone(enter_payments);
    }
    if (done.has_error()) co_return std::nullopt;
    co_return std::move(named);
}

Result<std::vector<NamedStep>> SqliteLedger::enter_all_open(DirectoryFacts const& facts) {
    Transaction transaction(database_);
    TRY(transaction.begin());
    std::vector<NamedStep> named;
    for (auto const& open : facts.open) TRY(enter_open(open, facts, named));
    TRY(close_others(facts));
    TRY(forget_old());
    std::vector<std::int64_t> accounts;
    for (auto const& identity : facts.identities) {
        TRY_ASSIGN(auto const account, account_of(identity));
        accounts.push_back(account);
    }
    TRY(transaction.commit());
    for (std::size_t i = 0; i < accounts.size(); ++i)
        accounts_.emplace(facts.identities[i], accounts[i]);
    return named;
}

/// A request that an earlier run left open was sent by a process that is gone: it keeps its place
/// as long as it may run.
Result<> SqliteLedger::enter_open(OpenStep const& open, DirectoryFacts const& facts,
                                  std::vector<NamedStep>& named) {
    if (open.identity.empty()) return {}; // of version 0.1
    TRY_ASSIGN(auto const account, account_of(open.identity));
    TRY_ASSIGN(auto const row, find(open.step));
    bool const is_known = row && row->state != step_free;
    if (is_known && row->sent_at > open.sent_at.time_since_epoch().count()) {
        overtaken_.emplace(open.step, true);
        return {};
    }
    if (is_known && row->has_left) have_left_.emplace(open.step, true);
    if (is_known && !row->task.empty() && open.task_id.empty()) {
        if (facts.knows_task && facts.knows_task(row->task))
            TRY(try_set_aside(open.step)); // by a person, or before the process died
        else
            named.push_back({open.step, row->task});
    }
    TRY_ASSIGN(auto const copy, find_in_copies(open.step));
    bool const is_of_copy =
        copy && copy->row.sent_at <= open.sent_at.time_since_epoch().count(); // it was the last one
    if (!is_known && is_of_copy) TRY(stand_for(open.step, *copy));
    if (!is_known && !is_of_copy) {
        auto const sent = open.sent_at.time_since_epoch().count();
        auto const ends =
            sent + std::chrono::duration_cast<std::chrono::milliseconds>(options_.total).count();
        std::int64_t const place = ends > now_ms() ? 1 : 0;
        TRY_ASSIGN(auto* insert,
                   database_.statement(
                       "INSERT OR REPLACE INTO steps(run, step, account, holder, nonce, request, "
                       "price, state, place, lost, sent_at, ends_at) "
                       "VALUES(?, ?, ?, 0, 0, ?, ?, 1, ?, 1, ?, ?)"));
        insert->bind(1, run_).bind(2, open.step).bind(3, account).bind(4, open.request);
        TRY(insert->bind(5, open.price).bind(6, place).bind(7, sent).bind(8, ends).run());
        TRY(spend(account, sent, open.price));
        if (place == 1) {
            TRY_ASSIGN(auto* take, database_.statement("UPDATE accounts SET open = open + 1 "
                                                       "WHERE id = ?"));
            TRY(take->bind(1, account).run());
        }
    }
    if (open.task_id.empty()) return {};
    TRY_ASSIGN(auto const is_ours, claim_with_copies(open.step, account, open.task_id));
    if (!is_ours) return {}; // two directories have one task: settle() says so
    TRY_ASSIGN(auto* update, database_.statement("UPDATE steps SET task = ?, by_search = ? "
                                                 "WHERE run = ? AND step = ?"));
    update->bind(1, open.task_id).bind(2, open.by_search ? 1 : 0);
    return update->bind(3, run_).bind(4, open.step).run();
}

/// The rows that the journal does not have as open.
Result<> SqliteLedger::close_others(DirectoryFacts const& facts) {
    std::vector<Digest> left;
    {
        TRY_ASSIGN(auto* query,
                   database_.statement("SELECT step FROM steps WHERE run = ? AND state = 1"));
        ResetAtEnd const guard(*query);
        query->bind(1, run_);
        for (;;) {
            TRY_ASSIGN(auto const more, query->step());
            if (!more) break;
            left.push_back(query->digest(0));
        }
    }
    TRY_ASSIGN(auto const is_older, has_seen_more_than(facts.facts));
    for (auto const& step : left) {
        bool const is_open = std::any_of(facts.open.begin(), facts.open.end(),
                                         [&step](auto const& open) { return open.step == step; });
        if (!is_open) TRY(close_other(step, facts, is_older));
    }
    TRY(see(facts.facts));
    see_again_ = {};
    return {};
}

/// A process that died between the ledger's word and the journal's has sent nothing. Of a request
/// that the journal has lost, or never had, nothing is known: later runs must not think otherwise.
Result<> SqliteLedger::close_other(Digest const& step, DirectoryFacts const& facts, bool is_older) {
    TRY_ASSIGN(auto const row, find(step));
    auto const granted_at = WallTime(std::chrono::milliseconds(row->sent_at));
    bool const is_ours = row->nonce > 0;
    auto const nonce = is_ours ? static_cast<std::uint64_t>(row->nonce) : 0;
    auto const fate = facts.fate_of(step, granted_at, nonce);
    if (fate == Fate::not_asked && !is_older) return {};
    bool const has_ended = fate == Fate::paid || fate == Fate::free;
    if (has_ended && stands_for_copy(*row)) {
        auto const word = fate == Fate::paid ? LastWord::paid : LastWord::free;
        TRY(end_in_copies(step, *row, word, row->task));
    }
    if (fate == Fate::paid) {
        TRY(keep_task(step, *row, facts.task_of ? facts.task_of(step) : std::string()));
        return end_step(step, *row, LastWord::paid);
    }
    bool const is_unsent =
        fate == Fate::never_sent && is_ours && !is_older && !row->has_left && row->task.empty();
    if (fate == Fate::free || is_unsent) return end_step(step, *row, LastWord::free);
    if (row->nonce == of_copy) return {};
    TRY_ASSIGN(auto* update, database_.statement("UPDATE steps SET nonce = ? WHERE run = ? AND "
                                                 "step = ?"));
    std::int64_t const lost = of_lost_life;
    return update->bind(1, lost).bind(2, run_).bind(3, step).run();
}

/// The process died before the ledger had the name of the task. A later run may have to find it.
Result<> SqliteLedger::keep_task(Digest const& step, Row const& row, std::string const& task) {
    if (task.empty() || !row.task.empty()) return {};
    TRY_ASSIGN(auto const is_ours, claim_with_copies(step, row.account, task));
    if (!is_ours) return {};
    TRY_ASSIGN(auto* update,
               database_.statement("UPDATE steps SET task = ? WHERE run = ? AND step = ?"));
    return update->bind(1, task).bind(2, run_).bind(3, step).run();
}

Result<bool> SqliteLedger::has_seen_more_than(std::int64_t facts) {
    TRY_ASSIGN(auto* query, database_.statement("SELECT 1 FROM seen WHERE run = ? AND facts > ?"));
    ResetAtEnd const guard(*query);
    return query->bind(1, run_).bind(2, facts).step();
}

Result<> SqliteLedger::see(std::int64_t facts) {
    see_again_ = clock_.now() + 1s; // a page less to write for most grants
    TRY_ASSIGN(auto* write,
               database_.statement("INSERT OR REPLACE INTO seen(run, facts) VALUES(?, ?)"));
    return write->bind(1, run_).bind(2, facts).run();
}

/// Reads back to tasks that the ledger has: the older ones were entered with them.
Result<> SqliteLedger::find_new_tasks(DirectoryFacts const& facts, std::vector<KnownTask>& fresh) {
    fresh.clear();
    TRY_ASSIGN(auto const is_over, take_new(facts.recent, fresh));
    constexpr std::size_t many = 1000;
    if (is_over || facts.recent.size() < many || !facts.more) return {};
    fresh.clear();
    TRY(take_new(facts.more(tasks_at_first_use), fresh));
    return {};
}

/// Returns whether there were as many known ones in a row as may lie between new ones.
Result<bool> SqliteLedger::take_new(std::vector<KnownTask> const& tasks,
                                    std::vector<KnownTask>& fresh) {
    constexpr int most_between = 100; // where the ledger failed, in the middle of a run
    int known = 0;
    for (auto const& task : tasks) {
        if (task.identity.empty()) continue;
        TRY_ASSIGN(auto const account, account_of(task.identity));
        TRY_ASSIGN(auto* query, database_.statement("SELECT run FROM tasks WHERE account = ? AND "
                                                    "task = ?"));
        ResetAtEnd const guard(*query);
        TRY_ASSIGN(auto const is_there, query->bind(1, account).bind(2, task.task_id).step());
        bool const is_known = is_there && query->integer(0) == run_;
        known = is_known ? known + 1 : 0;
        if (known >= most_between) return true;
        if (!is_there) fresh.push_back(task);
    }
    return known > 0;
}

/// Takes them off the end.
Result<> SqliteLedger::enter_oldest(std::vector<KnownTask>& tasks) {
    auto const left = tasks.size() - std::min(tasks.size(), piece);
    Transaction transaction(database_);
    TRY(transaction.begin());
    for (auto at = tasks.size(); at > left; --at) {
        auto const& task = tasks[at - 1];
        TRY_ASSIGN(auto const account, account_of(task.identity));
        TRY(claim(task.step, account, task.task_id));
    }
    TRY(transaction.commit());
    tasks.resize(left);
    return {};
}

/// Once a day.
Result<> SqliteLedger::forget_old() {
    auto const now = now_ms();
    TRY_ASSIGN(auto const last,
               database_.number("SELECT coalesce((SELECT CAST(text AS INTEGER) FROM meta WHERE "
                                "name = 'forgot'), 0)"));
    if (now - last < day_ms) return {};
    TRY(database_.execute(
        fmt::format("INSERT OR REPLACE INTO meta(name, text) VALUES('forgot', '{}')", now)));
    if (last == 0) return {};
    TRY(database_.execute(fmt::format("DELETE FROM steps WHERE place = 0 AND sent_at < {0}; "
                                      "DELETE FROM tasks WHERE at < {0}; "
                                      "DELETE FROM charges WHERE at < {0}; "
                                      "UPDATE habits SET longest_ms = longest_ms * 9 / 10; "
                                      "DELETE FROM spent WHERE quarter < {0} / 900000 - 3000",
                                      now - kept_ms)));
    return forget_dead();
}

/// A process that is at work may not have asked for anything yet.
Result<> SqliteLedger::forget_dead() {
    std::vector<std::int64_t> left;
    {
        TRY_ASSIGN(auto* query, database_.statement("SELECT id FROM holders WHERE id NOT IN "
                                                    "(SELECT holder FROM steps)"));
        ResetAtEnd const guard(*query);
        for (;;) {
            TRY_ASSIGN(auto const more, query->step());
            if (!more) break;
            left.push_back(query->integer(0));
        }
    }
    for (auto const holder : left) {
        TRY_ASSIGN(auto const alive, is_alive(holder));
        if (alive) continue;
        TRY_ASSIGN(auto* remove, database_.statement("DELETE FROM holders WHERE id = ?"));
        TRY(remove->bind(1, holder).run());
    }
    return {};
}

} // namespace darkroom::ledger
