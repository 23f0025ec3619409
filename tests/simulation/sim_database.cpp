#include "tests/simulation/sim_database.hpp"

#include "runner/base/deadline.hpp"
#include "runner/postgres/error.hpp"

#include <stdexcept>
#include <utility>

namespace darkroom::simulation {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using postgres::Errc;
using postgres::Rows;

/// The process that waits for an answer; it is gone where the process has died.
struct StoreServer::Waiting {
    explicit Waiting(asio::any_io_executor executor) : heard(std::move(executor)) {}
    std::optional<Result<Rows>> answer;
    Gate heard;

    void hear(Result<Rows> what) {
        if (answer) return;
        answer.emplace(std::move(what));
        heard.wake_all();
    }
    asio::awaitable<bool> is_answered() {
        bool const done = true;
        while (!answer) {
            co_await heard.wait();
        }
        co_return done;
    }
};

namespace {

Error unreachable() { return {Errc::unreachable, ""}; }

/// A process that has lost its power asks nothing more.
Error powerless() { return {Errc::refused, "no power"}; }

} // namespace

void StoreServer::restart(Duration pause) {
    if (!is_up) return;
    is_up = false;
    calls_.spawn(come_up(pause));
}

asio::awaitable<void> StoreServer::come_up(Duration pause) {
    co_await clock_.sleep_for(pause);
    ++boots;
    is_up = true;
}

void StoreServer::send(postgres::Statement const& statement, Line line,
                       std::weak_ptr<Waiting> waiting) {
    calls_.spawn(carry(statement, line, std::move(waiting)));
}

asio::awaitable<void> StoreServer::carry(postgres::Statement statement, Line line,
                                         std::weak_ptr<Waiting> waiting) {
    auto const percent = static_cast<int>(chance_.between(0, 99));
    bool const is_lost = percent < faults.lost_calls;
    bool const is_late = !is_lost && percent < faults.lost_calls + faults.late_calls;
    bool const is_unheard =
        is_late || percent < faults.lost_calls + faults.late_calls + faults.lost_answers;
    auto const way = chance_.time(100us, 10ms);
    auto const delay = is_late ? chance_.time(0s, 2min) : way;
    co_await clock_.sleep_for(delay);
    // A cut holds up a late one no more than the others: it comes by an older connection.
    bool const is_made = !is_lost && is_up && (is_late || holds(line));
    Result<Rows> rows = unreachable();
    if (is_made) rows = store_.make(statement);
    if (is_made && on_call) on_call();
    bool const is_grant = rows.has_value() && rows->size() == 1 && rows->text(0, 0) == "go";
    if (is_grant && on_grant) on_grant(store_.process_of(statement));
    bool const is_told = is_made ? !is_unheard : !*line.is_cut;
    auto const back = chance_.time(100us, 10ms);
    co_await clock_.sleep_for(back);
    bool const arrives = is_told && (!is_made || holds(line));
    auto const caller = waiting.lock();
    if (caller && arrives) caller->hear(std::move(rows));
    bool const is_reset = !arrives && !*line.is_cut && chance_.of(50); // else it is waited for
    if (caller && is_reset) caller->hear(unreachable());
}

asio::awaitable<Result<>> SimDatabase::open(Time deadline) {
    close();
    if (!power_.on) co_return powerless();
    auto const way = server_.chance_.time(1ms, 20ms);
    co_await clock_.sleep_for(way);
    if (!power_.on) co_return powerless();
    if (is_cut_) co_await clock_.sleep_until(deadline);
    if (is_cut_ || !server_.is_up) co_return unreachable();
    boot_ = server_.boots;
    co_return Result<>();
}

asio::awaitable<Result<Rows>> SimDatabase::ask(postgres::Statement const& statement,
                                               Time deadline) {
    if (!power_.on) co_return powerless();
    auto const waiting = std::make_shared<StoreServer::Waiting>(executor_);
    server_.send(statement, {&is_cut_, boot_}, waiting);
    auto const heard = co_await value_in_time(clock_, deadline, waiting->is_answered());
    if (!power_.on) co_return powerless();
    if (!heard) waiting->answer.emplace(unreachable());
    auto answer = std::move(*waiting->answer);
    bool const is_broken = answer.has_error() && answer.error().code == Errc::unreachable;
    if (is_broken) close();
    co_return answer;
}

asio::awaitable<Result<Rows>> SimDatabase::run_script(std::string, Time) {
    throw std::logic_error("no script is run in the simulation");
    co_return Rows();
}

} // namespace darkroom::simulation
