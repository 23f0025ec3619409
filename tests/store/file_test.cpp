#include "runner/store/atomic_file.hpp"

#include "runner/store/error.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(a_committed_file_has_its_name_and_no_part_is_left) {
    TempDirectory const directory;
    auto file = must(AtomicFile::create({directory / "part", directory / "name"}));
    must(file.write("one "));
    must(file.write("two"));
    BOOST_TEST(!fs::exists(directory / "name"));
    must(file.commit());
    BOOST_TEST(content_of(directory / "name") == "one two");
    BOOST_TEST(!fs::exists(directory / "part"));
}

BOOST_AUTO_TEST_CASE(without_commit_the_old_file_stays_and_no_part_is_left) {
    TempDirectory const directory;
    put_content(directory / "name", "old");
    {
        auto file = must(AtomicFile::create({directory / "part", directory / "name"}));
        must(file.write("new"));
    }
    BOOST_TEST(content_of(directory / "name") == "old");
    BOOST_TEST(!fs::exists(directory / "part"));
}

BOOST_AUTO_TEST_CASE(a_full_device_is_an_error_with_the_path) {
    auto file = must(File::open("/dev/full", O_WRONLY));
    auto const written = file.write("x");
    BOOST_REQUIRE(written.has_error());
    BOOST_TEST((written.error().code == boost::system::errc::no_space_on_device));
    BOOST_TEST(is_disk_error(written.error().code));
    BOOST_TEST(written.error().detail == "cannot write /dev/full");
}

BOOST_AUTO_TEST_CASE(a_file_is_read_to_a_limit) {
    TempDirectory const directory;
    put_content(directory / "name", "12345");
    BOOST_TEST(must(read_file(directory / "name", 5)) == "12345");
    BOOST_TEST((read_file(directory / "name", 4).error().code == Errc::too_large));
    BOOST_TEST(read_file(directory / "none", 4).has_error());
}

BOOST_AUTO_TEST_CASE(only_regular_files_have_a_size) {
    TempDirectory const directory;
    put_content(directory / "name", "12345");
    BOOST_TEST(must(file_size(directory / "name")) == 5u);
    BOOST_TEST(file_size(directory.path()).has_error());
    BOOST_TEST(file_size(directory / "none").has_error());
}

BOOST_AUTO_TEST_CASE(the_parent_of_a_path) {
    BOOST_TEST(parent_of("a/b/c") == "a/b");
    BOOST_TEST(parent_of("a/b/") == "a");
    BOOST_TEST(parent_of("c") == ".");
    BOOST_TEST(parent_of("/c") == "/");
}

BOOST_AUTO_TEST_SUITE_END()
