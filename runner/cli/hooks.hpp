// The hooks of a run: what happens when it has ended.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/base/json.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/net/url.hpp"

#include <functional>
#include <optional>
#include <string>

namespace darkroom::cli {

/// Returns whether a run that has ended with this code runs `on_finish`.
bool calls_on_finish(ExitCode code);
/// Returns whether it runs `on_failure`, too.
bool calls_on_failure(ExitCode code);

/// The hooks of one run, ready to be run.
class RunHooks {
public:
    /// Checks that each can be run, and reads the secrets. The file outlives this. Prints an error
    /// at its place and throws Quit: bad_file (the address), no_input (no such program, no secret);
    /// usage and no_input for the proxy and the authorities of the service.
    explicit RunHooks(jobs::JobFile const& file);

    /// Returns whether a run that has ended with this code runs any.
    bool has_any_for(ExitCode code) const;
    /// Runs those of a run that has ended with this code, one after the other. `warn` gets a
    /// sentence for each that has failed. Blocks; a stop signal ends the one at work and leaves out
    /// the rest.
    void run(ExitCode code, json::Value const& summary,
             std::function<void(std::string const&)> const& warn) const;

private:
    struct Ready {
        std::string key;
        jobs::Hook const& hook;
        std::string secret;
        net::Url url; ///< The webhook's.
    };
    std::optional<Ready> ready(std::string key, std::optional<jobs::Hook> const& hook) const;
    Result<> run_one(Ready const& ready, std::string const& summary) const;

    jobs::JobFile const& file_;
    std::optional<Ready> on_finish_;
    std::optional<Ready> on_failure_;
};

} // namespace darkroom::cli
