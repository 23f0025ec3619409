// The output of a merge: complete under its name, or not there.
#include "runner/cli/merge_output.hpp"

#include "tests/cli/cli_fixture.hpp"

#include <string>

using namespace darkroom::cli;
using namespace darkroom::test;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(merge_output, CliFixture)

BOOST_AUTO_TEST_CASE(it_has_its_name_once_it_is_finished) {
    auto const target = path("all");
    {
        MergeOutput output(target);
        BOOST_TEST(output.folder().path() == target + ".merging");
        file("all.merging/journal.db", "facts");
        BOOST_TEST(!fs::exists(target));
        output.finish();
    }
    BOOST_TEST(fs::exists(target + "/journal.db"));
    BOOST_TEST(!fs::exists(target + ".merging"));
}

BOOST_AUTO_TEST_CASE(it_is_gone_when_it_was_not_finished) {
    {
        MergeOutput const output(path("all"));
        file("all.merging/journal.db", "facts");
    }
    BOOST_TEST(fs::is_empty(directory));
}

BOOST_AUTO_TEST_CASE(the_rest_of_an_earlier_merge_is_removed) {
    fs::create_directories(path("all.merging/images"));
    file("all.merging/run.lock", "");
    file("all.merging/merging", "");
    file("all.merging/images/old.png", "old");
    MergeOutput output(path("all"));
    BOOST_TEST(!fs::exists(path("all.merging/images")));
    output.finish();
    BOOST_TEST(fs::exists(path("all")));
}

BOOST_AUTO_TEST_CASE(an_empty_directory_may_be_its_target) {
    fs::create_directory(path("all"));
    MergeOutput output(path("all"));
    file("all.merging/journal.db", "facts");
    output.finish();
    BOOST_TEST(fs::exists(path("all/journal.db")));
}

BOOST_AUTO_TEST_CASE(nothing_of_somebody_else_is_touched) {
    fs::create_directory(path("full"));
    file("full/mine.txt", "mine");
    BOOST_TEST(end_of([&] { MergeOutput const output(path("full")); }).code == ExitCode::usage);
    fs::create_directory(path("all.merging"));
    file("all.merging/mine.txt", "mine");
    BOOST_TEST(end_of([&] { MergeOutput const output(path("all")); }).code == ExitCode::usage);
    BOOST_TEST(fs::exists(path("full/mine.txt")));
    file("all.merging/run.lock", "17\n"); // a lock file does not make it one of ours
    BOOST_TEST(end_of([&] { MergeOutput const output(path("all")); }).code == ExitCode::usage);
    BOOST_TEST(fs::exists(path("all.merging/mine.txt")));
    fs::create_directory_symlink(path("full"), path("other.merging"));
    BOOST_TEST(end_of([&] { MergeOutput const output(path("other")); }).code == ExitCode::usage);
    BOOST_TEST(fs::exists(path("full/mine.txt")));
}

BOOST_AUTO_TEST_CASE(a_merge_that_was_killed_at_its_start_is_no_obstacle) {
    fs::create_directories(path("all.merging/parts"));
    file("all.merging/run.lock", "17\n");
    MergeOutput output(path("all"));
    output.finish();
    BOOST_TEST(!fs::exists(path("all/merging")));
}

BOOST_AUTO_TEST_CASE(two_merges_into_one_directory_do_not_mix) {
    MergeOutput const first(path("all"));
    BOOST_TEST(end_of([&] { MergeOutput const second(path("all")); }).code == ExitCode::locked);
}

BOOST_AUTO_TEST_SUITE_END()
