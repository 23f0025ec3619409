#include "jobs/plan/step.hpp"

#include "jobs/language/prompt.hpp"
#include "jobs/services/field_values.hpp"
#include "runner/base/text.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// The actions an image has, or that its kind can have when it is not there yet.
struct Offer {
    ServiceModel const& service;
    ResultKind kind;
    std::optional<std::span<std::string const>> actions;

    std::vector<std::string> matching(std::string const& pattern) const {
        std::vector<std::string> found;
        if (!is_glob(pattern)) return {pattern};
        if (!actions) {
            for (auto const name : service.matching_actions(pattern, kind))
                found.emplace_back(name);
            return found;
        }
        for (auto const& action : service.follow_ups) {
            auto const offered = std::find(actions->begin(), actions->end(), action.name);
            if (offered != actions->end() && glob_match(pattern, action.name))
                found.emplace_back(action.name);
        }
        return found;
    }

    bool has(std::string const& action) const {
        return !actions || service.is_taken_by_any(action) ||
               std::find(actions->begin(), actions->end(), action) != actions->end();
    }
};

/// Builds the request of a follow-up, without its image.
Request follow_up(Step const& parent, Branch const& branch, std::string const& action) {
    auto const& service = *parent.request.service;
    auto const& endpoint = service.endpoint_of(action);
    Request request;
    request.service = &service;
    request.endpoint = endpoint.path;
    request.body = service.follow_up_body(endpoint, {action, parent.request.mode(), branch.fields});
    fill_fields(request.body, service, parent.item->variables);
    if (auto const prompt = request.body.text(endpoint.prompt)) {
        std::vector<TextProblem> ignored; // reported when the file was read
        auto const text = Template::parse(*prompt, ignored);
        request.body.set(endpoint.prompt, text.expand(0, parent.item->variables));
    }
    return request;
}

Step make_step(Step const& parent, Branch const& branch, std::string const& action) {
    Step step;
    step.parent = parent.key;
    step.item = parent.item;
    step.request = follow_up(parent, branch, action);
    step.key = step_key(step.request, step.parent, 0); // the item's repeat is in the parent's key
    step.path = parent.path.empty() ? action : parent.path + '/' + action;
    step.download = branch.download;
    step.then = &branch.then;
    return step;
}

/// Collects the steps below one image, no key twice.
class StepSet {
public:
    void add(Step step, bool named) {
        auto const same = find(step);
        if (same == steps_.size()) {
            steps_.push_back(std::move(step));
            by_name_.push_back(named);
            return;
        }
        if (!named || by_name_[same]) return;
        steps_[same] = std::move(step); // a name takes precedence over a glob
        by_name_[same] = true;
    }
    bool has(Step const& step) const { return find(step) < steps_.size(); }
    std::vector<Step> take() { return std::move(steps_); }

private:
    std::size_t find(Step const& step) const {
        auto const same = std::find_if(steps_.begin(), steps_.end(),
                                       [&](Step const& known) { return known.key == step.key; });
        return static_cast<std::size_t>(same - steps_.begin());
    }

    std::vector<Step> steps_;
    std::vector<bool> by_name_;
};

/// Returns the steps that follow without a pick.
StepSet automatic_steps(Step const& parent, Offer const& offer) {
    StepSet steps;
    for (auto const& branch : *parent.then) {
        if (branch.pick) continue;
        for (auto const& pattern : branch.actions) {
            for (auto const& action : offer.matching(pattern))
                steps.add(make_step(parent, branch, action), !is_glob(pattern));
        }
    }
    return steps;
}

/// Returns the candidates of a pick. Unlike a name in `action`, a name in `from` may be missing
/// among the offered actions.
std::vector<Step> candidates_of(Step const& parent, Branch const& branch, Offer const& offer,
                                StepSet const& automatic) {
    StepSet choice;
    for (auto const& pattern : branch.actions) {
        for (auto const& action : offer.matching(pattern)) {
            auto step = make_step(parent, branch, action);
            if (offer.has(action) && !automatic.has(step)) choice.add(std::move(step), false);
        }
    }
    return choice.take();
}

std::vector<PickSpot> spots_of(Step const& parent, Offer const& offer, StepSet const& automatic,
                               Picks const& picks) {
    std::vector<PickSpot> spots;
    for (auto const& branch : *parent.then) {
        if (!branch.pick) continue;
        PickSpot spot;
        spot.candidates = candidates_of(parent, branch, offer, automatic);
        if (spot.candidates.empty()) continue;
        std::uint64_t const all = spot.candidates.size();
        spot.count = {std::min(branch.pick->least, all), std::min(branch.pick->most, all)};
        for (auto const& step : spot.candidates)
            spot.picked.push_back(picks.has(parent.key, step.request.action()));
        spots.push_back(std::move(spot));
    }
    return spots;
}

Offer offer_of(Step const& parent, std::optional<std::span<std::string const>> offered) {
    return {*parent.request.service, parent.kind(), offered};
}

std::vector<Step> all_below(Step const& parent, Offer const& offer) {
    auto steps = automatic_steps(parent, offer);
    for (auto& spot : spots_of(parent, offer, steps, Picks())) {
        for (auto& step : spot.candidates) steps.add(std::move(step), false);
    }
    return steps.take();
}

} // namespace

int Step::depth() const {
    if (path.empty()) return 0;
    return 1 + static_cast<int>(std::count(path.begin(), path.end(), '/'));
}

ResultKind Step::kind() const { return request.service->made_by(request.action()); }

Step first_step(std::shared_ptr<Item const> item) {
    Step step;
    step.request = item->request;
    step.key = step_key(step.request, std::nullopt, item->repeat);
    step.download = item->download;
    step.then = item->then.get();
    step.item = std::move(item);
    return step;
}

std::vector<Step> steps_below(Step const& parent, std::span<std::string const> offered) {
    return all_below(parent, offer_of(parent, offered));
}

std::vector<Step> steps_below(Step const& parent) {
    return all_below(parent, offer_of(parent, std::nullopt));
}

std::size_t PickSpot::picks() const {
    return static_cast<std::size_t>(std::count(picked.begin(), picked.end(), true));
}

bool PickSpot::is_made() const { return picks() >= count.least && picks() <= count.most; }

std::vector<PickSpot> picks_below(Step const& parent, std::span<std::string const> offered,
                                  Picks const& picks) {
    Offer const offer = offer_of(parent, offered);
    return spots_of(parent, offer, automatic_steps(parent, offer), picks);
}

Below below(Step const& parent, std::optional<std::span<std::string const>> offered,
            Picks const& picks) {
    Offer const offer = offer_of(parent, offered);
    auto steps = automatic_steps(parent, offer);
    Below below;
    for (auto& spot : spots_of(parent, offer, steps, picks)) {
        if (!spot.is_made()) ++below.waiting;
        for (std::size_t i = 0; spot.is_made() && i < spot.candidates.size(); ++i) {
            if (spot.picked[i]) steps.add(std::move(spot.candidates[i]), false);
        }
    }
    below.steps = steps.take();
    return below;
}

} // namespace darkroom::jobs
