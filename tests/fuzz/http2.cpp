// HTTP/2 from a server: what two requests learn does not depend on the pieces, a head comes once
// and before the body, each request ends once, and only one without a head was refused.
#include "runner/net/http2_session.hpp"
#include "tests/fuzz/support.hpp"

using namespace darkroom;
using namespace darkroom::fuzz;

namespace {

/// A request, and all that it learns.
struct Learned final : net::Http2Stream {
    bool on_leaving() override {
        require(ends == 0, "what has ended does not leave");
        return true;
    }
    void on_sent() override { require(ends == 0, "what has ended is not sent"); }
    void on_head(net::ResponseHead head) override {
        require(status == 0 && ends == 0, "there is one head");
        require(head.status >= 200, "a hint is no head");
        require(head.fields.size() <= net::ResponseParser::head_max * 2, "a head has a limit");
        status = head.status;
        fields = std::move(head.fields);
    }
    void on_body(std::string_view bytes) override {
        require(status != 0 && ends == 0, "a body comes after its head");
        body += bytes;
    }
    void on_end(net::StreamEnd how, Error error) override {
        require(++ends == 1, "a request ends once");
        require((how == net::StreamEnd::whole) == !error.code, "an error is not whole");
        require(how != net::StreamEnd::refused || status == 0, "a refusal has no head");
        end = how;
    }
    bool operator==(Learned const& other) const {
        return status == other.status && fields == other.fields && body == other.body &&
               end == other.end;
    }

    int status = 0;
    int ends = 0;
    std::string fields;
    std::string body;
    net::StreamEnd end = net::StreamEnd::broken;
};

struct Both {
    Learned first;
    Learned second;
    std::string error;
};

/// nghttp2 1.52 counts a CONTINUATION once for each piece of its head, and allows eight.
bool is_same(Both const& whole, Both const& in_pieces) {
    if (in_pieces.error.find("CONTINUATION") != std::string::npos) return true;
    return whole.first == in_pieces.first && whole.second == in_pieces.second;
}

void send_all(net::Http2Session& session, std::uint64_t& sent) {
    for (;;) {
        auto const bytes = session.output();
        if (bytes.has_error() || bytes->empty()) return;
        session.note_accepted(sent += bytes->size());
    }
}

void play(std::vector<std::string_view> const& pieces, Both& both) {
    net::Http2Session session;
    net::Http2Request const request{"POST", "https", "h", "/", {{"accept", "x"}}, "{}"};
    std::uint64_t sent = 0;
    for (auto* stream : {&both.first, &both.second})
        require(session.submit(request, *stream).has_value(), "a request is taken");
    send_all(session, sent);
    for (auto const piece : pieces) {
        auto const taken = session.feed(piece);
        if (taken.has_error()) both.error = taken.error().message();
        if (taken.has_error()) break;
    }
    send_all(session, sent);
    session.lose(Error(net::Errc::closed, ""));
    require(both.first.ends == 1 && both.second.ends == 1, "both have ended");
    require(session.streams() == 0, "nothing is left");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    Both whole, in_pieces, byte_by_byte;
    play({text}, whole);
    play(cut(text), in_pieces);
    play(cut_everywhere(text), byte_by_byte);
    require(is_same(whole, in_pieces), "answers are the same wherever they are cut");
    require(is_same(whole, byte_by_byte), "answers are the same byte by byte");
    return 0;
}
