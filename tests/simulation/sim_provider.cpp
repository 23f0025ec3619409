#include "tests/simulation/sim_provider.hpp"

namespace darkroom::simulation {

SimProvider::SimProvider(boost::asio::any_io_executor executor, SimService& service, Clock& clock,
                         Setup const& setup)
    : service_(service), broken_(setup.broken) {
    provider::ClientOptions options;
    options.url = "https://api.invalid";
    options.delivery = setup.delivery;
    for (auto const& account : setup.accounts)
        options.tokens[account] = SimService::token_of(account);
    if (auto* has_spoken = setup.has_spoken) {
        options.has_spoken = *has_spoken;
        options.on_spoken = [has_spoken] { *has_spoken = true; };
    }
    std::shared_ptr<SimHook> hook;
    if (setup.delivery == jobs::Delivery::callback)
        hook = std::make_shared<SimHook>(service, setup.life);
    options.hook = hook;
    options.exchanger = std::make_shared<SimNetwork>(service, hook);
    client_ = provider::Client::create(executor, clock, std::move(options)).value();
}

engine::awaitable<engine::SubmitResult> SimProvider::submit(engine::Submission submission,
                                                            engine::ProgressSink& progress) {
    auto result = co_await client_->submit(std::move(submission), progress);
    auto* problem = std::get_if<engine::Problem>(&result);
    bool const is_unknown = problem && problem->verdict == engine::Verdict::unknown;
    if (broken_ == Broken::resends_unknown && is_unknown)
        problem->verdict = engine::Verdict::transient;
    co_return result;
}

engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
SimProvider::look_up(engine::TaskQuery query) {
    auto found = co_await client_->look_up(std::move(query));
    co_return found;
}

} // namespace darkroom::simulation
