// Requests that were acknowledged and have no last word yet: asked for in batches, told of by
// callbacks, and many of them behind one connection.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/engine/ports.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace darkroom::provider {

/// What a callback says of a task.
struct Word {
    std::string task_id;
    std::optional<int> percent;             ///< 0 to 100.
    std::optional<engine::Outcome> outcome; ///< The last word.
};

/// A request that the service has taken.
struct TakenTask {
    TakenTask() = default;
    TakenTask(std::string task_id, std::string payer)
        : id(std::move(task_id)), account(std::move(payer)) {}
    std::string id;
    std::string account; ///< Who pays, and asks.
};

/// How long a task rests before it is asked for the first time. `usual`: how long tasks have taken
/// so far, zero when none has ended. `told`: callbacks are expected, asking is for lost ones.
Duration first_look(Duration usual, bool told);
/// And how long between two times, by how long it has been waited for.
Duration next_look(Duration age, bool told);

struct WaitingOptions {
    bool told = false;                              ///< The service calls back.
    Duration total = std::chrono::minutes(15);      ///< The longest wait for one task.
    Duration pace = std::chrono::seconds(1);        ///< Between two requests of one account.
    Duration absent_max = std::chrono::seconds(30); ///< A task the service does not show.
    /// When an account may ask again after questions of others; none: the room asks alone.
    std::function<Time(std::string const& account)> free_at = {};
};

/// A task costs an entry here and no socket. Nothing is concluded from silence: a wait that comes
/// to no word ends as `unknown` with the task's id, and is looked up like any lost answer.
class WaitingRoom {
public:
    /// `service` is asked through look_up() only; it and the clock outlive the room.
    WaitingRoom(boost::asio::any_io_executor executor, Clock& clock, engine::Provider& service,
                WaitingOptions options);
    WaitingRoom(WaitingRoom const&) = delete;
    WaitingRoom& operator=(WaitingRoom const&) = delete;

    /// Completes with the task's last word. Cancel: terminal; throws operation_aborted.
    /// `progress` outlives the call.
    engine::awaitable<engine::Outcome> wait_for(TakenTask task, engine::ProgressSink& progress);

    /// What a callback said. Told twice, late, out of order, or of an unknown task: no harm.
    void hear(Word word);

    /// The coroutine that asks; runs until cancelled.
    engine::awaitable<void> run();

    std::size_t waiting() const { return by_age_.size(); }

private:
    struct Guest;
    /// What an account has to ask, and when it may.
    struct Desk {
        std::set<std::pair<Time, Guest*>> by_due;
        Time next_ask{};
        int failures = 0; ///< In a row.
    };
    using Answered = std::variant<engine::TaskPage, engine::Problem>;

    void let_in(Guest& guest);
    void let_go(Guest& guest);
    void finish(Guest& guest, engine::Outcome outcome);
    void give_up(Guest& guest, std::string code, std::string message);
    std::vector<Guest*> guests_of(std::string const& task_id) const;
    std::optional<engine::Outcome> take_early(std::string const& task_id);
    void show_out_the_late();
    Time turn_of(std::string const& account) const;
    std::optional<std::string> next_account() const;
    Time next_turn() const;
    engine::TaskQuery query_of(std::string const& account) const;
    engine::awaitable<void> ask(std::string account);
    void take_page(engine::TaskQuery const& asked, engine::TaskPage const& page);
    void take_trouble(engine::TaskQuery const& asked, engine::Problem const& problem);
    void ask_later(Guest& guest);

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    engine::Provider& service_;
    WaitingOptions options_;
    std::multimap<std::string, Guest*> by_id_;
    std::map<std::string, Desk> desks_; // by account
    std::list<Guest*> by_age_; // all may wait equally long: the first is the first to be late
    std::deque<Word> early_;   // last words that came before the answer which names the task
    Gate wake_;
    Time asleep_until_ = Time::max();
    Duration usual_{};
};

} // namespace darkroom::provider
