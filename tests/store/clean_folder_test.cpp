// Removing files from a run directory: never outside of it, and nothing but regular files.
#include "runner/store/clean_folder.hpp"
#include "runner/store/folder_files.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace fs = std::filesystem;

namespace {

/// A run directory, with files beside it and links that lead to them.
struct Surroundings : TempDirectory {
    Surroundings() {
        auto const& above = *this;
        fs::create_directories(above / "run/images/deep");
        fs::create_directories(above / "elsewhere");
        for (auto const* name : {"run/images/a.png", "run/images/deep/b.png", "run/c.png",
                                 "elsewhere/a.png", "run.png"})
            put_content(above / name, "12345");
        fs::create_symlink("../elsewhere", above / "run/linked");
        fs::create_symlink("../../elsewhere/a.png", above / "run/images/link.png");
        fs::create_hard_link(above / "run/c.png", above / "run/images/c-too.png");
    }
};

struct CleanFolderFixture {
    Surroundings above;
    CleanFolder folder = must(CleanFolder::open(above / "run"));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_folder_that_is_cleaned, CleanFolderFixture)

BOOST_AUTO_TEST_CASE(what_a_hostile_journal_names_is_not_there) {
    auto const outside = above / "elsewhere/a.png";
    for (auto const& file :
         {std::string("../elsewhere/a.png"), std::string("images/../../elsewhere/a.png"), outside,
          std::string("linked/a.png"), std::string("images/link.png"), std::string("images"),
          std::string("images/deep"), std::string("images/"), std::string("."), std::string(".."),
          std::string(""), std::string("/"), std::string("../run.png"),
          std::string("c.png\0/../../run.png", 20), std::string("none/a.png"),
          std::string("c.png/a.png"), std::string("images/none.png")}) {
        BOOST_TEST_CONTEXT(file) {
            BOOST_TEST(!folder.find(file).has_value());
            BOOST_TEST(!must(folder.remove(file)));
        }
    }
    folder.remove_empty();
    for (auto const* name : {"run/images/a.png", "run/images/deep/b.png", "run/c.png",
                             "elsewhere/a.png", "run.png", "run/images/c-too.png"})
        BOOST_TEST(fs::is_regular_file(above / name), name);
    BOOST_TEST(fs::is_symlink(above / "run/images/link.png"));
    BOOST_TEST(fs::is_symlink(above / "run/linked"));
}

BOOST_AUTO_TEST_CASE(files_go_and_so_do_directories_that_are_empty_then) {
    auto const first = folder.find("c.png");
    auto const second = folder.find("images/c-too.png");
    BOOST_REQUIRE((first && second));
    BOOST_TEST(first->bytes == 5U);
    BOOST_TEST(first->is(*second));
    BOOST_TEST(!first->is(*folder.find("images/a.png")));
    BOOST_TEST(must(folder.remove("images/deep/b.png")));
    BOOST_TEST(!must(folder.remove("images/deep/b.png")));
    BOOST_TEST(must(folder.remove("c.png")));
    folder.remove_empty();
    BOOST_TEST(!fs::exists(above / "run/images/deep"));
    BOOST_TEST(fs::exists(above / "run/images/a.png"));
    BOOST_TEST(must(folder.remove("images/a.png")));
    BOOST_TEST(must(folder.remove("images/c-too.png")));
    fs::remove(above / "run/images/link.png");
    folder.remove_empty();
    BOOST_TEST(!fs::exists(above / "run/images"));
    BOOST_TEST(fs::exists(above / "run"));
}

BOOST_AUTO_TEST_CASE(no_picture_has_the_name_of_another_file_of_the_program) {
    for (auto const* path : {"journal.db", "./journal.db", "images/..x/../journal.db", "Journal.DB",
                             "marks", "manifest.jsonl", "picks.json", "service/tasks.jsonl",
                             "service//x.png", "thumbs/a.webp", "parts/a.part", "run.lock"})
        BOOST_TEST(is_folder_file(path) ==
                       (std::string_view(path).find("..x") == std::string::npos),
                   path);
    for (auto const* path : {"images/journal.db", "journal.db.png", "a.png", "servicex/a.png"})
        BOOST_TEST(!is_folder_file(path), path);
}

BOOST_AUTO_TEST_CASE(of_thumbnails_and_parts_only_names_that_the_program_gives_are_known) {
    std::string const digest(64, 'a');
    BOOST_CHECK(removal_below("thumbs/", digest + ".webp") == Removal::with_pictures);
    BOOST_CHECK(removal_below("thumbs/", digest + ".webp.part") == Removal::with_pictures);
    BOOST_CHECK(removal_below("thumbs/", "index.txt") == Removal::with_pictures);
    BOOST_CHECK(removal_below("parts/", digest + "-0.1.part") == Removal::with_parts);
    BOOST_CHECK(removal_below("parts/", digest + "-0.1.note") == Removal::with_parts);
    BOOST_CHECK(removal_below("parts/", "darkroom.manifest") == Removal::with_parts);
    for (auto const& name : {std::string("mine.webp"), digest + ".png", std::string("mine.part"),
                             digest, std::string("darkroom")})
        for (auto const* directory : {"thumbs/", "parts/", "images/"})
            BOOST_CHECK(!removal_below(directory, name));
}

BOOST_AUTO_TEST_CASE(every_kind_of_file_has_a_reason) {
    for (auto const& file : folder_files()) BOOST_TEST(!file.why.empty(), file.name);
}

BOOST_AUTO_TEST_SUITE_END()
