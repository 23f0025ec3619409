// An exchange without a network: records the answer and its times.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/http/error.hpp"
#include "runner/http/exchange.hpp"

#include <string>
#include <vector>

namespace darkroom::test {

/// Records an answer. The client may leave at once: then every write fails.
class FakeExchange final : public http::Exchange {
public:
    FakeExchange(Clock& clock, http::Request request)
        : clock_(clock), request_(std::move(request)), start_(clock.now()) {}

    http::Request const& request() const override { return request_; }
    std::string take_body() override { return std::exchange(request_.body, std::string()); }

    boost::asio::awaitable<Result<>> answer(http::Reply reply) override {
        status = reply.status;
        headers = std::move(reply.headers);
        piece(reply.body);
        finished = !gone;
        co_return outcome();
    }
    boost::asio::awaitable<Result<>> begin(http::Head head) override {
        status = head.status;
        headers = std::move(head.headers);
        length = head.length;
        co_return outcome();
    }
    boost::asio::awaitable<Result<>> write(std::string_view bytes) override {
        piece(bytes);
        co_return outcome();
    }
    boost::asio::awaitable<Result<>> finish() override {
        finished = !gone;
        co_return outcome();
    }
    void cut() override { was_cut = true; }
    void reset() override { was_reset = true; }

    /// Returns the whole body as JSON.
    json::Value json() const { return json::read(body).value(); }
    /// Returns its lines as JSON.
    std::vector<json::Value> lines() const {
        std::vector<json::Value> list;
        for (std::size_t from = 0; from < body.size();) {
            auto const end = std::min(body.find('\n', from), body.size());
            list.push_back(json::read(body.substr(from, end - from)).value());
            from = end + 1;
        }
        return list;
    }
    std::string header(std::string_view name) const {
        return std::string(http::find_header(headers, name).value_or(""));
    }

    bool gone = false; ///< Set by the test: the client has left.
    int status = 0;
    http::Headers headers;
    std::optional<std::uint64_t> length;
    std::string body;
    std::vector<Duration> times; ///< Time of each piece since the start.
    bool finished = false;
    bool was_cut = false;
    bool was_reset = false;

private:
    void piece(std::string_view bytes) {
        if (gone || bytes.empty()) return;
        body += bytes;
        times.push_back(clock_.now() - start_);
    }
    Result<> outcome() const {
        if (gone) return Error(http::Errc::peer_gone, "the test's client has left");
        return {};
    }

    Clock& clock_;
    http::Request request_;
    Time start_;
};

} // namespace darkroom::test
