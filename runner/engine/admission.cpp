#include "runner/engine/admission.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace darkroom::engine {

namespace {

bool has_cap(jobs::Account const& account) { return account.cost_cap.has_value(); }

/// Returns by account what earlier runs have spent and left open; nothing where no account has a
/// cap.
std::map<std::string, Totals> spent_so_far(Journal& journal,
                                           std::vector<jobs::Account> const& accounts) {
    if (std::none_of(accounts.begin(), accounts.end(), has_cap)) return {};
    auto spent = journal.paid_by_account();
    for (auto const& [key, state] : journal.unsettled_steps()) {
        if (state.phase != Phase::open) continue;
        auto& totals = spent[state.account];
        ++totals.open;
        totals.open_price += state.price;
    }
    return spent;
}

} // namespace

/// Marks a follow-up that waits for one account: no new item goes there before it.
class Admission::OwnerWait {
public:
    OwnerWait(Admission& admission, std::size_t queue) : admission_(admission), queue_(queue) {
        if (queue_ > 0) admission_.accounts_.begin_waiting(queue_ - 1);
    }
    OwnerWait(OwnerWait const&) = delete;
    OwnerWait& operator=(OwnerWait const&) = delete;
    ~OwnerWait() {
        if (queue_ == 0) return;
        admission_.accounts_.end_waiting(queue_ - 1);
        admission_.places_changed();
    }

private:
    Admission& admission_;
    std::size_t queue_;
};

/// Counts who has reserved its price and waits for its turn.
class Admission::InTurn {
public:
    explicit InTurn(std::int64_t& count) : count_(count) { ++count_; }
    InTurn(InTurn const&) = delete;
    InTurn& operator=(InTurn const&) = delete;
    ~InTurn() { --count_; }

private:
    std::int64_t& count_;
};

Admission::Admission(boost::asio::any_io_executor executor, Ports const& ports,
                     EngineOptions const& options, AdmissionParts parts)
    : clock_(ports.clock), observer_(ports.observer), helpers_(parts.helpers), room_(parts.room),
      end_run_(std::move(parts.end_run)), ledger_(parts.ledger),
      accounts_(options.accounts, options.limits, spent_so_far(ports.journal, options.accounts)),
      budget_(options.budget, ports.journal.totals()), place_free_(executor), settled_(executor) {
    auto const queues = accounts_.size() == 1 ? 1 : 1 + accounts_.size();
    for (std::size_t i = 0; i < queues; ++i) admission_queues_.emplace_back(executor, 1);
}

awaitable<Admission::Admitted> Admission::admit(AccountWish wish, Priority priority) {
    Admitted admitted;
    if (is_left_out(wish)) co_return admitted;
    auto choice = choose(wish);
    if (choice.what == AccountChoice::What::none) {
        admitted.held = co_await ask_for_held(wish, choice.why);
        if (admitted.held) co_return admitted;
        if (!closed_) admitted.nobody = std::move(choice.why);
        co_return admitted;
    }
    auto const price = wish.price;
    bool const is_reserved = co_await reserve(wish);
    if (!is_reserved) co_return admitted;
    admitted = co_await wait_for_turn(std::move(wish), priority);
    if (!admitted.permit && !admitted.held) give_up_price(price);
    co_return admitted;
}

/// Waits for a place among the open requests and for a token of the rate.
awaitable<Admission::Admitted> Admission::wait_for_turn(AccountWish wish, Priority priority) {
    using What = AccountChoice::What;
    Admitted admitted;
    Time ready_since = clock_.now();
    auto const queue = queue_of(wish);
    InTurn const in_turn(in_turn_);
    OwnerWait const owner_wait(*this, queue);
    auto const permit = co_await admission_queues_[queue].acquire(priority);
    if (!permit) co_return admitted;
    auto choice = choose(wish);
    for (;;) {
        while ((choice.what == What::wait || paused_) && is_in_question(wish)) {
            Time const when = paused_ ? Time::max() : choice.when;
            bool const is_for_place = when == Time::max();
            co_await until_changed(when);
            if (is_for_place) ready_since = clock_.now();
            choice = choose(wish);
        }
        if (!is_in_question(wish)) co_return admitted;
        if (choice.what == What::none) {
            admitted.nobody = std::move(choice.why);
            co_return admitted;
        }
        if (!ledger_.is_on()) break;
        auto const word = co_await ask_ledger(wish, choice.account, admitted.held);
        if (word == LedgerWord::go) break;
        if (word == LedgerWord::held) co_return admitted;
        choice = choose(wish);
    }
    accounts_.begin(choice.account, clock_.now(), ready_since, wish.price);
    room_.wake_all();
    admitted.permit.emplace(*this, choice.account);
    co_return admitted;
}

/// Completes when a place has changed or `when` has come; the caller looks again.
awaitable<void> Admission::until_changed(Time when) {
    bool const is_first = wakeups_.empty() || when < *wakeups_.begin();
    if (when != Time::max() && is_first) {
        wakeups_.insert(when);
        helpers_.spawn(wake_at(when));
    }
    co_await place_free_.wait();
}

/// Everybody at the head of a queue is woken by the first wake-up, and sets the next one. That is
/// cheaper than a deadline for each: every request waits for its token.
awaitable<void> Admission::wake_at(Time when) {
    co_await clock_.sleep_until(when);
    wakeups_.erase(when);
    place_free_.wake_all();
}

/// With one account there is one queue, in the order of Priority.
std::size_t Admission::queue_of(AccountWish const& wish) const {
    if (!wish.owner || admission_queues_.size() == 1) return 0;
    auto const owner = accounts_.find(*wish.owner);
    return owner ? *owner + 1 : 0;
}

AccountChoice Admission::choose(AccountWish const& wish) {
    auto choice = accounts_.choose(clock_.now(), wish);
    report_newly_parked();
    return choice;
}

void Admission::give_up_price(jobs::Micros price) {
    budget_.release(price);
    settled_.wake_all();
}

void Admission::take_over(std::string const& account, jobs::Micros price) {
    accounts_.take_over(accounts_.find(account), price);
    money_changed();
}

void Admission::charge(std::string const& account, jobs::Micros price) {
    auto const payer = accounts_.find(account);
    budget_.charge(price, price);
    accounts_.charge(payer, price);
    money_changed();
    if (accounts_.on_success(payer)) places_changed();
}

void Admission::release(std::string const& account, jobs::Micros price) {
    budget_.release(price);
    accounts_.release(accounts_.find(account), price);
    money_changed();
}

void Admission::abandon(std::string const& account) {
    budget_.abandon();
    accounts_.abandon(accounts_.find(account));
    money_changed();
}

void Admission::charge_again(std::string const& account, jobs::Micros cost) {
    budget_.add(cost);
    accounts_.add(accounts_.find(account), cost);
    money_changed();
}

void Admission::on_loss(std::string const& account) {
    auto const payer = accounts_.find(account);
    if (payer) accounts_.on_loss(*payer, clock_.now());
}

void Admission::on_word(std::string const& account) {
    auto const payer = accounts_.find(account);
    if (payer && accounts_.on_word(*payer)) places_changed();
}

void Admission::count(std::string const& account, jobs::Micros cost) {
    accounts_.count(accounts_.find(account), cost);
}

bool Admission::slow_down(std::string const& account, Time sent, Duration wait) {
    auto const payer = accounts_.find(account);
    if (!payer) return false;
    if (accounts_.slow_down(*payer, sent, clock_.now(), clock_.now() + wait))
        ledger_.slow_down(account, wait);
    return accounts_.left() > 1;
}

void Admission::park(std::string const& account, Problem const& problem) {
    if (auto const payer = accounts_.find(account)) accounts_.park(*payer, problem);
    // the mistake of this run's job file is no word about the account
    if (!is_http_version_wrong(problem)) ledger_.park(account, problem);
    report_newly_parked();
}

void Admission::report_parked(std::string const& account, Problem const& problem) {
    if (!reported_.insert(account).second) return;
    observer_.on_parked({account, problem, accounts_.left()});
}

/// While one account is left, the run continues with it.
void Admission::report_newly_parked() {
    for (auto const& account : accounts_.newly_parked()) {
        auto const& why = *account.parked;
        if (accounts_.left() == 0) {
            auto end = RunEnd::account_refused;
            if (why.verdict == Verdict::empty) end = RunEnd::account_empty;
            if (is_http_version_wrong(why)) end = RunEnd::wrong_http;
            return end_run_(end, Error(error_code(), why.message));
        }
        report_parked(account.name, why);
        places_changed();
    }
}

void Admission::end(std::size_t account) {
    accounts_.end(account);
    places_changed();
}

void Admission::close() {
    closed_ = true;
    for (auto& queue : admission_queues_) queue.close();
    settled_.wake_all();
    places_changed();
}

void Admission::pause() { paused_ = true; }

void Admission::resume() {
    paused_ = false;
    places_changed();
}

void Admission::wishes_changed() {
    settled_.wake_all();
    places_changed();
}

void Admission::set_limits(jobs::Limits const& limits) {
    accounts_.set_limits(limits);
    places_changed();
}

bool Admission::has_place_for_item() const {
    if (paused_) return false;
    auto const& queue = admission_queues_.front();
    return queue.waiting() == 0 && queue.in_use() < accounts_.places_for_new();
}

void Admission::places_changed() {
    place_free_.wake_all();
    room_.wake_all();
}

/// A request that holds no place changes the money too, as one that an earlier run has left open.
void Admission::money_changed() {
    settled_.wake_all();
    if (accounts_.have_caps()) places_changed();
}

} // namespace darkroom::engine
