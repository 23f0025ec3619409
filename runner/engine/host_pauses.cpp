#include "runner/engine/host_pauses.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"

#include <algorithm>

namespace darkroom::engine {

namespace {

std::string host_of(std::string_view url) { return to_lower(read_web_address(trim(url)).host); }

} // namespace

Time HostPauses::until(std::string_view url) const {
    if (pauses_.empty()) return Time::min();
    auto const found = pauses_.find(host_of(url));
    return found == pauses_.end() ? Time::min() : found->second.until;
}

int HostPauses::in_a_row(std::string_view url) const {
    auto const found = pauses_.find(host_of(url));
    return found == pauses_.end() ? 0 : found->second.in_a_row;
}

void HostPauses::add(std::string_view url, Time begun, Time now, Duration wait) {
    auto& pause = pauses_[host_of(url)];
    pause.until = std::max(pause.until, now + wait);
    // One that was under way when the pause was set says nothing new.
    if (pause.in_a_row > 0 && begun < pause.set_at) return;
    pause.set_at = now;
    ++pause.in_a_row;
}

void HostPauses::end(std::string_view url) {
    if (pauses_.empty()) return;
    auto const found = pauses_.find(host_of(url));
    if (found != pauses_.end()) found->second.in_a_row = 0;
}

} // namespace darkroom::engine
