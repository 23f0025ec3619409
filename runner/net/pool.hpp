// Connections that rest between two requests.
#pragma once

#include "runner/net/connection.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::net {

/// Keeps connections for the short while in which their peer surely keeps them too: a request that
/// is lost on a connection that was just being closed may have been paid for.
class Pool {
public:
    struct Limits {
        std::size_t resting_max = 256; ///< Over all origins.
        Duration age_max = std::chrono::seconds(4);
    };

    explicit Pool(Clock& clock) : Pool(clock, Limits()) {}
    Pool(Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

    /// A connection to `key` that is open and silent, the last one given; null when there is none.
    std::shared_ptr<Connection> take(std::string const& key);
    /// Its answer was read to the end and the peer keeps it open.
    void give(std::string const& key, std::shared_ptr<Connection> connection);
    std::size_t resting() const { return resting_; }

private:
    struct Place {
        std::shared_ptr<Connection> connection;
        Time since;
    };
    void drop_old();

    Clock& clock_;
    Limits limits_;
    std::map<std::string, std::vector<Place>> places_; // the oldest first
    std::size_t resting_ = 0;
};

} // namespace darkroom::net
