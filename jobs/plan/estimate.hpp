// Estimates steps, images, cost and time of a job file. Pure.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/plan/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// Three answers to "how many": globs give nothing; they give what the service publishes for that
/// kind of image; they give every known action. For a pick: the fewest, half-way, the most. They
/// are equal where neither is involved.
struct Span {
    std::uint64_t least = 0;
    std::uint64_t expected = 0;
    std::uint64_t most = 0;

    Span& operator+=(Span const& other);
    friend bool operator==(Span const&, Span const&) = default;
};

/// One action of one job; `generate` is the first generation.
struct EstimateRow {
    std::string job;
    std::string action; ///< A pick is "pick" and its candidates.
    Span steps;
    Span cost; ///< Micros of `Prices::currency`.
};

/// Assumptions about the service.
struct Assumptions {
    /// From request to the last line; none: a minute, or of the program's own service a second.
    std::optional<Duration> generation;
};

struct Estimate {
    std::uint64_t items = 0;
    std::vector<EstimateRow> rows; ///< Sorted by job in file order, then by first appearance.
    Span steps;
    Span images; ///< Files that are kept.
    Span cost;
    Span bytes;      ///< Bytes of those files; see docs/job-file.md for the assumed sizes.
    Duration time{}; ///< For the expected steps, at the limits and without failures.
};

/// Estimates the part of the file that `options` select; with a limit, items are taken in file
/// order.
Estimate estimate(JobFile const& file, PlanOptions const& options,
                  Assumptions assumptions = Assumptions());

/// Steps of a file at one place of their tree.
struct OpenSteps {
    Step step; ///< One of them; the others have other prompts.
    std::uint64_t count = 0;
    bool is_sent = false; ///< Only what follows them is still to be paid.
};

/// Estimates these steps with everything below them; `items` stays 0.
Estimate estimate_open(JobFile const& file, std::vector<OpenSteps> const& open,
                       Assumptions assumptions = Assumptions());

} // namespace darkroom::jobs
