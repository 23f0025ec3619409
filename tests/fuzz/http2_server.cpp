// HTTP/2 from a client of the built-in service: its requests do not depend on the pieces, none
// exceeds the limits, and an answer can be given to each.
#include "runner/http/http2_session.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <memory>

using namespace darkroom;
using namespace darkroom::fuzz;

namespace {

constexpr std::size_t body_max = 64;
constexpr std::size_t head_max = 512;

struct Answer final : http::Http2Answer {
    void on_taken() override {}
};

struct Requests final : http::Http2Listener {
    bool has_room() const override { return taken.size() < 8; }
    void on_request(http::Http2Incoming incoming) override {
        auto const& request = incoming.request;
        require(request.body.size() <= body_max, "a body has a limit");
        std::size_t head = request.path.size() + request.query.size() + request.method.size();
        for (auto const& each : request.headers) head += each.name.size() + each.value.size();
        require(head <= head_max, "a head has a limit");
        require(incoming.refusal != 0 || !request.method.empty(), "a request has a method");
        taken.push_back(std::to_string(incoming.stream) + " " + std::to_string(incoming.refusal) +
                        " " + request.method + " " + request.path + "?" + request.query + " " +
                        request.body);
        streams.push_back(incoming.stream);
    }
    std::vector<std::string> taken;
    std::vector<std::int32_t> streams;
};

std::vector<std::string> play(std::vector<std::string_view> const& pieces) {
    Requests requests;
    std::vector<std::unique_ptr<Answer>> answers;
    http::Http2Session session(requests, {head_max, body_max});
    session.feed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    for (auto const piece : pieces) {
        if (!session.feed(piece)) break;
    }
    for (auto const stream : requests.streams) {
        auto& answer = *answers.emplace_back(std::make_unique<Answer>());
        if (!session.begin(stream, 200, {{"server", "fuzz"}}, answer, true)) continue;
        session.give(stream, answer, "an answer", true);
    }
    while (!session.output().empty()) continue;
    session.lose();
    require(!session.incomplete_since().has_value(), "nothing is left");
    return requests.taken;
}

/// nghttp2 1.52 counts a CONTINUATION once for each piece of its head, allows eight, and ends the
/// connection: fewer requests may come in then, but no others.
bool is_begin_of(std::vector<std::string> const& whole, std::vector<std::string> const& part) {
    return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const whole = play({text});
    require(is_begin_of(whole, play(cut(text))), "requests are the same wherever they are cut");
    require(is_begin_of(whole, play(cut_everywhere(text))), "requests are the same byte by byte");
    return 0;
}
