// simulate FIRST LAST [good|imperfect [trace]]: lives through the worlds of these seeds and prints
// what went wrong in each.
#include "tests/simulation/world.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

int main(int argc, char** argv) {
    if (argc < 3 || argc > 5) {
        std::fputs("usage: simulate FIRST LAST [good|imperfect [trace]]\n", stderr);
        return 64;
    }
    using namespace darkroom::simulation;
    auto const first = std::strtoull(argv[1], nullptr, 10);
    auto const last = std::strtoull(argv[2], nullptr, 10);
    bool const is_good = argc < 4 || std::string_view(argv[3]) == "good";
    auto const conduct = is_good ? Conduct::good : Conduct::imperfect;
    std::uint64_t bad = 0, lives = 0, handlers = 0, requests = 0, look_ups = 0;
    std::map<int, int> to_settle;
    for (auto seed = first; seed <= last; ++seed) {
        World world(seed, Broken::nothing, conduct);
        world.trace = argc == 5;
        world.live_through();
        look_ups += static_cast<std::uint64_t>(world.service.look_ups);
        ++to_settle[world.lives_to_settle];
        lives += static_cast<std::uint64_t>(world.lives);
        handlers += world.handlers;
        requests += static_cast<std::uint64_t>(world.service.requests());
        for (auto const& wrong : world.violations()) {
            fmt::print("seed {}: {}\n", seed, wrong);
            ++bad;
        }
    }
    fmt::print("{} seeds, {} lives, {} handlers, {} paid requests, {} look-ups, {} violations\n",
               last - first + 1, lives, handlers, requests, look_ups, bad);
    for (auto const& [runs, worlds] : to_settle)
        fmt::print("{} worlds needed {} calm runs\n", worlds, runs);
    return bad == 0 ? 0 : 1;
}
