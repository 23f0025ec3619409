#include "runner/ledger/sqlite_ledger.hpp"

#include "runner/engine/account_key.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::ledger {

using namespace std::chrono_literals;
using namespace engine;
using store::ResetAtEnd;

namespace {

/// The end of a request of another process is seen at the latest so much later.
constexpr Duration between_looks = 100ms;
/// A turn that is taken late by no more than this costs no rate.
constexpr std::int64_t late_us = 100'000;
constexpr std::int64_t quarter_ms = 15 * 60 * 1000; // the days of all zones begin with one

std::int64_t in_us(Duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::int64_t in_ms(Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Grant grant_of(Grant::What what, Duration wait = {}) {
    Grant grant;
    grant.what = what;
    grant.wait = wait;
    return grant;
}

Grant unavailable(Error const& why) {
    Grant grant;
    grant.why.code = "ledger";
    grant.why.message = why.message();
    return grant;
}

} // namespace

std::int64_t SqliteLedger::now_us() const { return in_us(clock_.now().time_since_epoch()); }

Result<std::int64_t> SqliteLedger::account_of(std::string const& identity) {
    auto const known = accounts_.find(identity);
    if (known != accounts_.end()) return known->second;
    auto const key = account_key(database_.salt(), identity);
    TRY_ASSIGN(auto* insert,
               database_.statement("INSERT INTO accounts(key) VALUES(?) ON CONFLICT DO NOTHING"));
    TRY(insert->bind(1, key).run());
    TRY_ASSIGN(auto* query, database_.statement("SELECT id FROM accounts WHERE key = ?"));
    ResetAtEnd const guard(*query);
    TRY(query->bind(1, key).step());
    return query->integer(0);
}

Result<SqliteLedger::AccountRow> SqliteLedger::account_row(std::int64_t account) {
    TRY_ASSIGN(auto* query,
               database_.statement("SELECT open, next_at, hold_until, parked_run FROM accounts "
                                   "WHERE id = ?"));
    ResetAtEnd const guard(*query);
    TRY(query->bind(1, account).step());
    return AccountRow{static_cast<int>(query->integer(0)), query->integer(1), query->integer(2),
                      query->integer(3)};
}

Result<std::optional<SqliteLedger::Row>> SqliteLedger::find(Digest const& step) {
    TRY_ASSIGN(auto* query,
               database_.statement("SELECT account, holder, nonce, price, state, place, sent_at, "
                                   "task, by_search, request, named_at FROM steps WHERE "
                                   "run = ? AND step = ?"));
    ResetAtEnd const guard(*query);
    TRY_ASSIGN(auto const is_there, query->bind(1, run_).bind(2, step).step());
    if (!is_there) return std::optional<Row>();
    return std::optional(row_of(*query));
}

/// The first eleven columns are those of find().
SqliteLedger::Row SqliteLedger::row_of(store::Statement& query) {
    Row row;
    row.account = query.integer(0);
    row.holder = query.integer(1);
    row.nonce = query.integer(2);
    row.price = query.integer(3);
    row.state = static_cast<int>(query.integer(4));
    row.has_place = query.integer(5) != 0;
    row.sent_at = query.integer(6);
    row.task = query.text(7);
    row.by_search = query.integer(8) != 0;
    row.request = query.digest(9);
    row.has_left = query.integer(10) != 0;
    return row;
}

awaitable<Grant> SqliteLedger::grant(GrantRequest request) {
    auto const answer = std::make_shared<Result<Grant>>(Grant());
    CallQueue::Call call = [this, answer, request = std::move(request)] {
        return keep(*answer, try_grant(request));
    };
    auto const made = co_await calls_.make(std::move(call));
    if (made.has_error()) co_return unavailable(made.error());
    co_return std::move(**answer);
}

Result<Grant> SqliteLedger::try_grant(GrantRequest const& request) {
    Transaction transaction(database_);
    TRY(transaction.begin());
    overtaken_.erase(request.step); // its own request has ended
    TRY_ASSIGN(auto const known, known_grant(request));
    if (known) {
        TRY(transaction.commit()); // it may stand for another copy's request now
        return *known;
    }
    TRY_ASSIGN(auto const account, account_of(request.identity));
    AccountRow row;
    TRY_ASSIGN(auto const refused, refusal(request, account, row));
    if (refused) {
        TRY(transaction.commit()); // places that nobody holds any more are free
        return *refused;
    }
    auto const now = now_us();
    auto const due = row.next_at >= now - late_us ? row.next_at : now;
    TRY_ASSIGN(auto* take, database_.statement("UPDATE accounts SET open = open + 1, next_at = ? "
                                               "WHERE id = ?"));
    TRY(take->bind(1, due + in_us(request.interval)).bind(2, account).run());
    auto const wall = now_ms();
    TRY_ASSIGN(auto* enter,
               database_.statement(
                   "INSERT OR REPLACE INTO steps(run, step, account, holder, nonce, request, "
                   "price, state, place, sent_at, ends_at) VALUES(?, ?, ?, ?, ?, ?, ?, 1, 1, ?, "
                   "?)"));
    enter->bind(1, run_).bind(2, request.step).bind(3, account).bind(4, holder_);
    enter->bind(5, static_cast<std::int64_t>(request.nonce)).bind(6, request.request);
    enter->bind(7, request.price).bind(8, wall).bind(9, wall + in_ms(options_.total));
    TRY(enter->run());
    TRY(spend(account, wall, request.price));
    if (clock_.now() >= see_again_) TRY(see(request.facts));
    TRY(transaction.commit());
    accounts_.emplace(request.identity, account);
    return grant_of(Grant::What::go);
}

/// Answers where the step has a request already; the answer to a repeated question is that of the
/// first.
Result<std::optional<Grant>> SqliteLedger::known_grant(GrantRequest const& request) {
    TRY_ASSIGN(auto const row, find(request.step));
    bool const is_of_copy = row && row->state == step_open && stands_for_copy(*row);
    if (!row || row->state == step_free || is_of_copy) {
        TRY_ASSIGN(auto const beside, look_beside());
        std::optional<Grant> held;
        if (beside.has_copies) {
            TRY_ASSIGN(held, grant_of_copy(request)); // again: it may know more by now
        }
        if (held) return held;
        bool const may_be_charged = beside.has_copies || beside.has_charges;
        if (!is_of_copy && !may_be_charged) return held;
        if (!is_of_copy) return grant_of_charge(request);
    }
    if (row->state == step_paid) return std::optional(held_grant(Grant::What::paid, *row));
    bool const is_same =
        row->holder == holder_ && row->nonce == static_cast<std::int64_t>(request.nonce);
    if (is_same) return std::optional(grant_of(Grant::What::go));
    return std::optional(held_grant(Grant::What::open, *row));
}

Grant SqliteLedger::held_grant(Grant::What what, Row const& row) const {
    auto grant = grant_of(what);
    auto const account = std::find_if(accounts_.begin(), accounts_.end(), [&row](auto const& one) {
        return one.second == row.account;
    });
    if (account != accounts_.end()) grant.held.identity = account->first;
    grant.held.request = row.request;
    grant.held.task_id = row.task;
    grant.held.by_search = row.by_search;
    grant.held.is_paid = row.state == step_paid;
    grant.held.sent_at = WallTime(std::chrono::milliseconds(row.sent_at));
    return grant;
}

/// `row`: that of the account, as it is afterwards.
Result<std::optional<Grant>> SqliteLedger::refusal(GrantRequest const& request,
                                                   std::int64_t account, AccountRow& row) {
    TRY_ASSIGN(row, account_row(account));
    if (row.parked_run >= holder_) {
        auto parked = grant_of(Grant::What::parked);
        TRY_ASSIGN(parked.why, why_parked(account));
        return std::optional(std::move(parked));
    }
    if (row.open >= request.places) {
        TRY(sweep(account));
        TRY_ASSIGN(row, account_row(account));
        if (row.open >= request.places)
            return std::optional(grant_of(Grant::What::full, between_looks));
    }
    auto const now = now_us();
    auto const at = std::max(row.next_at, row.hold_until);
    if (at > now)
        return std::optional(grant_of(Grant::What::rate, std::chrono::microseconds(at - now)));
    return over_cap(request, account);
}

Result<Problem> SqliteLedger::why_parked(std::int64_t account) {
    TRY_ASSIGN(auto* query, database_.statement("SELECT parked_verdict, parked_code, parked_text "
                                                "FROM accounts WHERE id = ?"));
    ResetAtEnd const guard(*query);
    TRY(query->bind(1, account).step());
    Problem why;
    why.verdict = verdict_named(query->text(0)).value_or(Verdict::account);
    why.code = query->text(1);
    why.message = query->text(2);
    return why;
}

Result<std::optional<Grant>> SqliteLedger::over_cap(GrantRequest const& request,
                                                    std::int64_t account) {
    auto spent = grant_of(Grant::What::spent);
    bool is_over = false;
    for (auto const& cap : request.caps) {
        TRY_ASSIGN(auto* sum, database_.statement("SELECT coalesce(sum(cost), 0) FROM spent "
                                                  "WHERE account = ? AND quarter >= ?"));
        ResetAtEnd const guard(*sum);
        auto const since = cap.since.time_since_epoch().count() / quarter_ms;
        TRY(sum->bind(1, account).bind(2, since).step());
        if (sum->integer(0) + request.price <= cap.most) continue;
        is_over = true;
        spent.cap = cap;
        spent.spent = sum->integer(0);
    }
    if (!is_over) return std::optional<Grant>();
    TRY_ASSIGN(auto* query,
               database_.statement("SELECT DISTINCT holder FROM steps INDEXED BY steps_open "
                                   "WHERE account = ? AND state = 1 AND lost = 0 AND run <> ? AND "
                                   "ends_at > ?"));
    std::vector<std::int64_t> holders;
    {
        ResetAtEnd const guard(*query);
        query->bind(1, account).bind(2, run_).bind(3, now_ms() - slack_ms);
        for (;;) {
            TRY_ASSIGN(auto const more, query->step());
            if (!more) break;
            holders.push_back(query->integer(0));
        }
    }
    for (auto const holder : holders) {
        TRY_ASSIGN(auto const alive, is_alive(holder));
        spent.may_change = spent.may_change || alive;
    }
    return std::optional(std::move(spent));
}

Result<bool> SqliteLedger::is_alive(std::int64_t holder) {
    if (holder == holder_) return true;
    TRY_ASSIGN(auto* query,
               database_.statement("SELECT pid, start, boot FROM holders WHERE id = ?"));
    ResetAtEnd const guard(*query);
    TRY_ASSIGN(auto const is_there, query->bind(1, holder).step());
    if (!is_there) return false;
    return options_.is_alive(
        Holder{query->integer(0), query->integer(1), std::string(query->text(2))});
}

Result<> SqliteLedger::leave_place(std::int64_t account) {
    TRY_ASSIGN(auto* update,
               database_.statement("UPDATE accounts SET open = open - 1 WHERE id = ?"));
    return update->bind(1, account).run();
}

Result<> SqliteLedger::spend(std::int64_t account, std::int64_t at, jobs::Micros cost) {
    TRY_ASSIGN(auto* insert,
               database_.statement("INSERT INTO spent(account, quarter, cost) VALUES(?, ?, ?) "
                                   "ON CONFLICT DO UPDATE SET cost = cost + excluded.cost"));
    return insert->bind(1, account).bind(2, at / quarter_ms).bind(3, cost).run();
}

awaitable<Duration> SqliteLedger::look_turn(std::string identity, Duration pace, int questions) {
    auto const wait = std::make_shared<Result<Duration>>(Duration());
    CallQueue::Call call = [this, wait, identity, pace, questions] {
        return keep(*wait, try_turn(identity, pace, questions));
    };
    auto const made = co_await calls_.make(std::move(call));
    if (made.has_error()) co_return Duration();
    co_return **wait;
}

Result<Duration> SqliteLedger::try_turn(std::string const& identity, Duration pace, int questions) {
    Transaction transaction(database_);
    TRY(transaction.begin());
    TRY_ASSIGN(auto const account, account_of(identity));
    TRY_ASSIGN(auto* query, database_.statement("SELECT look_at FROM accounts WHERE id = ?"));
    ResetAtEnd const guard(*query);
    TRY(query->bind(1, account).step());
    auto const now = now_us();
    auto const at = std::max(query->integer(0), now);
    query->reset();
    TRY_ASSIGN(auto* update, database_.statement("UPDATE accounts SET look_at = ? WHERE id = ?"));
    TRY(update->bind(1, at + in_us(pace) * questions).bind(2, account).run());
    TRY(transaction.commit());
    return Duration(std::chrono::microseconds(at - now));
}

void SqliteLedger::charge_again(Digest const& step, std::string const& task_id,
                                std::string const& identity, jobs::Micros cost) {
    Payment payment;
    payment.step = step;
    payment.at = clock_.wall();
    payment.cost = cost;
    payment.task_id = task_id;
    calls_.note([this, payment, identity]() -> Result<> {
        TRY_ASSIGN(auto const account, account_of(identity));
        Transaction transaction(database_);
        TRY(transaction.begin());
        TRY(charge(payment, account));
        return transaction.commit();
    });
}

void SqliteLedger::slow_down(std::string const& identity, Duration wait) {
    auto const until = now_us() + in_us(wait);
    calls_.note([this, identity, until] { return try_slow_down(identity, until); });
}

Result<> SqliteLedger::try_slow_down(std::string const& identity, std::int64_t until) {
    TRY_ASSIGN(auto const account, account_of(identity));
    TRY_ASSIGN(auto* update, database_.statement("UPDATE accounts SET hold_until = "
                                                 "max(hold_until, ?) WHERE id = ?"));
    return update->bind(1, until).bind(2, account).run();
}

void SqliteLedger::park(std::string const& identity, Problem const& why) {
    calls_.note([this, identity, why] { return try_park(identity, why); });
}

Result<> SqliteLedger::try_park(std::string const& identity, Problem const& why) {
    TRY_ASSIGN(auto const account, account_of(identity));
    TRY_ASSIGN(auto* update,
               database_.statement("UPDATE accounts SET parked_run = "
                                   "(SELECT max(id) FROM holders), parked_verdict = ?, "
                                   "parked_code = ?, parked_text = ? WHERE id = ?"));
    update->bind(1, name_of(why.verdict)).bind(2, why.code);
    return update->bind(3, why.message).bind(4, account).run();
}

} // namespace darkroom::ledger
