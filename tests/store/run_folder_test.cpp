#include "runner/store/run_folder.hpp"

#include "runner/store/error.hpp"
#include "runner/store/part_note.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(run_folder)

BOOST_AUTO_TEST_CASE(the_directory_is_made_with_all_above_it) {
    TempDirectory const directory;
    auto const folder = must(RunFolder::open(directory / "a/b/run/"));
    BOOST_TEST(folder.path() == directory / "a/b/run");
    BOOST_TEST(fs::is_directory(folder.parts()));
    BOOST_TEST(content_of(folder.path() + "/run.lock") == std::to_string(::getpid()) + "\n");
    BOOST_TEST(must(folder.free()) > 0u);
}

BOOST_AUTO_TEST_CASE(two_runs_cannot_hold_one_directory) {
    TempDirectory const directory;
    int ready[2];
    int leave[2];
    BOOST_REQUIRE(::pipe(ready) == 0 && ::pipe(leave) == 0);
    auto const child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        ::close(leave[1]);
        auto const folder = RunFolder::open(directory / "run");
        char byte = folder.has_value() ? 'y' : 'n';
        if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
        while (::read(leave[0], &byte, 1) > 0) {
        }
        ::_exit(0); // without any clean-up: as if it was killed
    }
    ::close(leave[0]);
    char byte = 0;
    BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
    BOOST_TEST(byte == 'y');
    auto const refused = RunFolder::open(directory / "run");
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().code == Errc::locked));
    auto const holder = "process " + std::to_string(child) + " works on it";
    BOOST_TEST(refused.error().detail.find(holder) != std::string::npos, refused.error().detail);
    ::close(leave[1]);
    ::waitpid(child, nullptr, 0);
    BOOST_TEST(RunFolder::open(directory / "run").has_value(), "a stale lock is harmless");
    ::close(ready[0]);
    ::close(ready[1]);
}

BOOST_AUTO_TEST_CASE(a_lock_is_given_up_with_its_owner) {
    TempDirectory const directory;
    {
        auto const folder = must(RunFolder::open(directory / "run"));
        BOOST_TEST((RunFolder::open(directory / "run").error().code == Errc::locked));
    }
    BOOST_TEST(!fs::exists(directory / "run/parts"));
    BOOST_TEST(RunFolder::open(directory / "run").has_value());
}

BOOST_AUTO_TEST_CASE(parts_of_an_earlier_run_are_swept_but_for_those_with_a_note) {
    TempDirectory const directory;
    auto const parts = directory / "run/parts";
    fs::create_directories(parts);
    auto const key = to_hex(step_number(1));
    auto const part = [&](std::uint64_t number) {
        return part_path(parts, {step_number(1), 2}, number);
    };
    for (auto const* name : {"/abc-0.part", "/sidecar", "/sidecar-now", "/x.note"})
        put_content(parts + name, "half");
    for (auto const* end : {"-0.part", "-0.x.part", ".1.part", "-.1.part"})
        put_content(parts + "/" + key + end, "half");
    for (std::uint64_t const number : {1u, 2u, 3u, 4u, 5u})
        put_content(part(number), "half a picture");
    must(write_note(part(1), {14, "hash", "\"v1\"", "/x.png", ""}, 1));
    must(write_note(part(2), {15, "hash", "\"v1\"", "/x.png", ""}, 2)); // more than there is
    must(write_note(part(3), {0, "hash", "\"v1\"", "/x.png", ""}, 3));
    must(write_note(part(4), {14, "hash", "", "/x.png", ""}, 4));
    put_content(note_path(part(5)), "{");
    must(write_note(part(6), {0, "", "", "", "not_an_image"}, 6)); // its part is gone
    put_content(part(7), "<html>");
    must(write_note(part(7), {6, "", "", "", "not_an_image"}, 7));
    put_content(directory / "run/other", "kept");
    auto const folder = must(RunFolder::open(directory / "run"));
    std::set<std::string> left;
    for (auto const& entry : fs::directory_iterator(parts)) left.insert(entry.path().string());
    BOOST_TEST((left == std::set{part(1), note_path(part(1)), part(7), note_path(part(7))}));
    BOOST_TEST(content_of(directory / "run/other") == "kept");
}

BOOST_AUTO_TEST_CASE(a_path_that_is_a_file_is_an_error_of_the_disk) {
    TempDirectory const directory;
    put_content(directory / "file", "");
    for (auto const* name : {"file", "file/run"}) {
        auto const refused = RunFolder::open(directory / name);
        BOOST_REQUIRE(refused.has_error());
        BOOST_TEST(is_disk_error(refused.error().code));
        BOOST_TEST(refused.error().detail.find(directory / "file") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
