#include "tests/postgres/blocking.hpp"

#include <stdexcept>
#include <utility>

namespace darkroom::postgres::test {

using namespace engine;
using namespace std::chrono_literals;

namespace {

boost::asio::awaitable<bool> true_after(boost::asio::awaitable<void> task) {
    bool const done = true;
    co_await std::move(task);
    co_return done;
}

} // namespace

void Loop::run(boost::asio::awaitable<void> task) { run(true_after(std::move(task))); }

void Loop::make(std::string const& url, std::string sql) {
    LineOptions options;
    options.url = url;
    CallLine line(context.get_executor(), clock, std::move(options));
    auto const done = run(line.run_script(std::move(sql)));
    if (done.has_error()) throw std::runtime_error(done.error().message());
}

BlockingLedger::BlockingLedger(Clock& wall, PostgresOptions options, std::function<void()> before)
    : before_(std::move(before)), clock_(wall),
      ledger_(std::make_unique<PostgresLedger>(loop_.context.get_executor(), clock_,
                                               std::move(options))) {}

BlockingLedger::~BlockingLedger() {
    before_();
    loop_.run(ledger_->end(clock_.now() + 10s));
}

/// Another run, with a loop of its own, may ask next.
void BlockingLedger::make_noted() { loop_.run(ledger_->look_turn("nobody", Duration(), 1)); }

Result<> BlockingLedger::begin() {
    before_();
    return loop_.run(ledger_->begin());
}

awaitable<std::optional<std::vector<NamedStep>>> BlockingLedger::enter(DirectoryFacts facts) {
    before_();
    co_return loop_.run(ledger_->enter(std::move(facts)));
}

awaitable<Grant> BlockingLedger::grant(GrantRequest request) {
    before_();
    co_return loop_.run(ledger_->grant(std::move(request)));
}

void BlockingLedger::name(Digest const& step, std::string const& task_id) {
    before_();
    ledger_->name(step, task_id);
    make_noted();
}

awaitable<Entered> BlockingLedger::adopt(Digest step, std::string task_id) {
    before_();
    co_return loop_.run(ledger_->adopt(step, std::move(task_id)));
}

awaitable<Entered> BlockingLedger::settle(Digest step, LastWord word, std::string task_id) {
    before_();
    co_return loop_.run(ledger_->settle(step, word, std::move(task_id)));
}

void BlockingLedger::note_paid(Digest const& step, std::string const& task_id) {
    before_();
    ledger_->note_paid(step, task_id);
    make_noted();
}

void BlockingLedger::lose(Digest const& step) {
    before_();
    ledger_->lose(step);
    make_noted();
}

void BlockingLedger::set_aside(Digest const& step) {
    before_();
    ledger_->set_aside(step);
    make_noted();
}

void BlockingLedger::charge_again(Digest const& step, std::string const& task_id,
                                  std::string const& identity, jobs::Micros cost) {
    before_();
    ledger_->charge_again(step, task_id, identity, cost);
    make_noted();
}

awaitable<OtherRuns> BlockingLedger::others(std::string identity, std::vector<std::string> tasks) {
    before_();
    co_return loop_.run(ledger_->others(std::move(identity), std::move(tasks)));
}

awaitable<std::optional<std::vector<Digest>>> BlockingLedger::held_after(Digest after) {
    before_();
    co_return loop_.run(ledger_->held_after(after));
}

awaitable<Duration> BlockingLedger::look_turn(std::string identity, Duration pace, int questions) {
    before_();
    co_return loop_.run(ledger_->look_turn(std::move(identity), pace, questions));
}

void BlockingLedger::slow_down(std::string const& identity, Duration wait) {
    before_();
    ledger_->slow_down(identity, wait);
    make_noted();
}

void BlockingLedger::park(std::string const& identity, Problem const& why) {
    before_();
    ledger_->park(identity, why);
    make_noted();
}

} // namespace darkroom::postgres::test
