#include "runner/postgres/postgres_ledger.hpp"

#include "runner/base/time_text.hpp"
#include "runner/engine/account_key.hpp"
#include "runner/postgres/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace darkroom::postgres {

using namespace std::chrono_literals;
using namespace engine;

namespace {

std::int64_t in_us(Duration time) {
    return std::chrono::ceil<std::chrono::microseconds>(time).count();
}

std::int64_t in_ms(Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Grant unavailable(Error const& why) {
    Grant grant;
    grant.why.code = "ledger";
    grant.why.message = why.message();
    return grant;
}

Entered entered_of(Result<Answer> const& answer) {
    if (answer.has_error() || answer->rows.size() != 1) return Entered::unavailable;
    auto const& word = answer->rows.text(0, 0);
    if (word == "done") return Entered::done;
    if (word == "taken") return Entered::taken;
    return Entered::known;
}

Grant::What what_of(std::string_view verdict) {
    using What = Grant::What;
    if (verdict == "go") return What::go;
    if (verdict == "full") return What::full;
    if (verdict == "rate") return What::rate;
    if (verdict == "spent" || verdict == "budget") return What::spent;
    if (verdict == "parked") return What::parked;
    if (verdict == "open") return What::open;
    if (verdict == "paid") return What::paid;
    return What::unavailable;
}

Grant grant_of(Rows const& rows, GrantRequest const& request) {
    Grant grant;
    grant.what = what_of(rows.text(0, 0));
    grant.wait = std::chrono::microseconds(rows.number(0, 1));
    grant.may_change = rows.flag(0, 2);
    auto const cap = static_cast<std::size_t>(rows.number(0, 3));
    if (cap > 0 && cap <= request.caps.size()) grant.cap = request.caps[cap - 1];
    grant.spent = rows.number(0, 4);
    grant.is_of_campaign = rows.text(0, 0) == "budget";
    grant.why.verdict = verdict_named(rows.text(0, 5)).value_or(Verdict::account);
    grant.why.code = rows.text(0, 6);
    grant.why.message = rows.text(0, 7);
    return grant;
}

std::string random_session(std::mt19937_64& random) {
    return fmt::format("{:016x}{:016x}", random(), random());
}

/// Names a directory by a number above zero.
std::int64_t number_of(std::string const& directory) {
    auto const digest = sha256(directory);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
    return static_cast<std::int64_t>(number >> 1 | 1);
}

std::string words_for_places(Rows const& rows, WallTime now) {
    std::string words;
    std::int64_t ended = 0;
    std::int64_t until = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.flag(row, 3)) {
            words += fmt::format("{}process {} on {} has {}", words.empty() ? "" : ", ",
                                 rows.number(row, 1), rows.text(row, 0), rows.number(row, 2));
            continue;
        }
        ended += rows.number(row, 2);
        until = std::max(until, rows.number(row, 4));
    }
    if (ended > 0)
        words += fmt::format(
            "{}runs that were killed have {}, until {} at the latest, or until 'darkroom run' of "
            "their directories looks them up",
            words.empty() ? "" : ", ", ended,
            format_rfc3339(now + std::chrono::milliseconds(until)));
    return words;
}

OtherRuns others_of(Rows const& rows, WallTime now) {
    OtherRuns out;
    out.is_known = true;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        auto const& kind = rows.text(row, 0);
        if (kind == "task") {
            out.tasks.push_back(rows.text(row, 1));
            continue;
        }
        OtherRequest other;
        other.state = OtherRequest::State::lost;
        if (kind == "in_flight") other.state = OtherRequest::State::in_flight;
        if (kind == "found") other.state = OtherRequest::State::found;
        other.step = rows.digest(row, 2);
        other.request = rows.digest(row, 3);
        other.sent_at = now - std::chrono::milliseconds(rows.number(row, 4));
        if (kind == "found") other.named_at = now - std::chrono::milliseconds(rows.number(row, 5));
        out.requests.push_back(other);
    }
    return out;
}

} // namespace

PostgresLedger::PostgresLedger(boost::asio::any_io_executor executor, Clock& clock,
                               PostgresOptions options)
    : clock_(clock), options_(std::move(options)), line_(std::move(executor), clock, options_.line),
      directory_(number_of(options_.directory)) {
    if (options_.line.seed) {
        random_.seed(*options_.line.seed);
    } else {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        random_.seed(seed);
    }
    session_ = random_session(random_);
}

Statement PostgresLedger::of_run(char const* sql) const {
    Statement statement(sql);
    statement.add(run_).add(holder_);
    return statement;
}

Digest PostgresLedger::key_of(std::string const& identity) const {
    return account_key(salt_, identity);
}

AfterFailure PostgresLedger::after_failure() const {
    auto const& code = line_.failure().code;
    if (code == make_error_code(Errc::unreachable)) return AfterFailure::ends_for_now;
    if (code == make_error_code(Errc::taken_over)) return AfterFailure::is_replaced;
    return AfterFailure::ends;
}

/// The number of a `go` only grows; other answers have zero.
Result<> PostgresLedger::note_grants(std::int64_t grants) {
    bool const went_back = grants != 0 && grants < grants_;
    grants_ = std::max(grants_, grants);
    if (!went_back) return {};
    Error const why(Errc::went_back, "");
    line_.fail(why);
    return why;
}

std::int64_t PostgresLedger::new_call() { return static_cast<std::int64_t>(random_() >> 1 | 1); }

awaitable<Result<Rows>> PostgresLedger::made(Statement statement) {
    auto answer = co_await line_.ask(std::move(statement));
    CO_TRY(answer);
    co_return std::move(answer->rows);
}

Statement PostgresLedger::statement_of(GrantRequest const& request, std::int64_t ask) const {
    auto statement = of_run("SELECT * FROM darkroom.ask_grant($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                            "$10, $11, $12, $13, $14)");
    statement.add(request.step).add(static_cast<std::int64_t>(request.nonce));
    statement.add(key_of(request.identity)).add(request.request).add(request.price);
    statement.add(request.places).add(in_us(request.interval)).add(in_ms(options_.total));
    statement.add(clock_.wall().time_since_epoch().count());
    std::vector<std::int64_t> since;
    std::vector<std::int64_t> most;
    for (auto const& cap : request.caps) {
        since.push_back(cap.since.time_since_epoch().count());
        most.push_back(cap.most);
    }
    statement.add(since).add(most).add(ask);
    return statement;
}

/// `now`: a time before the question, so that the request was not sent before the answer says.
HeldRequest PostgresLedger::held_of(Rows const& rows, WallTime now) const {
    HeldRequest held;
    auto const identity = identities_.find(rows.digest(0, 9));
    if (identity != identities_.end()) held.identity = identity->second;
    held.request = rows.digest(0, 10);
    held.task_id = rows.text(0, 11);
    held.by_search = rows.flag(0, 12);
    held.is_paid = rows.text(0, 0) == "paid";
    held.sent_at = now - std::chrono::milliseconds(rows.number(0, 13));
    return held;
}

/// Gives back what was granted to somebody who is gone by now: it was never sent.
awaitable<Grant> PostgresLedger::grant(GrantRequest request) {
    auto const ask = ++last_ask_;
    for (;;) {
        CallLine::Orphan give_back = [this, step = request.step, ask](Rows const& rows) {
            if (rows.text(0, 0) != "go") return;
            asks_[step] = ask;
            line_.note(statement_of_settling(step, LastWord::free, ""));
            asks_.erase(step);
        };
        auto const wall = clock_.wall();
        auto answer = co_await line_.ask(statement_of(request, ask), std::move(give_back));
        if (answer.has_value()) {
            auto const noted = note_grants(answer->rows.number(0, 8));
            if (noted.has_error()) co_return unavailable(noted.error());
            auto grant = grant_of(answer->rows, request);
            bool const is_held = grant.what == Grant::What::open || grant.what == Grant::What::paid;
            if (grant.what == Grant::What::go) {
                granted_[request.step] = answer->boot;
                asks_[request.step] = ask;
            }
            if (is_held) grant.held = held_of(answer->rows, wall);
            co_return grant;
        }
        bool const is_expired = answer.error().code == make_error_code(Errc::lease_expired);
        if (!is_expired) co_return unavailable(answer.error());
        auto const renewed = co_await renew();
        if (renewed.has_error()) co_return unavailable(renewed.error());
    }
}

/// Returns the number of the request that a call about a step means; 0: none of this process.
std::int64_t PostgresLedger::ask_of(Digest const& step) const {
    auto const found = asks_.find(step);
    return found == asks_.end() ? 0 : found->second;
}

void PostgresLedger::name(Digest const& step, std::string const& task_id) {
    auto statement = of_run("SELECT darkroom.name_task($1, $2, $3, $4, false, $5)");
    statement.add(step).add(task_id).add(ask_of(step));
    line_.note(std::move(statement));
}

awaitable<Entered> PostgresLedger::adopt(Digest step, std::string task_id) {
    auto statement = of_run("SELECT darkroom.name_task($1, $2, $3, $4, true, $5)");
    statement.add(step).add(task_id).add(ask_of(step));
    auto const answer = co_await line_.ask(std::move(statement));
    co_return entered_of(answer);
}

Statement PostgresLedger::statement_of_settling(Digest const& step, LastWord word,
                                                std::string const& task_id) {
    granted_.erase(step);
    auto statement = of_run("SELECT darkroom.settle($1, $2, $3, $4, $5, $6, $7)");
    statement.add(step).add(word == LastWord::paid ? 2 : 3).add(task_id).add(new_call());
    statement.add(ask_of(step));
    return statement;
}

awaitable<Entered> PostgresLedger::settle(Digest step, LastWord word, std::string task_id) {
    auto const asked = ask_of(step);
    auto const answer = co_await line_.ask(statement_of_settling(step, word, task_id));
    auto const entered = entered_of(answer);
    bool const is_last = entered != Entered::taken && ask_of(step) == asked;
    if (is_last) asks_.erase(step);
    co_return entered;
}

void PostgresLedger::note_paid(Digest const& step, std::string const& task_id) {
    granted_.erase(step);
    auto statement = of_run("SELECT darkroom.note_paid($1, $2, $3, $4, $5, $6)");
    statement.add(step).add(task_id).add(new_call()).add(ask_of(step));
    asks_.erase(step);
    line_.note(std::move(statement));
}

void PostgresLedger::lose(Digest const& step) {
    granted_.erase(step);
    auto statement = of_run("SELECT darkroom.lose($1, $2, $3, $4)");
    statement.add(step).add(ask_of(step));
    line_.note(std::move(statement));
}

void PostgresLedger::set_aside(Digest const& step) {
    auto statement = of_run("SELECT darkroom.set_aside($1, $2, $3, $4)");
    statement.add(step).add(ask_of(step));
    line_.note(std::move(statement));
}

void PostgresLedger::charge_again(Digest const& step, std::string const& task_id,
                                  std::string const& identity, jobs::Micros cost) {
    auto statement = of_run("SELECT darkroom.charge_again($1, $2, $3, $4, $5, $6)");
    statement.add(step).add(task_id).add(key_of(identity)).add(cost);
    line_.note(std::move(statement));
}

/// Times are those of our clock, by the ages that the server's gives.
awaitable<OtherRuns> PostgresLedger::others(std::string identity, std::vector<std::string> tasks) {
    Statement statement("SELECT * FROM darkroom.others($1, $2, $3)");
    statement.add(run_).add(key_of(identity)).add(tasks);
    auto const asked = clock_.now();
    auto const wall = clock_.wall();
    auto const answer = co_await line_.ask(std::move(statement));
    if (answer.has_error()) co_return OtherRuns();
    auto const waited = std::chrono::floor<std::chrono::milliseconds>(answer->sent - asked);
    co_return others_of(answer->rows, wall + waited);
}

awaitable<std::optional<std::vector<Digest>>> PostgresLedger::held_after(Digest after) {
    constexpr int most = 1000;
    Statement statement("SELECT * FROM darkroom.steps_of_shard($1, $2, $3, $4)");
    statement.add(options_.campaign).add(options_.shard).add(after).add(most);
    auto const answer = co_await line_.ask(std::move(statement));
    std::optional<std::vector<Digest>> held;
    if (answer.has_error()) co_return held;
    held.emplace();
    for (std::size_t row = 0; row < answer->rows.size(); ++row)
        held->push_back(answer->rows.digest(row, 0));
    co_return held;
}

awaitable<Duration> PostgresLedger::look_turn(std::string identity, Duration pace, int questions) {
    Statement statement("SELECT darkroom.look_turn($1, $2, $3)");
    statement.add(key_of(identity)).add(in_us(pace)).add(questions);
    auto const answer = co_await line_.ask(std::move(statement));
    if (answer.has_error()) co_return Duration();
    co_return Duration(std::chrono::microseconds(answer->rows.number(0, 0)));
}

awaitable<std::string> PostgresLedger::places_taken_by(std::string identity) {
    Statement statement("SELECT * FROM darkroom.places_taken($1, $2)");
    statement.add(key_of(identity)).add(holder_);
    auto const answer = co_await line_.ask(std::move(statement));
    if (answer.has_error()) co_return std::string();
    co_return words_for_places(answer->rows, clock_.wall());
}

void PostgresLedger::slow_down(std::string const& identity, Duration wait) {
    Statement statement("SELECT darkroom.slow_down($1, $2)");
    statement.add(key_of(identity)).add(in_us(wait));
    line_.note(std::move(statement));
}

void PostgresLedger::park(std::string const& identity, Problem const& why) {
    Statement statement("SELECT darkroom.park($1, $2, $3, $4)");
    statement.add(key_of(identity)).add(name_of(why.verdict)).add(why.code).add(why.message);
    line_.note(std::move(statement));
}

} // namespace darkroom::postgres
