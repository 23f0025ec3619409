// simulate FIRST LAST: lives through the worlds of these seeds and prints what went wrong in each.
#include "tests/simulation/world.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: simulate FIRST LAST\n", stderr);
        return 64;
    }
    auto const first = std::strtoull(argv[1], nullptr, 10);
    auto const last = std::strtoull(argv[2], nullptr, 10);
    std::uint64_t bad = 0, lives = 0, handlers = 0, requests = 0;
    for (auto seed = first; seed <= last; ++seed) {
        darkroom::simulation::World world(seed);
        world.live_through();
        lives += static_cast<std::uint64_t>(world.lives);
        handlers += world.handlers;
        requests += static_cast<std::uint64_t>(world.service.requests());
        for (auto const& wrong : world.violations()) {
            fmt::print("seed {}: {}\n", seed, wrong);
            ++bad;
        }
    }
    fmt::print("{} seeds, {} lives, {} handlers, {} paid requests, {} violations\n",
               last - first + 1, lives, handlers, requests, bad);
    return bad == 0 ? 0 : 1;
}
