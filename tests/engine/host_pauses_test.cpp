#include "runner/engine/host_pauses.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_pause_holds_all_links_of_one_host) {
    HostPauses pauses;
    Time const start{100s};
    BOOST_TEST((pauses.until("https://cdn.example.org/a.png") <= start));
    pauses.add("https://cdn.example.org/a.png", start, start, 7s);
    for (auto const* link : {"https://CDN.example.org/b.png?ex=1", "http://cdn.example.org:8080/",
                             " https://cdn.example.org/c d.png"})
        BOOST_TEST((pauses.until(link) == start + 7s), link);
    for (auto const* link : {"https://cdn.example.com/a.png", "https://example.org/", "", "/a.png"})
        BOOST_TEST((pauses.until(link) <= start), link);
}

BOOST_AUTO_TEST_CASE(refusals_of_one_moment_are_counted_once) {
    HostPauses pauses;
    std::string const link = "https://cdn.example.org/a.png";
    Time const start{100s};
    for (int i = 0; i < 8; ++i) pauses.add(link, start, start + 1s, 2s);
    BOOST_TEST(pauses.in_a_row(link) == 1);
    BOOST_TEST((pauses.until(link) == start + 3s));
    pauses.add(link, start + 3s, start + 4s, 1s);
    BOOST_TEST(pauses.in_a_row(link) == 2);
    pauses.add(link, start, start + 4s, 0s); // a shorter one does not cut the pause
    BOOST_TEST((pauses.until(link) == start + 5s));
    pauses.end(link);
    BOOST_TEST(pauses.in_a_row(link) == 0);
    pauses.add(link, start + 6s, start + 7s, 1s);
    BOOST_TEST(pauses.in_a_row(link) == 1);
}

} // namespace darkroom::engine
