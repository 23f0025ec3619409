#include "tests/simulation/world.hpp"

#include "runner/base/text.hpp"

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

/// Prints what happens, so that a seed can be understood.
class Tracer final : public engine::Observer {
public:
    explicit Tracer(bool on) : on_(on) {}
    void on_event(engine::Event const& event, engine::StepState const& state) override {
        if (!on_) return;
        fmt::print("{} {} {}/{} {}\n", format_rfc3339(event.at), to_hex(event.step).substr(0, 8),
                   state.info.item, state.info.path, json::write(engine::to_json(event.fact)));
    }
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const& waiting) override {
        if (!on_) return;
        fmt::print("waiting {} {} {} {}\n", to_hex(waiting.step).substr(0, 8),
                   name_of(waiting.problem.verdict), waiting.problem.code,
                   format_duration(waiting.time));
    }

private:
    bool on_;
};

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

} // namespace

World::World(std::uint64_t seed, Broken broken)
    : service(clock_, chance_, power_), chance_(seed), broken_(broken), items_(make_items()),
      options_(make_options()) {
    service.clock_ahead = chance_.time(-1h, 1h);
    service.acknowledges = chance_.of(30);
    service.calls_unknown_transient = broken == Broken::resends_unknown;
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
        auto const prompt = subject + (chance_.of(5) ? " forbidden" : "");
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

LifeEnd World::live(std::size_t handlers_max) {
    ++lives;
    power_.on = true;
    Tracer observer(trace);
    if (trace) fmt::print("life {}\n", lives);
    LifeEnd end;
    boost::asio::io_context context;
    SimJournal journal(clock_, chance_, power_, disk_);
    journal.forgets_to_wait = broken_ == Broken::sends_before_journalling;
    SimImages images(clock_, chance_, power_, folder_);
    SimDone const done(disk_, images);
    engine::Ports const ports{clock_, service, journal, images, observer, &done};
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
    for (int i = 0; i < 4; ++i) {
        auto const end = live(handlers_in_a_life_max);
        if (!end.result) return complain("the run does not end");
        auto const how = end.result->end;
        budget_spent_ = how == RunEnd::budget_spent || how == RunEnd::account_empty ||
                        end.result->tally.stranded > 0;
        if (end.result->tally.unknown == 0) return;
    }
    complain("something stays unknown for ever");
}

/// The faults end, so that the last life can finish what is there to be finished.
void World::calm() {
    service.faults = Faults{0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    service.banned_from.clear();
}

std::vector<std::string> World::violations() {
    check_steps();
    check_images();
    check_money();
    if (service.concurrency_max > options_.limits.concurrency * (lives + 1))
        complain("more open requests than allowed");
    if (service.strays > 0) complain("a follow-up went to another account than its image's");
    check_accounts();
    return violations_;
}

void World::check_steps() {
    for (auto const& item : items_) check_step(jobs::first_step(item), "");
    auto const charges = service.charges();
    for (auto const& [request, charged] : charges) {
        auto const wanted = wanted_.find(request);
        int const right = wanted == wanted_.end() ? 0 : wanted->second;
        if (charged > right)
            complain(fmt::format("paid {} times, wanted {}: {}", charged, right, request));
        if (charged < right && !budget_spent_)
            complain(fmt::format("paid {} times, wanted {}: {}", charged, right, request));
    }
}

void World::check_step(jobs::Step const& step, std::string const& parent_image_id) {
    engine::StepState state;
    for (auto const& event : disk_.facts) {
        if (event.step == step.key) state.apply(event);
    }
    bool const forbidden = step.request.prompt().find("forbidden") != std::string::npos;
    bool const first = seen_.insert(step.key).second; // an equal one is paid once
    if (first && !forbidden) ++wanted_[engine::info_of(step, {parent_image_id, ""}).request];
    if (forbidden) {
        if (state.phase != Phase::failed && !budget_spent_)
            complain("a forbidden step is not failed");
        return;
    }
    if (state.phase != Phase::finished) {
        if (!budget_spent_)
            complain(fmt::format("a wanted step is {}: {}", name_of(state.phase), step.path));
        return;
    }
    // an equal step that wanted no images may have come first, and then the budget was spent
    bool const owed = step.download && (state.info.download || !budget_spent_);
    if (owed && (state.saved.empty() || !folder_.contains(state.saved[0].file)))
        complain("a paid image is not there: " + step.path);
    for (auto const& child : jobs::steps_below(step, state.answer.actions))
        check_step(child, state.answer.image_id);
}

void World::check_images() {
    std::set<std::pair<Digest, int>> listed;
    std::map<Digest, std::string> image_ids;
    for (auto const& event : disk_.facts) {
        if (auto const* fact = std::get_if<engine::Finished>(&event.fact)) {
            if (!image_ids.emplace(event.step, fact->answer.image_id).second)
                complain("a step finished twice");
        }
        auto const* saved = std::get_if<engine::ImageSaved>(&event.fact);
        if (saved == nullptr) continue;
        if (!listed.emplace(event.step, saved->image.tile).second)
            complain("an image is listed twice: " + saved->image.file);
        if (folder_[saved->image.file] != SimService::image_of(image_ids[event.step]))
            complain("a file is not what was paid for: " + saved->image.file);
    }
    std::set<std::string> owners;
    for (auto const& [step, image_id] : image_ids) {
        if (!owners.insert(image_id).second) complain("two steps have one image: " + image_id);
    }
}

void World::check_accounts() {
    auto charged = service.charges_by_account();
    for (auto const& account : options_.accounts) {
        if (service.peak[account.name] > account.concurrency * (lives + 1))
            complain(fmt::format("too many open requests of {}", account.name));
        auto const cost = charged[account.name] * options_.prices.otherwise;
        if (account.cost_cap && cost > *account.cost_cap)
            complain(fmt::format("the cost_cap of {} was crossed", account.name));
    }
}

void World::check_money() {
    std::int64_t charged = 0;
    for (auto const& [request, count] : service.charges()) charged += count;
    auto const budget = options_.budget.generations;
    if (budget && charged > *budget)
        complain(fmt::format("the budget of {} was crossed: {} paid", *budget, charged));
}

} // namespace darkroom::simulation
