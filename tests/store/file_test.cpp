#include "runner/store/atomic_file.hpp"

#include "runner/store/directory.hpp"
#include "runner/store/error.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(a_committed_file_has_its_name_and_no_part_is_left) {
    TempDirectory const directory;
    auto file = must(AtomicFile::create({directory / "part", directory.path(), "name"}));
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
        auto file = must(AtomicFile::create({directory / "part", directory.path(), "name"}));
        must(file.write("new"));
    }
    BOOST_TEST(content_of(directory / "name") == "old");
    BOOST_TEST(!fs::exists(directory / "part"));
}

BOOST_AUTO_TEST_CASE(a_commit_replaces_nothing_but_a_regular_file) {
    TempDirectory const directory;
    put_content(directory / "precious", "mine");
    fs::create_directory(directory / "folder");
    fs::create_symlink(directory / "precious", directory / "link");
    fs::create_directory_symlink(directory / "folder", directory / "way");
    for (auto const* name : {"link", "folder", "way/name", "../name", "/tmp/name", ""}) {
        auto const refused = write_atomically({directory / "part", directory.path(), name}, "new");
        BOOST_REQUIRE_MESSAGE(refused.has_error(), name);
        BOOST_TEST((refused.error().code == Errc::not_ours), name);
        BOOST_TEST(!fs::exists(directory / "part"));
    }
    BOOST_TEST(content_of(directory / "precious") == "mine");
    BOOST_TEST(fs::is_symlink(directory / "link"));
    BOOST_TEST(fs::is_empty(directory / "folder"));
    must(write_atomically({directory / "part", directory.path(), "folder/name"}, "new"));
    BOOST_TEST(content_of(directory / "folder/name") == "new");
}

BOOST_AUTO_TEST_CASE(a_draft_is_not_written_through_a_link) {
    TempDirectory const directory;
    put_content(directory / "precious", "mine");
    fs::create_symlink(directory / "precious", directory / "part");
    auto const refused = AtomicFile::create({directory / "part", directory.path(), "name"});
    BOOST_TEST((refused.error().code == Errc::not_ours));
    BOOST_TEST(content_of(directory / "precious") == "mine");
}

BOOST_AUTO_TEST_CASE(own_files_are_regular_files) {
    TempDirectory const directory;
    BOOST_REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
    fs::create_directory(directory / "folder");
    put_content(directory / "file", "mine");
    fs::create_symlink(directory / "file", directory / "link");
    fs::create_symlink(directory / "none", directory / "dangling");
    for (auto const* name : {"pipe", "folder", "link", "dangling"}) {
        BOOST_TEST((File::own(directory / name, O_RDONLY).error().code == Errc::not_ours), name);
        BOOST_TEST((check_own(directory / name).error().code == Errc::not_ours), name);
    }
    BOOST_TEST(File::own(directory / "file", O_RDONLY).has_value());
    BOOST_TEST(check_own(directory / "file").has_value());
    BOOST_TEST(check_own(directory / "none").has_value());
    BOOST_TEST(own_file_below(directory.path(), "folder/../file", O_RDONLY).has_error());
    BOOST_TEST(own_file_below(directory.path(), "file", O_RDONLY).has_value());
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
