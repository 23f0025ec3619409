#include "runner/store/run_history.hpp"

#include <utility>

namespace darkroom::store {

using namespace engine;

Result<RunHistory> RunHistory::open(std::string const& journal) {
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    return RunHistory(std::move(reader));
}

Result<RunHistory> RunHistory::open_snapshot(std::string const& journal) {
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    TRY(reader.hold());
    return RunHistory(std::move(reader));
}

Result<std::map<std::string, Totals>> RunHistory::paid_by_account() {
    return journal_.paid_by_account();
}

Result<std::optional<StepRow>> RunHistory::find(Digest const& step) {
    TRY_ASSIGN(auto const found, journal_.summary(step));
    if (!found) return std::optional<StepRow>();
    StepRow row;
    row.key = step;
    row.phase = (found)->phase;
    row.gave_up = (found)->gave_up;
    row.unsettled = (found)->unsettled;
    row.price = (found)->price;
    row.images = (found)->images;
    return std::optional(row);
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
