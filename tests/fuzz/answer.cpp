// An HTTP answer: the result does not depend on the pieces, and a paid request without a clear
// answer is looked up, never sent again.
#include "runner/provider/problem.hpp"
#include "tests/fuzz/support.hpp"

using namespace darkroom;
using namespace darkroom::fuzz;
using engine::Verdict;

namespace {

struct Kept : net::BodyReader {
    Result<> on_head(net::ResponseHead const& given) override {
        require(head.status == 0, "an answer has one head");
        head = given;
        return {};
    }
    Result<bool> on_body(std::string_view bytes) override {
        require(head.status != 0, "the head comes before the body");
        body += bytes;
        return true;
    }
    net::ResponseHead head;
    std::string body;
};

struct Parsed {
    net::ResponseHead head;
    std::string body;
    std::size_t used = 0; // without an error
    bool keeps_alive = false;
    Error error;
};

Parsed parse(std::vector<std::string_view> const& pieces) {
    net::ResponseParser parser;
    Kept kept;
    Parsed parsed;
    for (auto const piece : pieces) {
        auto const used = parser.feed(piece, kept);
        if (!used) parsed.error = used.error();
        if (!used) break;
        require(*used == piece.size() || parser.done(), "only a whole answer leaves bytes over");
        parsed.used += *used;
    }
    parsed.keeps_alive = parser.keeps_alive();
    if (!parsed.error.code) {
        if (auto const ended = parser.end_of_stream(); !ended) parsed.error = ended.error();
        require(parser.done() == !parsed.error.code, "an answer without an error is whole");
    } else {
        parsed.used = 0; // the number of bytes before the error depends on the pieces
        require(!parsed.keeps_alive, "after an error the connection is not reused");
    }
    parsed.head = std::move(kept.head);
    parsed.body = std::move(kept.body);
    return parsed;
}

void require_same(Parsed const& a, Parsed const& b) {
    require(shown(a.error) == shown(b.error), "the error is the same wherever the bytes are cut");
    require(a.head.status == b.head.status && a.head.fields == b.head.fields, "so is the head");
    require(a.body == b.body, "so is the body");
    require(a.used == b.used && a.keeps_alive == b.keeps_alive, "so is the end of the answer");
}

struct Silent : engine::ProgressSink {
    void on_task(std::string const&) override {}
    void on_percent(int) override {}
};

/// Reads as the client does: lines of a good answer, the whole body of another.
void judge(Parsed const& parsed) {
    Silent progress;
    provider::SubmitReader reader(progress, provider::default_wire(), "/midjourney/imagine");
    net::Reply reply;
    reply.sent = net::Sent::wholly;
    reply.head = parsed.head;
    reply.error = parsed.error;
    bool const good = parsed.head.status / 100 == 2;
    if (good) {
        net::LineSplitter lines(reader);
        if (lines.feed(parsed.body) && !parsed.error.code && lines.finish()) reader.finish();
    } else {
        reply.body = parsed.body;
    }
    WallTime const now(std::chrono::hours(500'000));
    provider::ServiceView const service{provider::default_wire(), "https://service.example", true};
    auto const paid = provider::submit_problem(service, reply, reader, now);
    require(!paid.code.empty(), "a problem has a code");
    require(paid.verdict != Verdict::disk && paid.verdict != Verdict::download &&
                paid.verdict != Verdict::expired,
            "a paid request has no trouble with images");
    bool const no_word = (good || parsed.head.status == 0) && !reader.error();
    if (no_word) require(paid.verdict == Verdict::unknown, "no word: it is looked up");
    if (paid.retry_after) require(*paid.retry_after >= Duration::zero(), "no wait is negative");
    auto const asked = provider::look_up_problem(service, reply, Error(), now);
    require(asked.verdict != Verdict::rejected && asked.verdict != Verdict::unknown,
            "a look-up may be asked again");
    auto const fetched = provider::fetch_problem(reply, false, now);
    require(fetched.verdict != Verdict::disk, "the network is not our disk");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const whole = parse({text});
    require_same(parse(cut(text)), whole);
    require_same(parse(cut_everywhere(text)), whole);
    judge(whole);
    return 0;
}
