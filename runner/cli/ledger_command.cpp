// `darkroom ledger init|status|set [URL]`, `darkroom ledger repair DIR…`
#include "jobs/read/ledger.hpp"
#include "jobs/yaml/values.hpp"
#include "runner/base/number.hpp"
#include "runner/base/time_text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/ledger_call.hpp"
#include "runner/cli/ledger_repair.hpp"
#include "runner/cli/shared_ledger.hpp"
#include "runner/ledger/ledger_file.hpp"
#include "runner/ledger/ledger_status.hpp"
#include "runner/postgres/ledger_admin.hpp"
#include "runner/report/words.hpp"
#include "runner/store/file.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr auto about_ledger =
    R"(Shows or repairs what runs share; makes it for many machines.
Without a URL it is the file of this machine, which every run uses. With one it is a schema in a
PostgreSQL database (14 or later); the variable DARKROOM_LEDGER may name it. Passwords and TLS are
libpq's: PGPASSFILE, sslmode=verify-full.

Examples:
  darkroom ledger status                                accounts, money, who has places
  darkroom ledger repair out/cars out/boats             the file was lost: enter what these know
  darkroom ledger init postgresql://darkroom@db.example.org/darkroom
  darkroom ledger status postgresql://darkroom@db.example.org/darkroom
  darkroom ledger set --campaign cars --generations 500 --cost none
)";

struct LedgerCommandOptions {
    std::string what;
    std::vector<std::string> places;
    std::string campaign;
    std::string generations;
    std::string cost;
};

/// Returns the text that names a database; "": nothing does.
std::string named_database(LedgerCommandOptions const& options) {
    if (options.places.size() > 1) throw Quit(ExitCode::usage, "give one URL");
    if (options.places.empty()) return environment("DARKROOM_LEDGER");
    if (jobs::is_database(options.places.front())) refuse_password(options.places.front());
    return options.places.front();
}

std::string checked_url(std::string url) {
    if (!jobs::is_database(url))
        throw Quit(ExitCode::usage, "give the URL of a database, as in "
                                    "postgresql://db.example.org/darkroom, or set DARKROOM_LEDGER");
    return url;
}

/// Returns nothing for "", which leaves a limit as it is. Throws Quit.
postgres::NewLimit<std::int64_t> new_limit(std::string const& option, std::string const& text,
                                           std::optional<std::int64_t> number) {
    if (text.empty()) return std::nullopt;
    if (text == "none") return std::optional<std::int64_t>();
    if (!number || *number < 0)
        throw Quit(ExitCode::usage,
                   fmt::format("{}: '{}' is neither a limit nor none", option, text));
    return std::optional(number);
}

std::string line_of(postgres::CampaignStatus const& campaign) {
    jobs::Budget limits;
    limits.generations = campaign.budget.generations;
    limits.cost = campaign.budget.cost;
    auto const words = report::budget_words(limits, "");
    return fmt::format("campaign {}: {} open or paid ({}), {}", campaign.name, campaign.generations,
                       report::money_text(campaign.cost, ""),
                       words.empty() ? "no budget" : "budget " + words);
}

void print_campaigns(postgres::LineOptions const& line, std::set<std::string> const& names) {
    asio::io_context context{1};
    SteadyClock clock;
    auto const status = made(context, postgres::read_status(context.get_executor(), clock, line));
    for (auto const& campaign : status.campaigns)
        if (names.contains(campaign.name)) print_line(line_of(campaign));
}

/// An answer that was lost says nothing.
bool set_or_say_what_to_do(asio::io_context& context, asio::awaitable<Result<bool>> task) {
    try {
        return made(context, std::move(task));
    } catch (Quit const& why) {
        if (why.code != ExitCode::try_later) throw;
        throw Quit(why.code, std::string(why.what()) + ". The limits may have been set: see "
                                                       "'darkroom ledger status'");
    }
}

std::set<std::string> campaigns_of(std::vector<std::string> const& directories) {
    std::set<std::string> campaigns;
    for (auto const& directory : directories)
        if (auto const campaign = campaign_in(directory + "/journal.db"))
            campaigns.insert(*campaign);
    return campaigns;
}

ExitCode set_budget(LedgerCommandOptions const& options, asio::io_context& context, Clock& clock,
                    postgres::LineOptions const& line) {
    auto const generations = new_limit("--generations", options.generations,
                                       parse_whole<std::int64_t>(options.generations));
    auto const cost = new_limit("--cost", options.cost, jobs::micros(options.cost));
    if (options.campaign.empty() || (!generations && !cost))
        throw Quit(ExitCode::usage, "set needs --campaign NAME with --generations N or --cost X");
    auto task = postgres::set_budget(context.get_executor(), clock, line, options.campaign,
                                     generations, cost);
    if (!set_or_say_what_to_do(context, std::move(task)))
        throw Quit(ExitCode::no_input,
                   fmt::format("the ledger has no campaign '{}'", options.campaign));
    print_line("The limits hold from the next request on.");
    print_campaigns(line, {options.campaign});
    return ExitCode::ok;
}

std::string line_of(postgres::ShardStatus const& shard) {
    auto const name = shard.shards == 1
                          ? shard.campaign
                          : fmt::format("{} {}/{}", shard.campaign, shard.shard, shard.shards);
    auto const age = format_span(std::chrono::seconds(shard.age));
    auto const who = shard.host.empty() ? std::string("never held")
                                        : fmt::format("process {} on {}", shard.pid, shard.host);
    return fmt::format("{}: {} by {}, heard {} ago; {} open ({}), {} paid ({})", name,
                       shard.is_alive ? "held" : "left", who, age, shard.open,
                       report::money_text(shard.open_cost, ""), shard.paid,
                       report::money_text(shard.paid_cost, ""));
}

std::string line_of(postgres::AccountStatus const& account) {
    auto line = fmt::format("account {}: {} open, {} within 24 hours", account.name, account.open,
                            report::money_text(account.day_cost, ""));
    if (account.hold > 0)
        line += fmt::format(", pauses for {}", format_span(std::chrono::seconds(account.hold)));
    if (!account.parked.empty()) line += fmt::format(", last refused: {}", account.parked);
    return line;
}

std::string line_of(ledger::AccountLine const& account) {
    return fmt::format("account {}: {} open ({} in places), {} within 24 hours, {} within 31 days",
                       account.name, account.open, account.places,
                       report::money_text(account.day, ""), report::money_text(account.month, ""));
}

std::string line_of(ledger::HolderLine const& holder) {
    return fmt::format("process {}: {} open{}", holder.pid, holder.open,
                       holder.is_alive ? "" : ", and it has ended");
}

ExitCode show_own_ledger() {
    auto const found = ledger::find_ledger(environment);
    if (found.path.empty()) throw Quit(ExitCode::contradiction, "no ledger: " + found.why_not);
    if (!store::exists(found.path)) {
        print_line("No run has used the ledger: " + found.path);
        return ExitCode::ok;
    }
    SteadyClock clock;
    auto const status = or_quit(ledger::read_status(found.path, clock.wall()));
    print_line(found.path);
    for (auto const& account : status.accounts) print_line(line_of(account));
    for (auto const& holder : status.holders) print_line(line_of(holder));
    if (!status.knows_all)
        print_line("It has replaced an earlier one: 'darkroom ledger repair DIR…' enters what run "
                   "directories have spent.");
    return ExitCode::ok;
}

/// The database that is named, or that of the environment; else the file of this machine.
void repair(std::vector<std::string> const& places) {
    auto directories = places;
    auto const url = std::find_if(directories.begin(), directories.end(), jobs::is_database);
    auto shared = environment("DARKROOM_LEDGER");
    if (url != directories.end()) {
        shared = *url;
        refuse_password(shared);
        directories.erase(url);
        if (std::any_of(directories.begin(), directories.end(), jobs::is_database))
            throw Quit(ExitCode::usage, "give one URL");
    }
    if (!shared.empty()) shared = checked_url(std::move(shared));
    if (directories.empty()) throw Quit(ExitCode::usage, "name run directories beside the URL");
    if (shared.empty()) return repair_ledger(directories);
    repair_shared_ledger(shared, directories);
    print_campaigns(line_to(shared), campaigns_of(directories));
}

ExitCode run_ledger_command(LedgerCommandOptions const& options) {
    bool const has_limits =
        !options.campaign.empty() || !options.generations.empty() || !options.cost.empty();
    if (has_limits && options.what != "set")
        throw Quit(ExitCode::usage, "--campaign, --generations and --cost are for set");
    if (options.what == "repair") {
        if (options.places.empty())
            throw Quit(ExitCode::usage, "name every run directory that has used the accounts");
        repair(options.places);
        return ExitCode::ok;
    }
    if (options.what == "status" && named_database(options).empty()) return show_own_ledger();
    asio::io_context context{1};
    SteadyClock clock;
    auto line = line_to(checked_url(named_database(options)));
    if (options.what == "init") {
        made(context, postgres::make_schema(context.get_executor(), clock, line));
        print_line("The ledger is there.");
        return ExitCode::ok;
    }
    if (options.what == "set") return set_budget(options, context, clock, line);
    auto const status = made(context, postgres::read_status(context.get_executor(), clock, line));
    for (auto const& campaign : status.campaigns) print_line(line_of(campaign));
    for (auto const& shard : status.shards) print_line(line_of(shard));
    for (auto const& account : status.accounts) print_line(line_of(account));
    if (status.shards.empty()) print_line("No run has used the ledger.");
    return ExitCode::ok;
}

} // namespace

void add_ledger(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("ledger", about_ledger);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<LedgerCommandOptions>();
    command.add_option("WHAT", options->what, "status, init, set or repair")
        .one_of({"status", "init", "set", "repair"})
        .required();
    command.add_option("PLACE", options->places, "the URL of a database; with repair: directories")
        .not_empty();
    command.add_option("--campaign", options->campaign, "set: the campaign whose budget it is")
        .not_empty()
        .type_name("NAME");
    command.add_option("--generations", options->generations, "set: a new limit, or none")
        .not_empty()
        .type_name("N");
    command.add_option("--cost", options->cost, "set: a new limit, or none")
        .not_empty()
        .type_name("X");
    command.callback([&command_line, options] {
        command_line.action = [options] { return run_ledger_command(*options); };
    });
}

} // namespace darkroom::cli
