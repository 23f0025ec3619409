#include "runner/engine/question_times.hpp"

#include <algorithm>

namespace darkroom::engine {

using namespace std::chrono_literals;

Duration first_question(Duration usual, bool updates_expected) {
    if (updates_expected) return std::clamp<Duration>(usual * 2, 5s, 5min);
    return std::clamp<Duration>(usual * 3 / 4, 1s, 2min);
}

Backoff later_questions(Duration usual, bool updates_expected) {
    if (updates_expected) return {5s, 1min, 1.5};
    if (usual == Duration()) return {1s, 10s, 1.125};
    return {std::clamp<Duration>(usual / 10, 100ms, 1s), 10s, 1.125};
}

Backoff after_failed_questions(Duration pace) { return {2 * pace, 64 * pace}; }

} // namespace darkroom::engine
