// A small HTTP listener for callbacks: one secret path, one POST a connection.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/task_group.hpp"
#include "runner/net/hook_request.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::net {

/// Speaks plain HTTP; a proxy before it does TLS. Serves at most `workers` connections at a time,
/// each for ten seconds; more wait in the system's queue.
class HookListener {
public:
    static constexpr int workers = 32;
    /// Takes a POST. Returning false answers with 400.
    using Taker = std::function<bool(HookPost const& post)>;

    /// Listens at "ADDRESS:PORT"; port 0 takes a free one. The clock outlives the listener.
    /// Errors: Errc::bad_url for a malformed address; the system's when it is in use or not ours.
    static Result<std::unique_ptr<HookListener>> open(boost::asio::any_io_executor executor,
                                                      Clock& clock, std::string const& at);

    /// Starts the workers; they end when the group is cancelled. Call it once.
    void serve_in(TaskGroup& group, Taker taker);

    /// Returns "http://ADDRESS:PORT" with the address and port in use.
    std::string origin() const;
    /// Returns "/callback/" and a secret that cannot be guessed. A post to a path below, "/" and
    /// hexadecimal digits, has these as its tag.
    std::string path() const { return "/callback/" + secret_; }

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
