// The real client over the simulated network, as one life of the program has it.
#pragma once

#include "runner/provider/client.hpp"
#include "tests/simulation/mutants.hpp"
#include "tests/simulation/sim_network.hpp"

#include <vector>

namespace darkroom::simulation {

class SimProvider final : public engine::Provider {
public:
    struct Setup {
        jobs::Delivery delivery = jobs::Delivery::stream;
        std::vector<std::string> accounts = {""};
        int life = 1;
        Broken broken = Broken::nothing;
        std::string url = "https://api.invalid";
        std::string token_mark;       ///< Stands behind each token.
        Power const* power = nullptr; ///< The client machine's; null: the service knows it.
        bool const* is_cut = nullptr; ///< The way to the service is broken; null: it never is.
        bool* has_spoken = nullptr;   ///< Outlives the lives; null: they do not know of each other.
    };
    /// `clock` is that of the client's machine; it and `service` outlive the provider.
    SimProvider(boost::asio::any_io_executor executor, SimService& service, Clock& clock,
                Setup const& setup);
    ~SimProvider() override;

    bool attend(TaskGroup& group, engine::UpdateSink& updates) override;
    engine::awaitable<engine::SubmitResult> submit(engine::Submission submission,
                                                   engine::ProgressSink& progress) override;
    std::string identity_of(std::string const& account) const override {
        return client_->identity_of(account);
    }
    std::optional<std::chrono::milliseconds> service_ahead() const override {
        return client_->service_ahead();
    }
    engine::TaskAccess task_access() const override { return service_.access; }
    engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
    look_up(engine::TaskQuery query) override;
    engine::awaitable<std::optional<engine::Problem>> fetch(engine::ImageLink link,
                                                            ByteSink& into) override {
        return client_->fetch(std::move(link), into);
    }

private:
    class Updates;
    class Progress;

    SimService& service_;
    Mutant mutant_;
    std::unique_ptr<Updates> updates_;
    std::unique_ptr<provider::Client> client_;
};

} // namespace darkroom::simulation
