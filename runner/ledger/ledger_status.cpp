#include "runner/ledger/ledger_status.hpp"

#include "runner/base/sha256.hpp"
#include "runner/store/journal_sql.hpp"

namespace darkroom::ledger {

using store::Database;

namespace {

constexpr std::int64_t status_quarter_ms = 15 * 60 * 1000;
constexpr std::int64_t quarters_a_day = 24 * 4;
constexpr std::size_t name_digits = 8;

Result<> read_accounts(Database& database, std::int64_t now, LedgerStatus& status) {
    TRY_ASSIGN(auto query,
               database.prepare(
                   "SELECT key, (SELECT count(*) FROM steps WHERE account = id AND state = 1), "
                   "open, (SELECT coalesce(sum(cost), 0) FROM spent WHERE account = id AND "
                   "quarter > ?1), (SELECT coalesce(sum(cost), 0) FROM spent WHERE "
                   "account = id AND quarter > ?2) FROM accounts ORDER BY id"));
    query.bind(1, now / status_quarter_ms - quarters_a_day);
    query.bind(2, now / status_quarter_ms - 31 * quarters_a_day);
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        AccountLine line;
        line.name = to_hex(query.digest(0)).substr(0, name_digits);
        line.open = query.integer(1);
        line.places = query.integer(2);
        line.day = query.integer(3);
        line.month = query.integer(4);
        status.accounts.push_back(std::move(line));
    }
}

Result<> read_holders(Database& database, IsAlive const& is_alive, LedgerStatus& status) {
    TRY_ASSIGN(auto query,
               database.prepare("SELECT pid, start, boot, count(*) FROM steps JOIN holders ON "
                                "holders.id = holder WHERE state = 1 GROUP BY holder"));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        Holder const holder{query.integer(0), query.integer(1), std::string(query.text(2))};
        status.holders.push_back({holder.pid, is_alive(holder), query.integer(3)});
    }
}

} // namespace

Result<LedgerStatus> read_status(std::string const& path, WallTime now, IsAlive const& is_alive) {
    TRY_ASSIGN(auto database, Database::open(path, Database::Mode::read));
    LedgerStatus status;
    TRY(read_accounts(database, now.time_since_epoch().count(), status));
    TRY(read_holders(database, is_alive, status));
    TRY_ASSIGN(auto const second, database.number("SELECT count(*) FROM meta "
                                                  "WHERE name = 'rebuilt'"));
    status.knows_all = second == 0;
    return status;
}

} // namespace darkroom::ledger
