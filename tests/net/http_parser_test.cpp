#include "runner/net/http_parser.hpp"
#include "tests/net/printing.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using net::Errc;
using net::ResponseHead;
using net::ResponseParser;

namespace {

struct KeptBody : net::BodyReader {
    Result<> on_head(ResponseHead const& given) override {
        head = given;
        ++heads;
        return {};
    }
    Result<bool> on_body(std::string_view bytes) override {
        body += bytes;
        return true;
    }
    ResponseHead head;
    int heads = 0;
    std::string body;
};

/// Feeds `text` in two parts, then the end of the stream.
struct Parsed {
    Parsed(std::string_view text, std::size_t cut) {
        for (auto const part : {text.substr(0, cut), text.substr(cut)}) {
            auto const used = parser.feed(part, kept);
            if (!used) {
                error = used.error().code;
                return;
            }
            left_over += part.size() - *used;
        }
        keeps_alive = parser.keeps_alive();
        auto const ended = parser.end_of_stream();
        if (!ended) error = ended.error().code;
    }
    ResponseParser parser;
    KeptBody kept;
    std::size_t left_over = 0;
    bool keeps_alive = false;
    error_code error;
};

struct Case {
    std::string text;
    int status;
    std::string body;
    bool keeps_alive;
    std::size_t left_over = 0;
};

std::vector<Case> const good = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
    {"HTTP/1.1 200\r\ncontent-length:3\r\n\r\nabc", 200, "abc", true},
    {"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", 200, "abc", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP", 200, "abc", true, 4},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 200, "a", true},
    {"HTTP/1.1 200 OK\r\nConnection: Keep-Alive, CLOSE\r\nContent-Length: 1\r\n\r\na", 200, "a",
     false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", 200, "a", false},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na", 200, "a", true},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end", false},
    {"HTTP/1.1 204 None\r\n\r\n", 204, "", true},
    {"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", 304, "", true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
     200, "a", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
     "3\r\nabc\r\nA;name=x\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
     200, "abc0123456789", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "1\r\n\r\n1\r\na\r\n0\r\n\r\n",
     200, "a", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc", 200, "abc", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3,3 ,3\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n 3\r\n\r\nabc", 200, "abc", true},
    {"HTTP/1.1 200 OK\r\nX: a\r\n\t folded: line\r\n  \r\nContent-Length: 3\r\n\r\nabc", 200, "abc",
     true},
    {"HTTP/1.1 200 OK\nContent-Length: 3\nX: a\n b\n\nabc", 200, "abc", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", 200, "abc",
     true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Identity\r\n\r\nuntil the end", 200, "until the end",
     false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 200, "a",
     true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n"
     "1\r\na\r\n0\r\n\r\n",
     200, "a", true},
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_parser)

BOOST_AUTO_TEST_CASE(an_answer_is_the_same_wherever_it_is_cut) {
    for (auto const& row : good) {
        for (std::size_t cut = 0; cut <= row.text.size(); ++cut) {
            BOOST_TEST_CONTEXT(row.text << " cut at " << cut) {
                Parsed const parsed(row.text, cut);
                BOOST_TEST(!parsed.error);
                BOOST_TEST(parsed.kept.heads == 1);
                BOOST_TEST(parsed.kept.head.status == row.status);
                BOOST_TEST(parsed.kept.body == row.body);
                BOOST_TEST(parsed.keeps_alive == row.keeps_alive);
                BOOST_TEST(parsed.left_over == row.left_over);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_ends_early_is_not_whole) {
    for (auto const& row : good) {
        if (row.left_over > 0 || row.body == "until the end") continue;
        for (std::size_t size = 0; size < row.text.size(); ++size) {
            BOOST_TEST_CONTEXT(row.text << " ends at " << size) {
                Parsed const parsed(std::string_view(row.text).substr(0, size), 0);
                BOOST_TEST(parsed.error == Errc::closed);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_refused) {
    std::string const heads[] = {
        "SSH-2.0-OpenSSH_9\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n", // shorter than a status line
        "\n\n",
        "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: behind no line\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\nContent-Length: 1, 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(5000, '1'),
    };
    for (auto const& text : heads) {
        for (std::size_t cut = 0; cut <= text.size(); cut += 1 + text.size() / 200) {
            BOOST_TEST_CONTEXT(text << " cut at " << cut) {
                BOOST_TEST(Parsed(text, cut).error == Errc::bad_answer);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(headers_and_trailers_have_a_limit) {
    std::string const line = "X-Long: " + std::string(1000, 'x') + "\r\n";
    std::string fields, too_many;
    while (fields.size() + line.size() < 65000) fields += line;
    for (int i = 0; i < 70; ++i) too_many += line;
    std::string const start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    BOOST_TEST(!Parsed(start + fields + "\r\n", 9).error);
    BOOST_TEST(Parsed(start + too_many + "\r\n", 9).error == Errc::head_too_large);
    std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    BOOST_TEST(Parsed(chunked + too_many + "\r\n", 9).error == Errc::head_too_large);
}

BOOST_AUTO_TEST_CASE(the_limit_of_the_head_is_the_same_wherever_it_is_cut) {
    std::string const start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
    auto const head_of = [&start](std::size_t size) {
        return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
    };
    auto const longest = ResponseParser::head_max + 1;
    for (std::size_t const cut : {std::size_t{0}, std::size_t{9}, longest - 2, longest - 1}) {
        BOOST_TEST_CONTEXT("cut at " << cut) {
            BOOST_TEST(!Parsed(head_of(longest), cut).error);
            BOOST_TEST(Parsed(head_of(longest + 1), cut).error == Errc::head_too_large);
            BOOST_TEST(Parsed(head_of(longest + 9000), cut).error == Errc::head_too_large);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_folded_header_is_one_value) {
    Parsed const parsed("HTTP/1.1 200 OK\r\nX: one\r\n two\r\n\t three\r\nY: z\r\n\r\n", 0);
    BOOST_TEST(!parsed.error);
    BOOST_TEST(parsed.kept.head.find("x").value() == "one  two \t three");
    BOOST_TEST(parsed.kept.head.find("y").value() == "z");
}

BOOST_AUTO_TEST_CASE(headers_are_found_in_any_case) {
    Parsed const parsed("HTTP/1.1 429 Slow down\r\nRETRY-after:  7 \r\nX: a, B ,c\r\nX: d\r\n\r\n",
                        0);
    auto const& head = parsed.kept.head;
    BOOST_TEST(head.find("Retry-After").value() == "7");
    BOOST_TEST(!head.find("Retry").has_value());
    BOOST_TEST(head.has_word("x", "b"));
    BOOST_TEST(head.has_word("x", "D"));
    BOOST_TEST(!head.has_word("x", "e"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
