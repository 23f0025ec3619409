#include "tests/studio/live_service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

namespace darkroom::test {

namespace asio = boost::asio;

studio::ServerOptions LiveService::quick() {
    studio::ServerOptions options;
    options.open = true;
    options.latency = std::chrono::milliseconds(60);
    options.image_size = 128;
    options.paint_threads = 1;
    options.clips = studio::ClipFormat::webp; // whatever this machine has
    return options;
}

LiveService::LiveService(studio::ServerOptions options)
    : server_(io_.get_executor(), clock_, std::move(options)) {
    auto const listening = server_.listen();
    if (!listening) throw std::runtime_error(listening.error().message());
    port_ = server_.port();
    url_ = server_.url();
    auto on_end = [this](std::exception_ptr failure) { failure_ = failure; };
    asio::co_spawn(io_, server_.run(), std::move(on_end));
    thread_ = std::thread([this] { io_.run(); });
}

void LiveService::stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { server_.stop(); });
    thread_.join();
    BOOST_TEST(!failure_);
    BOOST_TEST(server_.connections() == 0u);
}

LiveService::~LiveService() { stop(); }

} // namespace darkroom::test
