#include "runner/report/next_run.hpp"

#include "runner/base/sha256.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace darkroom::report {

namespace {

using engine::Phase;

/// The first bytes of a digest: enough to tell a plan's steps apart.
std::uint64_t short_key(Digest const& key) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, key.data(), sizeof bytes);
    return bytes;
}

/// Counts the steps of one item after the other.
class NextRunCount {
public:
    NextRunCount(NextRun& sum, engine::History* history, jobs::Picks const& picks)
        : sum_(sum), history_(history), picks_(picks) {}

    Result<> take(std::shared_ptr<jobs::Item const> item) {
        ++sum_.items;
        auto step = jobs::first_step(std::move(item));
        if (!seen_.insert(short_key(step.key)).second) {
            ++sum_.repeats;
            return {};
        }
        return count(std::move(step));
    }

    std::vector<jobs::OpenSteps> open() const {
        std::vector<jobs::OpenSteps> open;
        for (auto const& [place, steps] : open_) open.push_back(steps);
        return open;
    }

private:
    Result<> count(jobs::Step step) {
        auto const phase_read = phase_of(step.key);
        if (phase_read.has_error()) return phase_read.error();
        switch (*phase_read) {
        case Phase::wanted:
        case Phase::skipped: add(std::move(step), false); return {};
        case Phase::open:
            ++sum_.unknown;
            if (!step.then->empty()) add(std::move(step), true);
            return {};
        case Phase::failed: ++sum_.failed; return {};
        case Phase::finished: break;
        }
        ++sum_.done;
        if (step.then->empty()) return {};
        TRY_ASSIGN(auto const state, history_->state_of(step.key));
        for (auto& child : jobs::below(step, state.answer.actions, picks_).steps)
            TRY(count(std::move(child)));
        return {};
    }

    Result<Phase> phase_of(Digest const& key) {
        if (history_ == nullptr) return Phase::wanted;
        TRY_ASSIGN(auto const row, history_->find(key));
        return row ? row->phase : Phase::wanted;
    }

    void add(jobs::Step step, bool is_sent) {
        auto const place = step.item->job + (is_sent ? "\nsent\n" : "\n") + step.path;
        auto const at =
            open_.try_emplace(place, jobs::OpenSteps{std::move(step), 0, is_sent}).first;
        ++at->second.count;
    }

    NextRun& sum_;
    engine::History* history_;
    jobs::Picks const& picks_;
    std::unordered_set<std::uint64_t> seen_;
    std::map<std::string, jobs::OpenSteps> open_; ///< By job and path.
};

json::Value money(std::uint64_t amount) { return money_value(static_cast<jobs::Micros>(amount)); }

} // namespace

Result<NextRun> next_run(jobs::JobFile const& file, ItemSource const& next_item,
                         engine::History* history, jobs::Picks const& picks) {
    NextRun sum;
    NextRunCount count(sum, history, picks);
    for (;;) {
        TRY_ASSIGN(auto item, next_item());
        if (!item) break;
        TRY(count.take(std::move(item)));
    }
    if (history != nullptr) {
        TRY_ASSIGN(auto const counts, history->counts());
        sum.spent = counts.totals();
    }
    sum.fresh = jobs::estimate(file, count.open());
    sum.fresh.items = sum.items - sum.repeats;
    return sum;
}

json::Value to_json(NextRun const& next) {
    json::Value most;
    most.set("new", next.fresh.steps.most);
    most.set("cost", money(next.fresh.cost.most));
    json::Value out;
    out.set("new", next.fresh.steps.expected);
    out.set("done", next.done);
    out.set("failed", next.failed);
    out.set("unknown", next.unknown);
    out.set("cost", money(next.fresh.cost.expected));
    out.set("most", std::move(most));
    out.set("seconds", std::chrono::duration<double>(next.fresh.time).count());
    out.set("repeats", next.repeats);
    return out;
}

std::string next_run_text(NextRun const& next) {
    std::string text;
    if (next.done + next.failed + next.unknown > 0) {
        text = fmt::format("The run directory has {} done", counted(next.done, "step"));
        if (next.failed > 0) text += fmt::format(", {} failed (for 'darkroom retry')", next.failed);
        if (next.unknown > 0) text += fmt::format(", {} unknown", next.unknown);
        text += ".\n";
    }
    if (next.repeats > 0)
        text += fmt::format("{} of {} repeat another and share its picture.\n", next.repeats,
                            counted(next.items, "item"));
    return text;
}

} // namespace darkroom::report
