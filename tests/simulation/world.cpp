#include "tests/simulation/world.hpp"

#include "runner/base/text.hpp"
#include "tests/simulation/tracer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Phase;
using engine::RunEnd;

namespace {

constexpr std::size_t handlers_in_a_life_max = 400'000;
/// Words that a record may show in another form.
constexpr char const* rich_words = " of the Caf\xc3\xa9  & it's\nlate --ar 3:2 --v 6";

json::Value body_of(std::string prompt) {
    return json::Object{{"action", "generate"}, {"prompt", std::move(prompt)}};
}

/// Counts the durable rows of a request's submissions.
int durable_rows(Disk const& disk, std::string const& request) {
    auto const is_row = [&request](engine::Event const& event) {
        auto const* fact = std::get_if<engine::Submitted>(&event.fact);
        return fact != nullptr && fact->info.request == request;
    };
    return static_cast<int>(std::count_if(disk.facts.begin(), disk.facts.end(), is_row));
}

jobs::Delivery draw_delivery(Chance& chance) {
    auto const percent = chance.between(0, 99);
    if (percent < 50) return jobs::Delivery::stream;
    if (percent < 70) return jobs::Delivery::poll;
    return percent < 85 ? jobs::Delivery::callback : jobs::Delivery::wait;
}

} // namespace

World::World(std::uint64_t seed, Broken broken, Conduct conduct)
    : service(clock_, chance_, power_), chance_(seed), broken_(broken), conduct_(conduct),
      delivery_(draw_delivery(chance_)), items_(make_items()), options_(make_options()) {
    service.clock_ahead = chance_.time(-1h, 1h);
    if (conduct_ == Conduct::imperfect) service.imperfections = Imperfections::draw(chance_);
    our_clock_.ahead = service.imperfections.our_clock_ahead;
    // then several pages are asked for at once
    if (service.imperfections.page_max > 0 && chance_.of(60)) options_.limits.rate = 50;
    // As the manual asks for: longer than the list lags behind, and a request is in a proxy's
    // queue.
    constexpr Duration queued_max = 20s;
    options_.retry.settle =
        std::max(options_.retry.settle, service.imperfections.lists_after + queued_max + 5s);
    service.add_history("");
    for (auto const& account : options_.accounts) service.add_history(account.name);
    service.on_accept = [this](Task& task) { task.sent_at = our_clock_.wall(); };
    service.on_send = [this](std::string const& request) {
        // lives before this one may have died between the row and the request: never the reverse
        if (service.sent().contains(request)
                ? service.sent().at(request) >= durable_rows(disk_, request)
                : durable_rows(disk_, request) == 0)
            complain("a request left before its journal row: " + request);
    };
}

std::vector<std::shared_ptr<jobs::Item const>> World::make_items() {
    auto const count = chance_.between(1, 6);
    std::vector<std::shared_ptr<jobs::Item const>> items;
    for (std::int64_t i = 0; i < count; ++i) {
        auto then = std::make_shared<std::vector<jobs::Branch>>();
        if (chance_.of(60)) {
            jobs::Branch upscales{{"upscale1", "upscale3"}, chance_.of(80), {}, {}};
            if (chance_.of(40)) upscales.then.push_back({{"zoom_out_2x"}, true, {}, {}});
            then->push_back(std::move(upscales));
        }
        if (chance_.of(30)) then->push_back({{"variation*"}, true, {}, {}});
        // the same prompt in two jobs is one step; a repeat is another one with an equal request
        auto const subject = chance_.of(20) ? "the same" : fmt::format("boat {}", i);
        auto prompt = subject + (chance_.of(5) ? " forbidden" : "");
        if (conduct_ == Conduct::imperfect && chance_.of(50)) prompt += rich_words;
        auto const repeats = chance_.of(30) ? 3 : 1;
        for (int repeat = 0; repeat < repeats; ++repeat) {
            auto item = std::make_shared<jobs::Item>();
            item->job = "job";
            item->index = static_cast<std::uint64_t>(i);
            item->repeat = repeat;
            item->request.body = body_of(prompt);
            item->then = then;
            items.push_back(std::move(item));
        }
    }
    return items;
}

engine::EngineOptions World::make_options() {
    engine::EngineOptions options;
    options.limits.concurrency = static_cast<int>(chance_.between(1, 6));
    options.limits.rate = static_cast<double>(chance_.between(1, 8)) / 2;
    options.limits.downloads = static_cast<int>(chance_.between(1, 4));
    options.limits.failures = 0;
    options.retry.attempts = 20;
    if (chance_.of(25)) options.budget.generations = chance_.between(1, 20);
    if (chance_.of(40)) add_accounts(options);
    options.seed = chance_.seed();
    return options;
}

/// A pool: each with limits of its own, one perhaps with a cap, one perhaps refused after a while.
void World::add_accounts(engine::EngineOptions& options) {
    auto const count = chance_.between(2, 4);
    options.limits.concurrency = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        jobs::Account account;
        account.name = fmt::format("account-{}", i);
        account.concurrency = static_cast<int>(chance_.between(1, 3));
        account.rate = static_cast<double>(chance_.between(1, 4)) / 2;
        if (chance_.of(10)) account.cost_cap = chance_.between(1, 12) * options.prices.otherwise;
        if (chance_.of(20)) service.banned_from[account.name] = chance_.between(0, 30);
        options.limits.concurrency += account.concurrency;
        options.accounts.push_back(std::move(account));
    }
    if (chance_.of(30)) options.limits.concurrency = 2;
}

SimProvider::Setup World::setup() {
    SimProvider::Setup setup;
    setup.delivery = delivery_;
    setup.life = lives;
    setup.broken = broken_;
    setup.has_spoken = &has_spoken_;
    for (auto const& account : options_.accounts) setup.accounts.push_back(account.name);
    return setup;
}

LifeEnd World::live(std::size_t handlers_max) {
    ++lives;
    power_.on = true;
    Tracer observer(trace);
    if (trace) fmt::print("life {}\n", lives);
    LifeEnd end;
    boost::asio::io_context context;
    SimJournal journal(our_clock_, chance_, power_, disk_);
    journal.forgets_to_wait = broken_ == Broken::sends_before_journalling;
    SimImages images(our_clock_, chance_, power_, folder_);
    SimDone const done(disk_, images);
    SimMarks marks(marks_, power_);
    SimProvider provider(context.get_executor(), service, our_clock_, setup());
    engine::Ports const ports{our_clock_, provider, journal, images, observer, &done, &marks};
    engine::Conductor conductor(context.get_executor(), ports, options_);
    std::size_t next = 0;
    auto source = [this, &next]() -> Result<std::shared_ptr<jobs::Item const>> {
        if (next == items_.size()) return std::shared_ptr<jobs::Item const>();
        return items_[next++];
    };
    std::exception_ptr defect;
    auto on_end = [&end, &defect](std::exception_ptr error, engine::RunResult result) {
        defect = error;
        if (!error) end.result = std::move(result);
    };
    boost::asio::co_spawn(context, conductor.run(source), on_end);
    bool alive = true;
    for (; end.handlers < handlers_max && alive; ++end.handlers)
        alive = test::step(context, clock_);
    if (alive) {
        power_.on = false;
        journal.crash();
        if (chance_.of(30)) marks_.reboot();
        conductor.stop();
        conductor.stop();
        for (std::size_t i = 0; test::step(context, clock_); ++i) {
            if (i > handlers_in_a_life_max) throw std::runtime_error("it does not stop");
        }
        end.result.reset();
    }
    handlers += end.handlers;
    if (defect) std::rethrow_exception(defect);
    if (!alive && !end.result) complain("the run waits for something that never comes");
    return end;
}

void World::live_through() {
    auto const deaths = chance_.between(0, 6);
    for (std::int64_t i = 0; i < deaths; ++i) {
        auto const end = live(static_cast<std::size_t>(chance_.between(1, 1200)));
        if (end.result && end.result->end == RunEnd::all_done) break;
    }
    calm();
    settle();
}

/// Runs an hour apart, and the last a day later, until nothing is unknown any more: a task with an
/// id that the service never shows is given up after a day.
void World::settle() {
    bool const is_good = conduct_ == Conduct::good;
    for (lives_to_settle = 1; lives_to_settle <= 6; ++lives_to_settle) {
        auto const end = live(handlers_in_a_life_max);
        if (!end.result) return complain("the run does not end");
        auto const how = end.result->end;
        budget_spent_ = how == RunEnd::budget_spent || how == RunEnd::account_empty ||
                        end.result->tally.stranded > 0;
        if (end.result->tally.unknown == 0 && end.result->tally.left == 0) return;
        clock_.skip(lives_to_settle == 5 ? 25h : 1h);
    }
    if (is_good) complain("something stays unknown for ever");
}

/// The faults end, so that the last life can finish what is there to be finished.
void World::calm() {
    service.faults = Faults::none();
    service.banned_from.clear();
    service.imperfections = service.imperfections.calmed();
    our_clock_.ahead = {};
}

} // namespace darkroom::simulation
