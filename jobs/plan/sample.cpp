#include "jobs/plan/sample.hpp"

#include "jobs/plan/combinations.hpp"
#include "runner/base/number_set.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// After this many draws in a row without a new number, weights are ignored: they keep the rest out
/// of reach.
constexpr int misses_max = 1000;

/// `draw` returns the number of a text, drawn by the weights of its choices.
template <class Draw>
std::vector<std::uint64_t> draw_numbers(JobSpec const& job, Draw draw) {
    auto const texts = count_texts(job);
    auto const count = std::min(texts, job.sample->count);
    std::vector<std::uint64_t> drawn;
    drawn.reserve(static_cast<std::size_t>(count));
    Dice dice(job.sample->seed);
    NumberSet seen(static_cast<std::size_t>(count));
    for (int misses = 0; drawn.size() < count;) {
        auto const number = misses < misses_max ? draw(dice) : dice.below(texts);
        bool const is_new = seen.insert(number);
        if (is_new) drawn.push_back(number);
        if (misses < misses_max) misses = is_new ? 0 : misses + 1;
    }
    return drawn;
}

} // namespace

std::vector<std::uint64_t> draw_sample(JobSpec const& job) {
    auto const combinations = Combinations(job).count();
    return draw_numbers(job, [&](Dice& dice) {
        // A statement each: the order of the draws is part of the recipe.
        auto const row = dice.below(job.rows);
        auto const combination = dice.below(combinations);
        return (row * combinations + combination) * job.prompt.count() + job.prompt.draw(dice);
    });
}

std::vector<std::uint64_t> draw_sample(JobSpec const& job, RowTexts const& rows) {
    auto const combinations = Combinations(job).count();
    return draw_numbers(job, [&](Dice& dice) {
        auto const row = dice.below(job.rows);
        auto const combination = dice.below(combinations);
        auto const& prompt = rows.prompt_of(row);
        auto const before = rows.before[row] * combinations + combination * prompt.count();
        return before + prompt.draw(dice);
    });
}

} // namespace darkroom::jobs
