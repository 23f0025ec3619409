#include "runner/store/run_history.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr std::int64_t looked_up_max = 10'000; // of more, all rows are read at once
constexpr auto byte_max = std::numeric_limits<std::uint8_t>::max();

} // namespace

Result<RunHistory> RunHistory::open(std::string const& journal) {
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    return RunHistory(std::move(reader));
}

Result<RunHistory> RunHistory::open_snapshot(std::string const& journal) {
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    TRY(reader.hold());
    RunHistory history(std::move(reader));
    history.is_snapshot_ = true;
    return history;
}

Result<StepCounts> RunHistory::counts() {
    if (counts_) return *counts_;
    TRY_ASSIGN(auto counted, journal_.counts());
    if (is_snapshot_) counts_ = counted;
    return counted;
}

Result<std::map<std::string, Totals>> RunHistory::paid_by_account() {
    TRY_ASSIGN(auto const counted, counts());
    return journal_.paid_by_account(counted.totals());
}

Result<std::optional<StepRow>> RunHistory::find(Digest const& step) {
    if (is_snapshot_ && !done_) {
        TRY(read_done());
    }
    StepRow row;
    row.key = step;
    if (auto const* done = done_ ? done_->find(step) : nullptr) {
        row.phase = Phase::finished;
        row.price = prices_[done->price];
        row.images = done->images;
        return std::optional(row);
    }
    TRY_ASSIGN(auto const found, journal_.summary(step));
    if (!found) return std::optional<StepRow>();
    row.phase = found->phase;
    row.gave_up = found->gave_up;
    row.unsettled = found->unsettled;
    row.price = found->price;
    row.images = found->images;
    return std::optional(row);
}

/// A row whose numbers do not fit is looked up.
Result<> RunHistory::read_done() {
    done_.emplace();
    TRY_ASSIGN(auto const all, counts());
    auto const finished = all.of(Phase::finished);
    if (finished <= looked_up_max) return {};
    done_->reserve(static_cast<std::size_t>(finished));
    return journal_.for_each_done([this](DoneRow const& row) {
        auto const price = std::find(prices_.begin(), prices_.end(), row.price);
        auto const index = static_cast<std::size_t>(price - prices_.begin());
        if (row.images > byte_max || index > byte_max) return;
        if (price == prices_.end()) prices_.push_back(row.price);
        done_->add(row.step,
                   {static_cast<std::uint8_t>(row.images), static_cast<std::uint8_t>(index)});
    });
}

Result<StepState> RunHistory::state_of(Digest const& step) {
    TRY_ASSIGN(auto record, journal_.find(step));
    return std::move(record.state);
}

Result<> RunHistory::for_each_image(std::function<Result<>(ManifestRow const&)> const& take) {
    return journal_.for_each_image(0, [&take](ImageRecord const& image) {
        return take(manifest_row_of(image.event, image.state));
    });
}

Result<> RunHistory::for_each_failed(std::function<Result<>(FailedRow const&)> const& take) {
    return journal_.for_each_given_up([&take](Digest const& step, StepRecord const& record) {
        return take(failed_row_of(step, record.state, record.last_at));
    });
}

Result<> RunHistory::for_each_open(std::function<Result<>(FailedRow const&)> const& take) {
    auto const take_open = [&take](Digest const& step, StepRecord const& record) -> Result<> {
        if (record.state.phase != Phase::open) return {};
        return take(failed_row_of(step, record.state, record.last_at));
    };
    return journal_.for_each_unsettled(take_open);
}

Result<> RunHistory::for_each_charged_again(
    std::function<Result<>(Digest const&, ChargedAgain const&)> const& take) {
    return journal_.for_each_charged_again([&take](Event const& event) {
        return take(event.step, std::get<ChargedAgain>(event.fact));
    });
}

} // namespace darkroom::store
