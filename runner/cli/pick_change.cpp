#include "runner/cli/pick_change.hpp"

#include "runner/base/glob.hpp"
#include "runner/base/spelling.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace darkroom::cli {

namespace {

/// Shorter prefixes of a key are not accepted.
constexpr std::size_t image_digits_min = 4;

/// One `pick` of an image, with the facts needed to check a wish.
struct Slot {
    std::set<std::string, std::less<>> actions;
    jobs::PickCount count;
};

/// An image that matches a wish.
struct Candidate {
    std::string name;
    std::vector<Slot> slots;
};
using Candidates = std::map<Digest, Candidate>;

bool is_pattern(PickWish const& wish) { return wish.image.find('*') != std::string::npos; }

bool means(PickWish const& wish, std::string const& name, std::string const& key) {
    if (is_pattern(wish)) return glob_match(wish.image, name);
    return wish.image == name ||
           (wish.image.size() >= image_digits_min && key.starts_with(wish.image));
}

/// Returns the images that match each wish, after one walk over the run.
std::vector<Candidates> find_all(Job const& job, std::string const& directory,
                                 jobs::Picks const& picks, std::vector<PickWish> const& wishes) {
    std::vector<Candidates> all(wishes.size());
    if (wishes.empty()) return all;
    for_each_pick(job, directory, picks, [&](report::PickChoice const& choice) {
        auto const name = choice.name();
        auto const key = to_hex(choice.step.key);
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            if (!means(wishes[i], name, key)) continue;
            auto& candidate = all[i][choice.step.key];
            candidate.name = name;
            Slot slot{{}, choice.spot.count};
            for (auto const& step : choice.spot.candidates)
                slot.actions.insert(step.request.action());
            candidate.slots.push_back(std::move(slot));
        }
    });
    return all;
}

std::vector<std::string> offered_by(Candidate const& candidate) {
    std::vector<std::string> offered;
    for (auto const& slot : candidate.slots)
        offered.insert(offered.end(), slot.actions.begin(), slot.actions.end());
    return offered;
}

/// Returns the first action of the wish that cannot be picked there; null when all can.
std::string const* first_not_offered(PickWish const& wish, Candidate const& candidate) {
    auto const offered = offered_by(candidate);
    for (auto const& action : wish.actions)
        if (std::find(offered.begin(), offered.end(), action) == offered.end()) return &action;
    return nullptr;
}

/// Returns why the wish cannot be fulfilled; "" when it can.
std::string objection(PickWish const& wish, Candidates const& found, std::string const& directory) {
    if (found.empty())
        return fmt::format("'{}' is no picture with a pick: 'darkroom pick {} --list' shows those "
                           "that wait",
                           wish.image, directory);
    if (is_pattern(wish)) {
        bool const fits_any = std::any_of(found.begin(), found.end(), [&wish](auto const& one) {
            return first_not_offered(wish, one.second) == nullptr;
        });
        return fits_any ? std::string()
                        : fmt::format("no picture of '{}' offers a pick of {}", wish.image,
                                      join(wish.actions, ", "));
    }
    if (found.size() > 1)
        return fmt::format("'{}' begins the keys of {} pictures: write more of it", wish.image,
                           found.size());
    auto const& only = found.begin()->second;
    auto const* action = first_not_offered(wish, only);
    if (action == nullptr) return {};
    auto const offered = offered_by(only);
    std::vector<std::string_view> const names(offered.begin(), offered.end());
    return fmt::format("'{}' cannot be picked for {}{}: pick of {}", *action, only.name,
                       did_you_mean(*action, names), join(offered, ", "));
}

/// Returns the error when one slot has too many or too few picks; else "".
std::string miscount(Slot const& slot, std::size_t number, std::string const& name) {
    auto const& [least, most] = slot.count;
    if (number >= least && number <= most) return {};
    auto const allowed =
        least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
    return fmt::format("{} picked for {}, where {} of {} can be picked", number, name, allowed,
                       fmt::join(slot.actions, ", "));
}

/// Applies one wish to `picked`. Returns the reason when that fails, else "".
std::string grant(PickWish const& wish, Candidate const& found, std::vector<std::string>& picked) {
    if (wish.actions.empty()) picked.clear();
    for (auto const& slot : found.slots) {
        std::set<std::string> chosen;
        for (auto const& action : wish.actions) {
            if (slot.actions.contains(action)) chosen.insert(action);
        }
        if (chosen.empty()) continue;
        if (auto wrong = miscount(slot, chosen.size(), found.name); !wrong.empty()) return wrong;
        std::erase_if(picked, [&](auto const& old) { return slot.actions.contains(old); });
        picked.insert(picked.end(), chosen.begin(), chosen.end());
    }
    return {};
}

} // namespace

PickWish wish_of(std::string const& set) {
    auto const equals = set.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Quit(ExitCode::usage, fmt::format("--set {}: use --set KEY=ACTION, like --set "
                                                "cars/0=upscale2 or --set cars/0=upscale1,upscale3",
                                                set));
    PickWish wish{set.substr(0, equals), {}};
    auto const actions = std::string_view(set).substr(equals + 1);
    if (trim(actions).empty()) return wish;
    for (auto const action : split(actions, ',')) wish.actions.emplace_back(trim(action));
    return wish;
}

ChangedPicks with_wishes(Job const& job, std::string const& directory, jobs::Picks picks,
                         std::vector<PickWish> const& wishes, ExitCode refusal) {
    ChangedPicks changed{std::move(picks), 0};
    auto const all = find_all(job, directory, changed.picks, wishes);
    for (std::size_t i = 0; i < wishes.size(); ++i) {
        auto wrong = objection(wishes[i], all[i], directory);
        for (auto const& [key, candidate] : all[i]) {
            if (!wrong.empty()) break;
            if (first_not_offered(wishes[i], candidate) != nullptr) continue; // of a pattern
            wrong = grant(wishes[i], candidate, changed.picks.by_image[key]);
            ++changed.images;
        }
        if (!wrong.empty()) throw Quit(refusal, wrong);
    }
    return changed;
}

} // namespace darkroom::cli
