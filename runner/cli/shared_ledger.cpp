#include "runner/cli/shared_ledger.hpp"

#include "jobs/read/ledger.hpp"
#include "runner/base/number.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/ledger_call.hpp"
#include "runner/cli/run_name.hpp"
#include "runner/ledger/holder.hpp"
#include "runner/postgres/error.hpp"
#include "runner/report/words.hpp"
#include "runner/store/journal_meta.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <optional>
#include <unistd.h>
#include <utility>

namespace darkroom::cli {

namespace {

// The names under which the journal keeps these texts: never changed.
constexpr std::string_view shared_key = "shared_ledger";
constexpr std::string_view campaign_key = "campaign";
constexpr std::string_view grants_key = "shared_ledger_grants";
constexpr std::string_view shard_key = "shared_ledger_shard"; // as in "3/8"

std::string host_name() {
    std::array<char, 256> host{};
    return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "a host";
}

postgres::HolderName this_holder() {
    auto const me = ledger::this_process();
    return {host_name(), me.boot, me.pid, me.start};
}

/// Processes of other machines cannot be seen.
postgres::Presence presence_of(postgres::HolderName const& holder) {
    if (holder.machine != ledger::this_process().boot) return postgres::Presence::not_seen;
    bool const is_there = ledger::is_alive({holder.pid, holder.start, holder.machine});
    return is_there ? postgres::Presence::at_work : postgres::Presence::gone;
}

/// A directory keeps its campaign.
std::string campaign_of(RunRequest const& request, std::string const& journal) {
    if (!request.campaign.empty()) return request.campaign;
    if (shared_ledger_in(journal) && !campaign_in(journal))
        throw Quit(ExitCode::usage, "this directory was merged from several campaigns: name one "
                                    "with --campaign");
    return campaign_in(journal).value_or(request.job.file.name);
}

ExitCode exit_code_for(Error const& error) {
    using postgres::Errc;
    if (error.code == make_error_code(Errc::unreachable)) return ExitCode::try_later;
    if (error.code == make_error_code(Errc::taken_over)) return ExitCode::locked;
    if (error.code == make_error_code(Errc::other_shards)) return ExitCode::bad_file;
    if (error.code == make_error_code(Errc::other_budget)) return ExitCode::bad_file;
    if (error.code == make_error_code(Errc::bad_address)) return ExitCode::usage;
    return ExitCode::contradiction;
}

/// Says which budget the campaign has; "" for another error.
std::string budget_of(postgres::PostgresLedger const& ledger, Error const& error) {
    if (error.code != make_error_code(postgres::Errc::other_budget)) return {};
    jobs::Budget budget;
    budget.generations = ledger.budget_before().generations;
    budget.cost = ledger.budget_before().cost;
    auto const words = report::budget_words(budget, "");
    return fmt::format(
        ": {}. 'darkroom ledger set' changes it for all shards; then a job file with "
        "the same one runs, or with none",
        words.empty() ? "none" : words);
}

/// Throws Quit(contradiction) where the ledger has forgotten what it had granted.
void refuse_older(postgres::PostgresLedger const& ledger, std::string const& journal) {
    auto const name = shared_ledger_in(journal);
    auto const grants = or_quit(store::read_meta(journal, grants_key));
    if (!name || *name != ledger.name_of_ledger() || !grants) return;
    auto const known = parse_whole<std::int64_t>(*grants).value_or(0);
    if (ledger.grants() >= known) return;
    throw Quit(
        ExitCode::contradiction,
        fmt::format("the ledger went back in time: it has granted {} requests of this shard, "
                    "and had granted {}. Nothing is bought: it may have forgotten what is "
                    "paid. 'darkroom ledger repair URL DIR…' enters what run directories know",
                    ledger.grants(), known));
}

/// Throws Quit(usage) for a variable that is not set.
std::string url_of(RunRequest const& request) {
    if (!request.ledger.empty()) return request.ledger;
    auto const& file = request.job.file;
    if (file.ledger_variable.empty()) return file.ledger;
    auto url = environment(file.ledger_variable.c_str());
    if (!jobs::is_database(url))
        throw Quit(ExitCode::usage, fmt::format("'ledger' needs a variable {} with the URL of a "
                                                "database, postgresql://…",
                                                file.ledger_variable));
    return url;
}

} // namespace

void begin_shared_ledger(boost::asio::io_context& context, postgres::PostgresLedger& ledger) {
    std::optional<Result<>> begun;
    std::exception_ptr defect;
    auto on_end = [&](std::exception_ptr why, Result<> result) {
        defect = why;
        begun = std::move(result);
    };
    boost::asio::co_spawn(context, ledger.begin(), on_end);
    while (!begun && context.run_one() > 0) {
    }
    context.restart();
    if (defect) std::rethrow_exception(defect);
    if (begun->has_error())
        throw Quit(exit_code_for(begun->error()),
                   "the ledger: " + begun->error().message() + budget_of(ledger, begun->error()));
}

std::optional<ShardPlace> shard_place_in(std::string const& journal) {
    auto campaign = campaign_in(journal);
    auto const shard = or_quit(store::read_meta(journal, shard_key));
    if (!campaign || !shard) return std::nullopt;
    ShardPlace place{std::move(*campaign), 1, 1, 0};
    auto const slash = std::min(shard->find('/'), shard->size());
    place.shard = parse_whole<int>(shard->substr(0, slash)).value_or(1);
    place.shards = parse_whole<int>(shard->substr(std::min(slash + 1, shard->size()))).value_or(1);
    if (auto const grants = or_quit(store::read_meta(journal, grants_key)))
        place.grants = parse_whole<std::int64_t>(*grants).value_or(0);
    return place;
}

postgres::PostgresOptions shared_ledger_options(std::string const& url, ShardPlace const& place,
                                                std::string const& journal) {
    postgres::PostgresOptions options;
    options.line = line_to(url);
    options.campaign = place.campaign;
    options.shard = place.shard;
    options.shards = place.shards;
    options.directory = run_name_of(journal).run;
    options.holder = this_holder();
    options.presence = presence_of;
    return options;
}

std::optional<std::string> campaign_in(std::string const& journal) {
    return or_quit(store::read_meta(journal, campaign_key));
}

std::optional<std::string> shared_ledger_in(std::string const& journal) {
    return or_quit(store::read_meta(journal, shared_key));
}

void write_shared_ledger(std::string const& journal, std::string const& name,
                         std::string const& campaign) {
    if (!campaign.empty()) or_quit(store::write_meta(journal, campaign_key, campaign));
    or_quit(store::write_meta(journal, shared_key, name));
}

bool uses_shared_ledger(std::string const& option, jobs::JobFile const& file) {
    if (file.is_local()) return false;
    if (!option.empty()) return jobs::is_database(option);
    return !file.ledger_variable.empty() || jobs::is_database(file.ledger);
}

void refuse_without_shared_ledger(std::string const& journal, RunRequest const& request) {
    if (request.ledger == "none" || !shared_ledger_in(journal)) return;
    throw Quit(
        ExitCode::contradiction,
        "this directory has used a ledger in PostgreSQL: name it with --ledger URL, or go on "
        "alone with --ledger none");
}

std::unique_ptr<postgres::PostgresLedger> open_shared_ledger(boost::asio::io_context& context,
                                                             Clock& clock,
                                                             RunRequest const& request,
                                                             std::string const& journal) {
    ShardPlace place;
    place.campaign = campaign_of(request, journal);
    if (auto const& shard = request.job.plan.shard) {
        place.shard = static_cast<int>(shard->index);
        place.shards = static_cast<int>(shard->count);
    }
    auto options = shared_ledger_options(url_of(request), place, journal);
    options.line.patience = request.job.file.ledger_patience;
    options.total = request.job.file.service.timeouts.total;
    auto const& budget = request.job.file.budget;
    options.budget.generations =
        budget.all_generations ? budget.all_generations : budget.generations;
    options.budget.cost = budget.all_cost ? budget.all_cost : budget.cost;
    auto ledger = std::make_unique<postgres::PostgresLedger>(context.get_executor(), clock,
                                                             std::move(options));
    ledger->warn_by([](std::string const& why) { complain("waiting for the ledger: " + why); });
    begin_shared_ledger(context, *ledger);
    refuse_older(*ledger, journal);
    or_quit(store::write_meta(journal, campaign_key, place.campaign, store::Durability::soon));
    or_quit(store::write_meta(journal, shard_key, fmt::format("{}/{}", place.shard, place.shards),
                              store::Durability::soon));
    note_shared_ledger(*ledger, journal);
    return ledger;
}

void note_shared_ledger(postgres::PostgresLedger const& ledger, std::string const& journal) {
    or_quit(store::write_meta(journal, grants_key, std::to_string(ledger.grants()),
                              store::Durability::soon));
    or_quit(store::write_meta(journal, shared_key, ledger.name_of_ledger()));
}

} // namespace darkroom::cli
