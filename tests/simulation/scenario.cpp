#include "tests/simulation/scenario.hpp"

#include <fmt/format.h>

#include <set>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Phase;
using engine::StepState;

namespace {

class Blind final : public engine::Observer {
public:
    void on_event(engine::Event const&, StepState const&) override {}
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const&) override {}
};

} // namespace

/// One process over the disk.
struct Scenario::Life {
    explicit Life(Scenario& story)
        : journal(story.our_clock, story.chance, story.power, story.disk),
          images(story.our_clock, story.chance, story.power, story.folder),
          done(story.disk, images), marks(story.marks, story.power),
          provider(story.executor(), story.service, story.our_clock, setup(story)),
          conductor(story.executor(),
                    {story.our_clock, provider, journal, images, observer, &done, &marks},
                    story.options) {}

    static SimProvider::Setup setup(Scenario& story) {
        SimProvider::Setup setup;
        setup.delivery = story.delivery;
        setup.life = ++story.lives;
        setup.broken = story.broken;
        setup.has_spoken = &story.has_spoken;
        setup.token_mark = story.token_mark;
        setup.url = story.url;
        for (auto const& account : story.options.accounts) setup.accounts.push_back(account.name);
        return setup;
    }

    engine::ItemSource source(Scenario& story) {
        return [&story, this]() -> Result<std::shared_ptr<jobs::Item const>> {
            if (next == story.items.size()) return std::shared_ptr<jobs::Item const>();
            return story.items[next++];
        };
    }

    SimJournal journal;
    SimImages images;
    SimDone done;
    SimMarks marks;
    Blind observer;
    SimProvider provider;
    engine::Conductor conductor;
    std::size_t next = 0;
};

Scenario::Scenario() {
    service.faults = Faults::none();
    service.on_accept = [](Task& task) { task.ends_at = task.taken_at + 20s; };
    options.limits.rate = 1000;
    options.limits.concurrency = 8;
}

void Scenario::want(std::string const& prompt, int repeats, std::vector<jobs::Branch> then) {
    auto const below = std::make_shared<std::vector<jobs::Branch> const>(std::move(then));
    for (int repeat = 0; repeat < repeats; ++repeat) {
        auto item = std::make_shared<jobs::Item>();
        item->job = "job";
        item->index = items.size();
        item->repeat = repeat;
        item->request.body = json::Object{{"action", "generate"}, {"prompt", prompt}};
        item->then = below;
        items.push_back(std::move(item));
    }
}

void Scenario::want_text(std::string const& endpoint, json::Value body) {
    auto item = std::make_shared<jobs::Item>();
    item->job = "job";
    item->index = items.size();
    item->request.endpoint = "/midjourney/" + endpoint;
    item->request.body = std::move(body);
    item->then = std::make_shared<std::vector<jobs::Branch> const>();
    items.push_back(std::move(item));
}

engine::RunResult Scenario::run_once() {
    power.on = true;
    Life life(*this);
    return run(life.conductor.run(life.source(*this)));
}

void Scenario::run_and_crash(Duration after) {
    power.on = true;
    Life life(*this);
    TaskGroup end(executor());
    auto crash = [this, &life, after]() -> boost::asio::awaitable<void> {
        co_await clock.sleep_for(after);
        power.on = false;
        life.journal.crash();
        life.conductor.stop();
        life.conductor.stop();
    };
    end.spawn(crash());
    run(life.conductor.run(life.source(*this)));
    power.on = true;
}

int Scenario::runs_until_done(int most) {
    for (int number = 1; number <= most; ++number) {
        clock.skip(1h);
        if (run_once().end == engine::RunEnd::all_done) return number;
    }
    return 0;
}

int Scenario::charged() const {
    int sum = 0;
    for (auto const& [request, count] : service.charges()) sum += count;
    return sum;
}

std::map<Digest, StepState> Scenario::states() const {
    std::map<Digest, StepState> states;
    for (auto const& event : disk.facts) states[event.step].apply(event);
    return states;
}

int Scenario::booked() const {
    int sum = 0;
    for (auto const& [step, state] : states())
        sum += (state.phase == Phase::finished ? 1 : 0) + state.charges_again;
    return sum;
}

int Scenario::in_phase(Phase phase) const {
    int sum = 0;
    for (auto const& [step, state] : states()) sum += state.phase == phase ? 1 : 0;
    return sum;
}

std::string Scenario::reason() const {
    for (auto const& [step, state] : states()) {
        if (state.phase == Phase::open || state.phase == Phase::wanted)
            return state.problem.code + ": " + state.problem.message;
    }
    return {};
}

std::vector<std::string> Scenario::wrongs() {
    std::vector<std::string> wrongs;
    std::set<std::string> owned;
    for (auto const& [step, state] : states()) {
        if (state.phase != Phase::finished) continue;
        auto const& id = state.answer.task_id;
        auto const* task = service.task_of_id(id);
        bool const is_unnamed = id.empty() && engine::makes_text(state.info);
        if (is_unnamed) continue; // such answers have no id
        if (task == nullptr || task->request != state.info.request)
            wrongs.push_back(fmt::format("{} is no task of {}", id, state.info.request));
        if (!owned.insert(id).second) wrongs.push_back(id + " is on two steps");
        if (engine::makes_text(state.info)) continue;
        bool const is_there = !state.saved.empty() && folder.contains(state.saved[0].file);
        if (!is_there) wrongs.push_back("no picture of " + id);
    }
    return wrongs;
}

} // namespace darkroom::simulation
