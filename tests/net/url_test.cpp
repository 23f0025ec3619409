#include "runner/base/web_address.hpp"
#include "runner/net/url.hpp"
#include "tests/net/printing.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using net::parse_url;
using net::resolve_url;

BOOST_AUTO_TEST_SUITE(url)

BOOST_AUTO_TEST_CASE(a_url_is_taken_apart_and_its_target_kept_byte_for_byte) {
    struct Case {
        char const* text;
        char const* origin;
        char const* authority;
        char const* target;
    };
    Case const cases[] = {
        {"https://api.acedata.cloud", "https://api.acedata.cloud", "api.acedata.cloud", "/"},
        {"HTTP://Host.Example:80/A", "http://host.example", "host.example", "/A"},
        {"https://h:443/", "https://h", "h", "/"},
        {"http://h:443/", "http://h:443", "h:443", "/"},
        {"http://h:", "http://h", "h", "/"},
        {"http://[::1]:8080/x", "http://[::1]:8080", "[::1]:8080", "/x"},
        {"https://[2001:DB8::1]", "https://[2001:db8::1]", "[2001:db8::1]", "/"},
        {"https://cdn.example/a.png?ex=66&is=65&hm=1&", "https://cdn.example", "cdn.example",
         "/a.png?ex=66&is=65&hm=1&"},
        {"https://c.example/a?imageMogr2/thumbnail/!50p", "https://c.example", "c.example",
         "/a?imageMogr2/thumbnail/!50p"},
        {"https://h?q", "https://h", "h", "/?q"},
        {"https://h/a%20b/../c#part", "https://h", "h", "/a%20b/../c"},
        {"https://c.example/a?imageMogr2/thumbnail/!50p|imageView2/2/w/{n}", "https://c.example",
         "c.example", "/a?imageMogr2/thumbnail/!50p|imageView2/2/w/{n}"},
        {"https://h/{a}|b\\c^d`e[0]'f'?{a}|b\\c^d`e[0]'f'", "https://h", "h",
         "/{a}|b\\c^d`e[0]'f'?{a}|b\\c^d`e[0]'f'"},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.text) {
            auto const url = parse_url(row.text);
            BOOST_REQUIRE(url.has_value());
            BOOST_TEST(url->origin.text() == row.origin);
            BOOST_TEST(url->origin.authority() == row.authority);
            BOOST_TEST(url->target == row.target);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_no_server_would_read_is_encoded) {
    struct Case {
        char const* target;
        char const* expected;
    };
    Case const cases[] = {
        {"/a b%20c.png?q=\"x y\"&z=%", "/a%20b%20c.png?q=%22x%20y%22&z=%"},
        {"/<a>?<a>", "/%3Ca%3E?%3Ca%3E"},
        {"/\xC3\xA9?\xE2\x82\xAC", "/%C3%A9?%E2%82%AC"},
    };
    for (auto const& row : cases) {
        auto const url = parse_url(std::string("https://h") + row.target);
        BOOST_REQUIRE(url.has_value());
        BOOST_TEST(url->target == row.expected);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_usable_url_is_refused) {
    for (auto const* text : {"",
                             "h",
                             "/a",
                             "ftp://h/",
                             "https:/h",
                             "https://",
                             "https:///a",
                             "https://h:0/",
                             "https://h:65536/",
                             "https://h:8x/",
                             "https://h o/",
                             "https://h/a\nb",
                             "https://h/a\tb",
                             "https://h/a\x7f",
                             "https://user@h/",
                             "https://user:pass@h/",
                             "https://[::1",
                             "https://[h]/",
                             "https://[::1]x/",
                             "https://h\xC3\xA9/",
                             "javascript://h",
                             "https://::1/"}) {
        BOOST_TEST_CONTEXT(text) {
            auto const url = parse_url(text);
            BOOST_REQUIRE(!url.has_value());
            BOOST_TEST(url.error().code == net::Errc::bad_url);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_error_shows_neither_a_password_nor_a_query) {
    auto const text = parse_url("https://user:secret@h/a?signature").error().message();
    BOOST_TEST(text.find("secret") == text.npos);
    BOOST_TEST(text.find("signature") == text.npos);
}

BOOST_AUTO_TEST_CASE(a_reference_is_resolved_as_the_standard_says) {
    struct Case {
        char const* reference;
        char const* expected;
    };
    Case const cases[] = {
        {"https://other/x?y", "https://other/x?y"},
        {"//other:81/x", "http://other:81/x"},
        {"/g", "http://a/g"},
        {"g", "http://a/b/c/g"},
        {"g?y&", "http://a/b/c/g?y&"},
        {"?y", "http://a/b/c/d;p?y"},
        {"", "http://a/b/c/d;p?q"},
        {"#s", "http://a/b/c/d;p?q"},
        {"./g/", "http://a/b/c/g/"},
        {"../g", "http://a/b/g"},
        {"../../../g", "http://a/g"},
        {"..", "http://a/b/"},
        {"./", "http://a/b/c/"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?x=/../y", "http://a/b/c/g?x=/../y"},
        {"/a:b", "http://a/a:b"},
        {"g h?i j", "http://a/b/c/g%20h?i%20j"},
    };
    auto const base = parse_url("http://a/b/c/d;p?q").value();
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.reference) {
            auto const url = resolve_url(base, row.reference);
            BOOST_REQUIRE(url.has_value());
            BOOST_TEST(url->text() == row.expected);
        }
    }
    BOOST_TEST(!resolve_url(base, "mailto:me").has_value());
    BOOST_TEST(!resolve_url(base, "file:///etc/passwd").has_value());
}

BOOST_AUTO_TEST_CASE(a_url_has_a_greatest_length) {
    std::string const start = "https://h/";
    auto const longest = start + std::string(url_bytes_max - start.size(), 'x');
    BOOST_TEST(parse_url(longest).has_value());
    auto const longer = parse_url(longest + "x");
    BOOST_REQUIRE(longer.has_error());
    BOOST_TEST((longer.error().code == net::Errc::bad_url));
    BOOST_TEST(longer.error().detail.size() < 300u);
    BOOST_TEST(!resolve_url(parse_url(start).value(), longest + "x").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
