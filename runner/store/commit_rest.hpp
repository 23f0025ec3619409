// The rest between two commits of the journal.
#pragma once

#include <algorithm>
#include <chrono>

namespace darkroom::store {

/// A commit costs about the same for one fact as for twenty, so the next one waits for more facts:
/// the longer, the more there are. Steps wait for commits, so a rest is never longer than a
/// hundredth of what the service takes for a generation.
class CommitRest {
public:
    using Milliseconds = std::chrono::milliseconds;
    static constexpr Milliseconds least{20};
    static constexpr Milliseconds most{200};

    /// Learns from a generation of this run.
    void note_generation(Milliseconds took) {
        if (took < Milliseconds()) return; // the clock was set
        auto const weight = any_ ? 8 : 1;  // the first one takes the place of the assumption
        generation_ += (std::min<Milliseconds>(took, longest) - generation_) / weight;
        any_ = true;
    }

    /// Returns the rest after a commit of so many facts.
    Milliseconds after(int facts) const {
        constexpr Milliseconds a_fact{3};
        auto const wished = std::clamp(facts * a_fact, least, most);
        auto const bound = std::chrono::duration_cast<Milliseconds>(generation_ / 100);
        return std::min(wished, bound);
    }

private:
    static constexpr Milliseconds longest = std::chrono::hours(1);

    /// Until a first generation has ended, a usual one is assumed: many steps are sent in that
    /// time, and a commit for every few of them costs more than all the rest of their work.
    std::chrono::duration<double, std::milli> generation_ = std::chrono::minutes(1);
    bool any_ = false;
};

} // namespace darkroom::store
