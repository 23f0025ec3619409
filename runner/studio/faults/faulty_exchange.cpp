#include "runner/studio/faults/faulty_exchange.hpp"

#include "runner/base/text.hpp"
#include "runner/http/error.hpp"

#include <algorithm>

namespace darkroom::studio {

namespace asio = boost::asio;

FaultyExchange::FaultyExchange(http::Exchange& inner, Fault fault, Clock& clock)
    : inner_(inner), fault_(std::move(fault)), clock_(clock) {}

asio::awaitable<Result<>> FaultyExchange::answer(http::Reply reply) {
    change_head(reply.headers);
    if (fault_.kind == FaultKind::change) {
        reply.body = changed_text(reply.body, fault_.change);
        auto const changed = co_await inner_.answer(std::move(reply));
        co_return changed;
    }
    if (fault_.kind == FaultKind::false_fail) {
        reply.status = fault_.status;
        reply.body = false_failure(reply.body);
        co_await inner_.answer(std::move(reply));
        co_return Error(http::Errc::peer_gone, "a fault has answered with a failure");
    }
    http::Head head;
    head.status = reply.status;
    head.headers = std::move(reply.headers);
    head.length = reply.body.size();
    auto sent = co_await begin(std::move(head));
    if (sent) sent = co_await write(reply.body);
    if (sent) sent = co_await finish();
    co_return sent;
}

asio::awaitable<Result<>> FaultyExchange::begin(http::Head head) {
    if (fault_.kind == FaultKind::reset_after) {
        inner_.reset();
        co_return Error(http::Errc::peer_gone, "reset by a fault");
    }
    if (fault_.kind == FaultKind::status_after) {
        auto reply = status_reply(fault_, clock_.wall());
        co_await inner_.answer(std::move(reply));
        co_return Error(http::Errc::peer_gone, "another answer was given by a fault");
    }
    change_head(head.headers);
    // The length of a padded or shortened body is not known beforehand.
    if (fault_.kind == FaultKind::long_line || fault_.kind == FaultKind::end) head.length.reset();
    auto const sent = co_await inner_.begin(std::move(head));
    if (!sent || !due()) co_return sent;
    auto const struck = co_await strike();
    co_return struck;
}

bool FaultyExchange::due() const {
    bool const counts = fault_.kind == FaultKind::cut || fault_.kind == FaultKind::end ||
                        fault_.kind == FaultKind::stall;
    if (!counts) return false;
    if (fault_.after_bytes) return bytes_ >= *fault_.after_bytes;
    return lines_ >= fault_.after_lines.value_or(0);
}

std::size_t FaultyExchange::passing(std::string_view piece) const {
    if (fault_.after_bytes)
        return std::min<std::uint64_t>(piece.size(), *fault_.after_bytes - bytes_);
    std::size_t end = 0;
    for (auto left = fault_.after_lines.value_or(0) - lines_; left > 0; --left) {
        auto const newline = piece.find('\n', end);
        if (newline == std::string_view::npos) return piece.size();
        end = newline + 1;
    }
    return end;
}

asio::awaitable<Result<>> FaultyExchange::write(std::string_view piece) {
    if (ended_) co_return Result<>();
    Result<> sent;
    switch (fault_.kind) {
    case FaultKind::cut:
    case FaultKind::end:
    case FaultKind::stall: {
        sent = co_await pass(piece.substr(0, passing(piece)));
        if (sent && due()) sent = co_await strike();
        break;
    }
    case FaultKind::change: {
        ++lines_;
        bool const meant = !fault_.line || *fault_.line == lines_;
        auto const text = meant ? changed_text(piece, fault_.change) : std::string(piece);
        sent = co_await inner_.write(text);
        break;
    }
    case FaultKind::false_fail: sent = co_await fail_falsely(piece); break;
    case FaultKind::dribble: sent = co_await dribble(piece); break;
    case FaultKind::long_line: {
        std::string text(piece);
        if (!std::exchange(padded_, true) && text.starts_with('{'))
            text.insert(1, "\"padding\":\"" + std::string(fault_.bytes, 'x') + "\",");
        sent = co_await inner_.write(text);
        break;
    }
    default: sent = co_await inner_.write(piece); break; // not a fault of the transport
    }
    co_return sent;
}

asio::awaitable<Result<>> FaultyExchange::pass(std::string_view piece) {
    auto const sent = co_await inner_.write(piece);
    bytes_ += piece.size();
    lines_ += static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    co_return sent;
}

asio::awaitable<Result<>> FaultyExchange::strike() {
    if (fault_.kind == FaultKind::end) {
        ended_ = true;
        auto const sent = co_await inner_.finish();
        co_return sent;
    }
    if (fault_.kind == FaultKind::stall) co_await clock_.sleep_for(fault_.time);
    inner_.cut();
    co_return Error(http::Errc::peer_gone, "cut by a fault");
}

asio::awaitable<Result<>> FaultyExchange::dribble(std::string_view piece) {
    auto const step = static_cast<std::size_t>(std::max<std::uint64_t>(fault_.bytes, 1));
    for (std::size_t at = 0; at < piece.size(); at += step) {
        auto const sent = co_await inner_.write(piece.substr(at, step));
        if (!sent) co_return sent;
        co_await clock_.sleep_for(fault_.time);
    }
    co_return Result<>();
}

/// Replaces the line after `after_lines` by one that says that the task has failed.
asio::awaitable<Result<>> FaultyExchange::fail_falsely(std::string_view piece) {
    if (lines_ < fault_.after_lines.value_or(0)) {
        auto const sent = co_await pass(piece);
        co_return sent;
    }
    auto const line = false_failure(piece) + "\n";
    auto const sent = co_await inner_.write(line);
    if (sent) co_await inner_.finish();
    ended_ = true;
    co_return Error(http::Errc::peer_gone, "a fault has answered with a failure");
}

/// Returns what is said of the task that `told` tells of.
std::string FaultyExchange::false_failure(std::string_view told) const {
    auto const outcome = json::read(told);
    auto const task_id = outcome ? outcome->text("task_id") : std::nullopt;
    json::Value error;
    error.set("code", fault_.code);
    error.set("message", fault_.message);
    json::Value view;
    view.set("success", false);
    if (task_id) view.set("task_id", *task_id);
    view.set("error", std::move(error));
    view.set("trace_id", trace_id_);
    return json::write(view);
}

void FaultyExchange::change_head(http::Headers& headers) {
    trace_id_ = http::find_header(headers, "x-trace-id").value_or("");
    if (fault_.kind != FaultKind::change) return;
    for (auto const& header : fault_.headers) {
        std::erase_if(headers, [&](http::Header const& old) { return old.name == header.name; });
        headers.push_back(header);
    }
}

asio::awaitable<Result<>> FaultyExchange::finish() {
    if (ended_) co_return Result<>();
    auto const sent = co_await inner_.finish();
    co_return sent;
}

http::Reply status_reply(Fault const& fault, WallTime now) {
    http::Reply reply;
    reply.status = fault.status;
    reply.headers = fault.headers;
    reply.body = fault.body;
    if (!http::find_header(reply.headers, "content-type"))
        reply.headers.push_back(
            {"content-type", fault.body.starts_with('<') ? "text/html" : "application/json"});
    if (!fault.retry_after) return reply;
    auto const seconds = std::chrono::ceil<std::chrono::seconds>(*fault.retry_after);
    reply.headers.push_back({"retry-after", fault.retry_after_as_date
                                                ? format_http_date(now + seconds)
                                                : std::to_string(seconds.count())});
    return reply;
}

} // namespace darkroom::studio
