// simulate FIRST LAST [good|imperfect|fleet|hosts [trace]]: lives through the worlds of these seeds
// and prints what went wrong in each.
#include "runner/base/time_text.hpp"
#include "tests/simulation/fleet.hpp"
#include "tests/simulation/hosts.hpp"
#include "tests/simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace {

/// Prints what the seed has drawn, and the tasks as the service has them.
void print_service(darkroom::simulation::SimService& service) {
    auto const& how = service.imperfections;
    fmt::print("records: prompt {} request {} time {} error {} text {} task_id {} defaults {}\n",
               static_cast<int>(how.prompt), static_cast<int>(how.request),
               static_cast<int>(how.time), static_cast<int>(how.error), how.finished_as_text,
               how.id_as_task_id, how.defaults_filled);
    fmt::print("listing: ahead {}h two zones {} after {}s by id {}s cap {} offset {} order {} "
               "nothing {} lacks {} large {} success false {}\n",
               std::chrono::duration_cast<std::chrono::hours>(how.records_ahead).count(),
               how.two_zones,
               std::chrono::duration_cast<std::chrono::seconds>(how.lists_after).count(),
               std::chrono::duration_cast<std::chrono::seconds>(how.shown_after).count(),
               how.list_cap, how.ignores_offset, how.is_unordered, how.lists_nothing,
               how.lacks_known, how.too_large_from, how.success_is_false);
    fmt::print("pages: {} records, {} others come, servers differ {}\n", how.page_max, how.crowd,
               how.servers_differ);
    for (auto const& task : service.tasks())
        fmt::print(
            "{} created {} taken {}s ends {}s false until {}s ({}) end {}{} {}\n", task.id,
            darkroom::format_rfc3339(task.created_at),
            std::chrono::duration_cast<std::chrono::seconds>(task.taken_at.time_since_epoch())
                .count(),
            std::chrono::duration_cast<std::chrono::seconds>(task.ends_at.time_since_epoch())
                .count(),
            std::chrono::duration_cast<std::chrono::seconds>(
                task.says_failed_until.time_since_epoch())
                .count(),
            task.false_word, static_cast<int>(task.end), task.is_foreign ? " foreign" : "",
            task.request);
}

/// Prints how long lost attempts were unknown.
void print_times(std::vector<darkroom::WallTime::duration> times) {
    if (times.empty()) return;
    std::sort(times.begin(), times.end());
    auto const at = [&times](std::size_t per_mille) {
        auto const time = times[(times.size() - 1) * per_mille / 1000];
        return std::chrono::duration<double>(time).count();
    };
    fmt::print(
        "{} lost attempts were unknown for {:.0f} s (half), {:.0f} s (nine of ten), {:.0f} s "
        "(99 of 100), {:.0f} s (all)\n",
        times.size(), at(500), at(900), at(990), at(1000));
}

template <class Many>
int simulate_many(std::uint64_t first, std::uint64_t last, bool trace) {
    std::uint64_t bad = 0, lives = 0, handlers = 0;
    for (auto seed = first; seed <= last; ++seed) {
        Many world(seed);
        world.trace = trace;
        world.live_through();
        lives += static_cast<std::uint64_t>(world.lives);
        handlers += world.handlers;
        for (auto const& wrong : world.violations()) {
            fmt::print("seed {}: {}\n", seed, wrong);
            ++bad;
        }
    }
    fmt::print("{} worlds, {} lives, {} handlers, {} violations\n", last - first + 1, lives,
               handlers, bad);
    return bad == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3 || argc > 5) {
        std::fputs("usage: simulate FIRST LAST [good|imperfect|fleet|hosts [trace]]\n", stderr);
        return 64;
    }
    using namespace darkroom::simulation;
    auto const first = std::strtoull(argv[1], nullptr, 10);
    auto const last = std::strtoull(argv[2], nullptr, 10);
    if (argc > 3 && std::string_view(argv[3]) == "fleet")
        return simulate_many<Fleet>(first, last, argc == 5);
    if (argc > 3 && std::string_view(argv[3]) == "hosts")
        return simulate_many<Hosts>(first, last, argc == 5);
    bool const is_good = argc < 4 || std::string_view(argv[3]) == "good";
    auto const conduct = is_good ? Conduct::good : Conduct::imperfect;
    std::uint64_t bad = 0, lives = 0, handlers = 0, requests = 0, look_ups = 0;
    std::map<int, int> to_settle;
    std::vector<darkroom::WallTime::duration> unknown;
    for (auto seed = first; seed <= last; ++seed) {
        World world(seed, Broken::nothing, conduct);
        world.trace = argc == 5;
        world.live_through();
        look_ups += static_cast<std::uint64_t>(world.service.look_ups);
        ++to_settle[world.lives_to_settle];
        auto const times = times_unknown(world.disk());
        unknown.insert(unknown.end(), times.begin(), times.end());
        if (world.trace) print_service(world.service);
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
    print_times(std::move(unknown));
    return bad == 0 ? 0 : 1;
}
