// An Exchange on which a fault strikes: the answer is cut, delayed or changed.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/http/exchange.hpp"
#include "runner/studio/faults/faults.hpp"

#include <cstdint>
#include <string>

namespace darkroom::studio {

/// Wraps another exchange, which must outlive it. Lines and bytes are counted in the body.
/// Faults that do not concern the transport (fail, corrupt…) have no effect here.
class FaultyExchange final : public http::Exchange {
public:
    FaultyExchange(http::Exchange& inner, Fault fault, Clock& clock);

    http::Request const& request() const override { return inner_.request(); }
    std::string take_body() override { return inner_.take_body(); }
    boost::asio::awaitable<Result<>> answer(http::Reply reply) override;
    boost::asio::awaitable<Result<>> begin(http::Head head) override;
    boost::asio::awaitable<Result<>> write(std::string_view piece) override;
    boost::asio::awaitable<Result<>> finish() override;
    void cut() override { inner_.cut(); }
    void reset() override { inner_.reset(); }

private:
    /// Returns how much of `piece` may pass before the fault strikes.
    std::size_t passing(std::string_view piece) const;
    bool due() const;
    boost::asio::awaitable<Result<>> strike();
    boost::asio::awaitable<Result<>> pass(std::string_view piece);
    boost::asio::awaitable<Result<>> dribble(std::string_view piece);
    boost::asio::awaitable<Result<>> fail_falsely(std::string_view piece);
    void change_head(http::Headers& headers);
    std::string false_failure(std::string_view told) const;

    http::Exchange& inner_;
    Fault fault_;
    Clock& clock_;
    std::uint64_t lines_ = 0;
    std::uint64_t bytes_ = 0;
    bool padded_ = false;
    bool ended_ = false; // by `end`: the rest is discarded
    std::string trace_id_;
};

/// Returns the answer that `status` and `retry_after` of a fault describe.
http::Reply status_reply(Fault const& fault, WallTime now);

} // namespace darkroom::studio
