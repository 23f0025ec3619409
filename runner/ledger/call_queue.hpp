// The calls of one run on its ledger: many of them become one transaction.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"
#include "runner/base/gate.hpp"
#include "runner/ledger/ledger_database.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace darkroom::ledger {

/// A transaction costs about the same for one call as for twenty. So a call that can wait and comes
/// right after another one waits for some milliseconds, with those that come meanwhile, or for the
/// next one that cannot wait. Calls are made in their order. A locked file is waited for without
/// holding up the thread. Where one fails in the middle of its changes, all of its transaction are
/// made again, in a transaction each. Belongs to one thread; the clock and the database outlive it.
class CallQueue {
public:
    /// Makes its changes in the transaction of a Transaction that is open, or in one of its own. It
    /// owns what it needs, since the caller may be gone. Its error is one of the database. It may
    /// be made twice, where the changes of the first time were taken back.
    using Call = std::function<Result<>()>;

    /// `gathering`: how long calls that can wait are gathered after the last ones. `on_lost`: is
    /// called when changes that calls have made are not committed; or empty.
    CallQueue(Clock& clock, LedgerDatabase& database, Duration gathering,
              std::function<void()> on_lost = {})
        : clock_(clock), database_(database), gathering_(gathering), on_lost_(std::move(on_lost)) {}
    CallQueue(CallQueue const&) = delete;
    CallQueue& operator=(CallQueue const&) = delete;
    /// Makes what was noted, unless the file is locked.
    ~CallQueue();

    /// Notes a call without an answer, which can wait. It is dropped where a call has failed.
    void note(Call call);
    /// Completes when a call was made and committed, or failed. Where the caller is gone before, it
    /// is not made. Cancel: terminal.
    boost::asio::awaitable<Result<>> make(Call call);
    /// Does the same with a call that can wait.
    boost::asio::awaitable<Result<>> make_soon(Call call);
    /// Makes a call that has transactions of its own.
    boost::asio::awaitable<Result<>> make_alone(Call call);

    /// Returns the first error of a call; without a code while there is none.
    Error const& failure() const { return failure_; }

private:
    struct Entry {
        Call call;
        Time deadline =
            Time::max(); ///< The end of its wait for a locked file; a noted one has none.
        Result<> result;
        bool is_over = false; ///< It was made, or is not to be made.
    };
    struct Alive {};
    /// Takes an entry back where its caller goes.
    class Caller;

    enum class Haste { now, soon };
    boost::asio::awaitable<Result<>> make(Call call, Haste haste);
    void add(std::shared_ptr<Entry> entry, Haste haste);
    void make_some();
    void make_next();
    /// Returns whether the calls were made; else they are to be made apart.
    bool make_together(std::deque<std::shared_ptr<Entry>> const& calls, Transaction& transaction,
                       Result<> begun);
    void give_up_late(Error const& locked);
    void note_failure(Result<> const& result);
    static boost::asio::awaitable<void> work(CallQueue& queue, std::weak_ptr<Alive> alive);

    Clock& clock_;
    LedgerDatabase& database_;
    Duration gathering_;
    std::function<void()> on_lost_;
    std::deque<std::shared_ptr<Entry>> entries_;
    std::size_t apart_ = 0; ///< So many of the first get a transaction each.
    /// It belongs to the first awaited call: before that, nothing is there to wait with.
    std::optional<boost::asio::any_io_executor> executor_;
    std::optional<Gate> made_; ///< Wakes those who wait.
    Time locked_until_{};      ///< The file is not tried before.
    Time gathered_at_{};       ///< Until then calls that can wait do so.
    bool is_working_ = false;
    Error failure_;
    std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
};

} // namespace darkroom::ledger
