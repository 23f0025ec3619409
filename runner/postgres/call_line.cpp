#include "runner/postgres/call_line.hpp"

#include "runner/base/backoff.hpp"
#include "runner/base/deadline.hpp"
#include "runner/base/gate.hpp"
#include "runner/postgres/connection.hpp"
#include "runner/postgres/error.hpp"

#include <algorithm>
#include <deque>
#include <exception>
#include <optional>
#include <random>
#include <utility>

namespace darkroom::postgres {

using namespace std::chrono_literals;
using boost::asio::awaitable;

namespace {

constexpr Duration connect_time = 10s;
constexpr Backoff between_tries{100ms, 3s};

std::unique_ptr<Database> database_for(Clock& clock, LineOptions const& options) {
    if (options.connect) return options.connect();
    return std::make_unique<Connection>(clock, options.url);
}

std::minstd_rand::result_type seed_for(LineOptions const& options) {
    if (!options.seed) return std::random_device()();
    return static_cast<std::minstd_rand::result_type>(*options.seed);
}

} // namespace

struct CallLine::Call {
    explicit Call(Statement what) : statement(std::move(what)) {}
    Statement statement;
    std::string script; ///< Made in its place, if it is not empty.
    Orphan orphan;
    Result<Answer> result;
    Time sent{};
    BootTime boot{};
    bool is_sent = false;      ///< It may have been made.
    bool is_over = false;      ///< `result` is its answer.
    bool is_abandoned = false; ///< Nobody waits for it.
};

struct CallLine::Core {
    Core(boost::asio::any_io_executor on, Clock& time, LineOptions how)
        : executor(on), clock(time), options(std::move(how)), database(database_for(time, options)),
          made(on), chance(seed_for(options)) {}

    boost::asio::any_io_executor executor;
    Clock& clock;
    LineOptions options;
    std::unique_ptr<Database> database;
    std::deque<std::shared_ptr<Call>> calls; ///< The first one is being made.
    Gate made;                               ///< Wakes those who wait.
    std::optional<Time> away_since;
    std::minstd_rand chance;
    bool is_working = false;
    bool is_closed = false; ///< The line is gone.
    Error failure;
    std::function<void(std::string const&)> warn;
};

/// Belongs to the coroutine that has asked: it may be destroyed while it waits, or before it has
/// taken the answer.
class CallLine::Caller {
public:
    Caller(std::shared_ptr<Core> core, std::shared_ptr<Call> call)
        : core_(std::move(core)), call_(std::move(call)) {}
    Caller(Caller const&) = delete;
    Caller& operator=(Caller const&) = delete;
    ~Caller() {
        if (has_taken_) return;
        call_->is_abandoned = true;
        bool const is_left = call_->is_over && call_->result.has_value() && !core_->is_closed;
        if (is_left && call_->orphan) call_->orphan(call_->result->rows);
    }
    void take() { has_taken_ = true; }

private:
    std::shared_ptr<Core> core_;
    std::shared_ptr<Call> call_;
    bool has_taken_ = false;
};

CallLine::CallLine(boost::asio::any_io_executor executor, Clock& clock, LineOptions options)
    : core_(std::make_shared<Core>(std::move(executor), clock, std::move(options))) {}

CallLine::~CallLine() {
    core_->is_closed = true;
    core_->warn = nullptr;
    core_->made.wake_all();
}

Error const& CallLine::failure() const { return core_->failure; }

void CallLine::fail(Error why) {
    if (!core_->failure.code) core_->failure = std::move(why);
}

void CallLine::warn_by(std::function<void(std::string const&)> warn) {
    core_->warn = std::move(warn);
}

void CallLine::add(std::shared_ptr<Call> call) {
    core_->calls.push_back(std::move(call));
    if (core_->is_working) return;
    core_->is_working = true;
    auto on_end = [](std::exception_ptr defect) {
        if (defect) std::rethrow_exception(defect);
    };
    boost::asio::co_spawn(core_->executor, work(core_), on_end);
}

/// After a failure the run gives the ledger up: nobody waits for what is noted then.
void CallLine::note(Statement statement) {
    if (core_->failure.code) return;
    add(std::make_shared<Call>(std::move(statement)));
}

awaitable<Result<Answer>> CallLine::ask(Statement statement, Orphan orphan) {
    auto const core = core_;
    auto const call = std::make_shared<Call>(std::move(statement));
    call->orphan = std::move(orphan);
    add(call);
    Caller caller(core, call);
    while (!call->is_over && !core->is_closed) {
        co_await core->made.wait();
    }
    caller.take();
    if (!call->is_over) co_return Error(Errc::unreachable, "");
    co_return std::move(call->result);
}

awaitable<Result<>> CallLine::run_script(std::string sql) {
    auto const core = core_;
    auto const call = std::make_shared<Call>(Statement(""));
    call->script = std::move(sql);
    add(call);
    while (!call->is_over && !core->is_closed) {
        co_await core->made.wait();
    }
    if (!call->is_over) co_return Error(Errc::unreachable, "");
    CO_TRY(call->result);
    co_return Result<>();
}

awaitable<bool> CallLine::all_made(std::shared_ptr<Core> core) {
    bool const made = true;
    while (!core->calls.empty() && !core->is_closed) {
        co_await core->made.wait();
    }
    co_return made;
}

awaitable<bool> CallLine::finish(Time deadline) {
    auto const core = core_;
    auto const made = co_await value_in_time(core->clock, deadline, all_made(core));
    co_return made.has_value();
}

awaitable<void> CallLine::work(std::shared_ptr<Core> core) {
    while (!core->calls.empty() && !core->is_closed) {
        auto const call = core->calls.front();
        bool const is_needless = call->is_abandoned && !call->is_sent;
        if (!is_needless) co_await make(core, call);
        core->calls.pop_front();
        call->is_over = true;
        bool const is_left = call->is_abandoned && call->result.has_value() && call->is_sent;
        if (is_left && call->orphan && !core->is_closed) call->orphan(call->result->rows);
        core->made.wake_all();
    }
    core->is_working = false;
    if (core->is_closed) core->database->close();
}

/// The error of a lease is the caller's to mend; any other one ends the line.
awaitable<void> CallLine::make(std::shared_ptr<Core> core, std::shared_ptr<Call> call) {
    for (int failures = 0;; ++failures) {
        if (core->failure.code || core->is_closed) {
            call->result = core->failure;
            co_return;
        }
        auto const begun = core->clock.now();
        auto rows = co_await try_once(core, call);
        bool const is_away = rows.has_error() && may_pass(rows.error());
        if (!is_away) core->away_since.reset();
        if (rows.has_value()) {
            call->result = Answer();
            call->result->rows = std::move(*rows);
            call->result->sent = call->sent;
            call->result->boot = call->boot;
            co_return;
        }
        if (is_away && !core->away_since) {
            core->away_since = begun;
            if (core->warn) core->warn(rows.error().message());
        }
        auto const patience_ends = core->away_since.value_or(begun) + core->options.patience;
        if (!is_away || core->clock.now() >= patience_ends) {
            call->result = rows.error();
            bool const is_of_lease = rows.error().code == make_error_code(Errc::lease_expired);
            if (!is_of_lease && !core->failure.code) core->failure = rows.error();
            co_return;
        }
        double const chance = std::uniform_real_distribution<double>(0.5, 1)(core->chance);
        auto const next = core->clock.now() + between_tries.after(failures, chance);
        co_await core->clock.sleep_until(std::min(next, patience_ends));
    }
}

awaitable<Result<Rows>> CallLine::try_once(std::shared_ptr<Core> core, std::shared_ptr<Call> call) {
    auto& database = *core->database;
    if (!database.is_open()) {
        auto const opened = co_await database.open(core->clock.now() + connect_time);
        CO_TRY(opened);
    }
    call->is_sent = true;
    call->sent = core->clock.now();
    call->boot = core->options.boot_time();
    auto const deadline = call->sent + core->options.answer_time;
    if (call->script.empty()) co_return co_await database.ask(call->statement, deadline);
    auto done = co_await database.run_script(call->script, deadline);
    if (done.has_error()) database.close(); // its transaction is still open, and broken
    co_return done;
}

} // namespace darkroom::postgres
