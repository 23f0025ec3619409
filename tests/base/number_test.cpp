// Numbers as text, and sums that stop at the largest number.
#include "runner/base/number.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;

BOOST_AUTO_TEST_CASE(a_whole_number_is_read_from_the_whole_text) {
    struct Row {
        std::string_view text;
        std::optional<std::uint8_t> byte;
        std::optional<std::int64_t> wide;
    };
    Row const rows[] = {
        {"0", 0, 0},
        {"255", 255, 255},
        {"256", {}, 256},
        {"007", 7, 7},
        {"-1", {}, -1},
        {"9223372036854775807", {}, INT64_MAX},
        {"9223372036854775808", {}, {}},
        {"", {}, {}},
        {"+1", {}, {}},
        {" 1", {}, {}},
        {"1 ", {}, {}},
        {"1.0", {}, {}},
        {"0x1", {}, {}},
        {"ff", {}, {}},
        {"--1", {}, {}},
    };
    for (auto const& row : rows) {
        BOOST_TEST((parse_whole<std::uint8_t>(row.text) == row.byte), row.text);
        BOOST_TEST((parse_whole<std::int64_t>(row.text) == row.wide), row.text);
    }
    BOOST_TEST(*parse_whole<std::uint32_t>("d83D", 16) == 0xD83Du);
    BOOST_TEST(!parse_whole<std::uint32_t>("0xd8", 16));
}

BOOST_AUTO_TEST_CASE(a_decimal_number_is_read_from_the_whole_text) {
    BOOST_TEST(*parse_real("1.5") == 1.5);
    BOOST_TEST(*parse_real("-2e3") == -2000.0);
    BOOST_TEST(!parse_real("2e3", std::chars_format::fixed));
    for (auto const text : {"", "1.5 ", " 1.5", "1,5", "1.5x", "+1", "1e999"})
        BOOST_TEST(!parse_real(text), text);
}

BOOST_AUTO_TEST_CASE(sums_and_products_stop_at_the_largest_number) {
    static_assert(saturating_add(2, 3) == 5);
    static_assert(saturating_add(UINT64_MAX, 0) == UINT64_MAX);
    static_assert(saturating_add(UINT64_MAX - 1, 1) == UINT64_MAX);
    static_assert(saturating_multiply(0, UINT64_MAX) == 0);
    static_assert(saturating_multiply(UINT64_MAX, 0) == 0);
    BOOST_TEST(saturating_add(UINT64_MAX - 1, 2) == UINT64_MAX);
    BOOST_TEST(saturating_add(UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    BOOST_TEST(saturating_multiply(UINT64_MAX / 2, 2) == UINT64_MAX - 1);
    BOOST_TEST(saturating_multiply(UINT64_MAX / 2 + 1, 2) == UINT64_MAX);
    BOOST_TEST(saturating_multiply(std::uint64_t{1} << 32, std::uint64_t{1} << 32) == UINT64_MAX);
}
