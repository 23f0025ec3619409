// The shard of a run: it is taken, held, and given back, and nothing is sent for one that is lost.
#include "runner/postgres/error.hpp"
#include "runner/postgres/postgres_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace darkroom::postgres {

using namespace std::chrono_literals;
using namespace engine;

namespace {

/// A starter looks so often whether the holder of its shard renews its lease.
constexpr Duration between_looks = 1s;
constexpr int version_of_functions = 2;

std::int64_t lease_ms(PostgresOptions const& options) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(options.lease).count();
}

} // namespace

awaitable<Result<>> PostgresLedger::begin() {
    std::int64_t gone = 0;
    std::string last_renewal;
    for (;;) {
        Duration wait{};
        auto taken = co_await try_to_take(gone, last_renewal, wait);
        CO_TRY(taken);
        if (*taken) co_return Result<>();
        co_await clock_.sleep_for(std::min(wait, between_looks));
    }
}

/// Returns false where it is to be tried again after `wait`.
awaitable<Result<bool>> PostgresLedger::try_to_take(std::int64_t& gone, std::string& last_renewal,
                                                    Duration& wait) {
    Statement take("SELECT * FROM darkroom.take_shard($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                   "$11, $12, $13, $14)");
    auto const& me = options_.holder;
    take.add(options_.campaign).add(options_.shard).add(options_.shards).add(session_);
    take.add(me.host).add(me.machine).add(me.pid).add(me.start).add(directory_);
    take.add(lease_ms(options_)).add(gone);
    take.add(options_.budget.generations).add(options_.budget.cost).add(version_of_functions);
    auto answer = co_await line_.ask(std::move(take));
    CO_TRY(answer);
    auto const& rows = answer->rows;
    if (rows.number(0, 4) != options_.shards)
        co_return Error(Errc::other_shards, fmt::format("campaign '{}' was begun with {} shards",
                                                        options_.campaign, rows.number(0, 4)));
    budget_before_ = {rows.optional_number(0, 13), rows.optional_number(0, 14)};
    if (rows.flag(0, 15)) co_return Error(Errc::other_budget, "");
    salt_ = rows.text(0, 2);
    name_ = rows.text(0, 3);
    run_ = rows.number(0, 0);
    holder_ = rows.number(0, 1);
    grants_ = rows.number(0, 12);
    renewed_ = answer->boot;
    if (holder_ != 0) co_return true;
    wait = std::chrono::milliseconds(rows.number(0, 5));
    HolderName const other{rows.text(0, 6), rows.text(0, 7), rows.number(0, 8), rows.number(0, 9)};
    auto const presence = options_.presence ? options_.presence(other) : Presence::not_seen;
    bool const is_renewed = !last_renewal.empty() && last_renewal != rows.text(0, 11);
    if (is_renewed || presence == Presence::at_work)
        co_return Error(Errc::taken_over,
                        fmt::format("shard {}/{} of campaign '{}' is held by process {} on {}",
                                    options_.shard, options_.shards, options_.campaign, other.pid,
                                    other.host));
    last_renewal = rows.text(0, 11);
    if (presence == Presence::gone) {
        gone = rows.number(0, 10);
        wait = Duration();
    }
    co_return false;
}

awaitable<Result<>> PostgresLedger::renew() {
    auto statement = of_run("SELECT darkroom.renew($1, $2, $3)");
    statement.add(lease_ms(options_));
    auto answer = co_await line_.ask(std::move(statement));
    CO_TRY(answer);
    if (answer->rows.flag(0, 0)) {
        renewed_ = answer->boot;
        co_return Result<>();
    }
    Error const why(Errc::taken_over, "");
    line_.fail(why);
    co_return why;
}

awaitable<void> PostgresLedger::keep_lease() {
    for (;;) {
        co_await clock_.sleep_for(options_.renewal);
        if (has_ended_ || line_.failure().code) co_return;
        auto const renewed = co_await renew();
        (void)renewed; // the next call of the run reports it
    }
}

awaitable<Result<>> PostgresLedger::restore(std::int64_t grants) {
    auto statement = of_run("SELECT darkroom.restore_grants($1, $2, $3)");
    statement.add(grants);
    auto const answer = co_await line_.ask(std::move(statement));
    CO_TRY(answer);
    co_return Result<>();
}

awaitable<bool> PostgresLedger::end(Time deadline) {
    has_ended_ = true;
    if (!line_.failure().code && holder_ != 0)
        line_.note(of_run("SELECT darkroom.release($1, $2)"));
    bool const is_made = co_await line_.finish(deadline);
    co_return is_made && !line_.failure().code;
}

/// A process that was stopped, or whose machine slept, has lost its leave: another one may have
/// taken its shard. Nothing comes between this look and the first byte.
bool PostgresLedger::may_send(Digest const& step) {
    auto const granted = granted_.find(step);
    if (granted == granted_.end()) return false;
    auto const now = options_.line.boot_time();
    return between(renewed_, now) < options_.guard &&
           between(granted->second, now) < options_.leave;
}

} // namespace darkroom::postgres
