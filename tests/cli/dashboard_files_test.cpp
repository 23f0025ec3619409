// The files of a run directory that its page may get.
#include "runner/cli/dashboard_files.hpp"

#include "tests/cli/cli_fixture.hpp"

using namespace darkroom;
using namespace darkroom::cli;

BOOST_AUTO_TEST_CASE(paths_of_a_page_stay_in_the_run_directory) {
    struct Row {
        char const* encoded;
        char const* path;
    };
    Row const rows[] = {
        {"images/a.png", "images/a.png"},
        {"images/%E5%9B%BE%20%231.png", "images/图 #1.png"},
        {"images/100%25.png", "images/100%.png"},
        {"../job.yaml", ""},
        {"images/../../job.yaml", ""},
        {"images/%2e%2e/a.png", ""},
        {"images/%2E./a.png", ""},
        {"/etc/passwd", ""},
        {"%2fetc/passwd", ""},
        {"images//a.png", ""},
        {"images/", ""},
        {".hidden/a.png", ""},
        {"images/a%00.png", ""},
        {"images/a%0", ""},
        {"images/a%zz.png", ""},
        {"", ""},
    };
    for (auto const& row : rows) BOOST_TEST(relative_path_of(row.encoded) == row.path, row.encoded);
}

BOOST_AUTO_TEST_CASE(a_page_gets_pictures_videos_and_texts_and_nothing_else) {
    BOOST_TEST(media_type_of("images/a.png") == "image/png");
    BOOST_TEST(media_type_of("images/a.jpg") == "image/jpeg");
    BOOST_TEST(media_type_of("images/a.webp") == "image/webp");
    BOOST_TEST(media_type_of("images/a.mp4") == "video/mp4");
    BOOST_TEST(media_type_of("images/a.txt") == "text/plain; charset=utf-8");
    for (auto const* path : {"journal.db", "manifest.jsonl", "gallery.html", "run.lock", "a.svg",
                             "a.png.html", "png", ""})
        BOOST_TEST(media_type_of(path) == "", path);
}
