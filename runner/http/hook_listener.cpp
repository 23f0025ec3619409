#include "runner/http/hook_listener.hpp"

#include "runner/base/try.hpp"
#include "runner/http/error.hpp"
#include "runner/http/secret.hpp"

#include <fmt/format.h>

namespace darkroom::http {

namespace asio = boost::asio;

namespace {

/// A connection that sends nothing for so long gives its place to another.
constexpr Duration hook_patience = std::chrono::seconds(10);

ServerSetup hook_setup() {
    ServerSetup setup;
    setup.connections_max = HookListener::connections_max;
    setup.limits.idle = hook_patience;
    setup.limits.body = hook_patience;
    setup.limits.write = hook_patience;
    setup.limits.body_bytes = callback_body_max;
    return setup;
}

/// Returns the last part of a path if it may be a tag; otherwise "".
std::string_view tag_at_end(std::string_view path) {
    auto const tag = path.substr(path.rfind('/') + 1);
    bool const fit = tag.size() < path.size() && tag.size() <= tag_max &&
                     tag.find_first_not_of("0123456789abcdef") == tag.npos;
    return fit ? tag : std::string_view();
}

Reply reply_with(int status) {
    Reply reply;
    reply.status = status;
    return reply;
}

} // namespace

HookCall read_hook_call(Request const& request, std::string_view secret) {
    HookCall call;
    std::string_view const path = request.path;
    auto const end = "/" + std::string(secret);
    auto const tag = tag_at_end(path);
    if (path.substr(0, path.size() - tag.size()).ends_with(end + "/"))
        call.tag = tag;
    else if (!path.ends_with(end))
        call.status = 404;
    if (call.status == 200 && request.method != "POST") call.status = 405;
    bool const has_length =
        !request.header("content-length").empty() || !request.header("transfer-encoding").empty();
    if (call.status == 200 && !has_length) call.status = 411;
    return call;
}

HookListener::HookListener(asio::any_io_executor executor, Clock& clock)
    : server_(std::move(executor), clock, hook_setup()), secret_(make_secret()) {}

Result<std::unique_ptr<HookListener>> HookListener::open(asio::any_io_executor executor,
                                                         Clock& clock, std::string const& at) {
    auto const address = read_listen_address(at);
    if (!address)
        return Error(Errc::bad_listen_address,
                     fmt::format("'{}' is no ADDRESS:PORT to listen at", at));
    std::unique_ptr<HookListener> listener(new HookListener(std::move(executor), clock));
    TRY(listener->server_.listen(*address));
    return listener;
}

void HookListener::serve_in(TaskGroup& group, Taker taker) {
    taker_ = std::move(taker);
    server_.serve_in(group, *this);
}

std::string HookListener::origin() const {
    auto const address = server_.address();
    auto const host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return fmt::format("http://{}:{}", host, server_.port());
}

asio::awaitable<void> HookListener::handle(Exchange& exchange) {
    auto const call = read_hook_call(exchange.request(), secret_);
    int status = call.status;
    if (status == 200) {
        HookPost const post{exchange.request().body, call.tag};
        if (!taker_(post)) status = 400;
    }
    auto reply = reply_with(status);
    auto const sent = co_await exchange.answer(std::move(reply));
    (void)sent; // who posts a callback may have left
}

Reply HookListener::refusal(int status, std::string why) {
    (void)why; // the other side is a program
    return reply_with(status);
}

} // namespace darkroom::http
