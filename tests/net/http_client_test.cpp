#include "runner/base/task_group.hpp"
#include "runner/net/inflater.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/printing.hpp"
#include "tests/net/script_server.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <sys/resource.h>
#include <zlib.h>

namespace darkroom::test {

namespace asio_error = boost::asio::error;
using net::Errc;
using net::Sent;
using net::Stage;

namespace {

std::string const two_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5\r\none\nt\r\n4\r\nwo\n\n\r\n0\r\n\r\n";
std::string const stream_head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n";

net::Reply stream(NetFixture& fix, std::string const& url, Lines& lines,
                  net::TimeLimits limits = short_limits()) {
    return fix.run(fix.client.post_stream(post_to(url), limits, lines));
}

net::Reply get(NetFixture& fix, net::GetRequest request, Bytes& bytes) {
    net::GetLimits limits;
    limits.time = short_limits();
    return fix.run(fix.client.get(std::move(request), limits, bytes));
}

net::GetRequest get_from(std::string const& url) {
    net::GetRequest request;
    request.url = net::parse_url(url).value();
    request.authorization = "Bearer secret-token";
    return request;
}

constexpr int gzip_bits = 16 + MAX_WBITS;

/// Returns the text as gzip, or as deflate for other `bits`.
std::string coded_as(std::string text, int bits) {
    z_stream stream{};
    BOOST_REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string coded(::deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(coded.data());
    stream.avail_out = static_cast<uInt>(coded.size());
    BOOST_REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    coded.resize(stream.total_out);
    ::deflateEnd(&stream);
    return coded;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_CASE(a_stream_arrives_line_by_line) {
    ScriptServer server({Script().take_request().send(two_chunks)});
    NetFixture fix;
    Lines lines;
    auto const reply = stream(fix, server.url() + "/midjourney/imagine?x=1&", lines);
    BOOST_TEST(reply.complete());
    BOOST_TEST(reply.error.message() == "");
    BOOST_TEST(lines.got == (std::vector<std::string>{"one", "two"}),
               boost::test_tools::per_element());
    auto const request = server.requests().at(0);
    BOOST_TEST(request.starts_with("POST /midjourney/imagine?x=1& HTTP/1.1\r\n"));
    BOOST_TEST(request.find("\r\nAccept: application/x-ndjson\r\n") != request.npos);
    BOOST_TEST(request.find("\r\nAuthorization: Bearer secret-token\r\n") != request.npos);
    BOOST_TEST(request.ends_with("\r\nContent-Length: 2\r\n\r\n{}"));
}

BOOST_AUTO_TEST_CASE(bytes_that_drip_one_by_one_make_the_same_answer) {
    ScriptServer server({Script().take_request().dribble(two_chunks)});
    NetFixture fix;
    Lines lines;
    auto const reply = stream(fix, server.url(), lines);
    BOOST_TEST(reply.complete());
    BOOST_TEST(lines.got.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_refused_connection_says_that_nothing_was_sent) {
    NetFixture fix;
    Lines lines;
    auto const reply = stream(fix, "http://127.0.0.1:" + std::to_string(dead_port()), lines);
    BOOST_TEST((reply.stage == Stage::connecting));
    BOOST_TEST((reply.sent == Sent::none));
    BOOST_TEST(reply.error.code == asio_error::connection_refused);
    BOOST_TEST(net::word_for(reply.error.code) == "connection_refused");
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_an_error_of_its_own) {
    NetFixture fix;
    Lines lines;
    auto const reply = stream(fix, "http://no-such-host.invalid/", lines);
    BOOST_TEST((reply.stage == Stage::connecting));
    BOOST_TEST(reply.error.code == Errc::no_address);
}

BOOST_AUTO_TEST_CASE(a_name_is_tried_at_all_its_addresses) {
    // "localhost" may be ::1 first, where this server does not listen
    ScriptServer server({Script().take_request().send(two_chunks)});
    NetFixture fix;
    Lines lines;
    BOOST_TEST(stream(fix, server.url("localhost"), lines).complete());
}

BOOST_AUTO_TEST_CASE(a_reset_after_the_request_says_that_it_was_sent_wholly) {
    ScriptServer server({Script().take_request().reset()});
    NetFixture fix;
    Lines lines;
    auto const reply = stream(fix, server.url(), lines);
    BOOST_TEST((reply.stage == Stage::waiting));
    BOOST_TEST((reply.sent == Sent::wholly));
    BOOST_TEST(reply.error.code == asio_error::connection_reset);
    BOOST_TEST(reply.error.message().find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reset_before_the_whole_request_says_partly) {
    ScriptServer server({Script().take_bytes(100).reset()});
    NetFixture fix;
    Lines lines;
    auto request = post_to(server.url(), std::string(16u << 20, 'x')); // more than buffers hold
    auto const reply = fix.run(fix.client.post_stream(std::move(request), short_limits(), lines));
    BOOST_TEST((reply.stage == Stage::sending));
    BOOST_TEST((reply.sent == Sent::partly));
    BOOST_TEST(net::word_for(reply.error.code) == "connection_reset");
}

BOOST_AUTO_TEST_CASE(an_answer_to_half_a_request_is_read) {
    ScriptServer server({Script()
                             .take_bytes(100)
                             .send("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}")
                             .take_bytes(16u << 20)});
    NetFixture fix;
    Lines lines;
    auto request = post_to(server.url(), std::string(16u << 20, 'x'));
    auto const reply = fix.run(fix.client.post_stream(std::move(request), short_limits(), lines));
    BOOST_TEST(reply.head.status == 401);
    BOOST_TEST(reply.body == "{}");
}

BOOST_AUTO_TEST_CASE(a_cut_stream_keeps_its_lines_and_says_so) {
    auto const cut = two_chunks.substr(0, two_chunks.find("wo"));
    ScriptServer server({Script().take_request().send(cut)});
    NetFixture fix;
    Lines lines;
    auto const reply = stream(fix, server.url(), lines);
    BOOST_TEST((reply.stage == Stage::reading));
    BOOST_TEST(reply.error.code == Errc::closed);
    BOOST_TEST(lines.got.at(0) == "one");
}

BOOST_AUTO_TEST_CASE(the_last_line_needs_no_line_end) {
    ScriptServer server({Script().take_request().send(stream_head + "one\r\n\r\ntwo")});
    NetFixture fix;
    Lines lines;
    BOOST_TEST(stream(fix, server.url(), lines).complete());
    BOOST_TEST(lines.got == (std::vector<std::string>{"one", "two"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_silent_server_hits_the_limit_for_the_first_line) {
    ScriptServer server({Script().take_request().hold()});
    NetFixture fix;
    Lines lines;
    auto limits = short_limits();
    limits.first = 50ms;
    auto const reply = stream(fix, server.url(), lines, limits);
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST((reply.stage == Stage::waiting));
    BOOST_TEST((reply.sent == Sent::wholly));
}

BOOST_AUTO_TEST_CASE(a_stream_that_falls_silent_hits_the_idle_limit) {
    ScriptServer server({Script().take_request().send(stream_head + "one\n").hold()});
    NetFixture fix;
    Lines lines;
    auto limits = short_limits();
    limits.idle = 50ms;
    auto const reply = stream(fix, server.url(), lines, limits);
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST((reply.stage == Stage::reading));
    BOOST_TEST(reply.head.status == 200);
    BOOST_TEST(lines.got.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_total_limit_ends_what_the_others_let_through) {
    ScriptServer server({Script().take_request().send(stream_head + "one\n").hold()});
    NetFixture fix;
    Lines lines;
    auto limits = short_limits();
    limits.total = 60ms;
    auto const reply = stream(fix, server.url(), lines, limits);
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST(reply.error.detail.find("total") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stream_is_over_when_its_reader_has_enough) {
    ScriptServer server({Script().take_request().send(stream_head + "one\nlast\nmore\n").hold()});
    NetFixture fix;
    Lines lines;
    lines.last = "last";
    auto const started = fix.clock.now();
    auto const reply = stream(fix, server.url(), lines);
    BOOST_TEST(reply.complete());
    BOOST_TEST(!reply.error.code);
    BOOST_TEST(lines.got.size() == 2u);
    BOOST_TEST((fix.clock.now() - started < 4s)); // the idle limit is 5 s
}

BOOST_AUTO_TEST_CASE(other_answers_than_2xx_are_kept_whole) {
    ScriptServer server({Script().take_request().send(
        "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\n{\n\n }")});
    NetFixture fix;
    Lines lines;
    auto const reply = stream(fix, server.url(), lines);
    BOOST_TEST(reply.complete());
    BOOST_TEST(reply.head.status == 429);
    BOOST_TEST(reply.head.find("retry-after").value() == "7");
    BOOST_TEST(reply.body == "{\n\n }");
    BOOST_TEST(lines.got.empty());
}

BOOST_AUTO_TEST_CASE(a_connection_is_used_again) {
    ScriptServer server(
        {Script().take_request().send(two_chunks).take_request().send(http_answer("three\n"))});
    NetFixture fix;
    Lines lines;
    stream(fix, server.url(), lines);
    BOOST_TEST(fix.connections->idle_connections() == 1u);
    BOOST_TEST(stream(fix, server.url(), lines).complete());
    BOOST_TEST(server.connections() == 1);
    BOOST_TEST(lines.got.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_closed_while_idle_is_not_used) {
    ScriptServer server({Script().take_request().send(http_answer("one\n")),
                         Script().take_request().send(http_answer("two\n"))});
    NetFixture fix;
    Lines lines;
    stream(fix, server.url(), lines);
    server.wait_for_ends(1);
    BOOST_TEST(stream(fix, server.url(), lines).complete());
    BOOST_TEST(server.connections() == 2);
    BOOST_TEST(server.requests().size() == 2u);
}

BOOST_AUTO_TEST_CASE(
    a_request_that_is_lost_on_a_reused_connection_is_repeated_only_if_that_is_harmless) {
    for (bool const harmless : {false, true}) {
        ScriptServer server(
            {Script().take_request().send(http_answer("one\n")).take_request().reset(),
             Script().take_request().send(http_answer("two\n"))});
        NetFixture fix;
        Lines lines;
        stream(fix, server.url(), lines);
        auto request = post_to(server.url());
        request.repeatable = harmless;
        int sendings = 0;
        request.before_first_byte = [&] { return ++sendings > 0; };
        auto const reply =
            fix.run(fix.client.post_stream(std::move(request), short_limits(), lines));
        BOOST_TEST(sendings == (harmless ? 2 : 1));
        BOOST_TEST(reply.complete() == harmless);
        BOOST_TEST((reply.sent == Sent::wholly));
        BOOST_TEST(server.requests().size() == (harmless ? 3u : 2u));
    }
}

BOOST_AUTO_TEST_CASE(a_request_that_is_held_back_does_not_leave) {
    ScriptServer server({Script()
                             .take_request()
                             .send(http_answer("one\n"))
                             .take_request()
                             .send(http_answer("two\n"))});
    NetFixture fix;
    Lines lines;
    stream(fix, server.url(), lines);
    auto request = post_to(server.url());
    request.repeatable = true;
    request.before_first_byte = [] { return false; };
    auto const reply = fix.run(fix.client.post_stream(std::move(request), short_limits(), lines));
    BOOST_TEST(reply.error.code == Errc::held_back);
    BOOST_TEST((reply.sent == Sent::none));
    stream(fix, server.url(), lines); // over the same connection
    BOOST_TEST(server.requests().size() == 2u);
    BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(more_streams_than_may_connect_at_a_time_all_connect_in_turn) {
    int const streams = 3 * net::PooledExchanger::opening_max;
    Script script;
    for (int i = 0; i < streams; ++i) script.take_request().send(two_chunks);
    ScriptServer server(std::vector<Script>(static_cast<std::size_t>(streams), script));
    NetFixture fix;
    std::vector<Lines> lines(static_cast<std::size_t>(streams));
    auto all = [&]() -> boost::asio::awaitable<int> {
        TaskGroup group(co_await boost::asio::this_coro::executor);
        int whole = 0;
        auto one = [&](Lines& mine) -> boost::asio::awaitable<void> {
            auto request = post_to(server.url());
            auto const reply =
                co_await fix.client.post_stream(std::move(request), short_limits(), mine);
            whole += reply.complete() ? 1 : 0;
        };
        for (auto& mine : lines) group.spawn(one(mine));
        co_await group.join();
        co_return whole;
    };
    BOOST_TEST(fix.run(all()) == streams);
}

BOOST_AUTO_TEST_CASE(a_request_that_waits_too_long_to_connect_times_out) {
    int const openings = net::PooledExchanger::opening_max;
    ScriptServer server(std::vector<Script>(openings + 5, Script().hold()));
    NetFixture fix;
    std::vector<net::Reply> replies;
    int sendings = 0;
    auto all = [&]() -> boost::asio::awaitable<int> {
        TaskGroup group(co_await boost::asio::this_coro::executor);
        Lines lines;
        auto one = [&]() -> boost::asio::awaitable<void> {
            auto limits = short_limits();
            limits.total = 300ms;
            auto request = post_to("https://127.0.0.1:" + std::to_string(server.port()));
            request.before_first_byte = [&] { return ++sendings > 0; };
            auto reply = co_await fix.client.post_stream(std::move(request), limits, lines);
            replies.push_back(std::move(reply));
        };
        for (int i = 0; i < openings + 5; ++i) group.spawn(one());
        co_await group.join();
        co_return static_cast<int>(replies.size());
    };
    BOOST_TEST(fix.run(all()) == openings + 5);
    BOOST_TEST(sendings == 0);
    for (auto const& reply : replies) {
        BOOST_TEST(reply.error.code == Errc::timed_out);
        BOOST_TEST((reply.sent == Sent::none));
    }
}

BOOST_AUTO_TEST_CASE(a_whole_body_has_a_limit) {
    ScriptServer server({Script().take_request().send(http_answer(std::string(2000, 'x')))});
    NetFixture fix;
    auto request = post_to(server.url());
    request.body_max = 1000;
    auto const reply = fix.run(fix.client.post(std::move(request), short_limits()));
    BOOST_TEST(reply.error.code == Errc::body_too_large);
}

BOOST_AUTO_TEST_CASE(a_download_goes_to_its_sink_with_its_facts) {
    ScriptServer server({Script().take_request().send(
        http_answer("picture", "Content-Type: image/png\r\nETag: \"v1\"\r\n"))});
    NetFixture fix;
    Bytes bytes;
    auto const reply = get(fix, get_from(server.url() + "/a.png?!50p"), bytes);
    BOOST_TEST(reply.complete());
    BOOST_TEST(bytes.got == "picture");
    BOOST_TEST(bytes.starts.at(0).length.value() == 7u);
    BOOST_TEST(bytes.starts.at(0).content_type == "image/png");
    BOOST_TEST(bytes.starts.at(0).etag == "\"v1\"");
    BOOST_TEST(server.requests().at(0).find("Range:") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_download_resumes_where_it_stopped) {
    ScriptServer server({Script().take_request().send(
        "HTTP/1.1 206 Part\r\nContent-Range: bytes 3-6/7\r\nContent-Length: 4\r\n"
        "ETag: \"v1\"\r\n\r\nture")});
    NetFixture fix;
    Bytes bytes;
    bytes.got = "pic";
    auto request = get_from(server.url());
    request.offset = 3;
    request.etag = "\"v1\"";
    BOOST_TEST(get(fix, std::move(request), bytes).complete());
    BOOST_TEST(bytes.got == "picture");
    auto const sent = server.requests().at(0);
    BOOST_TEST(sent.find("\r\nRange: bytes=3-\r\nIf-Range: \"v1\"\r\n") != sent.npos);
}

BOOST_AUTO_TEST_CASE(a_partial_answer_that_does_not_fit_is_requested_from_the_start) {
    std::string const part = "HTTP/1.1 206 Part\r\nContent-Length: 4\r\n";
    std::string const good = "Content-Range: bytes 3-6/7\r\n";
    std::string const same = "ETag: \"v1\"\r\n";
    std::string const date = "Last-Modified: Tue, 03 Nov 2026 08:00:00 GMT\r\n";
    std::string const heads[] = {part + same + "Content-Range: bytes 9-12/13\r\n\r\nture",
                                 part + same + "Content-Range: bytes 3-6\r\n\r\nture",
                                 part + same + "Content-Range: bytes 3-6/6\r\n\r\nture",
                                 part + same + "Content-Range: bytes 6-3/7\r\n\r\nture",
                                 part + same + "\r\nture",
                                 part + good + "\r\nture",
                                 part + good + "ETag: \"v2\"\r\n\r\nture",
                                 part + good + "ETag: W/\"v1\"\r\n\r\nture",
                                 part + good + date + "\r\nture",
                                 part + good + same + "Content-Encoding: gzip\r\n\r\nture",
                                 "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n"};
    for (auto const& head : heads) {
        BOOST_TEST_INFO_SCOPE(head);
        ScriptServer server(
            {Script().take_request().send(head).take_request().send(http_answer("new")),
             Script().take_request().send(http_answer("new"))});
        NetFixture fix;
        Bytes bytes;
        bytes.got = "pic";
        auto request = get_from(server.url());
        request.offset = 3;
        request.etag = "\"v1\"";
        BOOST_TEST(get(fix, std::move(request), bytes).complete());
        BOOST_TEST(bytes.got == "new");
    }
}

BOOST_AUTO_TEST_CASE(a_part_that_ends_before_the_image_says_so) {
    ScriptServer server({Script().take_request().send(
        "HTTP/1.1 206 Part\r\nContent-Range: bytes 3-4/7\r\nContent-Length: 2\r\n"
        "ETag: \"v1\"\r\n\r\ntu")});
    NetFixture fix;
    Bytes bytes;
    bytes.got = "pic";
    auto request = get_from(server.url());
    request.offset = 3;
    request.etag = "\"v1\"";
    auto const reply = get(fix, std::move(request), bytes);
    BOOST_TEST(reply.error.code == Errc::closed);
    BOOST_TEST(bytes.got == "pictu");
    BOOST_TEST(bytes.starts.at(0).length.value() == 4u);
}

BOOST_AUTO_TEST_CASE(an_uncoded_body_is_asked_for_and_a_coding_is_undone) {
    std::string const text = "picture " + std::string(100'000, 'x');
    auto const coded = coded_as(text, gzip_bits);
    struct Case {
        char const* name;
        std::string headers;
        std::string body;
        std::string expected;
        error_code error;
    };
    std::string const gzip = "Content-Encoding: gzip\r\nETag: \"v1\"\r\n";
    Case const cases[] = {
        {"gzip", gzip, coded, text, {}},
        {"its old name", "Content-Encoding: X-GZip\r\n", coded, text, {}},
        {"deflate", "Content-Encoding: deflate\r\n", coded_as(text, MAX_WBITS), text, {}},
        {"two members", gzip, coded + coded_as("!", gzip_bits), text + "!", {}},
        {"identity", "Content-Encoding: identity\r\n", text, text, {}},
        {"no coding after all", gzip, "\x89PNG", "\x89PNG", {}},
        {"nothing", gzip, "", "", {}},
        {"cut", gzip, coded.substr(0, coded.size() - 9), text, Errc::bad_coding},
        {"damaged", gzip, coded.substr(0, 30) + "damage", "", Errc::bad_coding},
        {"unknown", "Content-Encoding: br\r\n", "x", "", Errc::bad_coding},
    };
    for (auto const& row : cases) {
        BOOST_TEST_INFO_SCOPE(row.name);
        ScriptServer server({Script().take_request().send(http_answer(row.body, row.headers))});
        NetFixture fix;
        Bytes bytes;
        auto const reply = get(fix, get_from(server.url()), bytes);
        BOOST_TEST(reply.error.code == row.error);
        if (!row.error) BOOST_TEST((bytes.got == row.expected));
        auto const request = server.requests().at(0);
        BOOST_TEST(request.find("\r\nAccept-Encoding: identity\r\n") != request.npos);
        bool const is_coded = !bytes.starts.empty() && row.headers == gzip;
        if (is_coded) BOOST_TEST(bytes.starts.at(0).etag == ""); // that of the coded body
        if (is_coded) BOOST_TEST(!bytes.starts.at(0).length.has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_coded_body_has_a_limit) {
    auto const bomb = coded_as(std::string(10u << 20, '\0'), gzip_bits);
    BOOST_TEST(bomb.size() < 20'000u);
    net::Inflater inflater(1u << 20);
    std::size_t made = 0;
    auto const count = [&made](std::string_view piece) -> Result<> {
        made += piece.size();
        return {};
    };
    BOOST_TEST(inflater.feed(bomb, count).error().code == Errc::body_too_large);
    BOOST_TEST(made <= 1u << 20);
}

BOOST_AUTO_TEST_CASE(too_few_open_files_have_a_word_of_their_own) {
    for (int const number : {EMFILE, ENFILE})
        BOOST_TEST(net::word_for(system_error_of(number, "").code) == "too_many_open_files");
    rlimit limit{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    NetFixture fix;
    boost::asio::steady_timer const needs_files(fix.executor()); // the loop opens its own files now
    Lines lines;
    rlimit const none{0, limit.rlim_max};
    bool const is_limited = ::setrlimit(RLIMIT_NOFILE, &none) == 0;
    // Nothing is checked meanwhile: the sanitizers need files, too.
    auto const reply = stream(fix, "http://127.0.0.1:1/", lines);
    auto const named = stream(fix, "http://no-such-host.invalid:1/", lines);
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    BOOST_TEST(is_limited);
    for (auto const& each : {reply, named}) {
        BOOST_TEST(net::word_for(each.error.code) == "too_many_open_files");
        BOOST_TEST((each.sent == Sent::none));
    }
}

BOOST_AUTO_TEST_CASE(the_token_does_not_follow_a_redirect_to_another_origin) {
    ScriptServer other({Script().take_request().send(http_answer("picture"))});
    ScriptServer server(
        {Script()
             .take_request()
             .send("HTTP/1.1 302 There\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
             .take_request()
             .send("HTTP/1.1 307 There\r\nLocation: " + other.url() +
                   "/c?x&\r\nContent-Length: 0\r\n\r\n")});
    NetFixture fix;
    Bytes bytes;
    BOOST_TEST(get(fix, get_from(server.url() + "/a"), bytes).complete());
    BOOST_TEST(bytes.got == "picture");
    BOOST_TEST(server.requests().at(1).starts_with("GET /b HTTP"));
    BOOST_TEST(server.requests().at(1).find("secret-token") != std::string::npos);
    BOOST_TEST(other.requests().at(0).starts_with("GET /c?x& HTTP"));
    BOOST_TEST(other.requests().at(0).find("secret-token") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(five_redirects_are_followed_and_no_more) {
    Script script;
    for (int i = 0; i < 7; ++i)
        script.take_request().send("HTTP/1.1 301 On\r\nLocation: x\r\nContent-Length: 0\r\n\r\n");
    ScriptServer server({script});
    NetFixture fix;
    Bytes bytes;
    auto const reply = get(fix, get_from(server.url() + "/a?secret"), bytes);
    BOOST_TEST(reply.error.code == Errc::too_many_redirects);
    BOOST_TEST(reply.error.message().find("secret") == std::string::npos);
    BOOST_TEST(server.requests().size() == 6u);
}

BOOST_AUTO_TEST_CASE(a_download_below_the_lowest_speed_is_ended) {
    ScriptServer server({Script()
                             .take_request()
                             .send("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nfew")
                             .hold()});
    NetFixture fix;
    Bytes bytes;
    net::GetLimits limits;
    limits.time = short_limits();
    limits.time.idle = 80ms; // the first bytes end the wait for an answer
    auto const reply = fix.run(fix.client.get(get_from(server.url()), limits, bytes));
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST(reply.error.detail.find("more of the answer") != std::string::npos);
    BOOST_TEST(bytes.got == "few");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
