// The listener for callbacks: one secret path that takes POSTs.
#pragma once

#include "runner/http/hook.hpp"
#include "runner/http/server.hpp"

#include <memory>
#include <string>

namespace darkroom::http {

/// A request to the listener as it is understood.
struct HookCall {
    int status = 200;     ///< The status of the answer, unless the taker refuses the post.
    std::string_view tag; ///< Part of the request's path.
};
/// Only a POST to a path that ends with "/SECRET", or with "/SECRET/" and a tag, is taken: a proxy
/// may have changed the start of the path. Pure.
HookCall read_hook_call(Request const& request, std::string_view secret);

/// The longest tag.
inline constexpr std::size_t tag_max = 64;
/// The most bytes that a callback may have.
inline constexpr std::size_t callback_body_max = 1u << 20;

/// Speaks plain HTTP; a proxy before it does TLS. Serves at most `connections_max` connections at a
/// time; more wait in the system's queue.
class HookListener final : public Hook, private Handler {
public:
    static constexpr std::size_t connections_max = 32;

    /// Listens at "ADDRESS:PORT"; port 0 takes a free one. The clock outlives the listener.
    /// Errors: Errc::bad_listen_address.
    static Result<std::unique_ptr<HookListener>> open(boost::asio::any_io_executor executor,
                                                      Clock& clock, std::string const& at);

    void serve_in(TaskGroup& group, Taker taker) override;
    std::string origin() const override;
    std::string path() const override { return "/callback/" + secret_; }

private:
    HookListener(boost::asio::any_io_executor executor, Clock& clock);

    boost::asio::awaitable<void> handle(Exchange& exchange) override;
    Reply refusal(int status, std::string why) override;

    Server server_;
    std::string secret_;
    Taker taker_;
};

} // namespace darkroom::http
