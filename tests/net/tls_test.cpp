#include "runner/net/tls_context.hpp"
#include "tests/net/certificates.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/printing.hpp"
#include "tests/net/script_server.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace darkroom::test {

using net::Errc;
using net::Sent;
using net::Stage;

namespace {

Certificate const& authority() {
    static auto const made = make_authority("darkroom test authority");
    return made;
}

Certificate localhost() {
    LeafTerms terms;
    terms.alt_names = "DNS:localhost,IP:127.0.0.1";
    return make_leaf(authority(), terms);
}

/// A file with this text, removed by the destructor.
struct TextFile {
    explicit TextFile(std::string const& text) {
        int const handle = ::mkstemp(path.data());
        BOOST_REQUIRE(handle >= 0);
        ::close(handle);
        std::ofstream(path) << text;
    }
    TextFile(TextFile const&) = delete;
    TextFile& operator=(TextFile const&) = delete;
    ~TextFile() { ::unlink(path.c_str()); }
    std::string path = "/tmp/darkroom-test-XXXXXX";
};

net::ConnectionOptions trusting(TextFile const& file) {
    net::ConnectionOptions options;
    options.tls = net::TlsContext::create(file.path).value();
    return options;
}

struct TrustingFixture {
    TextFile ca{authority().certificate};
    NetFixture fix{trusting(ca)};
    Lines lines;
    net::Reply stream(std::string const& url) {
        return fix.run(fix.client.post_stream(post_to(url), short_limits(), lines));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(a_named_authority_is_trusted_for_names_and_addresses) {
    for (auto const* host : {"localhost", "127.0.0.1"}) {
        ScriptServer server({Script().take_request().send(http_answer("one\ntwo\n"))}, localhost());
        TrustingFixture trusting;
        auto const reply = trusting.stream(server.url(host));
        BOOST_TEST(reply.error.message() == "");
        BOOST_TEST(reply.complete());
        BOOST_TEST(trusting.lines.got.size() == 2u);
        BOOST_TEST(server.requests().size() == 1u);
        // A server with many names chooses its certificate by SNI, which an address does not have.
        auto const named = host == std::string("localhost") ? host : "";
        BOOST_TEST(server.names() == std::vector<std::string>{named},
                   boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_authority_is_refused_before_anything_is_sent) {
    ScriptServer server({Script().take_request()}, localhost());
    NetFixture fix;
    Lines lines;
    auto const reply =
        fix.run(fix.client.post_stream(post_to(server.url("localhost")), short_limits(), lines));
    BOOST_TEST((reply.stage == Stage::connecting));
    BOOST_TEST((reply.sent == Sent::none));
    BOOST_TEST(reply.error.code == Errc::tls_untrusted);
    BOOST_TEST(reply.error.detail.find("localhost") != std::string::npos);
    BOOST_TEST(reply.error.detail.find("ca_file") != std::string::npos);
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_host_is_refused) {
    for (auto const* names : {"DNS:other.example", "IP:127.0.0.2", "DNS:*.localhost"}) {
        for (auto const* host : {"localhost", "127.0.0.1"}) {
            LeafTerms terms;
            terms.alt_names = names;
            ScriptServer server({Script().take_request()}, make_leaf(authority(), terms));
            TrustingFixture trusting;
            auto const reply = trusting.stream(server.url(host));
            BOOST_TEST(reply.error.code == Errc::tls_untrusted);
            BOOST_TEST(reply.error.detail.find("another host") != std::string::npos);
            BOOST_TEST(server.requests().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_out_of_its_time_is_refused) {
    struct Case {
        long starts_in;
        long ends_in;
    };
    for (auto const& [starts_in, ends_in] : {Case{-7200, -3600}, Case{3600, 7200}}) {
        LeafTerms terms{"DNS:localhost", starts_in, ends_in};
        ScriptServer server({Script().take_request()}, make_leaf(authority(), terms));
        TrustingFixture trusting;
        auto const reply = trusting.stream(server.url("localhost"));
        BOOST_TEST(reply.error.code == Errc::tls_untrusted);
        BOOST_TEST(reply.error.detail.find("date") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(an_unreadable_ca_file_is_named) {
    TextFile const no_certificate("hello");
    for (auto const& path :
         {std::string("/nowhere/ca.pem"), std::string("/dev/zero"), no_certificate.path}) {
        auto const context = net::TlsContext::create(path);
        BOOST_REQUIRE(context.has_error());
        BOOST_TEST(context.error().code == Errc::bad_ca_file);
        BOOST_TEST(context.error().detail.find(path) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_server_without_tls_differs_from_one_that_is_not_trusted) {
    ScriptServer server({Script().send("HTTP/1.1 400 Bad\r\n\r\n").hold()});
    TrustingFixture trusting;
    auto const url = "https://127.0.0.1:" + std::to_string(server.port());
    BOOST_TEST(trusting.stream(url).error.code == Errc::tls_handshake);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_never_ends_hits_the_connect_limit) {
    ScriptServer server({Script().hold()});
    TrustingFixture trusting;
    auto limits = short_limits();
    limits.connect = 60ms;
    auto const url = "https://127.0.0.1:" + std::to_string(server.port());
    auto const reply =
        trusting.fix.run(trusting.fix.client.post_stream(post_to(url), limits, trusting.lines));
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST((reply.stage == Stage::connecting));
}

BOOST_AUTO_TEST_CASE(bytes_that_drip_over_tls_make_the_same_answer) {
    auto const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "5\r\none\nt\r\n4\r\nwo\n\n\r\n0\r\n\r\n";
    ScriptServer server({Script().take_request().dribble(text)}, localhost());
    TrustingFixture trusting;
    BOOST_TEST(trusting.stream(server.url()).complete());
    BOOST_TEST(trusting.lines.got.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_large_body_goes_up_and_a_large_one_comes_down) {
    std::string const large(5u << 20, 'x');
    ScriptServer server({Script().take_request().send(http_answer(large))}, localhost());
    TrustingFixture trusting;
    auto request = post_to(server.url(), large);
    request.body_max = 6u << 20;
    auto limits = short_limits();
    limits.first = limits.idle = limits.total = 60s; // a sanitizer on a busy machine takes a while
    auto const reply = trusting.fix.run(trusting.fix.client.post(std::move(request), limits));
    BOOST_REQUIRE_MESSAGE(reply.complete(), reply.error.message());
    BOOST_TEST((reply.body == large));
    BOOST_TEST(server.requests().at(0).size() > large.size());
}

BOOST_AUTO_TEST_CASE(a_body_until_the_end_needs_a_close_notify) {
    std::string const head = "HTTP/1.1 200 OK\r\n\r\none\n";
    for (bool const closes_properly : {true, false}) {
        auto script = Script().take_request().send(head);
        if (!closes_properly) script.reset();
        ScriptServer server({script}, localhost());
        TrustingFixture trusting;
        BOOST_TEST(trusting.stream(server.url()).complete() == closes_properly);
    }
}

BOOST_AUTO_TEST_CASE(a_connection_is_used_again_and_a_session_is_resumed) {
    auto const closing = http_answer("three\n", "Connection: close\r\n");
    ScriptServer server(
        {Script().take_request().send(http_answer("one\n")).take_request().send(closing),
         Script().take_request().send(http_answer("four\n"))},
        localhost());
    TrustingFixture trusting;
    for (int i = 0; i < 3; ++i) BOOST_TEST(trusting.stream(server.url()).complete());
    BOOST_TEST(server.connections() == 2);
    BOOST_TEST(server.resumed() == 1);
}

BOOST_AUTO_TEST_CASE(https_never_leads_to_http) {
    ScriptServer plain({Script().take_request()});
    ScriptServer server(
        {Script().take_request().send("HTTP/1.1 302 On\r\nLocation: " + plain.url() +
                                      "/\r\nContent-Length: 0\r\n\r\n")},
        localhost());
    TrustingFixture trusting;
    net::GetRequest request;
    request.url = net::parse_url(server.url()).value();
    net::GetLimits limits;
    limits.time = short_limits();
    Bytes bytes;
    auto const reply = trusting.fix.run(trusting.fix.client.get(std::move(request), limits, bytes));
    BOOST_TEST(reply.error.code == Errc::bad_redirect);
    BOOST_TEST(plain.connections() == 0);
}

BOOST_AUTO_TEST_CASE(a_peer_that_closes_in_mid_request_raises_no_signal) {
    ScriptServer server({Script().take_bytes(100).reset()}, localhost());
    TrustingFixture trusting;
    auto request = post_to(server.url(), std::string(16u << 20, 'x'));
    auto const reply = trusting.fix.run(
        trusting.fix.client.post_stream(std::move(request), short_limits(), trusting.lines));
    BOOST_TEST((reply.sent == Sent::partly));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
