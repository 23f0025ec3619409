#include "runner/net/http_client.hpp"

#include "runner/net/line_splitter.hpp"
#include "runner/net/readers.hpp"
#include "runner/net/recording.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::net {

namespace asio = boost::asio;

namespace {

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

} // namespace

HttpClient::HttpClient(std::shared_ptr<Exchanger> exchanger, Clock& clock,
                       std::shared_ptr<Recording> recording)
    : clock_(clock), exchanger_(std::move(exchanger)), recording_(std::move(recording)) {}

asio::awaitable<Reply> HttpClient::exchange(Call call, TimeLimits limits, BodyReader& reader) {
    if (recording_) return recorded_exchange(std::move(call), limits, reader);
    return exchanger_->exchange(std::move(call), limits, reader);
}

asio::awaitable<Reply> HttpClient::recorded_exchange(Call call, TimeLimits limits,
                                                     BodyReader& reader) {
    RecordedRequest request;
    request.method = call.method;
    request.url = call.url.text();
    request.headers = call.extra;
    request.body = call.body;
    request.authorization = call.authorization;
    RecordedExchange copy(*recording_, std::move(request), reader);
    auto reply = co_await exchanger_->exchange(std::move(call), limits, copy);
    copy.over(reply);
    co_return reply;
}

Call HttpClient::call_of(PostRequest request) {
    auto accept = "Accept: " + request.accept + "\r\n";
    return {"POST",
            std::move(request.url),
            std::move(request.authorization),
            std::move(accept),
            std::move(request.body),
            request.repeatable,
            std::move(request.before_first_byte)};
}

asio::awaitable<Reply> HttpClient::post_stream(PostRequest request, TimeLimits limits,
                                               LineSink& lines) {
    auto reader = std::make_unique<StreamReader>(lines, request.body_max);
    auto answer = exchange(call_of(std::move(request)), limits, *reader);
    return stream(std::move(answer), std::move(reader));
}

asio::awaitable<Reply> HttpClient::stream(asio::awaitable<Reply> answer,
                                          std::unique_ptr<StreamReader> reader) {
    auto reply = co_await std::move(answer);
    reply.body = reader->take_body();
    auto const finished = reader->finish();
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
        Call call{"GET", url, "", get_headers(offset, request.etag), "", true, {}};
        call.is_download = true;
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
        if (request.on_redirect) url = request.on_redirect(std::move(url));
    }
    co_return reply;
}

} // namespace darkroom::net
