#include "runner/cli/steering.hpp"

#include "jobs/read/limit_change.hpp"
#include "runner/base/glob.hpp"
#include "runner/base/spelling.hpp"
#include "runner/cli/open_files.hpp"
#include "runner/report/board.hpp"
#include "runner/store/journal_meta.hpp"

#include <boost/asio/post.hpp>
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

Steering::Steering(SteeredRun run, jobs::JobFile const& file)
    : run_(std::move(run)), file_(file), limits_(file.limits) {
    run_.conductor.set_cancelled([this](jobs::Step const& step) { return is_cancelled(step); });
}

Steering::~Steering() { notes_.join(); }

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
    changes_.add(run_.clock.wall(), std::string(report::paused_change));
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
    why = lack_of_files(file_, limits);
    if (!why.empty()) return refused(std::move(why));
    if (!changes_.set(run_.clock.wall(), path, value)) return refused("too many changes");
    limits_ = limits;
    run_.conductor.set_limits(limits_.concurrency, limits_.rate);
    return done(fmt::format("From now on: {}={}.", path, value));
}

OrderReply Steering::cancel(json::Value const& order) {
    constexpr std::size_t pattern_max = 200;
    auto pattern = order.text("step").value_or("");
    if (pattern.size() > pattern_max || report::printable(pattern) != pattern)
        return refused("that is no name of a step");
    auto const job = pattern.substr(0, pattern.find('/'));
    bool const is_known = std::any_of(run_.jobs.begin(), run_.jobs.end(),
                                      [&job](auto const& id) { return glob_match(job, id); });
    if (!is_known) {
        std::vector<std::string_view> const ids(run_.jobs.begin(), run_.jobs.end());
        return refused(fmt::format("no job is called '{}'{}; a step is named as in 'cars/12' or "
                                   "'cars/12/upscale4'",
                                   job, did_you_mean(job, ids)));
    }
    auto const change = pattern + " cancelled";
    bool const is_new = !changes_.has(change);
    if (!changes_.add(run_.clock.wall(), change)) return refused("too many changes");
    auto const text =
        fmt::format("Cancelled: {}, and what is below. A step that was sent finishes; "
                    "the next run makes the rest.",
                    pattern);
    if (is_new) cancelled_.push_back(std::move(pattern));
    run_.conductor.cancelled_changed();
    return done(text);
}

OrderReply Steering::done(std::string text) {
    text = report::printable(text);
    run_.say({text, report::Ink::busy, false});
    keep_changes();
    return {true, std::move(text)};
}

/// The database may have to wait for a commit of the run, so another thread writes there.
void Steering::keep_changes() {
    auto write = [this, journal = run_.journal, text = to_text(changes_)] {
        auto const kept =
            store::write_meta(journal, run_changes_key, text, store::Durability::soon);
        if (!kept.has_error()) return;
        auto say = [this, why = kept.error().message()] {
            run_.say(
                {"warning: the journal could not note the change: " + why, report::Ink::bad, true});
        };
        boost::asio::post(run_.executor, std::move(say));
    };
    boost::asio::post(notes_, std::move(write));
}

bool Steering::is_cancelled(jobs::Step const& step) const {
    if (cancelled_.empty()) return false;
    auto const name = report::step_name(engine::info_of(step));
    return std::any_of(cancelled_.begin(), cancelled_.end(),
                       [&name](auto const& pattern) { return fits_branch(pattern, name); });
}

} // namespace darkroom::cli
