// Who hears of a run that has ended: a command, or an address.
#pragma once

#include "jobs/model/token_source.hpp"
#include "jobs/yaml/finding.hpp"
#include "runner/base/clock.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// A command or a webhook; it gets the summary of the run.
struct Hook {
    std::vector<std::string> command; ///< The argv; empty for a webhook.
    std::string url;                  ///< The address of a webhook; "" for a command.
    TokenSource secret;               ///< It signs what is sent to `url`; may be none.
    Duration deadline = std::chrono::seconds(30);
    Finding at; ///< Its place in the job file, for errors found later; without a text.
};

struct Hooks {
    std::optional<Hook> on_finish;  ///< After every run that was not interrupted.
    std::optional<Hook> on_failure; ///< After a run whose exit code is not 0, either.
};

} // namespace darkroom::jobs
