// The page of a run that is at work: what its viewers are sent, and the orders that they give.
#pragma once

#include "runner/cli/run_pages.hpp"
#include "runner/cli/steering.hpp"
#include "runner/http/host_guard.hpp"
#include "runner/http/server.hpp"
#include "runner/report/dashboard/live_run.hpp"

#include <functional>
#include <memory>
#include <string>

namespace darkroom::cli {

/// The run behind the page; all of it outlives the dashboard.
struct DashboardParts {
    report::LiveRun& live;
    std::string directory;
    std::function<OrderReply(json::Value const& order)> obey;
    /// Completes with the bytes of the picture at an address; nothing when there is none.
    std::function<boost::asio::awaitable<std::optional<std::string>>(std::string url)> fetch;
};

/// Serves one page at an address that nobody can guess. The page is the gallery, and more while the
/// run is at work: its state comes by Server-Sent Events.
class Dashboard final : private http::Handler {
public:
    static constexpr std::size_t connections_max = 64;
    static constexpr std::size_t order_bytes_max = 64u << 10;

    /// Listens. Errors: http::Errc::bad_listen_address.
    static Result<std::unique_ptr<Dashboard>> open(boost::asio::any_io_executor executor,
                                                   Clock& clock, http::ListenAddress const& at,
                                                   DashboardParts parts);
    ~Dashboard() override;

    /// Begins to answer; ends when the group is cancelled.
    void serve_in(TaskGroup& group);
    /// Returns the address of the page. It is a secret: whoever knows it can steer the run.
    std::string url() const { return server_.url() + "/" + secret_ + "/"; }
    bool has_viewers() const { return viewers_ > 0; }
    /// Returns what a later server needs to be found at the same address.
    PagePlace place() const { return {{server_.address().to_string(), server_.port()}, secret_}; }
    /// Completes once all viewers know how the run has ended and have its last pictures, or after
    /// `patience`.
    boost::asio::awaitable<void> say_goodbye(Duration patience);

private:
    class Counted;

    Dashboard(boost::asio::any_io_executor executor, Clock& clock, DashboardParts parts);

    boost::asio::awaitable<void> handle(http::Exchange& exchange) override;
    http::Reply refusal(int status, std::string why) override;
    boost::asio::awaitable<void> answer(http::Exchange& exchange);
    void note_failure(std::string const& why);

    boost::asio::awaitable<http::Reply> reply_to(http::Exchange& exchange, std::string path);
    boost::asio::awaitable<http::Reply> preview(std::string key);
    http::Reply order(http::Exchange& exchange);
    boost::asio::awaitable<void> stream(http::Exchange& exchange);
    boost::asio::awaitable<bool> until_changed();
    std::string const& state_event();

    Clock& clock_;
    DashboardParts parts_;
    std::string secret_;
    RunPages pages_;
    http::Server server_;
    std::unique_ptr<http::HostGuard> guard_;
    std::size_t viewers_ = 0;
    std::size_t answering_ = 0; ///< Requests that are being answered, those of viewers included.
    Gate answered_;
    std::string state_text_; ///< The last event of the state; "" before one.
    std::uint64_t state_version_ = 0;
    Time state_made_{};
};

} // namespace darkroom::cli
