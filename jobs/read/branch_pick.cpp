// `- pick: {from: upscale*, count: 1..2}`: a branch that waits for a person.
#include "jobs/read/branches.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace darkroom::jobs {

namespace {

constexpr std::array<std::string_view, 2> pick_keys{"from", "count"};
constexpr Bounds count_bounds{1, 99};

std::optional<std::uint64_t> number_in(std::string_view digits) {
    auto const value = parse_whole<std::uint64_t>(digits);
    return value && *value >= 1 && digits.size() <= 2 ? value : std::nullopt;
}

/// "2", or "1..2".
std::optional<PickCount> count_of(Member const& member, Findings& findings) {
    auto const dots = member.value->text.find("..");
    if (!member.value->is_text() || dots == std::string::npos) {
        if (!is_number(*member.value)) {
            needs(member, "a number from 1 to 99, or a range such as 1..2", findings);
            return std::nullopt;
        }
        auto const number = whole_of(member, findings, count_bounds);
        if (!number) return std::nullopt;
        auto const both = static_cast<std::uint64_t>(*number);
        return PickCount{both, both};
    }
    std::string_view const text = member.value->text;
    auto const least = number_in(text.substr(0, dots));
    auto const most = number_in(text.substr(dots + 2));
    if (!least || !most) {
        needs(member, "a number from 1 to 99, or a range such as 1..2", findings);
        return std::nullopt;
    }
    if (*least > *most) {
        findings.error(member.value->where,
                       fmt::format("'count' of {} to {}: the smaller number comes first, as in "
                                   "{}..{}",
                                   *least, *most, *most, *least));
        return std::nullopt;
    }
    return PickCount{*least, *most};
}

/// The actions that an image of some kind can offer for `patterns`, at most.
std::set<std::string> names_of(ServiceModel const& service,
                               std::vector<std::string> const& patterns,
                               std::optional<ResultKind> kind) {
    std::set<std::string> names;
    for (auto const& pattern : patterns) {
        if (!is_glob(pattern)) names.insert(pattern);
        for (auto const each : {ResultKind::grid, ResultKind::single}) {
            if (!is_glob(pattern) || (kind && *kind != each)) continue;
            for (auto const name : service.matching_actions(pattern, each)) names.emplace(name);
        }
    }
    return names;
}

} // namespace

std::vector<Origin> BranchReader::read_pick(Member const& pick, Node const& entry, Branch& branch,
                                            std::vector<Origin> const& origins) {
    branch.pick = PickCount();
    Section const map(pick, findings_, pick_keys);
    if (!pick.value->is_map()) return {};
    auto const* from = map.find("from");
    if (from == nullptr) {
        findings_.error(pick.where, "'pick' needs 'from': the actions to choose among");
        return {};
    }
    auto made = read_actions(*from, entry, branch, origins);
    auto const* count = map.find("count");
    if (auto const range = count ? count_of(*count, findings_) : std::nullopt) branch.pick = *range;
    if (count == nullptr || branch.actions.empty()) return made;
    std::size_t choice = 0;
    for (auto const& origin : origins)
        choice = std::max(choice, names_of(service_, branch.actions, origin.kind).size());
    if (choice > 0 && branch.pick->most > choice)
        findings_.error(count->value->where,
                        fmt::format("'count' is up to {}, but 'from' gives a choice of {}",
                                    branch.pick->most, choice));
    return made;
}

/// Else it would not be known which of the two a picked action belongs to.
void BranchReader::check_picked_twice(Member const& then, std::vector<Branch> const& branches) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < branches.size() && i < then.value->items.size(); ++i) {
        if (!branches[i].pick) continue;
        for (auto const& name : names_of(service_, branches[i].actions, std::nullopt)) {
            if (seen.insert(name).second) continue;
            findings_.error(then.value->items[i]->where,
                            fmt::format("'{}' can be picked twice from the same image: name it in "
                                        "one 'pick' only",
                                        name));
            break;
        }
    }
}

/// A person cannot pick below an image of which no file is kept.
void BranchReader::check_visible(Member const& then, bool is_kept,
                                 std::vector<Branch> const& branches) {
    if (!is_kept && has_pick(branches))
        findings_.warning(then.where, "a pick from an image with 'download: false': its page has "
                                      "no picture to choose by");
}

} // namespace darkroom::jobs
