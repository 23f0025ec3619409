#include "runner/report/status.hpp"

#include "runner/report/board.hpp"

#include <utility>

namespace darkroom::report {

namespace {

using engine::Phase;

TableLine line_of(Digest const& step, WantedFailures const* wanted) {
    if (wanted == nullptr) return {};
    auto const found = wanted->lines.find(step);
    return found == wanted->lines.end() ? TableLine() : found->second;
}

Result<> read_failures(engine::History& history, Status& status, WantedFailures const* wanted) {
    return history.for_each_failed([&status, wanted](engine::FailedRow const& row) -> Result<> {
        if (wanted != nullptr && !wanted->steps.contains(row.key)) return {};
        ++status.gave_up;
        status.rejected += row.problem.verdict == engine::Verdict::rejected ? 1 : 0;
        if (status.failures.size() < failures_listed_max)
            status.failures.push_back({step_name(row), row, line_of(row.key, wanted)});
        return {};
    });
}

Result<> read_charges(engine::History& history, Status& status) {
    return history.for_each_charged_again(
        [&](Digest const& key, engine::ChargedAgain const& charge) -> Result<> {
            TRY_ASSIGN(auto const state, history.state_of(key));
            status.charges.add(second_charge_of(key, charge, state));
            return {};
        });
}

} // namespace

bool Status::has_named_accounts() const {
    return accounts.size() > 1 || (accounts.size() == 1 && !accounts.begin()->first.empty());
}

StepsByState Status::by_state() const {
    auto const of = [this](Phase phase) { return static_cast<std::uint64_t>(counts.of(phase)); };
    StepsByState is{0,       of(Phase::finished), of(Phase::failed), of(Phase::skipped),
                    unknown, of(Phase::wanted)};
    is.all = is.done + is.failed + is.skipped + is.unknown + is.pending;
    if (plan) is = plan->by_state();
    if (!running) return is;
    is.pending += is.unknown;
    is.unknown = 0;
    is.to_load = 0; // it is loading them
    return is;
}

Result<Status> read_status(engine::History& history, std::string directory,
                           WantedFailures const* wanted) {
    Status status;
    status.directory = std::move(directory);
    TRY_ASSIGN(status.counts, history.counts());
    TRY_ASSIGN(status.accounts, history.paid_by_account());
    TRY_ASSIGN(status.images, history.count_images());
    TRY(read_failures(history, status, wanted));
    TRY_ASSIGN(status.unknown_steps, read_unknown_steps(history));
    status.unknown = status.unknown_steps.all;
    TRY(read_charges(history, status));
    return status;
}

} // namespace darkroom::report
