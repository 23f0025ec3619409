#include "runner/studio/replay.hpp"

#include "runner/studio/http/error.hpp"
#include "runner/studio/tasks/input_images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

/// Longer than any client waits for a sign of life.
constexpr auto silence = std::chrono::minutes(15);

http::Reply error_answer(int status, std::string_view code, std::string const& message) {
    json::Value error;
    error.set("code", code);
    error.set("message", message);
    json::Value body;
    body.set("error", std::move(error));
    http::Reply reply;
    reply.status = status;
    reply.headers.push_back({"content-type", "application/json"});
    reply.body = json::write(body);
    return reply;
}

std::uint64_t size_of(json::Value const& piece) {
    if (auto const text = piece.text("text")) return text->size();
    return from_base64(piece.text("base64").value_or("")).value_or("").size();
}

} // namespace

Result<std::unique_ptr<Replay>> Replay::open(ReplayTerms terms, Clock& clock) {
    auto book = ReplayBook::open(terms.path);
    if (!book) return book.error();
    return std::unique_ptr<Replay>(new Replay(std::move(terms), std::move(*book), clock));
}

Replay::Replay(ReplayTerms terms, ReplayBook book, Clock& clock)
    : terms_(std::move(terms)), book_(std::move(book)), clock_(clock) {}

http::Reply Replay::refusal(int status, std::string why) {
    return error_answer(status, "bad_request", why);
}

asio::awaitable<void> Replay::handle(http::Exchange& exchange) {
    auto recorded = book_.take(exchange.request());
    bool const there = recorded && recorded->has_value();
    if (there) {
        co_await play(exchange, std::move(**recorded));
        co_return;
    }
    auto const& request = exchange.request();
    auto const why = recorded ? fmt::format("the recording has no such request (any more): {} {}",
                                            request.method, request.path)
                              : recorded.error().message();
    auto reply = error_answer(404, "no_api", why);
    co_await exchange.answer(std::move(reply));
}

Time Replay::after(Time begun, std::optional<double> seconds) const {
    auto const time = std::chrono::duration<double>(seconds.value_or(0) / terms_.speed);
    return begun + std::chrono::duration_cast<Duration>(time);
}

asio::awaitable<void> Replay::play(http::Exchange& exchange, json::Value recorded) {
    auto const begun = clock_.now();
    auto const how = recorded.text("end").value_or("broken");
    Ending ending;
    ending.when = after(begun, recorded.number("seconds"));
    ending.silent = how == "silent" || how == "given up";
    ending.begun = recorded.find("status") != nullptr;
    bool const left_out = recorded.find("left_out") != nullptr;
    if (left_out) {
        auto reply = error_answer(404, "no_api", "this body was too large to be recorded");
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (!ending.begun) {
        co_await end(exchange, ending);
        co_return;
    }
    auto const pieces = pieces_of(recorded);
    auto head = head_of(recorded, pieces);
    co_await clock_.sleep_until(after(begun, recorded.number("head_after")));
    auto going = co_await exchange.begin(std::move(head));
    for (std::size_t i = 0; going && i < pieces.size(); ++i) {
        auto const& piece = (*recorded.find("pieces")->array())[i];
        co_await clock_.sleep_until(after(begun, piece.number("after")));
        going = co_await exchange.write(pieces[i]);
    }
    if (!going) co_return;
    bool const whole = how == "complete";
    if (whole) {
        co_await exchange.finish();
        co_return;
    }
    co_await end(exchange, ending);
}

/// An answer that was broken off breaks off at the same time. A silent one stays silent, so that
/// the client's own time limits apply again.
asio::awaitable<void> Replay::end(http::Exchange& exchange, Ending ending) {
    if (ending.silent)
        co_await clock_.sleep_for(silence);
    else
        co_await clock_.sleep_until(ending.when);
    if (ending.begun)
        exchange.cut(); // the written bytes still arrive
    else
        exchange.reset();
}

std::vector<std::string> Replay::pieces_of(json::Value const& recorded) const {
    std::vector<std::string> pieces;
    auto const* list = recorded.find("pieces");
    if (list == nullptr || !list->is_array()) return pieces;
    for (auto const& piece : *list->array()) {
        auto text = piece.text("text");
        if (text)
            pieces.push_back(book_.with_links_to(base_, std::move(*text)));
        else
            pieces.push_back(from_base64(piece.text("base64").value_or("")).value_or(""));
    }
    return pieces;
}

/// A whole body has the length that is sent now. A body that was broken off was announced as
/// longer: the announced length changes by as much as the links in its text grow.
http::Head Replay::head_of(json::Value const& recorded,
                           std::vector<std::string> const& pieces) const {
    http::Head head;
    head.status = static_cast<int>(
        std::clamp<std::int64_t>(recorded.integer("status").value_or(500), 200, 599));
    if (auto const* headers = recorded.find("headers"); headers != nullptr && headers->is_object())
        for (auto const& [name, value] : *headers->object()) {
            auto content = value.text().value_or("");
            if (name == "location") content = book_.with_links_to(base_, std::move(content));
            if (content.find_first_of("\r\n") == std::string::npos)
                head.headers.push_back({name, std::move(content)});
        }
    auto const length = recorded.integer("length");
    if (!length) return head;
    bool const whole = recorded.text("end").value_or("") == "complete";
    auto total = whole ? std::int64_t{0} : *length;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        auto const& piece = (*recorded.find("pieces")->array())[i];
        total += static_cast<std::int64_t>(pieces[i].size());
        if (!whole) total -= static_cast<std::int64_t>(size_of(piece));
    }
    head.length = static_cast<std::uint64_t>(std::max<std::int64_t>(total, 0));
    return head;
}

} // namespace darkroom::studio
