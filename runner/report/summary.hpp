// The closing words of a run: for a person, and as one JSON object. Pure.
#pragma once

#include "runner/engine/run_end.hpp"
#include "runner/report/words.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::report {

/// All that there is to say about a run that has ended.
struct Closing {
    std::string name;
    std::string directory;   ///< The run directory, as the user may type it.
    std::string pictures;    ///< The directory with the pictures, in the same way.
    std::uint64_t steps = 0; ///< Wanted by the plan.
    engine::RunResult result;
    std::string currency = "USD";
    double seconds = 0;
    int exit = 0;

    /// Wanted, and neither done nor failed, skipped or unknown.
    std::uint64_t pending() const;
};

/// The object of `--json`: interface §2, keys in that order.
json::Value to_json(Closing const& closing);

/// Lines for standard error: how it ended, what there is and where, what to do next. Printable.
std::vector<Worded> closing_words(Closing const& closing);

} // namespace darkroom::report
