// The split of an item.
#include "runner/export/split_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::exports;

BOOST_AUTO_TEST_SUITE(split_rule)

BOOST_AUTO_TEST_CASE(shares_are_one_together) {
    struct Row {
        char const* text;
        std::size_t splits; ///< 0: refused.
    };
    Row const rows[] = {
        {"train=0.9,test=0.1", 2},
        {"train=.8, val=.1, test=.1", 3},
        {"all=1", 1},
        {"all=1.0", 1},
        {"a=0.000001,b=0.999999", 2},
        {"", 0},
        {"train", 0},
        {"train=0.9", 0},
        {"train=0.9,test=0.2", 0},
        {"train=1,test=0", 0},
        {"train=0.5,train=0.5", 0},
        {"../x=1", 0},
        {"a/b=1", 0},
        {"-rf=1", 0},
        {"=1", 0},
        {"a=0.0000001,b=0.9999999", 0},
        {"a=1e0", 0},
        {"a=-0.5,b=1.5", 0},
        {"a=0.5.5,b=0.5", 0},
    };
    for (auto const& [text, splits] : rows) {
        auto const shares = parse_split(text);
        BOOST_TEST(shares.has_value() == (splits > 0), text);
        if (shares) BOOST_TEST(shares->size() == splits, text);
    }
}

BOOST_AUTO_TEST_CASE(the_split_of_a_key_never_changes) {
    auto const shares = *parse_split("train=0.9,test=0.1");
    std::string splits;
    for (int i = 0; i < 40; ++i)
        splits += std::to_string(split_of(sha256(std::to_string(i)), shares));
    BOOST_TEST(splits == "0100000000000000000000000010000000000000");
}

BOOST_AUTO_TEST_CASE(the_shares_come_out_near_the_wish) {
    auto const shares = *parse_split("train=0.7,val=0.2,test=0.1");
    std::vector<int> counts(3);
    constexpr int items = 20'000;
    for (int i = 0; i < items; ++i) ++counts[split_of(sha256(std::to_string(i)), shares)];
    BOOST_TEST(std::abs(counts[0] - 14'000) < 300);
    BOOST_TEST(std::abs(counts[1] - 4000) < 250);
    BOOST_TEST(std::abs(counts[2] - 2000) < 200);
}

BOOST_AUTO_TEST_SUITE_END()
