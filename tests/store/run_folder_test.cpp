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

namespace {

std::set<std::string> files_in(std::string const& directory) {
    std::set<std::string> files;
    for (auto const& entry : fs::directory_iterator(directory)) files.insert(entry.path().string());
    return files;
}

std::string this_host() {
    char host[256] = {};
    BOOST_REQUIRE(::gethostname(host, sizeof host - 1) == 0);
    return host;
}

/// Returns what a run writes into its lock file.
std::string lock_text(int pid) { return std::to_string(pid) + " " + this_host() + "\n"; }

} // namespace

BOOST_AUTO_TEST_SUITE(run_folder)

BOOST_AUTO_TEST_CASE(the_directory_is_made_with_all_above_it) {
    TempDirectory const directory;
    auto const folder = must(RunFolder::open(directory / "a/b/run/"));
    BOOST_TEST(folder.path() == directory / "a/b/run");
    BOOST_TEST(fs::is_directory(folder.parts()));
    BOOST_TEST(content_of(folder.path() + "/run.lock") == lock_text(::getpid()));
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
    auto const holder = "process " + std::to_string(child) + " on " + this_host() + " works on it";
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
    auto const part = [&](std::uint64_t number) {
        return part_path(parts, {step_number(1), 2}, number);
    };
    for (std::uint64_t const number : {1u, 2u, 3u, 4u, 5u})
        put_content(part(number), "half a picture");
    must(write_note(part(1), {14, "hash", "\"v1\"", "/x.png", ""}, 1));
    must(write_note(part(2), {15, "hash", "\"v1\"", "/x.png", ""}, 2)); // more than there is
    must(write_note(part(3), {0, "hash", "\"v1\"", "/x.png", ""}, 3));
    must(write_note(part(4), {14, "hash", "", "/x.png", ""}, 4));
    put_content(note_path(part(5)), "{");
    put_content(note_path(part(5)) + ".12", "the draft of a note");
    must(write_note(part(6), {0, "", "", "", "not_an_image"}, 6)); // its part is gone
    put_content(part(7), "<html>");
    must(write_note(part(7), {6, "", "", "", "not_an_image"}, 7));
    auto const folder = must(RunFolder::open(directory / "run"));
    BOOST_TEST(
        (files_in(parts) == std::set{part(1), note_path(part(1)), part(7), note_path(part(7))}));
}

BOOST_AUTO_TEST_CASE(nothing_else_in_parts_is_touched) {
    TempDirectory const directory;
    auto const parts = directory / "run/parts";
    fs::create_directories(parts);
    auto const key = parts + "/" + to_hex(step_number(1));
    put_content(directory / "precious", "mine");
    for (auto const* name : {"/abc-0.part", "/sidecar", "/manifest.jsonl", "/x.note"})
        put_content(parts + name, "mine");
    for (auto const* end : {"-0.part", "-0.x.part", ".1.part", "-.1.part", "-0.1.note.x",
                            "-0.1.notes", "-0.1.part.jpg"})
        put_content(key + end, "mine");
    fs::create_directory(key + "-0.1.part");
    fs::create_symlink(directory / "precious", key + "-0.2.part");
    fs::create_symlink(directory / "precious", key + "-0.3.note");
    put_content(key + "-0.3.part", "half a picture");
    auto before = files_in(parts);
    { auto const folder = must(RunFolder::open(directory / "run")); }
    before.erase(key + "-0.3.part"); // the only one of ours
    BOOST_TEST((files_in(parts) == before));
    BOOST_TEST(content_of(directory / "precious") == "mine");
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_a_file_or_a_directory_of_ours_is_refused) {
    for (auto const* name : {"run.lock", "journal.db", "journal.db-wal", "manifest.jsonl", "marks",
                             "failed.jsonl", "unwanted.jsonl", "parts", "service"}) {
        TempDirectory const directory;
        fs::create_directories(directory / "run");
        fs::create_directories(directory / "somewhere");
        put_content(directory / "precious", "mine");
        bool const is_directory = std::string_view(name) == "parts" || *name == 's';
        fs::create_symlink(directory / (is_directory ? "somewhere" : "precious"),
                           directory / "run/" + name);
        auto const refused = RunFolder::open(directory / "run");
        BOOST_REQUIRE_MESSAGE(refused.has_error(), name);
        BOOST_TEST((refused.error().code == Errc::not_ours));
        BOOST_TEST(refused.error().detail.find(name) != std::string::npos);
        BOOST_TEST(content_of(directory / "precious") == "mine");
        BOOST_TEST(fs::is_empty(directory / "somewhere"));
    }
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_no_run_has_written_is_refused) {
    for (auto const* text : {"mine", "17", "17 18\n", "17 a b\n", "17 a\nb\n", "\n", "pid=17\n"}) {
        TempDirectory const directory;
        fs::create_directories(directory / "run");
        put_content(directory / "run/run.lock", text);
        auto const refused = RunFolder::open(directory / "run");
        BOOST_REQUIRE_MESSAGE(refused.has_error(), text);
        BOOST_TEST((refused.error().code == Errc::not_ours));
        BOOST_TEST(content_of(directory / "run/run.lock") == text);
    }
}

BOOST_AUTO_TEST_CASE(the_holder_is_known_while_it_holds_and_no_longer) {
    TempDirectory const directory;
    auto const run = directory / "run";
    BOOST_TEST(!must(holder_of(run)).has_value());
    {
        auto const folder = must(RunFolder::open(run));
        auto const holder = must(holder_of(run));
        BOOST_REQUIRE(holder.has_value());
        BOOST_TEST(holder->pid == ::getpid());
        BOOST_TEST(holder->host == this_host());
    }
    BOOST_TEST(!must(holder_of(run)).has_value());
    // A process that is gone, of this host and of another one; and a file that says nothing.
    for (auto const& text : {lock_text(999'999'999), std::string("17 elsewhere\n"),
                             std::string("17\n"), std::string()}) {
        put_content(run + "/run.lock", text);
        BOOST_TEST(!must(holder_of(run)).has_value(), text);
    }
    BOOST_TEST(must(RunFolder::open(run)).path() == run); // it is free
}

BOOST_AUTO_TEST_CASE(a_way_through_a_link_is_refused) {
    TempDirectory const directory;
    auto const folder = must(RunFolder::open(directory / "run"));
    fs::create_directories(directory / "run/images/night");
    fs::create_directory_symlink(directory / "run/images", directory / "run/linked");
    for (auto const* way : {"", "images", "images/night", "images/none/below", "none"})
        BOOST_TEST(folder.check_way(way).has_value(), way);
    for (auto const* way : {"linked", "linked/night", "..", "images/../.."})
        BOOST_TEST((folder.check_way(way).error().code == Errc::not_ours), way);
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
