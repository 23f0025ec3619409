// Requests as they were read: arguments of a query, ranges.
#include "runner/http/exchange.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::http;

BOOST_AUTO_TEST_SUITE(exchange)

BOOST_AUTO_TEST_CASE(a_query_argument_is_found_by_its_whole_name) {
    Request request;
    request.query = "ex=662f&thumb=50&&flag";
    BOOST_TEST(request.argument("thumb").value() == "50");
    BOOST_TEST(request.argument("flag").value().empty());
    BOOST_TEST(!request.argument("e").has_value());
}

BOOST_AUTO_TEST_CASE(ranges_of_a_body_of_ten_bytes) {
    using Kind = RangeAnswer::Kind;
    struct Row {
        char const* header;
        Kind kind;
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };
    for (auto const& row : std::initializer_list<Row>{{"bytes=0-3", Kind::part, 0, 3},
                                                      {"bytes=4-", Kind::part, 4, 9},
                                                      {"bytes=-3", Kind::part, 7, 9},
                                                      {"bytes=-30", Kind::part, 0, 9},
                                                      {"bytes=2-99", Kind::part, 2, 9},
                                                      {"bytes=9-9", Kind::part, 9, 9},
                                                      {"bytes=10-", Kind::unsatisfiable},
                                                      {"bytes=-0", Kind::unsatisfiable},
                                                      {"", Kind::whole},
                                                      {"bytes=5-2", Kind::whole},
                                                      {"bytes=a-b", Kind::whole},
                                                      {"bytes=-", Kind::whole},
                                                      {"bytes=", Kind::whole},
                                                      {"bytes=0-1,4-5", Kind::whole},
                                                      {"bytes=99999999999999999999-", Kind::whole},
                                                      {"lines=0-1", Kind::whole}}) {
        auto const answer = read_range(row.header, 10);
        BOOST_TEST((answer.kind == row.kind), row.header);
        if (answer.kind != Kind::part) continue;
        BOOST_TEST(answer.range.first == row.first, row.header);
        BOOST_TEST(answer.range.last == row.last, row.header);
    }
}

BOOST_AUTO_TEST_SUITE_END()
