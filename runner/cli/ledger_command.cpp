// `darkroom ledger init|status [URL]`
#include "jobs/read/ledger.hpp"
#include "runner/base/time_text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/postgres/error.hpp"
#include "runner/postgres/ledger_admin.hpp"
#include "runner/report/words.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr auto about_ledger =
    R"(Makes the ledger of many machines, or shows what is in it.
It is a schema in a PostgreSQL database (14 or later). Without URL, the variable DARKROOM_LEDGER
names it. Passwords and TLS are libpq's: PGPASSFILE, sslmode=verify-full.

Examples:
  darkroom ledger init postgresql://darkroom@db.example.org/darkroom
  darkroom ledger status postgresql://darkroom@db.example.org/darkroom
  DARKROOM_LEDGER=postgresql://db.example.org/darkroom darkroom ledger status
)";

/// A person waits for it.
constexpr auto patience = std::chrono::seconds(5);

struct LedgerCommandOptions {
    std::string what;
    std::string url;
};

std::string url_of(LedgerCommandOptions const& options) {
    auto url = options.url.empty() ? environment("DARKROOM_LEDGER") : options.url;
    if (!jobs::is_database(url))
        throw Quit(ExitCode::usage, "give the URL of a database, as in "
                                    "postgresql://db.example.org/darkroom, or set DARKROOM_LEDGER");
    return url;
}

/// Runs a task on a loop of its own. Throws Quit.
template <class T>
T made(asio::io_context& context, asio::awaitable<Result<T>> task) {
    std::optional<Result<T>> done;
    std::exception_ptr defect;
    auto on_end = [&](std::exception_ptr why, Result<T> result) {
        defect = why;
        done = std::move(result);
    };
    asio::co_spawn(context, std::move(task), on_end);
    context.run();
    if (defect) std::rethrow_exception(defect);
    if (done->has_error())
        throw Quit(postgres::may_pass(done->error()) ? ExitCode::try_later
                                                     : ExitCode::contradiction,
                   "the ledger: " + done->error().message());
    if constexpr (!std::is_void_v<T>) return std::move(**done);
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

ExitCode run_ledger_command(LedgerCommandOptions const& options) {
    asio::io_context context{1};
    SteadyClock clock;
    postgres::LineOptions line;
    line.url = url_of(options);
    line.patience = patience;
    if (options.what == "init") {
        made(context, postgres::make_schema(context.get_executor(), clock, line));
        print_line("The ledger is there.");
        return ExitCode::ok;
    }
    auto const status = made(context, postgres::read_status(context.get_executor(), clock, line));
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
    command.add_option("WHAT", options->what, "init or status")
        .one_of({"init", "status"})
        .required();
    command.add_option("URL", options->url, "the database").not_empty();
    command.callback([&command_line, options] {
        command_line.action = [options] { return run_ledger_command(*options); };
    });
}

} // namespace darkroom::cli
