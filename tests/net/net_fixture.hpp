// Real time and a client, for tests with a ScriptServer.
#pragma once

#include "runner/net/http_client.hpp"
#include "runner/net/line_splitter.hpp"
#include "runner/net/pooled_exchanger.hpp"
#include "tests/net/later_clock.hpp"
#include "tests/support/loop_fixture.hpp"

#include <vector>

namespace darkroom::test {

using namespace std::chrono_literals;

/// A client, and the loop that it runs on.
struct NetFixture : LoopFixture {
    explicit NetFixture(net::ConnectionOptions options = net::ConnectionOptions())
        : connections(
              std::make_shared<net::PooledExchanger>(executor(), clock, std::move(options))),
          client(connections, clock) {}

    LaterClock clock; // real time, unless a test lets it leap
    std::shared_ptr<net::PooledExchanger> connections;
    net::HttpClient client;
};

/// Keeps the lines up to the one that equals `last`.
struct Lines : net::LineSink {
    Result<Flow> on_line(std::string_view line) override {
        got.emplace_back(line);
        return line == last ? Flow::enough : Flow::more;
    }
    std::vector<std::string> got;
    std::string last = "never";
};

/// Keeps a body; starts over when it begins at 0.
struct Bytes : ByteSink {
    Result<> begin(BodyStart const& start) override {
        starts.push_back(start);
        got.resize(start.offset);
        return {};
    }
    Result<> write(std::string_view bytes) override {
        got += bytes;
        return {};
    }
    std::vector<BodyStart> starts;
    std::string got;
};

/// Returns limits short enough for a test, with a `total` that only tests of it reach.
inline net::TimeLimits short_limits() {
    net::TimeLimits limits;
    limits.connect = 5s;
    limits.first = 5s;
    limits.idle = 5s;
    limits.total = 20s;
    return limits;
}

inline net::PostRequest post_to(std::string const& url, std::string body = "{}") {
    net::PostRequest request;
    request.url = net::parse_url(url).value();
    request.authorization = "Bearer secret-token";
    request.accept = "application/x-ndjson";
    request.body = std::move(body);
    return request;
}

} // namespace darkroom::test
