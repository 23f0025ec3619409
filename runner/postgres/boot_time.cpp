#include "runner/postgres/boot_time.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace darkroom::postgres {

namespace {

/// The calendar may be set a little, by people and by NTP.
constexpr Duration set_by = std::chrono::seconds(5);

Duration read(clockid_t clock) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) std::abort(); // no clock, no guard
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

BootTime boot_time() { return {read(CLOCK_BOOTTIME), read(CLOCK_REALTIME)}; }

Duration between(BootTime const& before, BootTime const& after) {
    auto const boot = after.since_boot - before.since_boot;
    auto const calendar = after.calendar - before.calendar;
    return calendar > boot + set_by ? calendar : boot;
}

} // namespace darkroom::postgres
