// Idle connections between two requests.
#pragma once

#include "runner/net/connection.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::net {

/// Keeps connections for the short time in which their peer certainly keeps them too: a request
/// that is lost on a connection that the peer closes at that moment may have been charged.
class Pool {
public:
    struct Limits {
        std::size_t idle_max = 256; ///< Over all origins.
        Duration age_max = std::chrono::seconds(4);
    };

    explicit Pool(Clock& clock) : Pool(clock, Limits()) {}
    Pool(Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

    /// Returns the most recent open connection to `key`, or null.
    std::shared_ptr<Connection> take(std::string const& key);
    /// Keeps a connection whose answer was read to the end and which the peer keeps open.
    void give(std::string const& key, std::shared_ptr<Connection> connection);
    std::size_t idle() const { return idle_count_; }

private:
    struct Idle {
        std::shared_ptr<Connection> connection;
        Time since;
    };
    void drop_old();
    void remove(std::size_t count);

    Clock& clock_;
    Limits limits_;
    std::map<std::string, std::vector<Idle>> idle_; // by key, the oldest first
    std::size_t idle_count_ = 0;
};

} // namespace darkroom::net
