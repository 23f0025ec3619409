#include "runner/net/line_splitter.hpp"
#include "tests/net/printing.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace darkroom::test {

using net::LineSplitter;
using Words = std::vector<std::string>;

namespace {

struct Kept : net::LineSink {
    Result<Flow> on_line(std::string_view line) override {
        got.emplace_back(line);
        if (line == "bad") return Error(net::Errc::bad_answer, "a bad line");
        return line == "last" ? Flow::enough : Flow::more;
    }
    Words got;
};

} // namespace

BOOST_AUTO_TEST_SUITE(line_splitter)

BOOST_AUTO_TEST_CASE(any_two_cuts_give_the_same_lines) {
    std::string const text = "one\r\n\r\ntwo words\n\n \nthree\r\nno end";
    Words const expected = {"one", "two words", "three", "no end"};
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); ++second) {
            Kept kept;
            LineSplitter splitter(kept);
            BOOST_TEST(splitter.feed(text.substr(0, first)).has_value());
            BOOST_TEST(splitter.feed(text.substr(first, second - first)).has_value());
            BOOST_TEST(splitter.feed(text.substr(second)).has_value());
            BOOST_TEST(splitter.finish().has_value());
            BOOST_TEST(kept.got == expected, boost::test_tools::per_element());
            BOOST_TEST(splitter.ends() == 6u);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_lone_carriage_return_is_part_of_the_line) {
    Kept kept;
    LineSplitter splitter(kept);
    BOOST_TEST(splitter.feed("a\rb\n").has_value());
    BOOST_TEST(kept.got.at(0) == "a\rb");
}

BOOST_AUTO_TEST_CASE(a_line_may_be_as_long_as_the_limit_and_no_longer) {
    struct Case {
        std::string text;
        bool fits;
    };
    Case const cases[] = {{"12345678\n", true},
                          {"123456789\n", false},
                          {"123456789", false},
                          {"1\n12345678\n", true}};
    for (auto const& [text, fits] : cases) {
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            Kept kept;
            LineSplitter splitter(kept, 8);
            auto done = splitter.feed(text.substr(0, cut));
            if (done) done = splitter.feed(text.substr(cut));
            BOOST_TEST(done.has_value() == fits);
            if (!fits) BOOST_TEST(done.error().code == net::Errc::line_too_long);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_line_is_passed_on_after_the_sink_has_enough) {
    Kept kept;
    LineSplitter splitter(kept);
    BOOST_TEST(splitter.feed("one\nlast\nmore\nand").has_value());
    BOOST_TEST(splitter.finish().has_value());
    BOOST_TEST(splitter.enough());
    BOOST_TEST(kept.got == (Words{"one", "last"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_error_of_the_sink_is_passed_on) {
    Kept kept;
    LineSplitter splitter(kept);
    BOOST_TEST(splitter.feed("one\nbad\n").error().detail == "a bad line");
    LineSplitter last(kept);
    BOOST_TEST(last.feed("bad").has_value());
    BOOST_TEST(last.finish().error().detail == "a bad line");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
