#include "runner/engine/history.hpp"

namespace darkroom::engine {

Totals StepCounts::totals() const {
    constexpr auto open = static_cast<std::size_t>(Phase::open);
    constexpr auto finished = static_cast<std::size_t>(Phase::finished);
    return {by_phase[finished] + paid_again, prices[finished] + cost_again, by_phase[open],
            prices[open]};
}

} // namespace darkroom::engine
