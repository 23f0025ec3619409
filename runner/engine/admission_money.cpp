// The money of requests that wait, and what the ledger says about them.
#include "runner/engine/admission.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace darkroom::engine {

namespace {

constexpr Duration between_questions_for_money = std::chrono::milliseconds(500);

Problem reached_spending_cap(std::string const& name, std::string const& why) {
    Problem problem;
    problem.verdict = Verdict::empty;
    problem.code = code_cost_cap;
    problem.message =
        fmt::format("the account '{}' may spend no more{}{}", name, why.empty() ? "" : ": ", why);
    return problem;
}

} // namespace

/// Counts who waits for money; `room` is woken, since the run may have nothing else to do.
class Admission::WaitsForMoney {
public:
    WaitsForMoney(std::size_t& count, Gate& room, std::size_t steps = 1)
        : count_(count), steps_(steps) {
        count_ += steps_;
        room.wake_all();
    }
    WaitsForMoney(WaitsForMoney const&) = delete;
    WaitsForMoney& operator=(WaitsForMoney const&) = delete;
    ~WaitsForMoney() { count_ -= steps_; }

private:
    std::size_t& count_;
    std::size_t steps_;
};

/// Returns false when the price would cross the budget, or the run is stopping. Waits while an open
/// request could still turn out to be free.
awaitable<bool> Admission::reserve(AccountWish const& wish) {
    while (is_in_question(wish)) {
        if (budget_.reserve(wish.price)) co_return true;
        if (!budget_.anything_pending()) {
            end_run_(RunEnd::budget_spent, Error());
            co_return false;
        }
        WaitsForMoney const waits(waiting_for_money_, room_);
        co_await settled_.wait();
    }
    co_return false;
}

/// The place that the account has here is still free afterwards, or what was granted is given back.
awaitable<Admission::LedgerWord> Admission::ask_ledger(AccountWish const& wish, std::size_t account,
                                                       std::optional<HeldRequest>& held) {
    using What = Grant::What;
    AccountTerms terms{accounts_.name_of(account), accounts_.places_of(account),
                       accounts_.interval_of(account)};
    Grant const grant = co_await ledger_.grant(wish, std::move(terms));
    std::string why;
    switch (grant.what) {
    case What::go: break;
    case What::full:
    case What::rate:
        accounts_.hold_until(account, clock_.now() + grant.wait);
        co_return LedgerWord::again;
    case What::spent:
        why = ledger_.words_for(grant);
        co_await until_money_changes(grant.may_change, account, std::move(why));
        co_return LedgerWord::again;
    case What::parked:
        accounts_.park(account, grant.why);
        report_newly_parked();
        co_return LedgerWord::again;
    case What::open:
    case What::paid:
        held = grant.held;
        if (spent_ && !ledger_.holds_any()) end_if_spent();
        co_return LedgerWord::held;
    case What::unavailable: co_return LedgerWord::again; // alone, or the run is ending
    }
    if (grant.wait > Duration()) co_await clock_.sleep_for(grant.wait);
    auto const now = choose(wish);
    bool const is_still_free =
        !closed_ && !paused_ && wish.is_wanted() && now.what == AccountChoice::What::go;
    if (is_still_free && now.account == account) co_return LedgerWord::go;
    co_await ledger_.settle_free(*wish.step);
    co_return LedgerWord::again;
}

/// A follow-up whose account may spend no more cannot be bought, but the ledger may have it as paid
/// or open. Its price is reserved then, as always.
awaitable<std::optional<HeldRequest>> Admission::ask_for_held(AccountWish const& wish,
                                                              Problem why) {
    std::optional<HeldRequest> held;
    bool const may_be =
        !closed_ && ledger_.is_on() && wish.step != nullptr && why.code == code_cost_cap;
    auto const account = wish.owner && may_be ? accounts_.find(*wish.owner) : std::nullopt;
    if (!account) co_return held;
    co_await ledger_.find_held();
    if (!ledger_.holds(*wish.step) || !budget_.reserve(wish.price)) co_return held;
    AccountTerms terms{accounts_.name_of(*account), accounts_.places_of(*account),
                       accounts_.interval_of(*account)};
    Grant const grant = co_await ledger_.grant(wish, std::move(terms));
    bool const is_held = grant.what == Grant::What::open || grant.what == Grant::What::paid;
    if (is_held) held = grant.held;
    if (!is_held) give_up_price(wish.price);
    if (grant.what == Grant::What::go) co_await ledger_.settle_free(*wish.step);
    if (spent_ && !ledger_.holds_any()) end_if_spent();
    co_return held;
}

/// Money comes back when an open request turns out to be free. Where none is open, this run has
/// spent what it may with this account.
awaitable<void> Admission::until_money_changes(bool may_change, std::size_t account,
                                               std::string why) {
    bool const is_ours_open = budget_.totals().open - budget_.abandoned() > in_turn_;
    if ((may_change || is_ours_open) && accounts_.size() > 1) {
        accounts_.hold_until(account, clock_.now() + between_questions_for_money);
        co_return; // another one may have money
    }
    if (may_change || is_ours_open) {
        bool const is_one_queue = admission_queues_.size() == 1; // all wait behind this one
        auto const waiting = is_one_queue ? static_cast<std::size_t>(in_turn_) : 1;
        WaitsForMoney const waits(waiting_for_money_, room_, waiting);
        co_await until_changed(clock_.now() + between_questions_for_money);
        co_return;
    }
    co_await end_buying(account, std::move(why));
}

/// A request that only the ledger has is paid, or may be: it needs no money, and must not be left
/// with the service. So the run goes on with that, whoever else waits is sent away, and then it
/// ends.
awaitable<void> Admission::end_buying(std::size_t account, std::string why) {
    bool has_more = accounts_.left() <= 1;
    if (has_more) has_more = co_await ledger_.find_held();
    if (has_more) {
        spent_ = std::move(why);
        settled_.wake_all();
        co_return places_changed();
    }
    if (accounts_.size() == 1) co_return end_run_(RunEnd::budget_spent, Error(error_code(), why));
    accounts_.park(account, reached_spending_cap(accounts_.name_of(account), why));
    report_newly_parked();
}

void Admission::end_if_spent() {
    if (spent_) end_run_(RunEnd::budget_spent, Error(error_code(), *spent_));
}

bool Admission::is_left_out(AccountWish const& wish) const {
    return spent_ && (wish.step == nullptr || !ledger_.holds(*wish.step));
}

/// Returns whether a request that waits may still be admitted.
bool Admission::is_in_question(AccountWish const& wish) const {
    return !closed_ && wish.is_wanted() && !is_left_out(wish);
}

} // namespace darkroom::engine
