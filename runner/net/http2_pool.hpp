// The HTTP/2 connections that a program has, by origin.
#pragma once

#include "runner/net/http2_link.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace darkroom::net {

/// Fills one connection after the other, so that few of them are open.
class Http2Pool {
public:
    /// An idle connection is kept this long: as for HTTP/1.1, the server certainly keeps it too.
    static constexpr Duration idle_max = std::chrono::seconds(4);

    explicit Http2Pool(Clock& clock) : clock_(clock) {}

    /// Returns a connection to `key` that takes another request, or null.
    std::shared_ptr<Http2Link> take(std::string const& key);
    void add(std::string const& key, std::shared_ptr<Http2Link> link);

private:
    Clock& clock_;
    std::map<std::string, std::vector<std::shared_ptr<Http2Link>>, std::less<>> links_;
};

} // namespace darkroom::net
