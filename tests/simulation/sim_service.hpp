// The service behind the simulated network: its tasks, its accounts and what it charges.
#pragma once

#include "runner/engine/ports.hpp"
#include "tests/simulation/accident.hpp"
#include "tests/simulation/imperfections.hpp"
#include "tests/simulation/sim_task.hpp"

#include <deque>
#include <functional>
#include <map>
#include <unordered_map>

namespace darkroom::simulation {

/// The rate of each fault, in percent of the requests.
struct Faults {
    int refused = 3;     ///< Before the request was whole on the wire.
    int rate = 3;        ///< 429, sometimes with Retry-After.
    int lost_before = 2; ///< Reset after it was sent; the service never saw it.
    int lost_after = 4;  ///< Reset after it was sent; the service took it, perhaps some time later.
    int cut = 5;         ///< The answer breaks after the line that names the task.
    int server_error = 3; ///< 500, with or without a task; not charged.
    int task_fails = 4;   ///< The task ends in an error; not charged.
    int tasks_down = 5;   ///< A look-up fails.
    int link_dead = 5;    ///< The image link answers 404 until the task is read again.
    int body_cut = 5;     ///< The image does not arrive whole.

    static Faults none() { return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; }
};

/// A paid request as it arrives.
struct Arrival {
    std::string account;
    std::string path;
    std::string request; ///< canonical_body().
    json::Value sent;
    bool streams = false;
};

class SimService {
public:
    SimService(Clock& clock, Chance& chance, Power const& power) // power of the client's machine
        : clock_(clock), chance_(chance), power_(power) {}

    /// Counts by request the successful tasks, which were paid.
    std::map<std::string, int> charges() const;
    /// Counts what each account was charged for.
    std::map<std::string, int> charges_by_account() const;
    /// Counts by request what reached the service or was sent towards it.
    std::map<std::string, int> const& sent() const { return sent_; }
    std::int64_t requests() const { return requests_; }
    static std::string image_of(std::string const& image_id);

    /// The token of an account, and the account of a token. What follows a '~' does not count.
    static std::string token_of(std::string const& account) { return "simulated-token-" + account; }
    static std::string account_of(std::string_view authorization);

    /// Notes a request that is wholly sent.
    void count(Arrival const& arrival);
    /// Takes a request on. `transit`: how long it is still on its way, e.g. in a proxy.
    Task& accept(Arrival const& arrival, Duration transit);
    bool is_banned(std::string const& account) const;
    /// The service has to load that image itself.
    bool names_a_dead_link(json::Value const& body) const;
    Task* task_of_image(std::string_view image_id);
    Task* task_of_id(std::string const& id);
    /// Returns whether no listing shows the task.
    bool is_hidden(Task const& task) const {
        return imperfections.lacks_known && task.number % 7 == 3;
    }
    std::deque<Task>& tasks() { return tasks_; }
    /// Adds a task of another run on the same account, for a prompt.
    Task& add_foreign(std::string const& prompt, WallTime created_at);
    Task& add_foreign(json::Value sent, std::string account, WallTime created_at);
    /// Gives the account tasks of each usual kind that are two days old.
    void add_history(std::string const& account);
    /// Counts by request the tasks that were called failed and succeeded after all.
    std::map<std::string, int> taken_back() const;
    std::string link_of(Task const& task) const;
    WallTime service_wall() const {
        return clock_.wall() + std::chrono::floor<std::chrono::milliseconds>(clock_ahead);
    }

    /// Counts the requests that are open at once.
    class Open {
    public:
        Open(SimService& service, std::string const& account);
        Open(Open const&) = delete;
        Open& operator=(Open const&) = delete;
        ~Open();

    private:
        SimService& service_;
        int& of_account_;
    };

    Faults faults;
    Imperfections imperfections;
    std::map<std::int64_t, Accident> accidents; ///< Keyed by the paid request's number, from 1.
    std::int64_t calls = 0;                     ///< Paid requests, those refused included.
    std::string page_for; ///< A prompt with this text gets a gateway's page, always.
    std::function<void(Task&)> on_accept; ///< Changes a task that is taken on.
    std::function<void()> on_look_up;     ///< Called before a look-up is answered.
    engine::TaskAccess access = engine::TaskAccess::listing;
    Duration clock_ahead{}; ///< Its lead over our clock.
    /// Checks what must hold when a request leaves; throws otherwise.
    std::function<void(std::string const& request)> on_send;
    Duration link_life{};            ///< Links say when they end; zero: they don't.
    int concurrency_max = 0;         ///< The most that were open at once.
    std::map<std::string, int> peak; ///< The same by account.
    int strays = 0;                  ///< Follow-ups sent to another account than the image's.
    std::int64_t look_ups = 0;
    int crowd = 0; ///< Records of others that have come; see Imperfections.
    /// The account's token is refused after this number of requests.
    std::map<std::string, std::int64_t> banned_from;
    /// One account's requests are answered with 429 and this hint.
    std::optional<std::pair<std::string, Duration>> busy;

    Clock& clock() const { return clock_; }
    Chance& chance() const { return chance_; }
    Power const& power() const { return power_; }

private:
    bool is_stray(json::Value const& body, std::string const& account);
    Task& add(Arrival const& arrival);
    void choose_end(Task& task, bool forbidden);

    Clock& clock_;
    Chance& chance_;
    Power const& power_;
    std::deque<Task> tasks_; // references to tasks stay valid
    std::unordered_map<std::string, Task*> by_image_;
    std::unordered_map<std::string, Task*> by_id_;
    std::map<std::string, int> sent_;
    std::int64_t requests_ = 0;
    std::map<std::string, int> open_;
    int open_in_all_ = 0;
};

} // namespace darkroom::simulation
