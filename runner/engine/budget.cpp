#include "runner/engine/budget.hpp"

#include <cassert>

namespace darkroom::engine {

Budget::Budget(jobs::Budget limits, Totals so_far) : limits_(limits), totals_(so_far) {}

bool Budget::allows(jobs::Micros price) const {
    auto const count = totals_.paid + totals_.open + 1;
    auto const cost = totals_.cost + totals_.open_price + price;
    bool const too_many = limits_.generations && count > *limits_.generations;
    bool const too_dear = limits_.cost && cost > *limits_.cost;
    return !too_many && !too_dear;
}

bool Budget::reserve(jobs::Micros price) {
    if (!allows(price)) return false;
    take_over(price);
    return true;
}

void Budget::take_over(jobs::Micros price) {
    ++totals_.open;
    totals_.open_price += price;
}

void Budget::charge(jobs::Micros price, jobs::Micros cost) {
    release(price);
    ++totals_.paid;
    totals_.cost += cost;
}

void Budget::add(jobs::Micros cost) {
    ++totals_.paid;
    totals_.cost += cost;
}

void Budget::release(jobs::Micros price) {
    assert(totals_.open > 0 && totals_.open_price >= price);
    --totals_.open;
    totals_.open_price -= price;
}

void Budget::abandon() {
    ++abandoned_;
    assert(abandoned_ <= totals_.open);
}

} // namespace darkroom::engine
