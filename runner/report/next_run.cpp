#include "runner/report/next_run.hpp"

#include "jobs/model/job_spec.hpp"
#include "runner/base/number_set.hpp"
#include "runner/base/sha256.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

namespace darkroom::report {

namespace {

using engine::Phase;

/// The number of items for which room is made before they come.
constexpr std::uint64_t made_room_for_max = 1'000'000;

/// The first bytes of a digest: enough to tell a plan's steps apart.
std::uint64_t first_bytes(Digest const& key) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, key.data(), sizeof bytes);
    return bytes;
}

/// Counts the steps of one item after the other.
class NextRunCount {
public:
    NextRunCount(NextRun& sum, PlanView const& view)
        : sum_(sum), view_(view),
          seen_(static_cast<std::size_t>(std::min(view.items, made_room_for_max))) {}

    Result<> take(std::shared_ptr<jobs::Item const> item) {
        auto step = jobs::first_step(std::move(item));
        if (!is_new(first_bytes(step.key), *step.then)) return {};
        auto const before = added_;
        TRY(count(std::move(step)));
        fresh_items_ += added_ > before ? 1 : 0;
        return {};
    }

    /// Does the same for an item that is known by its mark; without a history all steps are wanted.
    Result<> take(std::optional<jobs::ItemMark> const& item) {
        if (!is_new(item->mark, *item->job->then)) return {};
        ++fresh_items_;
        if (item->job != marked_job_) {
            marked_job_ = item->job;
            marked_ = &open_at(jobs::first_step(view_.marked_item()), false);
        }
        ++marked_->count;
        return {};
    }

    /// Returns true when items with equal first requests may have other steps below them: then all
    /// items are to be given to take_below().
    bool has_repeated() const { return !repeated_.empty(); }

    /// Counts what repeated items have below their first step, as far as take() has not.
    Result<> take_below(std::shared_ptr<jobs::Item const> item) {
        auto const step = jobs::first_step(std::move(item));
        return take_below(first_bytes(step.key), step);
    }
    Result<> take_below(std::optional<jobs::ItemMark> const& item) {
        if (!repeated_.contains(item->mark)) return {};
        return take_below(item->mark, jobs::first_step(view_.marked_item()));
    }

    /// Returns the number of items with something to be bought.
    std::uint64_t fresh_items() const { return fresh_items_; }

    std::vector<jobs::OpenSteps> open() const {
        std::vector<jobs::OpenSteps> open;
        for (auto const& [place, steps] : open_) open.push_back(steps);
        return open;
    }

private:
    /// Notes an item; returns false when an equal one came before. `first`: its key or its mark.
    bool is_new(std::uint64_t first, std::vector<jobs::Branch> const& then) {
        ++sum_.items;
        if (seen_.insert(first)) return true;
        ++sum_.repeats;
        if (!then.empty()) repeated_.insert(first);
        return false;
    }

    Result<> take_below(std::uint64_t first, jobs::Step const& step) {
        if (!repeated_.contains(first)) return {};
        if (begun_.insert(first)) return note_below(step); // the one that take() has counted
        auto const before = added_;
        TRY(count_new_below(step));
        fresh_items_ += added_ > before ? 1 : 0;
        return {};
    }

    Result<> count(jobs::Step step) {
        TRY_ASSIGN(auto const row, row_of(step));
        if (row.gave_up && view_.on_given_up) view_.on_given_up(step);
        switch (row.phase) {
        case Phase::wanted:
        case Phase::skipped: add(std::move(step), false); return {};
        case Phase::open:
            if (!step.then->empty()) add(std::move(step), true);
            return {};
        case Phase::failed:
            if (is_tried_again(step)) {
                add(std::move(step), false);
                return {};
            }
            ++sum_.failed;
            return count_skipped(step);
        case Phase::finished: break;
        }
        bool const is_failed = row.gave_up && !is_tried_again(step);
        ++(is_failed ? sum_.failed : sum_.done);
        sum_.to_load += !is_failed && row.unsettled ? 1 : 0;
        if (step.download) sum_.missing += missing_of(step.key);
        auto& payment = sum_.payments[step.item->job][step.request.action()];
        ++payment.generations;
        payment.cost += row.price;
        if (step.then->empty()) return {};
        TRY_ASSIGN(auto const state, view_.history->state_of(step.key));
        for (auto& child : jobs::below(step, state.answer.actions, view_.picks).steps)
            TRY(count(std::move(child)));
        return {};
    }

    /// Returns the steps below one that was counted.
    Result<std::vector<jobs::Step>> below(jobs::Step const& step, engine::StepRow const& row) {
        if (step.then->empty()) return std::vector<jobs::Step>();
        if (row.phase != Phase::finished) return jobs::steps_below(step);
        TRY_ASSIGN(auto const state, view_.history->state_of(step.key));
        return jobs::below(step, state.answer.actions, view_.picks).steps;
    }

    Result<> note_below(jobs::Step const& step) {
        TRY_ASSIGN(auto const row, row_of(step));
        TRY_ASSIGN(auto const children, below(step, row));
        for (auto const& child : children) {
            seen_below_.insert(first_bytes(child.key));
            TRY(note_below(child));
        }
        return {};
    }

    Result<> count_new_below(jobs::Step const& step) {
        TRY_ASSIGN(auto const row, row_of(step));
        TRY_ASSIGN(auto const children, below(step, row));
        bool const is_lost = row.phase == Phase::failed && !is_tried_again(step);
        for (auto const& child : children) {
            if (!seen_below_.insert(first_bytes(child.key))) {
                TRY(count_new_below(child));
                continue;
            }
            TRY(is_lost ? count_if_skipped(child) : count(child));
            TRY(note_below(child));
        }
        return {};
    }

    /// Counts what was not tried, since `failed` has no picture.
    Result<> count_skipped(jobs::Step const& failed) {
        for (auto const& child : jobs::steps_below(failed)) TRY(count_if_skipped(child));
        return {};
    }

    Result<> count_if_skipped(jobs::Step const& step) {
        TRY_ASSIGN(auto const row, row_of(step));
        if (row.phase != Phase::skipped) return {};
        ++sum_.skipped;
        return count_skipped(step);
    }

    Result<engine::StepRow> row_of(jobs::Step const& step) {
        if (view_.history == nullptr) return engine::StepRow();
        TRY_ASSIGN(auto const row, view_.history->find(step.key));
        return row.value_or(engine::StepRow());
    }

    std::uint64_t missing_of(Digest const& step) const {
        if (view_.missing == nullptr) return 0;
        auto const found = view_.missing->find(step);
        return found == view_.missing->end() ? 0 : found->second;
    }

    bool is_tried_again(jobs::Step const& step) const {
        return view_.is_tried_again && view_.is_tried_again(step.key);
    }

    void add(jobs::Step step, bool is_sent) {
        ++open_at(std::move(step), is_sent).count;
        ++added_;
    }

    jobs::OpenSteps& open_at(jobs::Step step, bool is_sent) {
        auto const place = step.item->job + (is_sent ? "\nsent\n" : "\n") + step.path;
        return open_.try_emplace(place, jobs::OpenSteps{std::move(step), 0, is_sent}).first->second;
    }

    NextRun& sum_;
    PlanView const& view_;
    NumberSet seen_;     ///< First steps, all by their keys or all by their marks.
    NumberSet repeated_; ///< Those of several items, with steps below.
    NumberSet begun_;    ///< Those that take_below() has met.
    NumberSet seen_below_;
    jobs::JobSpec const* marked_job_ = nullptr; ///< The job of the last mark.
    jobs::OpenSteps* marked_ = nullptr;         ///< Its first steps.
    std::uint64_t added_ = 0;                   ///< Steps in `open_`.
    std::uint64_t fresh_items_ = 0;
    std::map<std::string, jobs::OpenSteps> open_; ///< Their keys are job and path.
};

/// Gives all items, or their marks, to `count`.
template <class Next>
Result<> count_items(PlanView const& view, Next const& next, NextRunCount& count) {
    for (;;) {
        TRY_ASSIGN(auto item, next());
        if (!item) break;
        TRY(count.take(item));
    }
    if (!count.has_repeated()) return {};
    view.begin_again();
    for (;;) {
        TRY_ASSIGN(auto item, next());
        if (!item) return {};
        TRY(count.take_below(item));
    }
}

json::Value money(std::uint64_t amount) { return money_value(static_cast<jobs::Micros>(amount)); }

/// Returns "" or a remark on done steps, of which so many are only paid so far.
std::string to_load_text(std::uint64_t steps) {
    return steps == 0 ? std::string() : fmt::format(" ({} still to load)", steps);
}

} // namespace

Result<NextRun> next_run(PlanView const& view) {
    NextRun sum;
    NextRunCount count(sum, view);
    if (view.history == nullptr && view.next_mark)
        TRY(count_items(view, view.next_mark, count));
    else
        TRY(count_items(view, view.next_item, count));
    if (view.history != nullptr) {
        TRY_ASSIGN(auto const counts, view.history->counts());
        sum.spent = counts.totals();
        sum.unknown = static_cast<std::uint64_t>(counts.of(Phase::open));
    }
    sum.fresh = jobs::estimate_open(view.file, count.open());
    sum.fresh.items = count.fresh_items();
    return sum;
}

json::Value to_json(StepsByState const& steps) {
    json::Value value;
    value.set("done", steps.done);
    value.set("failed", steps.failed);
    value.set("skipped", steps.skipped);
    value.set("unknown", steps.unknown);
    value.set("pending", steps.pending);
    return value;
}

std::string steps_text(StepsByState const& steps) {
    auto text = fmt::format("{} of {} done{}", steps.done, counted(steps.all, "step"),
                            to_load_text(steps.to_load));
    auto const add = [&text](std::uint64_t count, std::string_view what) {
        if (count > 0) text += fmt::format(", {} {}", count, what);
    };
    add(steps.failed, "failed");
    add(steps.skipped, "skipped");
    add(steps.unknown, "unknown");
    return text;
}

json::Value to_json(NextRun const& next) {
    json::Value most;
    most.set("new", next.fresh.steps.most);
    most.set("cost", money(next.fresh.cost.most));
    json::Value out;
    out.set("new", next.fresh.steps.expected);
    out.set("done", next.done);
    out.set("failed", next.failed);
    out.set("skipped", next.skipped);
    out.set("unknown", next.is_at_work ? 0 : next.unknown);
    out.set("in_flight", next.is_at_work ? next.unknown : 0);
    out.set("cost", money(next.fresh.cost.expected));
    out.set("most", std::move(most));
    out.set("seconds", std::chrono::duration<double>(next.fresh.time).count());
    out.set("repeats", next.repeats);
    return out;
}

std::string missing_text(std::uint64_t files) {
    if (files == 0) return {};
    return fmt::format("{} {} missing or damaged; the next run loads {} again, at no cost.\n",
                       counted(files, "saved file"), files == 1 ? "is" : "are",
                       files == 1 ? "it" : "them");
}

std::string next_run_text(NextRun const& next) {
    std::string text;
    if (next.done + next.failed + next.unknown > 0) {
        text = fmt::format("The run directory has {} done{}", counted(next.done, "step"),
                           to_load_text(next.to_load));
        if (next.failed > 0) text += fmt::format(", {} failed", next.failed);
        if (next.skipped > 0) text += fmt::format(", {} skipped", next.skipped);
        if (next.unknown > 0)
            text += fmt::format(", {} {}", next.unknown, next.is_at_work ? "in flight" : "unknown");
        text += ".\n";
    }
    if (!next.is_at_work) text += missing_text(next.missing);
    if (next.repeats > 0)
        text += fmt::format("{} of {} {}.\n", next.repeats, counted(next.items, "item"),
                            next.repeats == 1 ? "repeats another and shares its picture"
                                              : "repeat another and share its picture");
    if (next.is_at_work) text += "A run is at work in it: see 'darkroom status'.\n";
    return text;
}

} // namespace darkroom::report
