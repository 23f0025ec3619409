#include "runner/ledger/call_queue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace darkroom::ledger {

using namespace std::chrono_literals;
using boost::asio::awaitable;

namespace {

/// A transaction of more calls would hold up the thread.
constexpr std::size_t calls_max = 256;
/// A locked file is tried again after this time: each try holds up the thread for a quarter of it.
constexpr Duration between_tries = 100ms;
/// A file that is locked for so long has failed.
constexpr Duration patience = 30s;

} // namespace

/// Belongs to the coroutine that has made a call: it may be destroyed while it waits.
class CallQueue::Caller {
public:
    explicit Caller(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
    Caller(Caller const&) = delete;
    Caller& operator=(Caller const&) = delete;
    ~Caller() { entry_->is_over = true; }

private:
    std::shared_ptr<Entry> entry_;
};

CallQueue::~CallQueue() {
    std::erase_if(entries_, [](auto const& entry) { return entry->deadline != Time::max(); });
    if (entries_.empty() || database_.execute("PRAGMA busy_timeout = 1000").has_error()) return;
    while (!entries_.empty()) {
        auto const before = entries_.size();
        make_some();
        if (entries_.size() == before) return; // what is lost here costs a longer look-up
    }
}

/// After a failure the run gives the ledger up: nobody waits for what is noted then.
void CallQueue::note(Call call) {
    if (failure_.code) return;
    auto entry = std::make_shared<Entry>();
    entry->call = std::move(call);
    add(std::move(entry), Haste::soon);
}

awaitable<Result<>> CallQueue::make(Call call) { return make(std::move(call), Haste::now); }

awaitable<Result<>> CallQueue::make_soon(Call call) { return make(std::move(call), Haste::soon); }

awaitable<Result<>> CallQueue::make(Call call, Haste haste) {
    if (!executor_) {
        executor_ = co_await boost::asio::this_coro::executor;
        made_.emplace(*executor_);
    }
    auto const entry = std::make_shared<Entry>();
    entry->call = std::move(call);
    entry->deadline = clock_.now() + patience;
    add(entry, haste);
    Caller const caller(entry);
    while (!entry->is_over) co_await made_->wait();
    co_return entry->result;
}

/// Makes all that waits if it may be made now, and has it made later if not.
void CallQueue::add(std::shared_ptr<Entry> entry, Haste haste) {
    auto const now = clock_.now();
    bool const is_rested = entries_.empty() && now >= gathered_at_;
    entries_.push_back(std::move(entry));
    if (now >= locked_until_ && (haste == Haste::now || is_rested)) make_some();
    if (is_working_ || entries_.empty() || !executor_) return;
    is_working_ = true;
    auto on_end = [](std::exception_ptr defect) {
        if (defect) std::rethrow_exception(defect);
    };
    boost::asio::co_spawn(*executor_, work(*this, alive_), on_end);
}

awaitable<Result<>> CallQueue::make_alone(Call call) {
    auto const deadline = clock_.now() + patience;
    for (;;) {
        auto result = database_.check_place();
        if (result.has_value()) result = call();
        bool const waits = result.has_error() && is_locked_file(result.error()) &&
                           clock_.now() < deadline && !failure_.code;
        if (!waits) {
            note_failure(result);
            co_return result;
        }
        co_await clock_.sleep_for(between_tries);
    }
}

awaitable<void> CallQueue::work(CallQueue& queue, std::weak_ptr<Alive> alive) {
    for (;;) {
        if (alive.expired()) co_return; // it begins later than it was spawned
        auto const when = std::max(queue.locked_until_, queue.gathered_at_);
        co_await queue.clock_.sleep_until(when);
        if (alive.expired()) co_return;
        bool const is_time = queue.clock_.now() >= queue.gathered_at_; // not if others went before
        if (is_time && !queue.entries_.empty()) queue.make_some();
        if (queue.entries_.empty()) break;
    }
    queue.is_working_ = false;
}

void CallQueue::make_some() {
    do {
        make_next();
    } while (apart_ > 0 && !entries_.empty() && clock_.now() >= locked_until_);
}

void CallQueue::make_next() {
    auto const count = std::min(entries_.size(), apart_ > 0 ? 1 : calls_max);
    Transaction transaction(database_);
    auto begun = database_.check_place();
    if (begun.has_value()) begun = transaction.begin();
    if (begun.has_error() && is_locked_file(begun.error())) {
        locked_until_ = clock_.now() + between_tries;
        give_up_late(begun.error());
        return;
    }
    auto const end = entries_.begin() + static_cast<std::ptrdiff_t>(count);
    std::deque<std::shared_ptr<Entry>> const calls(entries_.begin(), end);
    entries_.erase(entries_.begin(), end);
    apart_ -= std::min(apart_, count);
    if (make_together(calls, transaction, std::move(begun))) return;
    entries_.insert(entries_.begin(), calls.begin(), calls.end());
    apart_ = count;
}

bool CallQueue::make_together(std::deque<std::shared_ptr<Entry>> const& calls,
                              Transaction& transaction, Result<> begun) {
    for (auto const& entry : calls) {
        if (entry->is_over) continue;
        entry->result = begun.has_error() ? begun : entry->call();
        // A full disk, or one that fails, ends the whole transaction.
        bool const is_ended = begun.has_value() && !database_.is_in_transaction();
        if (is_ended && entry->result.has_error()) begun = entry->result;
        if (begun.has_value() && transaction.is_spoilt()) begun = entry->result;
        if (transaction.is_spoilt()) break;
    }
    bool const is_spoilt = transaction.is_spoilt();
    auto const committed = begun.has_error() || is_spoilt ? begun : transaction.commit();
    if ((committed.has_error() || is_spoilt) && on_lost_) on_lost_();
    if (is_spoilt && calls.size() > 1 && database_.is_in_transaction()) return false;
    for (auto const& entry : calls) {
        if (!entry->is_over && committed.has_error()) entry->result = committed;
        if (!entry->is_over) note_failure(entry->result);
        entry->is_over = true;
    }
    gathered_at_ = clock_.now() + gathering_;
    if (made_) made_->wake_all();
    return true;
}

/// A file that has failed once is not waited for again.
void CallQueue::give_up_late(Error const& locked) {
    bool const has_failed = static_cast<bool>(failure_.code);
    for (auto const& entry : entries_) {
        bool const is_noted = entry->deadline == Time::max();
        bool const is_late = is_noted ? has_failed : has_failed || clock_.now() >= entry->deadline;
        if (!is_late || entry->is_over) continue;
        entry->result = locked;
        entry->is_over = true;
        note_failure(entry->result);
    }
    std::erase_if(entries_, [](auto const& entry) { return entry->is_over; });
    apart_ = std::min(apart_, entries_.size());
    if (made_) made_->wake_all();
}

void CallQueue::note_failure(Result<> const& result) {
    if (result.has_error() && !failure_.code) failure_ = result.error();
}

} // namespace darkroom::ledger
