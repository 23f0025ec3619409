// A small HTTP listener for callbacks: one secret path, one POST a connection.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/net/error.hpp"
#include "runner/net/hook.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>

namespace darkroom::net {

/// Speaks plain HTTP; a proxy before it does TLS. Serves at most `workers` connections at a time,
/// each for ten seconds; more wait in the system's queue.
class HookListener final : public Hook {
public:
    static constexpr int workers = 32;

    /// Listens at "ADDRESS:PORT"; port 0 takes a free one. The clock outlives the listener.
    /// Errors: Errc::bad_url for a malformed address; the system's when it is in use or not ours.
    static Result<std::unique_ptr<HookListener>> open(boost::asio::any_io_executor executor,
                                                      Clock& clock, std::string const& at);

    /// Starts the workers.
    void serve_in(TaskGroup& group, Taker taker) override;
    std::string origin() const override;
    std::string path() const override { return "/callback/" + secret_; }

private:
    HookListener(Clock& clock, boost::asio::ip::tcp::acceptor acceptor);

    boost::asio::awaitable<void> work();
    boost::asio::awaitable<bool> answer_one(boost::asio::ip::tcp::socket& socket);

    Clock& clock_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::string secret_;
    Taker taker_;
};

} // namespace darkroom::net
