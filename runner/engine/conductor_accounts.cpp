// Who pays: a request's turn at an account, and what happens when an account is of no more use.
#include "runner/engine/conductor.hpp"

#include "runner/engine/life.hpp"

#include <algorithm>

namespace darkroom::engine {

namespace {

bool has_cap(jobs::Account const& account) { return account.cost_cap.has_value(); }

} // namespace

/// Waiting for one account: no new item goes there before.
class Conductor::InLine {
public:
    InLine(Conductor& conductor, std::size_t line) : conductor_(conductor), line_(line) {
        if (line_ > 0) conductor_.accounts_.line_up(line_ - 1);
    }
    InLine(InLine const&) = delete;
    InLine& operator=(InLine const&) = delete;
    ~InLine() {
        if (line_ == 0) return;
        conductor_.accounts_.step_out(line_ - 1);
        conductor_.places_changed();
    }

private:
    Conductor& conductor_;
    std::size_t line_;
};

/// By account, what earlier runs have spent and left open; none where no account has a cap.
std::map<std::string, Totals> Conductor::spent_so_far() {
    auto const& accounts = options_.accounts;
    if (std::none_of(accounts.begin(), accounts.end(), has_cap)) return {};
    auto spent = journal_.paid_by_account();
    for (auto const& [key, state] : journal_.unsettled_steps()) {
        if (state.phase != Phase::open) continue;
        auto& totals = spent[state.account];
        ++totals.open;
        totals.open_price += state.price;
    }
    return spent;
}

/// With one account there is one line, in the order of Place.
std::size_t Conductor::line_of(AccountWish const& wish) const {
    if (!wish.owner || doors_.size() == 1) return 0;
    auto const owner = accounts_.find(*wish.owner);
    return owner ? *owner + 1 : 0;
}

/// The account of a step's last request; none: it is no longer in the job file.
std::optional<std::size_t> Conductor::payer_of(Life const& life) const {
    return accounts_.find(life.state.account);
}

/// A place among the open generations and a token of the rate, in the order of Place; nothing when
/// the run is stopping, or nobody can pay.
awaitable<std::optional<Conductor::OpenGeneration>> Conductor::wait_for_turn(Life& life,
                                                                             AccountWish wish) {
    using What = AccountChoice::What;
    Time ready_since = clock_.now();
    auto const line = line_of(wish);
    InLine const in_line(*this, line);
    auto const pass = co_await doors_[line].enter(life.place);
    if (!pass) co_return std::nullopt;
    auto choice = choose_account(wish);
    while (choice.what == What::wait && !stopping_) {
        bool const for_place = choice.when == Time::max();
        co_await until_it_may_go(choice.when);
        if (for_place) ready_since = clock_.now();
        choice = choose_account(wish);
    }
    if (choice.what == What::none && !stopping_) {
        Problem why = std::move(choice.why);
        co_await leave_for_later(life, std::move(why));
    }
    if (choice.what != What::go || stopping_) co_return std::nullopt;
    life.payer = accounts_.name_of(choice.account);
    accounts_.begin(choice.account, clock_.now(), ready_since, wish.price);
    room_.wake_all();
    co_return std::optional<OpenGeneration>(OpenGeneration(*this, choice.account));
}

/// Until a place has changed or `when` has come; the caller looks again.
awaitable<void> Conductor::until_it_may_go(Time when) {
    bool const is_first = bells_.empty() || when < *bells_.begin();
    if (when != Time::max() && is_first) {
        bells_.insert(when);
        helpers_.spawn(ring_at(when));
    }
    co_await place_free_.wait();
}

/// Everybody who waits at the doors hears the first bell, and sets the next one. Cheaper than a
/// deadline for each: every request waits for its token.
awaitable<void> Conductor::ring_at(Time when) {
    co_await clock_.sleep_until(when);
    bells_.erase(when);
    place_free_.wake_all();
}

void Conductor::places_changed() {
    place_free_.wake_all();
    room_.wake_all();
}

/// Also of a request that took no place, as one that an earlier run has left open.
void Conductor::money_changed() {
    settled_.wake_all();
    if (accounts_.have_caps()) places_changed();
}

/// Nobody can pay for it in this run: it stays wanted, and the next run takes it up. Without its
/// owner a follow-up can go nowhere; the others go on.
awaitable<void> Conductor::leave_for_later(Life& life, Problem why) {
    life.parked = true;
    if (stopping_) co_return; // no account is left
    ++result_.tally.stranded;
    tell_of(life.parent->account, why);
    auto const& last = life.state.problem;
    if (last.code == why.code && last.message == why.message) co_return;
    Failed failed{std::move(why), false, info_of(life.step, life.above())};
    co_await record(life, std::move(failed));
}

/// A 429: fewer at once, and nobody pays with this account before the service's hint is over. What
/// any account may pay for need not wait for this one.
void Conductor::slow_down(Life& life, Decision const& decision) {
    auto const payer = payer_of(life);
    if (!payer) return;
    accounts_.slow_down(*payer, life.sent_at, clock_.now(), clock_.now() + decision.wait);
    if (!life.parent && accounts_.left() > 1) life.wait = Duration();
}

/// The account of a step's last request is refused, or empty.
void Conductor::stop_paying(Life const& life, Problem const& problem) {
    if (auto const payer = payer_of(life)) accounts_.park(*payer, problem);
    hear_of_the_parked();
}

AccountChoice Conductor::choose_account(AccountWish const& wish) {
    auto choice = accounts_.choose(clock_.now(), wish);
    hear_of_the_parked();
    return choice;
}

/// While one is left, the others go on.
void Conductor::hear_of_the_parked() {
    for (auto const& account : accounts_.newly_parked()) {
        if (accounts_.left() == 0) return end_of_money(*account.parked);
        tell_of(account.name, *account.parked);
        places_changed();
    }
}

void Conductor::tell_of(std::string const& account, Problem const& problem) {
    if (!told_of_.insert(account).second) return;
    observer_.on_parked({account, problem, accounts_.left()});
}

void Conductor::end_of_money(Problem const& problem) {
    bool const empty = problem.verdict == Verdict::empty;
    end_run(empty ? RunEnd::account_empty : RunEnd::account_refused,
            Error(error_code(), problem.message));
}

} // namespace darkroom::engine
