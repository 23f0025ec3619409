#include "runner/net/pooled_exchanger.hpp"

#include "runner/base/deadline.hpp"
#include "runner/net/dial.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace darkroom::net {

namespace asio = boost::asio;

namespace {

/// Also more than a TLS record, so that a read never leaves bytes inside OpenSSL.
constexpr std::size_t scratch_size = 64u << 10;

/// Completes with nothing when `deadline` comes before a permit is free.
asio::awaitable<std::optional<PrioritySemaphore::Permit>>
acquire_in_time(Clock& clock, Time deadline, PrioritySemaphore& semaphore) {
    std::optional<PrioritySemaphore::Permit> permit;
    try {
        permit = co_await with_deadline(clock, deadline, semaphore.acquire());
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
    co_return permit;
}

Reply not_connected(Error why) {
    Reply reply;
    reply.error = std::move(why);
    return reply;
}

} // namespace

/// A request as its bytes go over a connection.
struct PooledExchanger::Outgoing {
    Origin origin;
    std::string text;
    std::function<void()> before_first_byte;
    bool is_repeatable = false;
};

/// A connection to send over, or the error.
struct PooledExchanger::Link {
    std::shared_ptr<Connection> connection;
    bool reused = false;
    Error error;
};

PooledExchanger::PooledExchanger(asio::any_io_executor executor, Clock& clock,
                                 ConnectionOptions options)
    : clock_(clock), options_(std::move(options)), resolver_(executor, clock), pool_(clock),
      openings_(executor, opening_max), scratch_(std::make_unique<char[]>(scratch_size)) {}

Result<TlsContext*> PooledExchanger::tls() {
    if (!options_.tls) { // only when needed: reading the authorities takes time
        TRY_ASSIGN(options_.tls, TlsContext::create(""));
    }
    return options_.tls.get();
}

std::string PooledExchanger::text_of(Call& call) const {
    auto const& origin = call.url.origin;
    // Plain http through an HTTP proxy: the proxy gets the whole URL and fetches it.
    bool const by_proxy =
        options_.proxy.kind == Proxy::Kind::http && !origin.tls && options_.proxy.is_for(origin);
    std::string text = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n",
                                   call.method, by_proxy ? origin.text() : "", call.url.target,
                                   origin.authority(), options_.user_agent);
    if (by_proxy) text += options_.proxy.authorization_line();
    if (!call.authorization.empty()) text += "Authorization: " + call.authorization + "\r\n";
    text += call.extra;
    if (call.method == "POST")
        text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n",
                            call.body.size());
    text += "\r\n";
    text += call.body;
    std::string().swap(call.body);
    return text;
}

asio::awaitable<PooledExchanger::Link> PooledExchanger::open(Origin origin, Time deadline) {
    Link link;
    bool const proxied = options_.proxy.is_for(origin);
    HostPort target{origin.host, origin.port};
    if (proxied) target = options_.proxy.at;
    auto addresses = co_await resolver_.resolve(target, deadline);
    if (!addresses) {
        link.error = addresses.error();
        co_return link;
    }
    auto dialled = co_await dial(clock_, std::move(*addresses), deadline);
    if (!dialled.socket) {
        resolver_.forget(target.host);
        link.error = Error(dialled.error.code, "connecting to " + target.host);
        co_return link;
    }
    link.connection = std::make_shared<Connection>(std::move(*dialled.socket), clock_);
    link.connection->limit(deadline, "connecting");
    if (proxied && (origin.tls || options_.proxy.kind == Proxy::Kind::socks5)) {
        auto const through = co_await open_tunnel(*link.connection, options_.proxy, origin);
        if (!through) link.error = through.error();
    }
    if (origin.tls && !link.error.code) {
        auto const context = tls();
        if (!context) {
            link.error = context.error();
            co_return link;
        }
        Peer peer{origin.host, origin.text()};
        auto const secured = co_await link.connection->secure(**context, std::move(peer));
        if (!secured) link.error = secured.error();
    }
    co_return link;
}

/// While it waits for its permit, another request may leave a connection that can be reused.
asio::awaitable<PooledExchanger::Link> PooledExchanger::link_to(Origin origin, LinkTerms terms) {
    Link link;
    if (!terms.fresh) link.connection = pool_.take(origin.text());
    auto permit = link.connection ? std::nullopt : openings_.try_acquire();
    if (!link.connection && !permit) {
        permit = co_await acquire_in_time(clock_, terms.end, openings_);
        if (permit && !terms.fresh) link.connection = pool_.take(origin.text());
    }
    link.reused = link.connection != nullptr;
    if (link.reused) co_return link;
    if (!permit) {
        link.error = Error(Errc::timed_out, "waiting for its turn to connect");
        co_return link;
    }
    auto const deadline = std::min(terms.end, clock_.now() + terms.connect);
    auto opened = co_await open(std::move(origin), deadline);
    co_return opened;
}

asio::awaitable<Reply> PooledExchanger::exchange(Call call, TimeLimits limits, BodyReader& reader) {
    Outgoing request;
    request.origin = call.url.origin;
    request.text = text_of(call);
    request.before_first_byte = std::move(call.before_first_byte);
    request.is_repeatable = call.repeatable;
    return carry(std::move(request), limits, reader);
}

/// An idle connection may have been closed just now. A request that may be sent twice, or certainly
/// did not arrive, is sent again over a new connection.
asio::awaitable<Reply> PooledExchanger::carry(Outgoing request, TimeLimits limits,
                                              BodyReader& reader) {
    auto const end = clock_.now() + limits.total;
    auto const after_sending =
        request.is_repeatable ? AfterSending::keep_text : AfterSending::free_text;
    for (bool fresh = false;; fresh = true) {
        LinkTerms const terms{limits.connect, end, fresh};
        auto link = co_await link_to(request.origin, terms);
        if (link.error.code) co_return not_connected(std::move(link.error));
        ExchangeOver over{*link.connection, clock_, {scratch_.get(), scratch_size}};
        Exchange exchange(over, limits, end);
        if (request.before_first_byte) request.before_first_byte();
        co_await exchange.send(request.text, after_sending);
        co_await exchange.receive(reader);
        if (exchange.may_reuse()) pool_.give(request.origin.text(), std::move(link.connection));
        auto const& reply = exchange.reply();
        bool const stale = link.reused && reply.error.code && reply.head.status == 0 &&
                           reply.error.code != Errc::timed_out;
        bool const may_go_again = reply.sent != Sent::wholly || request.is_repeatable;
        if (!stale || !may_go_again) co_return exchange.take_reply();
    }
}

} // namespace darkroom::net
