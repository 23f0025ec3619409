#include "runner/cli/engine_options.hpp"

#include "runner/cli/pick_file.hpp"
#include "runner/cli/run_ledger.hpp"
#include "runner/cli/shared_ledger.hpp"

#include <random>

namespace darkroom::cli {

engine::EngineOptions engine_options_of(RunRequest const& request) {
    auto const& file = request.job.file;
    engine::EngineOptions options;
    options.service = file.service.model;
    options.limits = file.limits;
    options.accounts = file.service.accounts;
    options.retry = file.retry;
    options.budget = file.budget;
    bool const has_part = file.budget.all_generations || file.budget.all_cost;
    if (uses_shared_ledger(request.ledger, file) && !has_part) {
        options.budget.generations.reset(); // the ledger's are those of all shards
        options.budget.cost.reset();
    }
    if (!request.settle_only) options.caps_at = caps_of(file);
    options.cap_words = cap_words_of(file);
    options.prices = file.prices;
    options.patience = file.service.timeouts.total;
    options.grace = request.grace;
    options.split_grids = file.output.split_grids;
    options.text_files = file.output.text_files;
    options.settle_only = request.settle_only;
    options.is_own_service = file.service.url == "local";
    options.picks = load_picks(request.directory);
    options.seed = std::random_device()();
    return options;
}

} // namespace darkroom::cli
