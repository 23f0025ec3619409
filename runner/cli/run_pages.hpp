// The page of a run, its pictures and their thumbnails, for a browser.
#pragma once

#include "runner/base/on_pool.hpp"
#include "runner/cli/gallery.hpp"
#include "runner/http/exchange.hpp"
#include "runner/http/server.hpp"

#include <string>
#include <string_view>

namespace darkroom::cli {

/// The address of a page.
struct PagePlace {
    http::ListenAddress at;
    std::string secret; ///< The first part of its path.
};

http::Reply plain_reply(int status, std::string body);
http::Reply data_reply(std::string_view type, std::string_view cache, std::string body);
/// A page of a run is for nobody else: neither its address nor its content.
void make_private(http::Headers& headers);

/// Answers with what a run directory has. Reads on a thread of its own.
class RunPages {
public:
    static constexpr std::size_t bytes_held_max = 256u << 20;

    RunPages(std::string directory, ServedRun run) : directory_(std::move(directory)), run_(run) {}
    ~RunPages();

    /// Returns the answer to a GET of a path below the secret one: "" is the page.
    boost::asio::awaitable<http::Reply> reply_to(http::Exchange& exchange, std::string path);
    /// Sends an answer, for nobody else. All slow viewers together hold at most bytes_held_max:
    /// above that they get a 503.
    boost::asio::awaitable<void> send(http::Exchange& exchange, http::Reply reply);

private:
    boost::asio::awaitable<http::Reply> page();
    boost::asio::awaitable<http::Reply> picture(http::Exchange& exchange, std::string path);

    class Held;

    std::string directory_;
    ServedRun run_;
    std::size_t bytes_held_ = 0; ///< The answers that are being sent.
    boost::asio::thread_pool pool_{1};
};

} // namespace darkroom::cli
