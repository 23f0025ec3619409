// Turns wishes into facts: the life of every paid step, from wanted to delivered.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/engine/accounts.hpp"
#include "runner/engine/look_ups.hpp"
#include "runner/engine/retry.hpp"
#include "runner/engine/turnstile.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>

namespace darkroom::engine {

/// Why a run came to its end. docs/cli.md has the exit code of each.
enum class RunEnd {
    all_done,
    some_failed, ///< Also: some are unknown and could not be looked up.
    budget_spent,
    account_empty,
    too_many_failures,
    account_refused,
    interrupted,
    disk_failed,
    input_failed, ///< A table or a row of it could not be read half-way.
};
std::string_view name_of(RunEnd end);

struct EngineOptions {
    jobs::Limits limits;                      ///< Of all accounts together.
    std::vector<jobs::Account> accounts = {}; ///< Empty: one without a name, with those limits.
    jobs::Retry retry;
    jobs::Budget budget;
    jobs::Prices prices;
    Duration patience = std::chrono::minutes(15); ///< How long an unknown request is followed.
    Duration grace = std::chrono::seconds(30);    ///< For open requests after the first stop().
    std::uint64_t seed = 0;                       ///< Of the jitter.
    bool split_grids = false;                     ///< Save the four pictures of a grid as well.
    bool text_files = false;                      ///< Save texts as files, too.
    jobs::Picks picks = {};                       ///< What people have chosen so far.
};

/// What came of the wanted steps. A step wanted twice (two equal items) counts twice.
struct Tally {
    std::uint64_t items = 0;
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t unknown = 0;
    std::uint64_t stranded = 0; ///< Follow-ups whose image's account pays for nothing more.
    std::uint64_t waiting = 0;  ///< Picks to be made: what is below them is not wanted yet.
    std::uint64_t images = 0;   ///< Saved by this run.
    std::uint64_t bytes = 0;    ///< Of those.
    std::int64_t paid = 0;      ///< Generations this run caused.
    jobs::Micros cost = 0;      ///< Of those.
    std::uint64_t retries = 0;
};

struct RunResult {
    RunEnd end = RunEnd::all_done;
    Tally tally;
    std::vector<AccountTally> accounts; ///< As in EngineOptions; one where that was empty.
    Error error; ///< Of disk_failed and input_failed; what the service said of account_*.
};

/// The ports of one run. All outlive the conductor.
struct Ports {
    Clock& clock;
    Provider& provider;
    Journal& journal;
    ImageStore& images;
    Observer& observer;
    DoneSteps const* done = nullptr; ///< Null: the journal is asked about every step.
};

/// Where items come from: null at the end. See jobs::Plan::next.
using ItemSource = std::function<Result<std::shared_ptr<jobs::Item const>>()>;

/// One run. Everything happens on the executor's one thread.
class Conductor {
public:
    Conductor(boost::asio::any_io_executor executor, Ports ports, EngineOptions options);
    Conductor(Conductor const&) = delete;
    Conductor& operator=(Conductor const&) = delete;

    /// Completes when nothing is left to do or to wait for. Once only.
    /// Errors: in RunResult; throws only for a defect.
    /// Cancel: not supported; stop() twice parks every step where it stands.
    awaitable<RunResult> run(ItemSource items);

    /// First call: submits nothing more, lets open requests finish for `grace`, then parks them.
    /// Second call: parks at once. Both leave everything resumable.
    void stop();

    /// Open right now, for the progress display.
    int generations_open() const { return accounts_.open(); }

private:
    struct Parent;
    struct Life;
    class OneLife;
    class OpenGeneration;
    class Listener;

    // The life of a step: conductor.cpp.
    awaitable<void> live(jobs::Step step, std::shared_ptr<Parent const> parent);
    awaitable<void> settle_left(Digest key, StepState state);
    awaitable<void> attempt(Life& life);
    awaitable<Outcome> submit(Life& life);
    awaitable<void> settle(Life& life, Outcome outcome);
    awaitable<void> look_up(Life& life);
    awaitable<Found> find_task(Life& life);
    awaitable<bool> is_cured_by_a_fresh_link(Life& life, Verdict verdict);
    awaitable<void> pay_for(Life& life, Answer answer);
    awaitable<void> fail(Life& life, Problem problem, bool final);
    awaitable<void> skip_below(jobs::Step const& failed);
    void begin_children(Life const& life);
    bool is_offered(Life const& life) const;
    void leave_unknown(Life& life);

    // Its images: conductor_images.cpp.
    awaitable<void> deliver(Life& life);
    awaitable<void> deliver_one(Life& life, ImageOrder order);
    awaitable<std::optional<Problem>> download(Life& life, ImageOrder const& order);
    awaitable<void> deliver_quarters(Life& life);
    awaitable<void> deliver_text(Life& life);
    awaitable<bool> save_made(Life& life, ImageOrder order, std::string bytes);
    awaitable<void> keep(Life& life, SavedImage image);
    bool is_to_be_split(StepState const& state) const;
    bool link_is_dying(Life const& life) const;
    awaitable<bool> refresh_link(Life& life);
    awaitable<std::string> fresh_url(Life& life, ImageOrder const& order);
    bool is_there(SavedImage const& image) const;
    bool images_there(StepState const& state) const;

    // Who may go, and when: conductor_pace.cpp.
    awaitable<bool> reserve(jobs::Micros price);
    awaitable<void> feed(ItemSource& items);
    void begin_with_what_is_left();
    awaitable<void> keep_looking_up(std::string account);
    awaitable<void> pause(Duration time);
    awaitable<bool> until_stopping();
    awaitable<void> park_after_grace();
    bool room_for_item() const;
    struct Ended;
    bool all_done(jobs::Step const& step, Ended& ended) const;
    std::optional<DoneStep> done_outright(jobs::Step const& step) const;
    std::optional<jobs::Below> below_if_done(jobs::Step const& step) const;
    void end_run(RunEnd end, Error why = Error());

    // Who pays: conductor_accounts.cpp.
    class InLine;
    awaitable<std::optional<OpenGeneration>> wait_for_turn(Life& life, AccountWish wish);
    awaitable<void> until_it_may_go(Time when);
    awaitable<void> ring_at(Time when);
    awaitable<void> leave_for_later(Life& life, Problem why);
    std::size_t line_of(AccountWish const& wish) const;
    std::optional<std::size_t> payer_of(Life const& life) const;
    std::map<std::string, Totals> spent_so_far();
    void places_changed();
    void money_changed();
    void slow_down(Life& life, Decision const& decision);
    void stop_paying(Life const& life, Problem const& problem);
    AccountChoice choose_account(AccountWish const& wish);
    void hear_of_the_parked();
    void tell_of(std::string const& account, Problem const& problem);
    void end_of_money(Problem const& problem);

    awaitable<void> record(Life& life, Fact fact);
    double chance();

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Provider& provider_;
    Journal& journal_;
    ImageStore& images_;
    Observer& observer_;
    DoneSteps const* done_;
    EngineOptions options_;

    Accounts accounts_;
    Budget budget_;
    LookUps look_ups_;
    /// Before each, one at a time waits for the next place and the next token: the first is for
    /// whoever may go to any account, the others for the follow-ups of one each.
    std::deque<Turnstile> doors_;
    Turnstile downloads_;
    Gate place_free_; ///< A generation ended, a window grew, or an account was parked.
    Gate settled_;    ///< The budget changed.
    Gate room_;       ///< The feeder may look again.
    Gate stopped_;    ///< stopping_ became true.
    std::map<Digest, std::shared_ptr<Gate>>
        alive_;                     ///< Steps that are being lived; a gate if awaited.
    std::set<Digest> left_unknown_; ///< Looked up in this run without a word.
    std::set<Digest> undelivered_;  ///< Paid, but an image did not arrive in this run.
    TaskGroup lives_;
    TaskGroup helpers_; ///< The look-up desk, the bells, and the end of grace.

    std::mt19937_64 random_;
    RunResult result_;
    std::uint64_t order_ = 0;
    std::set<Time> bells_;          ///< When place_free_ will be woken for the sake of time.
    std::set<std::string> told_of_; ///< Accounts of which it was said that they are of no use.
    int failures_in_a_row_ = 0;
    bool stopping_ = false;
    bool stop_asked_ = false;
};

} // namespace darkroom::engine
