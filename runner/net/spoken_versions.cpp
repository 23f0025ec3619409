#include "runner/net/spoken_versions.hpp"

#include <utility>

namespace darkroom::net {

SpokenVersions::Server const* SpokenVersions::find(std::string const& origin) const {
    auto const found = servers_.find(origin);
    return found == servers_.end() ? nullptr : &found->second;
}

bool SpokenVersions::is_held(std::string const& origin, Time now) const {
    auto const* server = find(origin);
    return server != nullptr && (server->is_broken || now < server->held_until);
}

bool SpokenVersions::hold(std::string const& origin, Time now) {
    if (is_held(origin, now)) return true;
    auto const found = servers_.find(origin);
    if (found == servers_.end()) return false;
    auto& server = found->second;
    if (server.pauses > 0) server.held_until = now + pauses.after(server.pauses - 1);
    return false;
}

bool SpokenVersions::has_chosen_http1(std::string const& origin) const {
    auto const* server = find(origin);
    return server != nullptr && server->has_chosen_http1;
}

bool SpokenVersions::has_spoken(std::string const& origin) const {
    auto const* server = find(origin);
    return server != nullptr && server->has_spoken;
}

void SpokenVersions::note_spoken(std::string const& origin) {
    auto& server = servers_[origin];
    server.has_spoken = true;
    server.has_chosen_http1 = false;
    server.losses = server.pauses = 0;
    server.held_until = Time::min();
}

void SpokenVersions::note_chosen_http1(std::string const& origin) {
    auto& server = servers_[origin];
    server.has_chosen_http1 = true;
    server.losses = server.pauses = 0;
    server.held_until = Time::min();
}

/// A failure after a pause begins the next one.
bool SpokenVersions::note_failure(std::string const& origin, Time begun, Time now,
                                  int losses_enough) {
    auto& server = servers_[origin];
    if (begun < server.lost_at) return false;
    server.lost_at = now;
    if (++server.losses < losses_enough && server.pauses == 0) return false;
    server.losses = 0;
    server.held_until = now + pauses.after(server.pauses++);
    return !std::exchange(server.was_held, true);
}

bool SpokenVersions::note_lost(std::string const& origin, Time begun, Time now) {
    return note_failure(origin, begun, now, losses_max);
}

bool SpokenVersions::note_silent(std::string const& origin, Time begun, Time now) {
    return note_failure(origin, begun, now, 1);
}

bool SpokenVersions::note_broken(std::string const& origin) {
    return !std::exchange(servers_[origin].is_broken, true);
}

} // namespace darkroom::net
