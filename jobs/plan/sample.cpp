#include "jobs/plan/sample.hpp"

#include "jobs/plan/combinations.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// After this many draws in a row without a new number, weights are ignored: they keep the rest out
/// of reach.
constexpr int misses_max = 1000;

/// A set of numbers in one block of memory.
class NumberSet {
public:
    explicit NumberSet(std::size_t expected) {
        std::size_t size = 16;
        while (size < 2 * expected) size *= 2;
        slots_.assign(size, nothing);
    }

    /// Returns false when the number is already in the set.
    bool insert(std::uint64_t number) {
        auto slot = static_cast<std::size_t>(Dice(number).next()) & (slots_.size() - 1);
        while (slots_[slot] != nothing) {
            if (slots_[slot] == number) return false;
            slot = (slot + 1) & (slots_.size() - 1);
        }
        slots_[slot] = number;
        return true;
    }

private:
    static constexpr auto nothing = UINT64_MAX; // never the number of a text
    std::vector<std::uint64_t> slots_;
};

} // namespace

std::vector<std::uint64_t> draw_sample(JobSpec const& job) {
    auto const texts = count_texts(job);
    auto const count = std::min(texts, job.sample ? job.sample->count : texts);
    std::vector<std::uint64_t> drawn;
    drawn.reserve(static_cast<std::size_t>(count));
    if (!job.sample) { // all of them: nothing to draw
        for (std::uint64_t number = 0; number < texts; ++number) drawn.push_back(number);
        return drawn;
    }
    auto const combinations = Combinations(job).count();
    Dice dice(job.sample->seed);
    NumberSet seen(static_cast<std::size_t>(count));
    for (int misses = 0; drawn.size() < count;) {
        std::uint64_t number = 0;
        if (misses < misses_max) {
            number = dice.below(job.rows) * combinations + dice.below(combinations);
            number = number * job.prompt.count() + job.prompt.draw(dice);
        } else {
            number = dice.below(texts);
        }
        bool const is_new = seen.insert(number);
        if (is_new) drawn.push_back(number);
        if (misses < misses_max) misses = is_new ? 0 : misses + 1;
    }
    return drawn;
}

} // namespace darkroom::jobs
