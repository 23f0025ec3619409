#include "runner/net/http_client.hpp"

#include "runner/base/deadline.hpp"
#include "runner/net/dial.hpp"
#include "runner/net/line_splitter.hpp"
#include "runner/net/readers.hpp"
#include "runner/net/recording.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::net {

namespace asio = boost::asio;

namespace {

/// Also more than a TLS record, so that a read never leaves bytes inside OpenSSL.
constexpr std::size_t scratch_size = 64u << 10;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<Url> redirect_target(Url const& from, ResponseHead const& head) {
    auto const location = head.find("location");
    if (!location) return Error(Errc::bad_redirect, from.shown() + " does not say where to");
    auto target = resolve_url(from, *location);
    if (!target) return Error(Errc::bad_redirect, target.error().detail);
    if (from.origin.tls && !target->origin.tls)
        return Error(Errc::bad_redirect, "from https to " + target->origin.text());
    return target;
}

std::string get_headers(std::uint64_t offset, std::string const& etag) {
    std::string lines = "Accept: */*\r\nAccept-Encoding: identity\r\n";
    if (offset > 0) lines += fmt::format("Range: bytes={}-\r\nIf-Range: {}\r\n", offset, etag);
    return lines;
}

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

} // namespace

/// A request as it is sent over a connection.
struct HttpClient::Call {
    std::string_view method;
    Url url;
    std::string authorization;
    std::string extra; ///< Header lines, each with its line end.
    std::string body;
    bool repeatable = false;
};

/// A connection to send over, or the error.
struct HttpClient::Link {
    std::shared_ptr<Connection> connection;
    bool reused = false;
    Error error;
};

HttpClient::HttpClient(asio::any_io_executor executor, Clock& clock, HttpOptions options)
    : clock_(clock), options_(std::move(options)), resolver_(executor, clock), pool_(clock),
      openings_(executor, opening_max), scratch_(std::make_unique<char[]>(scratch_size)) {}

Result<TlsContext*> HttpClient::tls() {
    if (!options_.tls) { // only when needed: reading the authorities takes time
        TRY_ASSIGN(options_.tls, TlsContext::create(""));
    }
    return options_.tls.get();
}

std::string HttpClient::text_of(Call& call) const {
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

asio::awaitable<HttpClient::Link> HttpClient::open(Origin origin, Time deadline) {
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
asio::awaitable<HttpClient::Link> HttpClient::link_to(Origin origin, LinkTerms terms) {
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

std::unique_ptr<RecordedExchange> HttpClient::recorded(Call const& call, BodyReader& reader) const {
    if (!options_.recording) return nullptr;
    RecordedRequest request;
    request.method = call.method;
    request.url = call.url.text();
    request.headers = call.extra;
    request.body = call.body;
    request.authorization = call.authorization;
    return std::make_unique<RecordedExchange>(*options_.recording, std::move(request), reader);
}

asio::awaitable<Reply> HttpClient::exchange(Call call, TimeLimits limits, BodyReader& reader) {
    auto const end = clock_.now() + limits.total;
    auto const origin = call.url.origin;
    auto const copy = recorded(call, reader);
    BodyReader& into = copy ? *copy : reader;
    std::string text = text_of(call);
    auto const after_sending = call.repeatable ? AfterSending::keep_text : AfterSending::free_text;
    Reply reply;
    for (bool fresh = false;; fresh = true) {
        LinkTerms const terms{limits.connect, end, fresh};
        auto link = co_await link_to(origin, terms);
        reply = Reply();
        reply.error = std::move(link.error);
        if (reply.error.code) break;
        ExchangeOver over{*link.connection, clock_, {scratch_.get(), scratch_size}};
        Exchange exchange(over, limits, end);
        co_await exchange.send(text, after_sending);
        co_await exchange.receive(into);
        reply = exchange.take_reply();
        if (exchange.may_reuse()) pool_.give(origin.text(), std::move(link.connection));
        // An idle connection may have been closed just now. A request that may be sent twice, or
        // certainly did not arrive, is sent again over a new connection.
        bool const stale = link.reused && reply.error.code && reply.head.status == 0 &&
                           reply.error.code != Errc::timed_out;
        if (!stale || (reply.sent == Sent::wholly && !call.repeatable)) break;
    }
    if (copy) copy->over(reply);
    co_return reply;
}

HttpClient::Call HttpClient::call_of(PostRequest request) {
    auto accept = "Accept: " + request.accept + "\r\n";
    return {"POST",
            std::move(request.url),
            std::move(request.authorization),
            std::move(accept),
            std::move(request.body),
            request.repeatable};
}

asio::awaitable<Reply> HttpClient::post_stream(PostRequest request, TimeLimits limits,
                                               LineSink& lines) {
    StreamReader reader(lines, request.body_max);
    auto call = call_of(std::move(request));
    auto reply = co_await exchange(std::move(call), limits, reader);
    reply.body = reader.take_body();
    auto const finished = reader.finish();
    if (!finished && !reply.error.code) reply.error = finished.error();
    co_return reply;
}

asio::awaitable<Reply> HttpClient::post(PostRequest request, TimeLimits limits) {
    WholeReader reader(request.body_max);
    auto call = call_of(std::move(request));
    auto reply = co_await exchange(std::move(call), limits, reader);
    reply.body = reader.take_body();
    co_return reply;
}

asio::awaitable<Reply> HttpClient::get(GetRequest request, GetLimits limits, ByteSink& into) {
    auto const end = clock_.now() + limits.time.total;
    Url url = request.url;
    auto offset = request.etag.empty() ? 0 : request.offset;
    Reply reply;
    for (int hops = 0;;) {
        Call call{"GET", url, "", get_headers(offset, request.etag), "", true};
        if (url.origin == request.url.origin) call.authorization = request.authorization;
        DownloadTerms terms{offset, limits.bytes_per_idle, request.etag};
        DownloadReader reader(into, std::move(terms));
        limits.time.total = end - clock_.now();
        reply = co_await exchange(std::move(call), limits.time, reader);
        reply.body = reader.take_body();
        if (auto const whole = reader.finish(); reply.complete() && !reply.error.code && !whole)
            reply.error = whole.error();
        bool const mismatched = reply.head.status == 416 || reply.error.code == Errc::bad_range;
        if (offset > 0 && mismatched) {
            offset = 0;
            continue;
        }
        if (reply.error.code || !is_redirect(reply.head.status)) break;
        auto next = redirect_target(url, reply.head);
        if (next && ++hops > redirects_max)
            next = Error(Errc::too_many_redirects, "from " + request.url.shown());
        if (!next) {
            reply.error = next.error();
            break;
        }
        url = std::move(*next);
    }
    co_return reply;
}

} // namespace darkroom::net
