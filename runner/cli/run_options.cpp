#include "runner/cli/run_options.hpp"

#include "jobs/read/ledger.hpp"
#include "runner/base/time_text.hpp"
#include "runner/cli/if_busy.hpp"
#include "runner/cli/ledger_call.hpp"
#include "runner/cli/log_file.hpp"
#include "runner/cli/run_metrics.hpp"
#include "runner/cli/script_forms.hpp"
#include "runner/http/server.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::cli {

namespace {

/// Any free port of this machine.
constexpr std::string_view dashboard_address = "127.0.0.1:0";

/// Ends a run that was passed over.
ExitCode leave_out(RunRequest const& request) {
    if (request.json) print_json(early_end(ExitCode::ok, {}));
    if (promised().lines) complain_of_end(early_end_line(ExitCode::ok));
    return ExitCode::ok;
}

/// Others could read a password in the list of processes.
std::string checked_ledger(std::string const& which) {
    if (which.empty() || which == "sqlite" || which == "none") return which;
    if (!jobs::is_database(which))
        throw Quit(ExitCode::usage,
                   fmt::format("--ledger {}: use sqlite, none, or postgresql://…", which));
    refuse_password(which);
    return which;
}

} // namespace

void add_run_options(Command const& command, RunOptions& options) {
    command.add_option("--progress", options.display.progress, "auto, bars, plain, json or none")
        .one_of({"auto", "bars", "plain", "json", "none"})
        .type_name("FORM");
    command.add_flag("--json", options.json, "print the summary as one JSON object on stdout");
    command.add_flag("-q,--quiet", options.display.quiet, "print only problems");
    command.add_flag("-v,--verbose", options.verbose,
                     "print service, limits and directory at the start");
    command.add_flag("-y,--yes", options.yes, "ask no question");
    command.add_option("--token-file", options.token_file, "read the token from this file")
        .not_empty()
        .type_name("PATH");
    command
        .add_option("--ledger", options.ledger,
                    "none: share no account with your other runs on this machine; "
                    "postgresql://…: with many machines")
        .not_empty()
        .suggests({"sqlite", "none", "postgresql://"})
        .type_name("WHICH");
    command
        .add_option("--campaign", options.campaign,
                    "with a ledger of many machines: the name under which it has the steps")
        .not_empty()
        .type_name("NAME");
    command
        .add_option("--grace", options.grace, "how long open generations may finish after Ctrl-C")
        .type_name("TIME");
    command
        .add_option("--if-busy", options.if_busy,
                    "while another run holds the directory: fail, skip, wait or wait=10m")
        .suggests({"fail", "skip", "wait"})
        .type_name("WHAT");
    command.add_option("--log", options.log_file, "append every event to this file")
        .not_empty()
        .type_name("FILE");
    command
        .add_option("--log-format", options.log_format,
                    "plain, or json: an object a line, as --progress json")
        .one_of({"plain", "json"})
        .type_name("FORM");
    command.add_flag_with_value("--dashboard", options.dashboard, std::string(dashboard_address),
                                "serve a page of the run, to watch and to steer it; "
                                "--dashboard=ADDRESS:PORT says where");
    command
        .add_option("--metrics", options.metrics,
                    "numbers for Prometheus: written to this file, or served at ADDRESS:PORT")
        .not_empty()
        .type_name("WHERE");
    command
        .add_option("--record", options.record,
                    "write all requests and answers there, for 'serve --replay'")
        .not_empty()
        .type_name("FILE");
    command
        .add_option("--keep-exchanges", options.keep_exchanges,
                    "keep the last N requests and answers in the run directory, for 'report'")
        .range(0, 1000)
        .excludes("--record")
        .type_name("N");
}

void apply_environment(RunOptions& options, GlobalOptions const& globals) {
    if (!options.log_file.empty()) ignore_log_signal();
    auto request = display_request_of_environment(globals);
    request.progress = options.display.progress;
    request.quiet = options.display.quiet;
    options.display = std::move(request);
}

Verbosity verbosity_of(RunOptions const& options) {
    auto const chosen = report::choose(options.display);
    if (chosen.form == report::Form::json) return Verbosity::all;
    return chosen.form != report::Form::none && !chosen.quiet ? Verbosity::all : Verbosity::errors;
}

ExitCode run_when_free(RunRequest const& request, RunOptions const& options) {
    auto const wish = read_if_busy(options.if_busy);
    if (!wait_while_busy(request.directory, wish)) return leave_out(request);
    try {
        return run_session(request);
    } catch (Quit const& quit) { // another one was faster
        if (quit.code != ExitCode::locked || wish.what != IfBusy::What::skip) throw;
        complain(fmt::format("{}; left out", quit.what()));
        return leave_out(request);
    }
}

RunRequest request_of(RunOptions const& options, Job job, std::string directory) {
    RunRequest request;
    auto const grace = parse_duration(options.grace);
    if (!grace)
        throw Quit(ExitCode::usage, "--grace " + options.grace + ": use a time like 30s or 5m");
    request.job = std::move(job);
    request.directory = std::move(directory);
    request.token_file = options.token_file;
    request.ledger = checked_ledger(options.ledger);
    request.campaign = options.campaign;
    request.log_file = options.log_file;
    if (options.log_format == "json" && options.log_file.empty())
        throw Quit(ExitCode::usage, "--log-format is of a log: give --log FILE, too");
    if (options.log_format == "json") request.log_form = report::Form::json;
    request.record = options.record;
    request.dashboard = options.dashboard;
    request.metrics = options.metrics;
    (void)read_metrics_address(options.metrics); // an address is refused before anything is done
    if (!options.dashboard.empty() && !http::read_listen_address(options.dashboard))
        throw Quit(ExitCode::usage, "--dashboard '" + options.dashboard +
                                        "': use ADDRESS:PORT, as in 127.0.0.1:8080");
    request.keep_exchanges = static_cast<std::size_t>(options.keep_exchanges);
    request.display = report::choose(options.display);
    request.grace = *grace;
    request.verbose = options.verbose;
    request.json = options.json;
    bool const is_for_people =
        request.display.form != report::Form::json && verbosity_of(options) == Verbosity::all;
    request.page_stays = is_for_people && !options.json;
    return request;
}

} // namespace darkroom::cli
