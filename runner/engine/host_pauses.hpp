// The image hosts that have asked for fewer downloads. Pure: time is an argument.
#pragma once

#include "runner/base/clock.hpp"

#include <map>
#include <string>
#include <string_view>

namespace darkroom::engine {

class HostPauses {
public:
    /// Returns when the next download from the host of this link may begin; the start of time when
    /// it may begin at once.
    Time until(std::string_view url) const;
    /// Returns how often in a row the host has refused, those of one moment counted once.
    int in_a_row(std::string_view url) const;

    /// The host has answered 429 to a download that began at `begun`. Nothing is fetched from it
    /// for `wait`.
    void add(std::string_view url, Time begun, Time now, Duration wait);
    /// A download from the host has ended well.
    void end(std::string_view url);

private:
    struct Pause {
        Time set_at{};
        Time until{};
        int in_a_row = 0;
    };
    std::map<std::string, Pause, std::less<>> pauses_;
};

} // namespace darkroom::engine
