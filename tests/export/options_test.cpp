// Sizes, formats and the words that are stored.
#include "runner/export/options.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::exports;

BOOST_AUTO_TEST_SUITE(export_options)

BOOST_AUTO_TEST_CASE(sizes_are_read) {
    struct Row {
        char const* text;
        std::uint64_t bytes; ///< 0: refused.
    };
    Row const rows[] = {
        {"4096", 4096},
        {"1GB", 1'000'000'000},
        {"1 GB", 1'000'000'000},
        {"1g", 1'000'000'000},
        {"1.5MiB", 1'572'864},
        {"2kB", 2000},
        {"10 b", 10},
        {"1T", 1'000'000'000'000},
        {"0", 0},
        {"", 0},
        {"GB", 0},
        {"-1", 0},
        {"1..5k", 0},
        {"1e9", 0},
        {"5 apples", 0},
        {"99999999TB", 0},
        {".5k", 0},
    };
    for (auto const& [text, bytes] : rows) BOOST_TEST(parse_bytes(text).value_or(0) == bytes, text);
}

BOOST_AUTO_TEST_CASE(every_format_has_a_name) {
    for (auto const format :
         {Format::csv, Format::jsonl, Format::imagefolder, Format::webdataset, Format::folder})
        BOOST_TEST((format_of(name_of(format)) == format));
    BOOST_TEST(!format_of("parquet").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
