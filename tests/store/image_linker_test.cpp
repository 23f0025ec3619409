// Files of several directories in one.
#include "runner/store/image_linker.hpp"

#include "runner/base/sha256.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

struct LinkerFixture {
    /// Makes a file in a directory; its content is both names.
    void put(std::string const& source, std::string const& file) {
        auto const path = directory / (source + "/" + file);
        std::filesystem::create_directories(parent_of(path));
        put_content(path, source + file);
    }
    std::string bring(std::string const& source, std::string const& file) {
        return must(images.link(directory / source, expected(source + file, file)));
    }
    static ExpectedFile expected(std::string const& bytes, std::string const& file) {
        return {file, bytes.size(), to_hex(sha256(bytes))};
    }
    std::string content(std::string const& file) { return content_of(directory / ("all/" + file)); }

    TempDirectory directory;
    ImageLinker images{directory / "all"};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(image_linker, LinkerFixture)

BOOST_AUTO_TEST_CASE(a_file_is_linked_under_its_name) {
    put("a", "images/x.png");
    BOOST_TEST(bring("a", "images/x.png") == "images/x.png");
    must(images.sync());
    BOOST_TEST(std::filesystem::hard_link_count(directory / "all/images/x.png") == 2u);
    BOOST_TEST(images.linked() == 1u);
}

BOOST_AUTO_TEST_CASE(the_later_of_two_with_one_name_gets_a_number) {
    struct Case {
        char const* file;
        char const* second;
        char const* third;
    };
    for (auto const& [file, second, third] :
         {Case{"x.png", "x-2.png", "x-3.png"}, Case{"a.b/x", "a.b/x-2", "a.b/x-3"},
          Case{"a.b/x.y.png", "a.b/x.y-2.png", "a.b/x.y-3.png"}}) {
        for (auto const* source : {"a", "b", "c"}) put(source, file);
        BOOST_TEST(bring("a", file) == file);
        BOOST_TEST(bring("b", file) == second);
        BOOST_TEST(bring("c", file) == third);
        BOOST_TEST(content(third) == std::string("c") + file);
    }
}

BOOST_AUTO_TEST_CASE(names_that_differ_only_in_case_get_numbers) {
    put("a", "images/Fox.png");
    put("b", "images/fox.png");
    put("c", "Images/fox.PNG");
    BOOST_TEST(bring("a", "images/Fox.png") == "images/Fox.png");
    BOOST_TEST(bring("b", "images/fox.png") == "images/fox-2.png");
    BOOST_TEST(bring("c", "Images/fox.PNG") == "Images/fox-3.PNG");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_keeps_its_name_from_others) {
    put("b", "x.png");
    BOOST_TEST(bring("a", "x.png") == "x.png");
    BOOST_TEST(images.missing() == 1u);
    BOOST_TEST(bring("b", "x.png") == "x-2.png");
}

BOOST_AUTO_TEST_CASE(a_name_that_leads_out_of_the_directory_is_refused) {
    for (auto const* file : {"", "/etc/passwd", "../x.png", "images/../../x.png"})
        BOOST_TEST(images.link(directory / "a", {file, 0, ""}).has_error());
}

BOOST_AUTO_TEST_CASE(only_the_bytes_of_the_journal_are_taken_and_no_link_is_followed) {
    namespace fs = std::filesystem;
    put("a", "images/x.png");
    put("a", "y.png");
    put_content(directory / "secret", "aimages/x.png");
    fs::create_symlink(directory / "secret", directory / "a/link.png");
    fs::create_directory_symlink(directory / "a/images", directory / "a/way");
    auto const take = [&](std::string const& file, std::string const& bytes) {
        must(images.link(directory / "a", expected(bytes, file)));
        return images.linked() + images.copied();
    };
    BOOST_TEST(take("y.png", "ay.pnG") == 0u, "other bytes");
    BOOST_TEST(take("y.png", "ay.png and more") == 0u, "another size");
    BOOST_TEST(take("link.png", "aimages/x.png") == 0u, "a link");
    BOOST_TEST(take("way/x.png", "aimages/x.png") == 0u, "a link on the way");
    BOOST_TEST(take("images/x.png", "aimages/x.png") == 1u);
    BOOST_TEST(images.missing() == 4u);
}

BOOST_AUTO_TEST_SUITE_END()
