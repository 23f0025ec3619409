#include "runner/net/pooled_exchanger.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/text.hpp"
#include "runner/net/dial.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace darkroom::net {

namespace asio = boost::asio;

namespace {

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

/// Frees what a request was made of: thousands of streams wait for minutes.
void drop_words(Call& call) {
    for (auto* words : {&call.authorization, &call.extra, &call.body}) std::string().swap(*words);
}

/// Returns "localhost:8080 (127.0.0.1)": the host as it was written, and what failed.
std::string dialled_place(HostPort const& target, Error const& failed) {
    bool const is_v6 = target.host.find(':') != std::string::npos;
    auto place = is_v6 ? fmt::format("[{}]:{}", target.host, target.port)
                       : fmt::format("{}:{}", target.host, target.port);
    bool const is_address = failed.code != Errc::timed_out && !failed.detail.empty();
    if (is_address && failed.detail != target.host) place += fmt::format(" ({})", failed.detail);
    return place;
}

Reply not_connected(Error why) {
    Reply reply;
    reply.error = std::move(why);
    return reply;
}

} // namespace

/// A request that is to be sent. The text is made for the first connection that needs it.
struct PooledExchanger::Outgoing {
    Call call;
    std::string text; ///< As its bytes go over a connection of HTTP/1.1.
};

/// A connection to send over, of either kind, or the error.
struct PooledExchanger::Link {
    std::shared_ptr<Connection> connection;
    std::shared_ptr<Http2Link> http2;
    bool reused = false;
    bool lacks_http2 = false; ///< The server has agreed on HTTP/2 and has not spoken it.
    Error error;
};

PooledExchanger::PooledExchanger(asio::any_io_executor executor, Clock& clock,
                                 ConnectionOptions options)
    : clock_(clock), options_(std::move(options)), resolver_(executor, clock), pool_(clock),
      http2_(clock), openings_(executor, opening_max), http2_openings_(executor, opening_http2_max),
      scratch_(std::make_unique<char[]>(scratch_size)) {}

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
    if (!call.repeatable) drop_words(call);
    return text;
}

HttpVersion PooledExchanger::version_for(Call const& call) const {
    auto const origin = call.url.origin.text();
    if (origin == options_.http2_origin) return HttpVersion::http2;
    bool const is_held = versions_.is_held(origin, clock_.now());
    return is_held || call.is_download ? HttpVersion::http1 : options_.version;
}

bool PooledExchanger::may_speak_http2(Origin const& origin, HttpVersion version) const {
    if (version == HttpVersion::any)
        return origin.tls && !versions_.has_chosen_http1(origin.text());
    return version == HttpVersion::http2;
}

/// Learns from a connection that ended before the server has spoken HTTP/2.
void PooledExchanger::note_lack(Origin const& origin, Time begun, Link const& link) {
    if (link.http2->is_broken()) return note_broken(origin, link.error);
    auto const note = link.error.code == Errc::timed_out ? &SpokenVersions::note_silent
                                                         : &SpokenVersions::note_lost;
    bool const is_news = (versions_.*note)(origin.text(), begun, clock_.now());
    if (is_news && options_.on_no_http2) options_.on_no_http2({origin.text(), link.error, false});
}

void PooledExchanger::note_broken(Origin const& origin, Error const& why) {
    if (origin.text() == options_.http2_origin) return;
    bool const is_news = versions_.note_broken(origin.text());
    if (is_news && options_.on_no_http2) options_.on_no_http2({origin.text(), why, true});
}

/// A server that has never spoken HTTP/2 is another one than the caller thinks; one that has may do
/// so again.
Error PooledExchanger::lack_of_http2(Origin const& origin) const {
    bool const has_spoken = versions_.has_spoken(origin.text());
    return {has_spoken ? Errc::http2_lost : Errc::no_http2, origin.text()};
}

/// The lines of `extra` become fields; those that only one connection means do not exist in HTTP/2.
Http2Request PooledExchanger::http2_request_of(Call& call) const {
    auto const& origin = call.url.origin;
    Http2Request request{
        std::string(call.method), origin.tls ? "https" : "http",         origin.authority(),
        call.url.target,          {{"user-agent", options_.user_agent}}, {}};
    if (!call.authorization.empty())
        request.fields.emplace_back("authorization", call.authorization);
    std::string_view lines = call.extra;
    while (!lines.empty()) {
        auto const line = lines.substr(0, lines.find("\r\n"));
        lines.remove_prefix(std::min(lines.size(), line.size() + 2));
        auto const colon = line.find(": ");
        if (colon == line.npos) continue;
        request.fields.emplace_back(to_lower(line.substr(0, colon)), line.substr(colon + 2));
    }
    if (call.method == "POST") {
        request.fields.emplace_back("content-type", "application/json");
        request.fields.emplace_back("content-length", std::to_string(call.body.size()));
    }
    request.body = call.body;
    if (!call.repeatable) drop_words(call);
    return request;
}

/// A server that offers HTTP/2 and has not spoken it has taken nothing: it is asked again, in the
/// end over HTTP/1.1.
asio::awaitable<PooledExchanger::Link> PooledExchanger::open(Origin origin, HttpVersion version,
                                                             Time deadline) {
    for (;;) {
        auto const begun = clock_.now();
        bool const is_free = version == HttpVersion::any;
        if (is_free && versions_.hold(origin.text(), begun)) version = HttpVersion::http1;
        auto link = co_await open_once(origin, version, deadline);
        if (!link.lacks_http2 || !is_free) co_return link;
        note_lack(origin, begun, link);
        if (link.error.code == Errc::timed_out) co_return link;
    }
}

asio::awaitable<PooledExchanger::Link>
PooledExchanger::open_once(Origin origin, HttpVersion version, Time deadline) {
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
        link.error =
            Error(dialled.error.code, fmt::format("connecting to {}{}", proxied ? "the proxy " : "",
                                                  dialled_place(target, dialled.error)));
        co_return link;
    }
    link.connection = std::make_shared<Connection>(std::move(*dialled.socket), clock_);
    link.connection->limit(deadline, "connecting");
    bool const needs_tunnel =
        origin.tls || options_.proxy.kind == Proxy::Kind::socks5 || version == HttpVersion::http2;
    if (proxied && needs_tunnel) {
        auto const through = co_await open_tunnel(*link.connection, options_.proxy, origin);
        if (!through) link.error = through.error();
    }
    if (origin.tls && !link.error.code)
        link.error = co_await secure(*link.connection, origin, version);
    if (link.error.code) co_return link;
    auto const protocol = link.connection->channel().protocol();
    bool const is_wanted = version == HttpVersion::http2;
    if (protocol == "h2" || (is_wanted && !origin.tls)) {
        link.http2 = std::make_shared<Http2Link>(std::move(link.connection), clock_, scratch());
        auto const greeted = co_await link.http2->greet(deadline);
        if (!greeted) {
            bool const is_proof = is_wanted && link.http2->is_broken();
            link.error = is_proof ? lack_of_http2(origin) : greeted.error();
            link.lacks_http2 = true;
            co_return link;
        }
        versions_.note_spoken(origin.text());
        http2_.add(origin.text(), link.http2);
    } else if (is_wanted) {
        link.error = lack_of_http2(origin);
    } else if (version == HttpVersion::any) {
        versions_.note_chosen_http1(origin.text());
    }
    co_return link;
}

asio::awaitable<Error> PooledExchanger::secure(Connection& connection, Origin origin,
                                               HttpVersion version) {
    auto const context = tls();
    if (!context) co_return context.error();
    Peer peer{origin.host, origin.text(), version};
    auto const secured = co_await connection.secure(**context, std::move(peer));
    co_return secured ? Error() : secured.error();
}

/// Finds a connection that is open and takes another request. Where HTTP/2 may be spoken, those
/// that downloads have left are not taken for requests that wait for minutes.
bool PooledExchanger::find_open(Link& link, Origin const& origin, HttpVersion version) {
    auto const key = origin.text();
    if (version != HttpVersion::http1) link.http2 = http2_.take(key);
    if (!link.http2 && !may_speak_http2(origin, version)) link.connection = pool_.take(key);
    link.reused = link.http2 || link.connection;
    return link.reused;
}

/// While it waits for its permit, another request may leave a connection that can be reused.
asio::awaitable<PooledExchanger::Link> PooledExchanger::link_to(Origin origin, LinkTerms terms) {
    Link link;
    if (!terms.fresh && find_open(link, origin, terms.version)) co_return link;
    auto& openings = may_speak_http2(origin, terms.version) ? http2_openings_ : openings_;
    auto permit = openings.try_acquire();
    if (!permit) {
        permit = co_await acquire_in_time(clock_, terms.end, openings);
        if (permit && !terms.fresh && find_open(link, origin, terms.version)) co_return link;
    }
    if (!permit) {
        link.error = Error(Errc::timed_out, "waiting for its turn to connect");
        co_return link;
    }
    auto const deadline = std::min(terms.end, clock_.now() + terms.connect);
    auto opened = co_await open(std::move(origin), terms.version, deadline);
    co_return opened;
}

asio::awaitable<Reply> PooledExchanger::exchange(Call call, TimeLimits limits, BodyReader& reader) {
    Outgoing request;
    request.call = std::move(call);
    return carry(std::move(request), limits, reader);
}

/// Not a coroutine: what a request is made of has no place in a frame that waits for minutes.
asio::awaitable<Reply> PooledExchanger::send_over(Outgoing& request, Link& link, TimeLimits limits,
                                                  Time end, BodyReader& reader) {
    auto& call = request.call;
    if (link.http2)
        return link.http2->exchange(http2_request_of(call), call.before_first_byte, limits, end,
                                    reader);
    if (request.text.empty()) request.text = text_of(call);
    return over_http1(request, std::move(link.connection), limits, end, reader);
}

asio::awaitable<Reply> PooledExchanger::over_http1(Outgoing& request,
                                                   std::shared_ptr<Connection> connection,
                                                   TimeLimits limits, Time end,
                                                   BodyReader& reader) {
    auto const& call = request.call;
    auto const after_sending = call.repeatable ? AfterSending::keep_text : AfterSending::free_text;
    ExchangeOver over{*connection, clock_, scratch()};
    Exchange exchange(over, limits, end);
    if (call.before_first_byte && !call.before_first_byte()) {
        pool_.give(call.url.origin.text(), std::move(connection));
        co_return not_connected(Error(Errc::held_back, ""));
    }
    co_await exchange.send(request.text, after_sending);
    co_await exchange.receive(reader);
    if (exchange.may_reuse()) pool_.give(call.url.origin.text(), std::move(connection));
    co_return exchange.take_reply();
}

/// An idle connection may have been closed just now. A request that may be sent twice, or certainly
/// did not arrive, is sent again over a new connection; but not one that HTTP/2 has taken apart.
asio::awaitable<Reply> PooledExchanger::carry(Outgoing request, TimeLimits limits,
                                              BodyReader& reader) {
    auto const end = clock_.now() + limits.total;
    auto const& call = request.call;
    for (bool fresh = false;; fresh = true) {
        LinkTerms const terms{limits.connect, end, version_for(call), fresh};
        auto link = co_await link_to(call.url.origin, terms);
        if (link.error.code) co_return not_connected(std::move(link.error));
        bool const is_in_other_words = link.http2 && !request.text.empty() && !call.repeatable;
        if (is_in_other_words) co_return not_connected(Error(Errc::closed, "another HTTP version"));
        auto answer = send_over(request, link, limits, end, reader);
        auto reply = co_await std::move(answer);
        if (link.http2 && reply.error.code && link.http2->is_broken())
            note_broken(call.url.origin, reply.error);
        bool const stale = link.reused && reply.error.code && reply.head.status == 0 &&
                           reply.error.code != Errc::timed_out &&
                           reply.error.code != Errc::held_back;
        bool const is_here = !link.http2 && reply.sent != Sent::wholly;
        if (!stale || !(is_here || call.repeatable)) co_return reply;
    }
}

} // namespace darkroom::net
