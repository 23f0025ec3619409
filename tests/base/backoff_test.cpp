// Waits that grow: by failures, by age, and with a service's hint.
#include "runner/base/backoff.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(backoff)

BOOST_AUTO_TEST_CASE(a_wait_doubles_with_each_failure_up_to_its_cap) {
    Backoff const policy{1s, 60s};
    BOOST_TEST((policy.after(0) == 1s));
    BOOST_TEST((policy.after(1) == 2s));
    BOOST_TEST((policy.after(5) == 32s));
    BOOST_TEST((policy.after(6) == 60s));
    BOOST_TEST((policy.after(2'000'000'000) == 60s));
}

BOOST_AUTO_TEST_CASE(a_factor_below_two_grows_more_slowly) {
    Backoff const policy{2s, 15s, 1.5};
    BOOST_TEST((policy.after(1) == 3s));
    BOOST_TEST((policy.after(2) == 4500ms));
    BOOST_TEST((policy.after(9) == 15s));
}

BOOST_AUTO_TEST_CASE(chance_takes_any_part_of_the_wait) {
    Backoff const policy{1s, 60s};
    BOOST_TEST((policy.after(3, 0.0) == 0s));
    BOOST_TEST((policy.after(3, 0.5) == 4s));
    BOOST_TEST((policy.after(3, 0.999999999) <= 8s));
    BOOST_TEST((policy.after(3, 0.999999999) > 7999ms));
}

BOOST_AUTO_TEST_CASE(by_age_a_wait_is_a_part_of_the_time_so_far) {
    Backoff const policy{1s, 10s, 1.125};
    BOOST_TEST((policy.at_age(0s) == 1s));
    BOOST_TEST((policy.at_age(2s) == 1s));
    BOOST_TEST((policy.at_age(40s) == 5s));
    BOOST_TEST((policy.at_age(10min) == 10s));
    BOOST_TEST((policy.at_age(-1s) == 1s));
}

BOOST_AUTO_TEST_CASE(a_policy_without_growth_or_time_is_no_trap) {
    BOOST_TEST((Backoff{0s, 60s}.after(2'000'000'000) == 0s));
    BOOST_TEST((Backoff{90s, 60s}.after(3) == 60s));
    BOOST_TEST((Backoff{1s, 1s}.after(3) == 1s));
}

BOOST_AUTO_TEST_CASE(a_hint_lengthens_a_wait_for_an_hour_at_most) {
    BOOST_TEST((with_hint(2s, std::nullopt) == 2s));
    BOOST_TEST((with_hint(2s, 7s) == 7s));
    BOOST_TEST((with_hint(9s, 7s) == 9s));
    BOOST_TEST((with_hint(2s, 9000h) == 1h));
    BOOST_TEST((with_hint(2s, -7s) == 2s));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom
