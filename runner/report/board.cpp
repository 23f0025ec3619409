#include "runner/report/board.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::report {

namespace {
constexpr std::size_t times_max = 512;
constexpr Duration times_age_max = std::chrono::minutes(5);
constexpr std::size_t recent_max = 1024;
} // namespace

std::string step_name(engine::StepInfo const& info) {
    auto name = fmt::format("{}/{}", info.job, info.item);
    if (info.repeat > 0) name += fmt::format("#{}", info.repeat + 1);
    if (!info.path.empty()) name += "/" + info.path;
    return name;
}

std::string step_name(engine::FailedRow const& row) {
    engine::StepInfo info;
    info.job = row.job;
    info.item = row.item;
    info.repeat = row.repeat;
    info.path = row.path;
    return step_name(info);
}

void Speed::count(Time now) {
    times_.push_back(now);
    if (times_.size() > times_max) times_.pop_front();
}

std::optional<double> Speed::per_second(Time now) const {
    auto const young = std::find_if(times_.begin(), times_.end(),
                                    [now](Time time) { return now - time <= times_age_max; });
    auto const count = std::distance(young, times_.end());
    if (count < 2) return std::nullopt;
    std::chrono::duration<double> const span = now - *young;
    if (span.count() <= 0) return std::nullopt;
    return static_cast<double>(count - 1) / span.count();
}

Board::Board(Start start) : start_(std::move(start)) {}

std::uint64_t Board::left() const {
    auto const ended = start_.done + start_.failed + start_.skipped;
    return start_.steps > ended ? start_.steps - ended : 0;
}

std::optional<Duration> Board::time_left(Time now) const {
    auto const speed = ended_.per_second(now);
    if (!speed || left() == 0) return std::nullopt;
    std::chrono::duration<double> const time(static_cast<double>(left()) / *speed);
    return std::chrono::duration_cast<Duration>(time);
}

void Board::apply(engine::Event const& event, engine::StepState const& state, Time now) {
    if (std::holds_alternative<engine::Submitted>(event.fact)) {
        auto [place, fresh] = open_.try_emplace(event.step);
        OpenStep& step = place->second;
        if (fresh) step.order = order_++;
        step.name = step_name(state.info);
        step.prompt = state.info.prompt;
        step.action = state.info.action;
        step.percent.reset();
        step.problem.reset();
    } else if (std::holds_alternative<engine::Finished>(event.fact)) {
        finish(event, state, now);
    } else if (std::holds_alternative<engine::Failed>(event.fact)) {
        fail(event, state, now);
    } else if (std::holds_alternative<engine::ImageSaved>(event.fact)) {
        save(event, state, now);
    } else if (auto const* skipped = std::get_if<engine::Skipped>(&event.fact)) {
        ++start_.skipped;
        remember(event.step, step_name(skipped->info));
    } else if (auto const* charged = std::get_if<engine::ChargedAgain>(&event.fact)) {
        ++start_.paid;
        start_.cost += charged->cost;
    }
}

void Board::finish(engine::Event const& event, engine::StepState const& state, Time now) {
    ++start_.paid;
    start_.cost += std::get<engine::Finished>(event.fact).cost;
    remember(event.step, step_name(state.info));
    auto [place, fresh] = open_.try_emplace(event.step);
    if (fresh) place->second.order = order_++; // left open by an earlier run
    place->second.name = step_name(state.info);
    place->second.problem.reset();
    place->second.loading = true;
    if (!state.unsettled()) settle(event.step, now);
}

/// Handles a failure. One that is not the last is followed by a wait, but for those of accounts.
void Board::fail(engine::Event const& event, engine::StepState const& state, Time now) {
    auto const& failed = std::get<engine::Failed>(event.fact);
    auto const found = open_.find(event.step);
    bool const loading = found != open_.end() && found->second.loading;
    auto const verdict = failed.problem.verdict;
    bool const is_of_account =
        verdict == engine::Verdict::account || verdict == engine::Verdict::empty;
    if (!failed.final && !failed.left && !is_of_account) return;
    if (found != open_.end()) open_.erase(found);
    remember(event.step, step_name(failed.info ? *failed.info : state.info));
    if (!failed.final) return;
    ++start_.failed;
    ended_.count(now);
    bool const counted = state.phase == engine::Phase::finished && !loading;
    if (counted && start_.done > 0) --start_.done; // paid by an earlier run, its image is missing
}

void Board::save(engine::Event const& event, engine::StepState const& state, Time now) {
    auto const& image = std::get<engine::ImageSaved>(event.fact).image;
    bytes_ += image.bytes;
    if (!image.is_text()) {
        ++images_;
        saved_.count(now);
    }
    if (!state.unsettled()) settle(event.step, now);
}

/// Closes a step whose images are all saved. It is counted here unless an earlier run paid for it:
/// then it was done from the start.
void Board::settle(Digest const& step, Time now) {
    auto const found = open_.find(step);
    if (found == open_.end()) return;
    if (found->second.loading) {
        ++start_.done;
        ended_.count(now);
    }
    open_.erase(found);
}

void Board::progress(Digest const& step, int percent) {
    auto const found = open_.find(step);
    if (found != open_.end()) found->second.percent = percent;
}

void Board::wait(engine::Waiting const& waiting, Time now) {
    auto [place, fresh] = open_.try_emplace(waiting.step);
    OpenStep& step = place->second;
    if (fresh) { // a paid step whose image is downloaded again
        step.order = order_++;
        step.name = waiting.info != nullptr ? step_name(*waiting.info) : name_of(waiting.step);
    }
    step.problem = waiting.problem;
    step.again_at.reset();
    step.percent.reset();
    if (waiting.time > Duration()) step.again_at = now + waiting.time;
    if (waiting.problem.verdict != engine::Verdict::unknown) ++retries_;
}

std::string Board::name_of(Digest const& step) const {
    auto const open = open_.find(step);
    if (open != open_.end() && !open->second.name.empty()) return open->second.name;
    auto const known = std::find_if(recent_.rbegin(), recent_.rend(),
                                    [&step](auto const& entry) { return entry.first == step; });
    return known == recent_.rend() ? to_hex(step).substr(0, 12) : known->second;
}

void Board::remember(Digest const& step, std::string const& name) {
    recent_.emplace_back(step, name);
    if (recent_.size() > recent_max) recent_.pop_front();
}

} // namespace darkroom::report
