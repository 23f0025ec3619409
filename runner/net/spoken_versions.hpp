// The versions of HTTP that servers speak, by what came of the connections to them. Pure.
#pragma once

#include "runner/base/backoff.hpp"

#include <map>
#include <string>

namespace darkroom::net {

/// Decides whether a new connection offers HTTP/2. A server that breaks its rules gets none of it
/// any more. A connection that ends before the server has spoken is an accident, as when a gateway
/// starts again: only several in a row are a reason for HTTP/1.1, and only for a while. All times
/// are the caller's.
class SpokenVersions {
public:
    /// This many connections in a row may be lost.
    static constexpr int losses_max = 3;
    /// The times without HTTP/2, by the number of those before in a row.
    static constexpr Backoff pauses{std::chrono::minutes(1), std::chrono::minutes(16)};

    /// True while a server that may offer HTTP/2 gets HTTP/1.1.
    bool is_held(std::string const& origin, Time now) const;
    /// The same for a connection that is opened now. After a pause only one connection tries: until
    /// it has come to something, the others get HTTP/1.1 for as long again.
    bool hold(std::string const& origin, Time now);
    /// True when the server chose HTTP/1.1 itself at its last handshake.
    bool has_chosen_http1(std::string const& origin) const;
    /// True once it has spoken HTTP/2, whatever came after it.
    bool has_spoken(std::string const& origin) const;

    void note_spoken(std::string const& origin);
    void note_chosen_http1(std::string const& origin);
    /// Notes a connection, begun at `begun`, that ended before the server had spoken. Those that
    /// were open at one moment count as one. Returns whether this is the server's first pause.
    bool note_lost(std::string const& origin, Time begun, Time now);
    /// The same for a server that stayed silent for all the time that it had: one is enough.
    bool note_silent(std::string const& origin, Time begun, Time now);
    /// Notes a server that broke the rules of HTTP/2. Returns whether that is news.
    bool note_broken(std::string const& origin);

private:
    struct Server {
        bool has_spoken = false;
        bool has_chosen_http1 = false;
        bool is_broken = false;
        int losses = 0; // in a row
        int pauses = 0; // in a row
        bool was_held = false;
        Time lost_at = Time::min();
        Time held_until = Time::min();
    };
    Server const* find(std::string const& origin) const;
    bool note_failure(std::string const& origin, Time begun, Time now, int losses_enough);

    std::map<std::string, Server, std::less<>> servers_;
};

} // namespace darkroom::net
