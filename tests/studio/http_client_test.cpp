// The pure parts of HTTP: queries, ranges, links.
#include "runner/studio/http/client.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::studio;

BOOST_AUTO_TEST_SUITE(links_of_clients)

BOOST_AUTO_TEST_CASE(links_are_split_into_parts) {
    struct Row {
        char const* link;
        char const* host;
        char const* port;
        char const* target;
    };
    for (auto const& row : std::initializer_list<Row>{
             {"http://a.example/x.png?y=1&#part", "a.example", "80", "/x.png?y=1&"},
             {"https://a.example", "a.example", "443", "/"},
             {"http://127.0.0.1:8787?q", "127.0.0.1", "8787", "/?q"},
             {"http://[::1]:8787/f", "::1", "8787", "/f"},
             {"HTTPS://[::1]/f", "::1", "443", "/f"}}) {
        auto const parts = read_link(row.link);
        BOOST_REQUIRE_MESSAGE(parts.has_value(), row.link);
        BOOST_TEST(parts->host == row.host);
        BOOST_TEST(parts->port == row.port);
        BOOST_TEST(parts->target == row.target);
    }
    for (auto const* link :
         {"ftp://a/b", "http://", "http://:80/", "http://a:b/", "http://a:/", "http://user@a/",
          "http://a:123456/", "//a/b", "", "http://a/x y", "http://a/x HTTP/1.1\r\nx-injected: yes",
          "http://a\n/", "http://a/\x7f", "http://a/\t"})
        BOOST_TEST(!read_link(link).has_value(), link);
}

BOOST_AUTO_TEST_SUITE_END()
