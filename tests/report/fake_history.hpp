// A history made by hand, for the tests of the pages and lists that read one.
#pragma once

#include "runner/engine/history.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::test {

/// Gives back the rows that a test puts in.
class FakeHistory final : public engine::History {
public:
    Result<engine::StepCounts> counts() override { return step_counts; }
    Result<std::int64_t> count_images() override { return images; }
    Result<std::map<std::string, engine::Totals>> paid_by_account() override { return accounts; }
    Result<std::optional<engine::StepRow>> find(Digest const& step) override {
        auto const found = states.find(step);
        if (found == states.end()) return std::optional<engine::StepRow>();
        engine::StepRow row;
        row.key = step;
        row.phase = found->second.phase;
        row.gave_up = row.phase == engine::Phase::failed;
        row.unsettled = found->second.unsettled();
        return std::optional(row);
    }
    Result<engine::StepState> state_of(Digest const& step) override { return states[step]; }
    Result<> for_each_image(std::function<Result<>(engine::ManifestRow const&)> const&) override {
        return {};
    }
    Result<>
    for_each_failed(std::function<Result<>(engine::FailedRow const&)> const& take) override {
        return walk(failed, take);
    }
    Result<> for_each_open(std::function<Result<>(engine::FailedRow const&)> const& take) override {
        return walk(open, take);
    }

    Result<> for_each_finished_backwards(std::function<bool(WallTime)> const& take) override {
        for (auto at = finished_at.rbegin(); at != finished_at.rend() && take(*at); ++at) {
        }
        return {};
    }
    Result<> for_each_charged_again(
        std::function<Result<>(Digest const&, engine::ChargedAgain const&)> const& take) override {
        for (auto const& [step, charge] : charged_again) {
            auto taken = take(step, charge);
            if (taken.has_error()) return taken;
        }
        return {};
    }

    void set(engine::Phase phase, std::int64_t count, jobs::Micros price = 0) {
        step_counts.by_phase.at(static_cast<std::size_t>(phase)) = count;
        step_counts.prices.at(static_cast<std::size_t>(phase)) = price;
    }

    engine::StepCounts step_counts;
    std::int64_t images = 0;
    std::map<std::string, engine::Totals> accounts;
    std::map<Digest, engine::StepState> states;
    std::vector<engine::FailedRow> failed;
    std::vector<engine::FailedRow> open;
    std::vector<WallTime> finished_at; ///< In order.
    std::vector<std::pair<Digest, engine::ChargedAgain>> charged_again;

private:
    static Result<> walk(std::vector<engine::FailedRow> const& rows,
                         std::function<Result<>(engine::FailedRow const&)> const& take) {
        for (auto const& row : rows) {
            auto taken = take(row);
            if (taken.has_error()) return taken;
        }
        return {};
    }
};

} // namespace darkroom::test
