#include "tests/simulation/sim_provider.hpp"

namespace darkroom::simulation {

class SimProvider::Updates final : public engine::UpdateSink {
public:
    Updates(Mutant const& mutant, engine::UpdateSink& sink) : mutant_(mutant), sink_(sink) {}
    void on_update(engine::TaskUpdate update) override {
        mutant_.change(update);
        sink_.on_update(std::move(update));
    }

private:
    Mutant const& mutant_;
    engine::UpdateSink& sink_;
};

class SimProvider::Progress final : public engine::ProgressSink {
public:
    Progress(Mutant& mutant, engine::ProgressSink& sink) : mutant_(mutant), sink_(sink) {}
    bool on_sending() override { return sink_.on_sending(); }
    void on_task(std::string const& task_id) override {
        mutant_.note_task(task_id);
        sink_.on_task(task_id);
    }
    void on_percent(int percent) override { sink_.on_percent(percent); }

private:
    Mutant& mutant_;
    engine::ProgressSink& sink_;
};

SimProvider::SimProvider(boost::asio::any_io_executor executor, SimService& service, Clock& clock,
                         Setup const& setup)
    : service_(service), mutant_(setup.broken, service, clock) {
    provider::ClientOptions options;
    options.url = setup.url;
    options.delivery = setup.delivery;
    for (auto const& account : setup.accounts)
        options.tokens[account] = SimService::token_of(account) + setup.token_mark;
    if (auto* has_spoken = setup.has_spoken) {
        options.has_spoken = *has_spoken;
        options.on_spoken = [has_spoken] { *has_spoken = true; };
    }
    std::shared_ptr<SimHook> hook;
    if (setup.delivery == jobs::Delivery::callback)
        hook = std::make_shared<SimHook>(service, setup.life);
    options.hook = hook;
    auto const& power = setup.power != nullptr ? *setup.power : service.power();
    options.exchanger = std::make_shared<SimNetwork>(service, clock, power, hook, setup.is_cut);
    client_ = provider::Client::create(executor, clock, std::move(options)).value();
}

SimProvider::~SimProvider() = default;

bool SimProvider::attend(TaskGroup& group, engine::UpdateSink& updates) {
    updates_ = std::make_unique<Updates>(mutant_, updates);
    return client_->attend(group, *updates_);
}

engine::awaitable<engine::SubmitResult> SimProvider::submit(engine::Submission submission,
                                                            engine::ProgressSink& progress) {
    Progress noted(mutant_, progress);
    auto result = co_await client_->submit(std::move(submission), noted);
    mutant_.change(result);
    co_return result;
}

engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
SimProvider::look_up(engine::TaskQuery query) {
    query.with_requests = mutant_.reads_requests();
    auto found = co_await client_->look_up(query);
    if (auto* page = std::get_if<engine::TaskPage>(&found)) mutant_.change(query, *page);
    co_return found;
}

} // namespace darkroom::simulation
