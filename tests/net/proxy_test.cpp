#include "runner/net/proxy.hpp"

#include "tests/net/net_fixture.hpp"
#include "tests/net/printing.hpp"
#include "tests/net/script_server.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using net::Errc;
using net::parse_proxy;
using net::Proxy;

namespace {

/// A client whose proxy is `server`; the service has a name that only the proxy can resolve.
struct ProxyFixture : NetFixture {
    ProxyFixture(ScriptServer const& server, std::string const& before)
        : NetFixture(options_for(before + "127.0.0.1:" + std::to_string(server.port()))) {}
    static net::ConnectionOptions options_for(std::string const& proxy) {
        net::ConnectionOptions options;
        options.proxy = parse_proxy({proxy, ""}).value();
        return options;
    }
    net::Reply stream(std::string const& url) {
        return run(client.post_stream(post_to(url), short_limits(), lines));
    }
    Lines lines;
};

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (int const value : values) out += static_cast<char>(value);
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(proxy)

BOOST_AUTO_TEST_CASE(a_proxy_is_read_as_people_write_it) {
    struct Case {
        char const* text;
        Proxy::Kind kind;
        char const* host;
        int port;
        char const* user;
        char const* password;
    };
    Case const cases[] = {
        {"", Proxy::Kind::none, "", 0, "", ""},
        {"proxy.example:8080", Proxy::Kind::http, "proxy.example", 8080, "", ""},
        {"http://proxy.example", Proxy::Kind::http, "proxy.example", 3128, "", ""},
        {"http://proxy.example:80/", Proxy::Kind::http, "proxy.example", 80, "", ""},
        {"http://me:p%40ss@proxy.example:1", Proxy::Kind::http, "proxy.example", 1, "me", "p@ss"},
        {"socks5://[::1]", Proxy::Kind::socks5, "::1", 1080, "", ""},
        {"socks5h://me@h:9", Proxy::Kind::socks5, "h", 9, "me", ""},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.text) {
            auto const read = parse_proxy({row.text, ""});
            BOOST_REQUIRE(read.has_value());
            BOOST_TEST((read->kind == row.kind));
            BOOST_TEST(read->at.host == row.host);
            BOOST_TEST(read->at.port == row.port);
            BOOST_TEST(read->user == row.user);
            BOOST_TEST(read->password == row.password);
        }
    }
    for (auto const* text :
         {"https://h", "socks4://h", "http://", "http://u:secret@h o", "h:99999"}) {
        auto const read = parse_proxy({text, ""});
        BOOST_REQUIRE(!read.has_value());
        BOOST_TEST(read.error().code == Errc::bad_proxy);
        BOOST_TEST(read.error().message().find("secret") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(exceptions_are_hosts_and_domains_and_always_this_machine) {
    struct Case {
        char const* no_proxy;
        char const* host;
        bool used;
    };
    Case const cases[] = {
        {"", "api.example", true},         {"api.example", "api.example", false},
        {"example", "api.example", false}, {".example", "api.example", false},
        {"xample", "api.example", true},   {" a , API.example ", "api.example", false},
        {"*", "api.example", false},       {"", "localhost", false},
        {"", "127.0.0.1", false},          {"", "::1", false},
        {"10.0.0.1", "10.0.0.1", false},   {"10.0.0.1", "10.0.0.2", true},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.no_proxy << " " << row.host) {
            auto const read = parse_proxy({"h:1", row.no_proxy}).value();
            BOOST_TEST(read.is_for({true, row.host, 443}) == row.used);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_named_for_this_machine_is_used) {
    struct Case {
        char const* no_proxy;
        net::Origin origin;
        bool used;
    };
    Case const cases[] = {
        {"", {true, "127.0.0.1", 8443}, true},
        {"", {true, "127.0.0.1", 443}, false}, // a hook, or another host of images
        {"", {false, "127.0.0.1", 8443}, false},
        {"", {true, "localhost", 8443}, false},
        {"", {true, "api.example", 443}, true},
        {"127.0.0.1", {true, "127.0.0.1", 8443}, false},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.no_proxy << " " << row.origin.text()) {
            auto read = parse_proxy({"h:1", row.no_proxy}).value();
            read.named_for = "https://127.0.0.1:8443";
            BOOST_TEST(read.is_for(row.origin) == row.used);
        }
    }
}

BOOST_AUTO_TEST_CASE(plain_http_is_requested_by_its_whole_url) {
    ScriptServer server({Script().take_request().send(http_answer("one\n"))});
    ProxyFixture fix(server, "http://me:pass@");
    BOOST_TEST(fix.stream("http://service.invalid/x?y").complete());
    auto const request = server.requests().at(0);
    BOOST_TEST(request.starts_with("POST http://service.invalid/x?y HTTP/1.1\r\n"
                                   "Host: service.invalid\r\n"));
    BOOST_TEST(request.find("\r\nProxy-Authorization: Basic bWU6cGFzcw==\r\n") != request.npos);
}

BOOST_AUTO_TEST_CASE(https_goes_through_a_tunnel_and_the_proxy_sees_no_token) {
    // The bytes after the tunnel's answer are not TLS: the handshake fails, but it was started
    ScriptServer server({Script()
                             .take_request()
                             .send("HTTP/1.1 200 Connected\r\n\r\n")
                             .take_bytes(3)
                             .send("no tls")
                             .hold()});
    ProxyFixture fix(server, "");
    auto const reply = fix.stream("https://service.invalid/x");
    BOOST_TEST(reply.error.code == Errc::tls_handshake);
    BOOST_TEST(server.requests().at(0) == "CONNECT service.invalid:443 HTTP/1.1\r\n"
                                          "Host: service.invalid:443\r\n\r\n");
    BOOST_TEST(server.requests().at(1).substr(0, 2) == bytes({22, 3})); // a TLS record
}

BOOST_AUTO_TEST_CASE(a_proxy_that_refuses_is_named_with_its_status) {
    ScriptServer server(
        {Script().take_request().send("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")});
    ProxyFixture fix(server, "");
    auto const reply = fix.stream("https://service.invalid/x");
    BOOST_TEST(reply.error.code == Errc::proxy_refused);
    BOOST_TEST((reply.sent == net::Sent::none));
    BOOST_TEST(reply.error.detail.find("407") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(socks5_logs_in_and_lets_the_proxy_find_the_name) {
    ScriptServer server({Script()
                             .take_bytes(3)
                             .send(bytes({5, 2}))
                             .take_bytes(9)
                             .send(bytes({1, 0}))
                             .take_bytes(22)
                             .dribble(bytes({5, 0, 0, 1, 127, 0, 0, 1, 0, 80}))
                             .take_request()
                             .send(http_answer("one\n"))});
    ProxyFixture fix(server, "socks5://me:pass@");
    BOOST_TEST(fix.stream("http://service.invalid/x").complete());
    auto const requests = server.requests();
    BOOST_TEST(requests.at(0) == bytes({5, 1, 2}));
    BOOST_TEST(requests.at(1) == bytes({1, 2}) + "me" + bytes({4}) + "pass");
    BOOST_TEST(requests.at(2) == bytes({5, 1, 0, 3, 15}) + "service.invalid" + bytes({0, 80}));
    BOOST_TEST(requests.at(3).starts_with("POST /x HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(a_socks5_proxy_without_a_route_says_why) {
    ScriptServer server({Script()
                             .take_bytes(3)
                             .send(bytes({5, 0}))
                             .take_bytes(22)
                             .send(bytes({5, 4, 0, 1, 0, 0, 0, 0, 0, 0}))});
    ProxyFixture fix(server, "socks5://");
    auto const reply = fix.stream("http://service.invalid/x");
    BOOST_TEST(reply.error.code == Errc::proxy_refused);
    BOOST_TEST(reply.error.detail.find("host unreachable") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
