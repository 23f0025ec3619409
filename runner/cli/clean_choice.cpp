#include "runner/cli/clean_choice.hpp"

#include "runner/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace darkroom::cli {

std::optional<Duration> parse_age(std::string_view text) {
    constexpr int days = 7; // of a week
    if (!text.ends_with('w')) return parse_duration(text);
    auto const as_days = parse_duration(std::string(text.substr(0, text.size() - 1)) + 'd');
    if (!as_days || *as_days > Duration::max() / days) return std::nullopt;
    return *as_days * days;
}

std::vector<std::string> reasons_to_keep(std::vector<WallTime> const& ended, KeepRule const& rule,
                                         WallTime now) {
    std::vector<std::string> reasons(ended.size());
    if (rule.last) {
        std::vector<std::size_t> newest(ended.size());
        std::iota(newest.rbegin(), newest.rend(), std::size_t{0});
        std::stable_sort(newest.begin(), newest.end(),
                         [&ended](auto a, auto b) { return ended[a] > ended[b]; });
        newest.resize(static_cast<std::size_t>(std::min<std::uint64_t>(newest.size(), *rule.last)));
        for (auto const at : newest)
            reasons[at] = fmt::format("it is one of the newest {}", *rule.last);
    }
    for (std::size_t at = 0; rule.age && at < ended.size(); ++at) {
        auto const age = std::chrono::duration_cast<Duration>(now - ended[at]);
        if (age < *rule.age)
            reasons[at] = age < Duration::zero()
                              ? std::string("its last run ended in the future, by this clock")
                              : fmt::format("its last run ended {} ago", format_span(age));
    }
    return reasons;
}

} // namespace darkroom::cli
