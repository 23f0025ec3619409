// The beginning of a run in the ledger: what its directory knows.
#include "runner/postgres/postgres_ledger.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::postgres {

using namespace engine;

namespace {

constexpr std::size_t piece = 1000; ///< So much is asked or entered in one statement.
constexpr std::size_t tasks_at_first_use = 100'000;
constexpr int most_between = 100; ///< So many known tasks in a row may lie between new ones.

std::int64_t ms_of(WallTime time) { return time.time_since_epoch().count(); }

bool is_open(DirectoryFacts const& facts, Digest const& step) {
    return std::any_of(facts.open.begin(), facts.open.end(),
                       [&step](auto const& open) { return open.step == step; });
}

} // namespace

/// Each statement is whole, and the oldest comes first: where it ends on the way, the next run of
/// the shard does the rest.
awaitable<std::optional<std::vector<NamedStep>>> PostgresLedger::enter(DirectoryFacts facts) {
    std::vector<NamedStep> named;
    for (auto const& identity : facts.identities) identities_.emplace(key_of(identity), identity);
    auto done = co_await enter_tasks(facts);
    if (done.has_error()) co_return std::nullopt;
    done = co_await enter_steps(facts, named);
    if (done.has_error()) co_return std::nullopt;
    done = co_await enter_payments(facts);
    if (done.has_error()) co_return std::nullopt;
    co_return std::move(named);
}

awaitable<Result<std::int64_t>> PostgresLedger::account_of(std::string identity) {
    auto const known = accounts_.find(identity);
    if (known != accounts_.end()) co_return known->second;
    Statement statement("SELECT darkroom.account_of($1)");
    statement.add(key_of(identity));
    auto answer = co_await made(std::move(statement));
    CO_TRY(answer);
    auto const account = answer->number(0, 0);
    accounts_.emplace(std::move(identity), account);
    co_return account;
}

/// Reads back to tasks that the ledger has: the older ones were entered with them.
awaitable<Result<>> PostgresLedger::enter_tasks(DirectoryFacts const& facts) {
    auto found = co_await find_new(facts.recent);
    CO_TRY(found);
    if (!found->is_all && facts.recent.size() >= piece && facts.more) {
        found = co_await find_new(facts.more(tasks_at_first_use));
        CO_TRY(found);
    }
    auto fresh = std::move(found->fresh);
    while (!fresh.empty()) {
        std::vector<std::int64_t> accounts;
        std::vector<std::string> tasks;
        std::vector<Digest> steps;
        while (!fresh.empty() && tasks.size() < piece) {
            auto const account = co_await account_of(fresh.back().identity);
            CO_TRY(account);
            accounts.push_back(*account);
            tasks.push_back(fresh.back().task_id);
            steps.push_back(fresh.back().step);
            fresh.pop_back();
        }
        auto statement = of_run("SELECT darkroom.enter_tasks($1, $2, $3, $4, $5)");
        statement.add(accounts).add(tasks).add(steps);
        auto const entered = co_await made(std::move(statement));
        CO_TRY(entered);
    }
    co_return Result<>();
}

/// The walk back ends where as many known ones in a row were seen as may lie between new ones.
awaitable<Result<PostgresLedger::NewTasks>> PostgresLedger::find_new(std::vector<KnownTask> tasks) {
    NewTasks found;
    int known = 0;
    for (std::size_t begin = 0; begin < tasks.size(); begin += piece) {
        auto const end = std::min(begin + piece, tasks.size());
        std::vector<std::int64_t> accounts;
        std::vector<std::string> names;
        std::vector<std::size_t> asked;
        for (auto at = begin; at < end; ++at) {
            if (tasks[at].identity.empty()) continue;
            auto const account = co_await account_of(tasks[at].identity);
            CO_TRY(account);
            accounts.push_back(*account);
            names.push_back(tasks[at].task_id);
            asked.push_back(at);
        }
        Statement statement("SELECT o_whose FROM darkroom.whose_tasks($1, $2, $3)");
        statement.add(run_).add(accounts).add(names);
        auto const answer = co_await made(std::move(statement));
        CO_TRY(answer);
        for (std::size_t i = 0; i < asked.size() && i < answer->size(); ++i) {
            auto const whose = answer->number(i, 0);
            known = whose == 1 ? known + 1 : 0;
            found.is_all = known >= most_between;
            if (found.is_all) co_return found;
            if (whose == 0) found.fresh.push_back(tasks[asked[i]]);
        }
    }
    found.is_all = known > 0;
    co_return found;
}

/// A request that an earlier run left open was sent by a process that is gone: it keeps its place
/// as long as it may run.
awaitable<Result<>> PostgresLedger::enter_steps(DirectoryFacts const& facts,
                                                std::vector<NamedStep>& named) {
    std::vector<Digest> steps;
    for (auto const& open : facts.open) steps.push_back(open.step);
    Statement statement("SELECT * FROM darkroom.known_steps($1, $2, $3)");
    statement.add(run_).add(steps).add(directory_);
    auto answer = co_await made(std::move(statement));
    CO_TRY(answer);
    std::map<Digest, std::string> tasks; // of steps that are open or paid there
    for (std::size_t row = 0; row < answer->size(); ++row) {
        bool const is_free = answer->number(row, 1) == 3;
        if (!is_free) tasks.emplace(answer->digest(row, 0), answer->text(row, 2));
    }
    for (auto const& open : facts.open) {
        if (open.identity.empty()) continue; // of version 0.1
        auto const known = tasks.find(open.step);
        bool const is_named =
            known != tasks.end() && !known->second.empty() && open.task_id.empty();
        // by a person, or before the process died
        bool const is_aside = is_named && facts.knows_task && facts.knows_task(known->second);
        if (is_aside) set_aside(open.step);
        if (is_named && !is_aside) named.push_back({open.step, known->second});
        auto const entered = co_await enter_open(open);
        CO_TRY(entered);
    }
    co_return co_await close_others(facts, std::move(*answer));
}

awaitable<Result<>> PostgresLedger::enter_open(OpenStep open) {
    auto statement = of_run("SELECT darkroom.enter_open($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                            "$11)");
    statement.add(open.step).add(key_of(open.identity)).add(open.request).add(open.price);
    statement.add(open.task_id).add(open.by_search).add(ms_of(open.sent_at));
    statement.add(static_cast<std::int64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.total).count()));
    statement.add(static_cast<std::int64_t>(open.nonce));
    auto const entered = co_await made(std::move(statement));
    CO_TRY(entered);
    co_return Result<>();
}

/// A step that is settled in the journal: the process died before it could say so here. One that
/// the journal does not know may have been sent: the next grant() says what is known of it.
awaitable<Result<>> PostgresLedger::close_others(DirectoryFacts const& facts, Rows rows) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
        auto const step = rows.digest(row, 0);
        bool const is_open_there = rows.number(row, 1) == 1;
        if (!is_open_there || is_open(facts, step)) continue;
        // The hosts' clocks may differ: only a number tells, and only of the same directory. A mark
        // is not asked: what the journal does not have is looked up.
        auto const nonce = static_cast<std::uint64_t>(rows.number(row, 3));
        bool const is_taken = nonce == 0 && rows.flag(row, 4) && facts.fate_of_taken;
        auto fate = facts.fate_of(step, WallTime::max(), nonce);
        if (is_taken) fate = facts.fate_of_taken(step);
        if (fate == Fate::paid) {
            // with its task: another directory of the shard has to find it
            note_paid(step, facts.task_of ? facts.task_of(step) : std::string());
            continue;
        }
        if (fate != Fate::free) continue;
        auto const settled = co_await made(statement_of_settling(step, LastWord::free, ""));
        CO_TRY(settled);
    }
    co_return Result<>();
}

/// The journal has first the payments that were made with the ledger, then the others: the walk
/// back ends at the payment up to which an earlier run has entered all.
awaitable<Result<>> PostgresLedger::enter_payments(DirectoryFacts const& facts) {
    auto const last = co_await made(of_run("SELECT * FROM darkroom.last_entered($1, $2)"));
    CO_TRY(last);
    std::optional<std::pair<Digest, std::int64_t>> newest;
    std::vector<std::pair<Payment, std::string>> left; // with the payer's identity
    auto const take = [&](Payment const& payment) {
        bool const is_last = last->size() > 0 && last->digest(0, 0) == payment.step &&
                             last->number(0, 1) == ms_of(payment.at);
        if (is_last) return false;
        if (!newest) newest.emplace(payment.step, ms_of(payment.at));
        auto payer = facts.payer_of(payment);
        if (!payer.empty()) left.emplace_back(payment, std::move(payer)); // else of version 0.1
        return true;
    };
    if (facts.payments && facts.payer_of) facts.payments(take);
    while (!left.empty()) {
        std::vector<Digest> steps;
        std::vector<std::int64_t> accounts;
        std::vector<std::string> tasks;
        std::vector<std::int64_t> times;
        std::vector<std::int64_t> costs;
        std::vector<bool> again;
        while (!left.empty() && steps.size() < piece) {
            auto const account = co_await account_of(left.back().second);
            CO_TRY(account);
            auto const& payment = left.back().first;
            steps.push_back(payment.step);
            accounts.push_back(*account);
            tasks.push_back(payment.task_id);
            times.push_back(ms_of(payment.at));
            costs.push_back(payment.cost);
            again.push_back(payment.is_again);
            left.pop_back();
        }
        auto statement = of_run("SELECT darkroom.enter_payments($1, $2, $3, $4, $5, $6, $7, $8)");
        statement.add(steps).add(accounts).add(tasks).add(times).add(costs).add(again);
        auto const entered = co_await made(std::move(statement));
        CO_TRY(entered);
    }
    auto end = of_run("SELECT darkroom.end_entering($1, $2, $3, $4)");
    if (newest) end.add(newest->first).add(newest->second);
    if (!newest) end.add_null().add_null();
    auto const ended = co_await made(std::move(end));
    CO_TRY(ended);
    co_return Result<>();
}

} // namespace darkroom::postgres
