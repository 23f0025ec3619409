// A callback: what the listener makes of a request does not depend on the pieces, only a POST to
// the secret path is taken, and what its body says is within the limits.
#include "runner/engine/answer_limits.hpp"
#include "runner/http/hook_listener.hpp"
#include "runner/http/parser.hpp"
#include "runner/provider/service_wire.hpp"
#include "tests/fuzz/support.hpp"

using namespace darkroom;
using namespace darkroom::fuzz;

namespace {

std::string const secret = "0123456789abcdef";

struct Taken {
    int status = 0;
    std::string body;
    std::string tag;
    friend bool operator==(Taken const&, Taken const&) = default;
};

/// Reads the head, then the body, as a connection does.
Taken take(std::vector<std::string_view> const& pieces) {
    http::ParserLimits limits;
    limits.header_bytes = 16u << 10;
    limits.body_bytes = http::callback_body_max;
    http::RequestParser parser(limits);
    std::string left;
    error_code ec;
    for (auto const piece : pieces) {
        left += piece;
        bool needs_more = false;
        while (!ec && !needs_more && !left.empty() && !parser.is_complete()) {
            left.erase(0, parser.put(left, needs_more, ec));
            if (!ec && parser.has_header()) parser.expect_body();
        }
    }
    if (ec) return {http::refusal_status(ec), {}, {}};
    if (!parser.is_complete()) return {};
    auto const request = parser.take();
    auto const call = http::read_hook_call(request, secret);
    if (call.status != 200) return {call.status, {}, {}};
    return {200, request.body, std::string(call.tag)};
}

/// A head that breaks a rule may be refused at once or still be waited for: that depends on the
/// pieces. Nothing of it is taken.
bool is_same(Taken const& one, Taken const& other) {
    auto const is_bad = [](Taken const& taken) { return taken.status == 0 || taken.status == 400; };
    return one == other || (is_bad(one) && is_bad(other));
}

void check_status(int status, std::string_view text) {
    bool const known = status == 0 || status == 200 || status == 400 || status == 404 ||
                       status == 405 || status == 411 || status == 413 || status == 431;
    require(known, "the status is one that the listener answers");
    if (status != 200) return;
    require(text.starts_with("POST "), "only a POST is taken");
    require(text.find(secret) < text.find('\n'), "only the secret path is taken");
}

void check_body(std::string const& body) {
    auto const value = provider::read_service_json(body);
    if (!value) return;
    auto event = provider::default_wire().read_event(*value, "");
    if (!event) return;
    provider::cut_lists(*event);
    require(event->task_id.size() <= engine::id_bytes_max, "an id has a limit");
    require(!event->percent || (*event->percent >= 0 && *event->percent <= 100),
            "progress is between 0 and 100");
    require(!(event->answer && event->error), "a last word is good or bad");
    if (!event->answer) return;
    require(event->answer->sub_urls.size() <= engine::links_max, "the links have a limit");
    require(event->answer->actions.size() <= engine::actions_max, "the actions have a limit");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const whole = take({text});
    require(is_same(take(cut(text)), whole), "a request is the same wherever it is cut");
    require(is_same(take(cut_everywhere(text)), whole), "a request is the same byte by byte");
    check_status(whole.status, text);
    require(whole.body.size() <= http::callback_body_max, "the body has a limit");
    require(whole.tag.size() <= http::tag_max, "so has the tag");
    check_body(whole.body);
    check_body(std::string(text)); // the body alone: most inputs are no whole request
    return 0;
}
