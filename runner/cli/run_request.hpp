// A run as it was asked for on the command line.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/cli/job.hpp"
#include "runner/cli/retry_choice.hpp"
#include "runner/report/display_options.hpp"

#include <optional>
#include <string>

namespace darkroom::cli {

struct Host; // runner/cli/host.hpp

struct RunRequest {
    Job job;
    std::string directory;  ///< The run directory, as the user would type it.
    std::string token_file; ///< "" for none.
    std::string ledger;     ///< "sqlite", "none", the URL of a database, or "": as the job says.
    std::string campaign;   ///< The name of the steps in a ledger of many machines; "": the usual.
    std::string log_file;   ///< Lines are appended to it too; "" for none.
    report::Form log_form = report::Form::plain; ///< Their form: plain or json.
    std::string dashboard;                       ///< Where its page is served; "" for none.
    bool page_stays = false;        ///< On a terminal, while somebody looks at it at the end.
    std::string metrics;            ///< Where its numbers go, see RunMetrics; "" for nowhere.
    std::string record;             ///< A file for all requests and answers; "" for none.
    std::size_t keep_exchanges = 0; ///< The last ones stay in the run directory.
    report::DisplayOptions display;
    Duration grace = std::chrono::seconds(30);
    bool verbose = false;
    bool json = false;              ///< The summary as one JSON line on standard output.
    std::optional<RetryWish> retry; ///< Set: steps that were given up are tried again.
    bool keeps_saved_job = false;   ///< `retry` of a part: the next run has the whole again.
    bool accept_manifest = false;   ///< Images that the manifest lists count as paid.
    bool settle_only = false;       ///< Nothing is bought; see EngineOptions.
    std::string advice_on_rest;     ///< Then, how what is left is bought; see report::Closing.
    Host* host = nullptr;           ///< The program that runs it within itself; null: a terminal.
};

} // namespace darkroom::cli
