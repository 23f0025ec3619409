#include "runner/engine/event.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace darkroom::engine {

namespace {

/// Returns whether a failed attempt counts against retry.attempts.
bool uses_attempt(Verdict verdict) {
    switch (verdict) {
    case Verdict::transient:
    case Verdict::rejected:
    case Verdict::generation: return true;
    case Verdict::rate:
    case Verdict::unknown:
    case Verdict::account:
    case Verdict::empty:
    case Verdict::expired:
    case Verdict::download:
    case Verdict::disk: return false;
    }
    return false;
}

/// Returns whether a request may have been taken although its answer was called a failure: version
/// 0.1 gave up there.
bool may_be_paid(Problem const& problem) {
    return problem.status == 408 || problem.status == 499 || problem.status >= 500;
}

Phase phase_after(Failed const& fact) {
    if (fact.final && fact.by_0_1) {
        if (may_be_paid(fact.problem)) return Phase::open;
        bool const never_left = fact.problem.verdict == Verdict::transient && !fact.info;
        if (never_left) return Phase::wanted;
    }
    if (fact.final) return Phase::failed;
    return fact.problem.verdict == Verdict::unknown ? Phase::open : Phase::wanted;
}

struct Fold {
    StepState& state;
    WallTime at;

    void operator()(Submitted const& fact) const {
        state.phase = Phase::open;
        state.info = fact.info;
        state.account = fact.account;
        state.price = fact.price;
        state.submitted_at = at;
        state.identity = fact.identity;
        state.attempt = fact.attempt;
        state.order = 0;
        state.tag = fact.tag;
        state.boot = fact.boot;
        state.sent_after = fact.sent_after;
        state.service_ahead = fact.service_ahead;
        state.lost_at = {};
        state.problem = {};
        state.task_id.clear();
        state.by_search = false;
    }

    void operator()(Accepted const& fact) const {
        if (state.phase == Phase::finished) {
            if (state.task_id.empty()) state.task_id = fact.task_id; // a text's, named late
            return;
        }
        state.phase = Phase::open; // a person may name the task of a step that was given up
        state.task_id = fact.task_id;
        state.by_search = fact.by_search;
        if (fact.order != 0) state.order = fact.order;
    }

    void operator()(Finished const& fact) const {
        state.phase = Phase::finished;
        state.answer = fact.answer;
        state.task_id = fact.answer.task_id;
        state.price = fact.cost;
        state.finished_at = at;
        if (fact.account) state.account = *fact.account;
    }

    void operator()(Failed const& fact) const {
        state.problem = fact.problem;
        if (fact.info) state.info = *fact.info;
        if (fact.order != 0) state.order = fact.order;
        if (state.phase == Phase::finished) return; // paid stays paid: only its image is missing
        if (fact.is_absent)
            ++state.absences;
        else if (uses_attempt(fact.problem.verdict))
            ++state.attempts;
        state.phase = phase_after(fact);
        if (fact.left || (fact.by_0_1 && state.phase == Phase::wanted)) {
            state.attempts = 0;
            state.absences = 0;
        }
        if (state.phase == Phase::open) {
            if (state.lost_at == WallTime()) state.lost_at = at;
            if (state.task_id.empty()) state.task_id = fact.problem.task_id;
            // version 0.1 wrote in this way that an adopted task was another's
            if (fact.by_0_1 && std::exchange(state.by_search, false)) state.task_id.clear();
            return;
        }
        state.task_id.clear();
    }

    void operator()(ImageSaved const& fact) const {
        auto const same_tile = [&fact](SavedImage const& old) {
            return old.tile == fact.image.tile;
        };
        ++state.times_saved;
        // A lost file that came again may have other bytes, or another name.
        auto const old = std::find_if(state.saved.begin(), state.saved.end(), same_tile);
        if (old == state.saved.end())
            state.saved.push_back(fact.image);
        else
            *old = fact.image;
    }

    void operator()(Skipped const& fact) const {
        state.phase = Phase::skipped;
        state.info = fact.info;
    }

    void operator()(Requeued const&) const {
        if (state.phase != Phase::failed && state.phase != Phase::skipped) return;
        state.phase = Phase::wanted;
        state.attempts = 0;
        state.absences = 0;
    }

    void operator()(SetAside const& fact) const {
        if (state.task_id != fact.task_id || state.phase != Phase::open) return;
        state.task_id.clear();
        state.by_search = false;
        if (state.lost_at != WallTime()) return;
        state.lost_at = at;
        state.problem = {}; // an earlier version kept that of the attempt before
    }

    void operator()(ChargedAgain const& fact) const {
        ++state.charges_again;
        state.cost_again += fact.cost;
    }
};

} // namespace

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::transient: return "transient";
    case Verdict::rate: return "rate";
    case Verdict::unknown: return "unknown";
    case Verdict::rejected: return "rejected";
    case Verdict::generation: return "generation";
    case Verdict::account: return "account";
    case Verdict::empty: return "empty";
    case Verdict::expired: return "expired";
    case Verdict::download: return "download";
    case Verdict::disk: return "disk";
    }
    assert(false);
    return "";
}

bool is_http_version_wrong(Problem const& problem) {
    bool const is_of_network =
        problem.verdict == Verdict::transient || problem.verdict == Verdict::download;
    return is_of_network && problem.status == 0 && problem.code == code_no_http2;
}

std::string_view class_of(Verdict verdict) {
    return name_of(verdict == Verdict::empty ? Verdict::account : verdict);
}

std::optional<Verdict> verdict_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(Verdict::disk); ++i) {
        auto const verdict = static_cast<Verdict>(i);
        if (name_of(verdict) == name) return verdict;
    }
    return std::nullopt;
}

std::string_view name_of(Phase phase) {
    switch (phase) {
    case Phase::wanted: return "wanted";
    case Phase::open: return "open";
    case Phase::finished: return "finished";
    case Phase::failed: return "failed";
    case Phase::skipped: return "skipped";
    }
    assert(false);
    return "";
}

json::Value body_of(jobs::Step const& step, ImageAbove const& above) {
    json::Value body = step.request.body;
    step.request.service->set_image(body, step.request.row(), above.id, above.url);
    return body;
}

std::string_view kind_of_result(StepInfo const& info) {
    auto const kind = info.service->made_by(info.action);
    if (jobs::is_image(kind)) return "image";
    return kind == jobs::ResultKind::video ? "video" : "text";
}

bool offers_tiles(jobs::ServiceModel const& service, std::span<std::string const> actions) {
    return std::find(actions.begin(), actions.end(), service.grid_mark) != actions.end();
}

bool makes_text(StepInfo const& info) {
    return info.service->made_by(info.action) == jobs::ResultKind::text;
}

int shown_tile(StepInfo const& info, Answer const& answer, int tile) {
    bool const one_of_several =
        info.service->made_by(info.action) == jobs::ResultKind::video && !answer.sub_urls.empty();
    return one_of_several ? tile + 1 : tile;
}

StepInfo info_of(jobs::Step const& step, ImageAbove const& above) {
    auto const& item = *step.item;
    StepInfo info;
    info.service = step.request.service;
    info.job = item.job;
    info.item = item.index;
    info.repeat = item.repeat;
    info.path = step.path;
    info.variables = item.variables;
    info.drawn = item.drawn;
    info.prompt = step.request.prompt();
    if (!step.path.empty()) info.root_prompt = item.request.prompt();
    info.action = step.request.action();
    info.mode = step.request.mode();
    info.parent_image_id = above.id;
    info.request = info.service->canonical_body(body_of(step, above));
    info.download = step.download;
    return info;
}

std::optional<Payment> payment_of(Event const& event) {
    if (auto const* paid = std::get_if<Finished>(&event.fact))
        return Payment{event.step,           event.at, paid->cost,
                       paid->answer.task_id, false,    paid->account};
    if (auto const* again = std::get_if<ChargedAgain>(&event.fact))
        return Payment{event.step, event.at, again->cost, again->task_id, true, again->account};
    return std::nullopt;
}

void StepState::apply(Event const& event) { std::visit(Fold{*this, event.at}, event.fact); }

bool StepState::unsettled() const {
    if (phase == Phase::open) return true;
    auto const wanted = 1 + answer.sub_urls.size();
    // Of images that were not wanted at first, some may have come since.
    bool const is_wanted = info.download || !saved.empty();
    return phase == Phase::finished && is_wanted && saved.size() < wanted;
}

} // namespace darkroom::engine
