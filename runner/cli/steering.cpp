#include "runner/cli/steering.hpp"

#include "jobs/read/limit_change.hpp"
#include "runner/base/glob.hpp"
#include "runner/base/spelling.hpp"
#include "runner/report/board.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::cli {

namespace {

OrderReply refused(std::string why) { return {false, std::move(why)}; }

} // namespace

bool fits_branch(std::string_view pattern, std::string_view step) {
    if (glob_match(pattern, step)) return true;
    auto const slash = step.rfind('/');
    return slash != step.npos && fits_branch(pattern, step.substr(0, slash));
}

Steering::Steering(SteeredRun run, jobs::Limits const& limits)
    : run_(std::move(run)), limits_(limits) {
    run_.conductor.set_cancelled([this](jobs::Step const& step) { return is_cancelled(step); });
}

OrderReply Steering::obey(json::Value const& order) {
    auto const name = order.text("order").value_or("");
    if (name == "pause") return pause();
    if (name == "resume") return resume();
    if (name == "set") return set(order);
    if (name == "cancel") return cancel(order);
    if (name != "stop") return refused(fmt::format("'{}' is no order", name));
    run_.stop();
    return {true, "Stopping: nothing more is submitted; open generations may finish."};
}

OrderReply Steering::pause() {
    if (run_.conductor.is_paused()) return {true, "It is paused already."};
    if (!changes_.add(run_.clock.wall(), std::string(report::paused_change)))
        return refused("too many changes");
    run_.conductor.pause();
    auto const open = static_cast<std::uint64_t>(run_.conductor.generations_open());
    return done(fmt::format("Paused: nothing more is submitted; {} may finish.",
                            report::counted(open, "open generation")));
}

OrderReply Steering::resume() {
    if (!run_.conductor.is_paused()) return {true, "It is not paused."};
    changes_.remove(report::paused_change);
    run_.conductor.resume();
    return done("Resumed.");
}

OrderReply Steering::set(json::Value const& order) {
    auto const path = order.text("path").value_or("");
    auto const value = order.text("value").value_or("");
    auto limits = limits_;
    auto why = jobs::change_limit(limits, path, value);
    if (!why.empty()) return refused(std::move(why));
    if (!changes_.set(run_.clock.wall(), path, value)) return refused("too many changes");
    limits_ = limits;
    run_.conductor.set_limits(limits_.concurrency, limits_.rate);
    return done(fmt::format("From now on: {}={}.", path, value));
}

OrderReply Steering::cancel(json::Value const& order) {
    auto pattern = order.text("step").value_or("");
    auto const job = pattern.substr(0, pattern.find('/'));
    bool const is_known = std::any_of(run_.jobs.begin(), run_.jobs.end(),
                                      [&job](auto const& id) { return glob_match(job, id); });
    if (!is_known) {
        std::vector<std::string_view> const ids(run_.jobs.begin(), run_.jobs.end());
        return refused(fmt::format("no job is called '{}'{}; a step is named as in 'cars/12' or "
                                   "'cars/12/upscale4'",
                                   job, did_you_mean(job, ids)));
    }
    if (!changes_.add(run_.clock.wall(), pattern + " cancelled"))
        return refused("too many changes");
    auto const text =
        fmt::format("Cancelled: {}, and what is below. A step that was sent finishes; "
                    "the next run makes the rest.",
                    pattern);
    cancelled_.push_back(std::move(pattern));
    return done(text);
}

/// Shows and keeps it. A run whose journal cannot be written ends by itself.
OrderReply Steering::done(std::string text) {
    auto const kept = store::write_meta(run_.journal, run_changes_key, to_text(changes_));
    run_.say({text, report::Ink::busy, false});
    if (kept.has_error())
        run_.say({"warning: the journal could not note that: " + kept.error().message(),
                  report::Ink::bad, true});
    return {true, std::move(text)};
}

bool Steering::is_cancelled(jobs::Step const& step) const {
    if (cancelled_.empty()) return false;
    auto const name = report::step_name(engine::info_of(step));
    return std::any_of(cancelled_.begin(), cancelled_.end(),
                       [&name](auto const& pattern) { return fits_branch(pattern, name); });
}

} // namespace darkroom::cli
