// Places of processes that have died, and who has places.
#include "runner/ledger/sqlite_ledger.hpp"

#include "runner/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace darkroom::ledger {

using namespace std::chrono_literals;
using namespace engine;
using store::ResetAtEnd;

namespace {

/// A request of a process that has died may run so much longer than the longest one of its account.
constexpr std::int64_t times_as_long = 2;
constexpr std::int64_t and_ms = 5000;

} // namespace

/// Requests that were looked up later seem longer than they are: that errs on the side of waiting.
Result<> SqliteLedger::note_duration(Row const& row) {
    bool const is_ours = row.holder == holder_ && row.nonce > 0;
    auto const time = now_ms() - row.sent_at;
    auto const total = std::chrono::duration_cast<std::chrono::milliseconds>(options_.total);
    if (!is_ours || time <= 0 || time > total.count()) return {};
    auto const known = longest_.find(row.account);
    if (known != longest_.end() && time <= known->second) return {};
    TRY_ASSIGN(auto const longest, longest_of(row.account));
    if (time <= longest) return {};
    TRY_ASSIGN(auto* write, database_.statement(
                                "INSERT OR REPLACE INTO habits(account, longest_ms) VALUES(?, ?)"));
    longest_[row.account] = time;
    return write->bind(1, row.account).bind(2, time).run();
}

/// Returns the time of the longest request of an account, in milliseconds; 0: none has ended yet.
Result<std::int64_t> SqliteLedger::longest_of(std::int64_t account) {
    TRY_ASSIGN(auto* query, database_.statement("SELECT longest_ms FROM habits WHERE account = ?"));
    ResetAtEnd const guard(*query);
    TRY_ASSIGN(auto const is_there, query->bind(1, account).step());
    auto const longest = is_there ? query->integer(0) : 0;
    longest_[account] = longest;
    return longest;
}

/// Returns how long a request of a process that has died keeps its place at most.
Result<std::int64_t> SqliteLedger::kept_for_dead(std::int64_t account) {
    TRY_ASSIGN(auto const longest, longest_of(account));
    constexpr auto ever = std::numeric_limits<std::int64_t>::max() / 2;
    return longest == 0 ? ever : times_as_long * longest + and_ms;
}

/// A request of a process that has died keeps its place as long as it may run at the service; so
/// does, a little longer, that of one that is at work and has not said how it ended.
Result<> SqliteLedger::sweep(std::int64_t account) {
    auto& last = swept_[account];
    if (last != Time() && clock_.now() - last < 1s) return {};
    last = clock_.now();
    TRY_ASSIGN(auto const kept, kept_for_dead(account));
    std::vector<std::pair<std::int64_t, Digest>> over;
    std::map<std::int64_t, bool> dead;
    {
        TRY_ASSIGN(auto* query,
                   database_.statement("SELECT run, step, holder, ends_at FROM steps INDEXED BY "
                                       "steps_open WHERE account = ? AND state = 1 AND place = 1 "
                                       "AND min(ends_at, sent_at + ?) <= ? AND holder <> ?"));
        ResetAtEnd const guard(*query);
        query->bind(1, account).bind(2, kept).bind(3, now_ms()).bind(4, holder_);
        for (;;) {
            TRY_ASSIGN(auto const more, query->step());
            if (!more) break;
            auto const holder = query->integer(2);
            if (!dead.contains(holder)) {
                TRY_ASSIGN(auto const alive, is_alive(holder));
                dead.emplace(holder, !alive);
            }
            bool const is_long_over = query->integer(3) + slack_ms <= now_ms();
            if (dead[holder] || is_long_over)
                over.emplace_back(query->integer(0), query->digest(1));
        }
    }
    for (auto const& [run, step] : over) {
        TRY_ASSIGN(auto* update, database_.statement("UPDATE steps SET place = 0 WHERE run = ? "
                                                     "AND step = ?"));
        TRY(update->bind(1, run).bind(2, step).run());
        TRY(leave_place(account));
    }
    return {};
}

awaitable<std::string> SqliteLedger::places_taken_by(std::string identity) {
    auto const words = std::make_shared<Result<std::string>>(std::string());
    CallQueue::Call call = [this, words, identity] {
        return keep(*words, try_places_taken_by(identity));
    };
    auto const made = co_await calls_.make(std::move(call));
    if (made.has_error()) co_return std::string();
    co_return **words;
}

Result<std::string> SqliteLedger::try_places_taken_by(std::string const& identity) {
    struct Taken {
        std::int64_t holder = 0;
        std::int64_t places = 0;
        std::int64_t until = 0;
        std::int64_t pid = 0;
    };
    std::vector<Taken> all;
    TRY_ASSIGN(auto const account, account_of(identity));
    TRY_ASSIGN(auto const kept, kept_for_dead(account));
    {
        TRY_ASSIGN(auto* query,
                   database_.statement("SELECT holder, count(*), max(min(ends_at, sent_at + ?)), "
                                       "coalesce((SELECT pid FROM holders WHERE id = holder), 0) "
                                       "FROM steps INDEXED BY steps_open WHERE account = ? AND "
                                       "state = 1 AND place = 1 AND holder <> ? GROUP BY holder"));
        ResetAtEnd const guard(*query);
        query->bind(1, kept).bind(2, account).bind(3, holder_);
        for (;;) {
            TRY_ASSIGN(auto const more, query->step());
            if (!more) break;
            all.push_back(
                {query->integer(0), query->integer(1), query->integer(2), query->integer(3)});
        }
    }
    std::string words;
    Taken ended;
    for (auto const& taken : all) {
        TRY_ASSIGN(auto const alive, is_alive(taken.holder));
        if (alive)
            words += fmt::format("{}process {} has {}", words.empty() ? "" : ", ", taken.pid,
                                 taken.places);
        ended.places += alive ? 0 : taken.places;
        ended.until = alive ? ended.until : std::max(ended.until, taken.until);
    }
    if (ended.places > 0)
        words += fmt::format(
            "{}runs that were killed have {}, until {} at the latest, or until 'darkroom run' of "
            "their directories looks them up",
            words.empty() ? "" : ", ", ended.places,
            format_rfc3339(WallTime(std::chrono::milliseconds(ended.until))));
    return words;
}

} // namespace darkroom::ledger
