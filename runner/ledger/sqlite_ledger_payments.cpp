// The money that a directory has paid without the ledger.
#include "runner/ledger/sqlite_ledger.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::ledger {

using namespace engine;
using store::ResetAtEnd;

namespace {

/// No month is longer, with a day for the zones.
constexpr std::int64_t counted_ms = std::int64_t{32} * 24 * 60 * 60 * 1000;
/// Where the ledger failed in the middle of a run, so many payments that it has may lie between
/// those that it does not have.
constexpr int most_between = 10'000;

std::int64_t ms_of(WallTime time) { return time.time_since_epoch().count(); }

} // namespace

/// The journal has first the payments that were made with the ledger, then the others: the walk
/// back ends where all are known, or at the payment up to which an earlier run has entered all.
Result<> SqliteLedger::find_new_payments(DirectoryFacts const& facts, NewPayments& found) {
    found = NewPayments();
    if (!facts.payments || !facts.payer_of) {
        found.is_all_entered = true;
        return {};
    }
    Result<> result;
    int known = 0;
    auto const take = [&](Payment const& payment) -> Result<bool> {
        TRY_ASSIGN(auto const is_last, is_last_entered(payment));
        if (is_last) return false;
        if (!found.last) found.last = payment;
        // Older ones show nothing: a merged journal has the facts of one directory after another.
        if (ms_of(payment.at) < now_ms() - counted_ms) return true;
        TRY_ASSIGN(auto const is_known, is_entered(payment));
        known = is_known ? known + 1 : 0;
        if (!is_known) found.left.emplace_back(payment, facts.payer_of(payment));
        if (!is_known && found.left.back().second.empty()) found.has_unknown = true;
        return known < most_between;
    };
    facts.payments([&](Payment const& payment) {
        auto const more = take(payment);
        if (more.has_error()) result = more.error();
        return more.has_value() && *more;
    });
    found.is_all_entered = !found.last;
    return result;
}

Result<bool> SqliteLedger::is_last_entered(Payment const& payment) {
    TRY_ASSIGN(auto* query, database_.statement("SELECT 1 FROM entered WHERE run = ? AND step = ? "
                                                "AND at = ?"));
    ResetAtEnd const guard(*query);
    return query->bind(1, run_).bind(2, payment.step).bind(3, ms_of(payment.at)).step();
}

Result<> SqliteLedger::note_last_entered(Payment const& payment) {
    TRY_ASSIGN(auto* insert, database_.statement("INSERT OR REPLACE INTO entered(run, step, at) "
                                                 "VALUES(?, ?, ?)"));
    return insert->bind(1, run_).bind(2, payment.step).bind(3, ms_of(payment.at)).run();
}

/// Returns whether the money of a payment is spent already.
Result<bool> SqliteLedger::is_entered(Payment const& payment) {
    if (!payment.is_again) {
        TRY_ASSIGN(auto const row, find(payment.step));
        if (row && row->state == step_paid) return true;
    }
    TRY_ASSIGN(auto* query, database_.statement("SELECT 1 FROM charges WHERE run = ? AND step = ? "
                                                "AND task = ?"));
    ResetAtEnd const guard(*query);
    return query->bind(1, run_).bind(2, payment.step).bind(3, payment.task_id).step();
}

/// Takes them off the end.
Result<> SqliteLedger::enter_oldest(NewPayments& payments) {
    auto& left = payments.left;
    auto const rest = left.size() - std::min(left.size(), piece);
    Transaction transaction(database_);
    TRY(transaction.begin());
    for (auto at = left.size(); at > rest; --at)
        TRY(enter_payment(left[at - 1].first, left[at - 1].second));
    if (rest == 0 && !payments.has_unknown) TRY(note_last_entered(*payments.last));
    TRY(transaction.commit());
    left.resize(rest);
    payments.is_all_entered = rest == 0;
    return {};
}

/// A task that another directory has was paid there: this one is a copy of it, or was merged.
Result<> SqliteLedger::enter_payment(Payment const& payment, std::string const& identity) {
    if (identity.empty()) return {}; // of version 0.1
    TRY_ASSIGN(auto const is_there, is_entered(payment));
    if (is_there) return {};
    TRY_ASSIGN(auto const account, account_of(identity));
    if (!payment.task_id.empty()) {
        TRY_ASSIGN(auto const is_ours, claim(payment.step, account, payment.task_id));
        if (!is_ours) {
            TRY_ASSIGN(auto const is_here, has_task(account, payment.task_id));
            if (!is_here) return {};
        }
    }
    if (payment.is_again) {
        TRY(charge(payment, account));
        return {};
    }
    if (payment.task_id.empty()) {
        TRY_ASSIGN(auto const copy, find_in_copies(payment.step));
        if (copy && copy->row.state == step_paid) return {};
    }
    auto const at = ms_of(payment.at);
    TRY_ASSIGN(auto* insert,
               database_.statement(
                   "INSERT OR REPLACE INTO steps(run, step, account, holder, nonce, request, "
                   "price, state, place, task, sent_at, ends_at) "
                   "VALUES(?, ?, ?, 0, 0, ?, ?, 2, 0, ?, ?, ?)"));
    Digest const request{}; // nobody asks for that of a paid step
    insert->bind(1, run_).bind(2, payment.step).bind(3, account).bind(4, request);
    insert->bind(5, payment.cost).bind(6, payment.task_id).bind(7, at);
    TRY(insert->bind(8, at).run());
    return spend(account, at, payment.cost);
}

/// Returns whether a step of this directory has the task.
Result<bool> SqliteLedger::has_task(std::int64_t account, std::string const& task) {
    TRY_ASSIGN(auto* query, database_.statement("SELECT 1 FROM tasks WHERE account = ? AND "
                                                "task = ? AND run = ?"));
    ResetAtEnd const guard(*query);
    return query->bind(1, account).bind(2, task).bind(3, run_).step();
}

Result<bool> SqliteLedger::charge(Payment const& payment, std::int64_t account) {
    TRY_ASSIGN(auto* insert, database_.statement("INSERT INTO charges(run, step, task, at) "
                                                 "VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING"));
    auto const at = ms_of(payment.at);
    insert->bind(1, run_).bind(2, payment.step).bind(3, payment.task_id).bind(4, at);
    TRY(insert->run());
    if (database_.changes() == 0) return false;
    beside_.reset();
    TRY(spend(account, at, payment.cost));
    return true;
}

} // namespace darkroom::ledger
