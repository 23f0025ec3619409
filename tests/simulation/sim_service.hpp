// The service as the engine's Provider sees it, with every fault a network and a service can have.
#pragma once

#include "runner/engine/ports.hpp"
#include "tests/simulation/chance.hpp"

#include <map>

namespace darkroom::simulation {

/// The rate of each fault, in percent of the requests.
struct Faults {
    int refused = 3;     ///< Before the request was whole on the wire.
    int rate = 3;        ///< 429, sometimes with Retry-After.
    int lost_before = 2; ///< Reset after it was sent; the service never saw it.
    int lost_after = 4;  ///< Reset after it was sent; the service took it, perhaps some time later.
    int cut = 5;         ///< The stream breaks after the line that names the task.
    int server_error = 3; ///< 500, with or without a task; not charged.
    int task_fails = 4;   ///< The task ends in an error; not charged.
    int tasks_down = 5;   ///< A look-up fails.
    int link_dead = 5;    ///< The image link answers 404 until the task is read again.
    int body_cut = 5;     ///< The image does not arrive whole.
};

/// A task as the service keeps it; survives the crashes of the client.
struct Task {
    std::string id;
    std::string account;   ///< Its owner: no other account can see or follow it.
    std::string request;   ///< canonical_body() of what was asked.
    WallTime created_at{}; ///< The service's time; not listed before.
    Time listed_from{};
    Time ends_at{};
    bool succeeds = true;
    bool forbidden = false; ///< Refused by moderation: it will never succeed.
    std::string image_id;
    int link_age = 0; ///< Part of the link; a dead link gets a fresh one.
    int dead_below = 0;
    bool is_grid = true;
};

class SimService final : public engine::Provider {
public:
    SimService(Clock& clock, Chance& chance, Power const& power) // power of the client's machine
        : clock_(clock), chance_(chance), power_(power) {}

    engine::awaitable<engine::SubmitResult> submit(engine::Submission submission,
                                                   engine::ProgressSink& progress) override;
    engine::TaskAccess task_access() const override { return access; }
    engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
    look_up(engine::TaskQuery query) override;
    engine::awaitable<std::optional<engine::Problem>> fetch(engine::ImageLink link,
                                                            ByteSink& into) override;

    /// Counts by request the successful tasks, which were paid.
    std::map<std::string, int> charges() const;
    /// Counts by request what reached the service or was sent towards it.
    std::map<std::string, int> const& sent() const { return sent_; }
    std::int64_t requests() const { return requests_; }
    static std::string image_of(std::string const& image_id);

    Faults faults;
    engine::TaskAccess access = engine::TaskAccess::listing;
    Duration clock_ahead{}; ///< Its lead over our clock.
    /// Checks what must hold when a request leaves; throws otherwise.
    std::function<void(std::string const& request)> on_send;
    Duration link_life{}; ///< Links say when they end; zero: they don't.
    /// A rule broken on purpose: what is unknown is reported as if it had never left.
    bool calls_unknown_transient = false;
    bool acknowledges = false; ///< Requests are acknowledged at once; their tasks are asked about.
    int concurrency_max = 0;   ///< The most that were open at once.
    std::map<std::string, int> peak; ///< The same by account.
    int strays = 0;                  ///< Follow-ups sent to another account than the image's.
    /// The account's token is refused after this number of requests.
    std::map<std::string, std::int64_t> banned_from;
    /// One account's requests are answered with 429 and this hint.
    std::optional<std::pair<std::string, Duration>> busy;
    /// Counts what each account was charged for.
    std::map<std::string, int> charges_by_account() const;

private:
    enum class Fate { normal, refused, rate, lost_before, lost_after, cut, server_error };
    Fate draw();
    bool is_banned(std::string const& account) const;
    bool is_stray(json::Value const& body, std::string const& account) const;
    bool names_a_dead_link(json::Value const& body) const;
    std::string link_of(Task const& task) const;
    Task& accept(std::string const& request, Duration transit);
    engine::awaitable<engine::SubmitResult> answer(std::size_t task, bool cut,
                                                   engine::ProgressSink& progress);
    engine::awaitable<engine::Outcome> stream(std::size_t task, bool cut,
                                              engine::ProgressSink& progress);
    engine::Outcome ended(Task const& task) const;
    engine::Problem unknown(std::string code, std::string task_id = "") const;
    engine::TaskRecord record_of(Task& task) const;

    Clock& clock_;
    Chance& chance_;
    Power const& power_;
    std::vector<Task> tasks_;
    std::map<std::string, int> sent_;
    std::int64_t requests_ = 0;
    std::map<std::string, int> open_;
    int open_in_all_ = 0;
    std::string account_; ///< The account of the request that is being taken.
};

} // namespace darkroom::simulation
