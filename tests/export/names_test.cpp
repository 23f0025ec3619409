// Names of exported pictures.
#include "runner/export/names.hpp"

#include "tests/export/fake_source.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::exports;
using namespace darkroom::test;

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(a_readable_name_has_job_item_actions_and_words) {
    struct Row {
        std::string job, path, prompt, directory, name;
        int repeat = 0;
        int tile = 0;
    };
    std::string const long_word(300, 'x');
    Row const rows[] = {
        {"cars", "", "a red fox --v 6", "", "cars-000012-a-red-fox"},
        {"cars", "upscale1", "a red fox", "", "cars-000012-upscale1-a-red-fox"},
        {"cars", "upscale1/zoom_out_2x", "", "", "cars-000012-upscale1-zoom_out_2x"},
        {"cars", "", "a fox", "shard-1", "shard-1-cars-000012-a-fox"},
        {"cars", "", "a fox", "", "cars-000012-r3-tile2-a-fox", 2, 2},
        {"../../etc", "", "../x", "..", "etc-000012-x"},
        {"-rf", "", "", "", "rf-000012"},
        {"con", "", "", "", "con-000012"},
        {"", "", "", "", "000012"},
        {"=1+1", "", "=cmd|' /C calc'!A0", "", "1-1-000012-cmd-C-calc-A0"},
        {"a\nb", "", "one\r\ntwo\ttab", "", "a-b-000012-one-two-tab"},
        {"車", "", "一只狐狸 跑", "", "車-000012-一只狐狸-跑"},
        {"cars", "", "caf\xe9", "", "cars-000012-caf\xef\xbf\xbd"},
        {"cars", "", "\u202egnp.exe", "", "cars-000012-gnp-exe"},
        {"cars", "", long_word, "", "cars-000012-" + std::string(48, 'x')},
    };
    for (auto const& row : rows) {
        auto made = row_of(row.job, 12, row.path, row.repeat);
        made.root_prompt = row.prompt;
        made.tile = row.tile;
        BOOST_TEST(readable_name(made, row.directory, Words::of_prompt) == row.name);
    }
}

BOOST_AUTO_TEST_CASE(a_key_has_neither_dots_nor_other_signs) {
    for (auto const* job : {"cars", "a.b.c", "../x", "車", "", "-rf", "=1+1\n"}) {
        auto const key = sample_key(row_of(job, 7, "upscale1/vary.x"));
        BOOST_TEST(key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-_") == key.npos,
                   key);
        BOOST_TEST(key.front() != '-');
        BOOST_TEST(key.size() <= 90u);
    }
    BOOST_TEST(sample_key(row_of("a.b", 7)).starts_with("a-b-000007-"));
}

BOOST_AUTO_TEST_CASE(words_are_not_cut_in_the_middle) {
    BOOST_TEST(slug_of("one two three four", 11) == "one-two");
    BOOST_TEST(slug_of("one two three four", 13) == "one-two-three");
    BOOST_TEST(slug_of("狐狐狐", 7) == "狐狐");
    BOOST_TEST(slug_of(" -- !", 7) == "");
}

BOOST_AUTO_TEST_CASE(equal_names_are_told_apart_by_numbers) {
    NameBook book;
    BOOST_TEST(book.take("fox") == "fox");
    BOOST_TEST(book.take("fox") == "fox-2");
    BOOST_TEST(book.take("Fox") == "Fox-3");
    BOOST_TEST(book.take("fox-4") == "fox-4");
    BOOST_TEST(book.take("fox") == "fox-5");
    BOOST_TEST(book.take("caf\u00e9") == "caf\u00e9");
    BOOST_TEST(book.take("cafe\u0301") == "cafe\u0301-2");
}

BOOST_AUTO_TEST_SUITE_END()
