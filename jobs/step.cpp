// The tree below one item: which steps an image leads to.
#include "jobs/plan.hpp"

#include "runner/base/text.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// The actions an image has, or that its kind can have when it is not there yet.
struct Offer {
    ImageKind kind;
    std::optional<std::span<std::string const>> actions;

    std::vector<std::string> matching(std::string const& pattern) const {
        std::vector<std::string> found;
        if (!is_glob(pattern)) return {pattern};
        if (!actions) {
            for (auto const name : matching_actions(pattern, kind)) found.emplace_back(name);
            return found;
        }
        for (auto const& action : known_actions()) {
            auto const offered = std::find(actions->begin(), actions->end(), action.name);
            if (offered != actions->end() && glob_match(pattern, action.name))
                found.emplace_back(action.name);
        }
        return found;
    }
};

/// What a follow-up sends: its branch's own fields, and the mode of the image it comes from.
Request follow_up(Step const& parent, Branch const& branch, std::string const& action) {
    Request request;
    request.endpoint = parent.request.endpoint;
    request.body.set("action", action);
    request.body.set("mode", parent.request.mode());
    if (auto const* fields = branch.fields.object()) {
        for (auto const& [key, value] : *fields) request.body.set(key, value);
    }
    if (auto const prompt = request.body.text("prompt")) {
        std::vector<TextProblem> ignored; // reported when the file was read
        auto const text = Template::parse(*prompt, ignored);
        request.body.set("prompt", text.expand(0, parent.item->variables));
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

std::vector<Step> steps_for(Step const& parent, Offer const& offer) {
    std::vector<Step> steps;
    std::vector<bool> by_name;
    auto const add = [&](Step step, bool named) {
        auto const same = std::find_if(steps.begin(), steps.end(),
                                       [&](Step const& known) { return known.key == step.key; });
        if (same == steps.end()) {
            steps.push_back(std::move(step));
            by_name.push_back(named);
            return;
        }
        auto const place = static_cast<std::size_t>(same - steps.begin());
        if (!named || by_name[place]) return;
        steps[place] = std::move(step); // a name says more than a glob that happens to match
        by_name[place] = true;
    };
    for (auto const& branch : *parent.then) {
        for (auto const& pattern : branch.actions) {
            for (auto const& action : offer.matching(pattern))
                add(make_step(parent, branch, action), !is_glob(pattern));
        }
    }
    return steps;
}

} // namespace

int Step::depth() const {
    if (path.empty()) return 0;
    return 1 + static_cast<int>(std::count(path.begin(), path.end(), '/'));
}

ImageKind Step::kind() const { return made_by(request.action()); }

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
    return steps_for(parent, Offer{parent.kind(), offered});
}

std::vector<Step> steps_below(Step const& parent) {
    return steps_for(parent, Offer{parent.kind(), std::nullopt});
}

} // namespace darkroom::jobs
