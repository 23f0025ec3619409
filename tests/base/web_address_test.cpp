#include "runner/base/web_address.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace darkroom;

BOOST_AUTO_TEST_SUITE(web_addresses)

BOOST_AUTO_TEST_CASE(an_address_is_taken_apart) {
    struct Row {
        std::string_view text, host, rest;
        bool tls = false, is_ipv6 = false;
        std::optional<std::uint16_t> port = {};
        std::optional<std::string_view> user = {};
    };
    Row const rows[] = {
        {"https://h", "h", "", true},
        {"HTTP://Host.Example/A?b#c", "Host.Example", "/A?b#c"},
        {"http://h:8080?q", "h", "?q", false, false, 8080},
        {"http://h:/", "h", "/"},
        {"http://h#a@b", "h", "#a@b"},
        {"https://[2001:db8::1]:443/x", "2001:db8::1", "/x", true, true, 443},
        {"https://u:p@w@h:1/a@b", "h", "/a@b", true, false, 1, "u:p@w"},
        {"https://@bücher.example", "bücher.example", "", true, false, {}, ""},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.text) {
            auto const address = read_web_address(row.text);
            BOOST_TEST(address.fault == "");
            BOOST_TEST(address.tls == row.tls);
            BOOST_TEST(address.host == row.host);
            BOOST_TEST(address.is_ipv6 == row.is_ipv6);
            BOOST_TEST((address.port == row.port));
            BOOST_TEST((address.user == row.user));
            BOOST_TEST(address.rest == row.rest);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_problem_is_named_without_quoting_the_address) {
    struct Row {
        std::string_view text, fault;
    };
    constexpr std::string_view scheme = "it must begin with http:// or https://";
    constexpr std::string_view host = "it has no host";
    constexpr std::string_view port = "its port is not a number from 1 to 65535";
    Row const rows[] = {
        {"", scheme},
        {"h/a.png", scheme},
        {"ftp://h", scheme},
        {"://h", scheme},
        {"https://", host},
        {"https:///a", host},
        {"https://:80", host},
        {"https://u@/", host},
        {"https://h:0", port},
        {"https://h:65536/", port},
        {"https://h:8x", port},
        {"https://a:b:1", port},
        {"https://[::1", "its '[' is never closed by ']'"},
        {"https://[::1/a]", "its '[' is never closed by ']'"},
        {"https://[fe80::1%a b]", "the text in brackets is not an IPv6 address"},
        {"https://[::1]x", "text other than a port follows ']'"},
        {"https://[h]", "the text in brackets is not an IPv6 address"},
        {"https://[]", "the text in brackets is not an IPv6 address"},
        {"https://[::1]:x", port},
    };
    for (auto const& row : rows)
        BOOST_TEST(read_web_address(row.text).fault == row.fault, row.text);
}

BOOST_AUTO_TEST_CASE(a_host_name_has_letters_digits_and_few_signs) {
    for (auto const host : {"h", "Host.Example", "a-b_c.d1", "127.0.0.1", "xn--bcher-kva.example"})
        BOOST_TEST(is_host_name(host), host);
    for (auto const host : {"", "bücher.example", "a b", "a|b", "::1"})
        BOOST_TEST(!is_host_name(host), host);
    BOOST_TEST(!is_host_name(std::string(254, 'a')));
}

BOOST_AUTO_TEST_CASE(this_machine_is_known_by_its_addresses_and_one_name) {
    for (auto const host : {"localhost", "LocalHost", "127.0.0.1", "127.9.8.7", "::1",
                            "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"})
        BOOST_TEST(is_loopback_host(host), host);
    for (auto const host : {"", "0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "localhost.example",
                            "127.0.0.1.example", "127.1", "studio"})
        BOOST_TEST(!is_loopback_host(host), host);
}

BOOST_AUTO_TEST_SUITE_END()
