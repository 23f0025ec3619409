// The record of removed images, and what respects it.
#include "runner/store/journal_removed.hpp"

#include "runner/store/done_steps.hpp"
#include "runner/store/image_file.hpp"
#include "runner/store/journal_sql.hpp"
#include "runner/store/missing_files.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

struct RemovedFixture : LoopFixture {
    RemovedFixture() {
        auto journal = must(SqliteJournal::open(executor(), folder.journal()));
        for (int step = 1; step <= 3; ++step) {
            auto const name = std::to_string(step) + ".png";
            for (auto const& event : {submitted(step), finished(step), saved(step, name)})
                must(run(journal->append(event)));
            put_content(directory / name, std::string(image_of(step).bytes, 'x'));
        }
    }

    static engine::SavedImage image_of(int step) {
        return std::get<engine::ImageSaved>(saved(step, std::to_string(step) + ".png").fact).image;
    }

    void record(std::vector<int> const& steps) {
        std::vector<ImageKey> images;
        for (int const step : steps) images.push_back({step_number(step), 0});
        must(record_removed(folder.journal(), images, WallTime(std::chrono::milliseconds(5))));
    }

    DoneSteps done() {
        auto reader = must(JournalReader::open(folder.journal()));
        return must(DoneSteps::read(reader, folder, {}));
    }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory.path()));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_record_of_removed_images, RemovedFixture)

BOOST_AUTO_TEST_CASE(it_is_kept_and_can_be_forgotten) {
    BOOST_TEST(must(removed_images(folder.journal())).is_empty());
    BOOST_TEST(must(forget_removed(folder.journal())) == 0U);
    record({});
    record({2, 1});
    record({2});
    auto const removed = must(removed_images(folder.journal()));
    BOOST_TEST(removed.count() == 2U);
    BOOST_TEST(removed.has({step_number(1), 0}));
    BOOST_TEST(removed.has({step_number(2), 0}));
    BOOST_TEST(!removed.has({step_number(2), 1}));
    BOOST_TEST(!removed.has({step_number(3), 0}));
    BOOST_TEST(must(forget_removed(folder.journal())) == 2U);
    BOOST_TEST(must(removed_images(folder.journal())).is_empty());
}

BOOST_AUTO_TEST_CASE(an_older_program_still_opens_the_journal) {
    record({1});
    auto database = must(Database::open(folder.journal(), Database::Mode::read));
    BOOST_TEST(must(database.number("PRAGMA user_version")) == 1);
}

BOOST_AUTO_TEST_CASE(what_was_removed_is_done_and_not_missing) {
    record({1, 2});
    std::filesystem::remove(directory / "1.png");
    std::filesystem::remove(directory / "3.png");
    auto const found = done();
    BOOST_TEST(found.find(step_number(1)).has_value());
    BOOST_TEST(found.find(step_number(2)).has_value());
    BOOST_TEST(!found.find(step_number(3)).has_value());
    BOOST_TEST(found.removed() == 1U); // the other one is still there
    auto reader = must(JournalReader::open(folder.journal()));
    for (auto const most : {std::int64_t{0}, paid_steps_looked_at_max}) {
        auto const missing = must(missing_files(reader, folder.path(), most));
        BOOST_TEST(missing.contains(step_number(3)) == (most > 0));
        BOOST_TEST(!missing.contains(step_number(1)));
    }
}

BOOST_AUTO_TEST_CASE(the_image_store_has_what_was_removed_until_it_is_forgotten) {
    record({1});
    std::filesystem::remove(directory / "1.png");
    std::filesystem::remove(directory / "3.png");
    auto journal = must(SqliteJournal::open(executor(), folder.journal()));
    FileImageStore images(folder, must(Layout::parse("{key}.{ext}")),
                          [&](std::string const& file) { return journal->owner_of(file); });
    BOOST_TEST(!images.has(image_of(1)));
    images.note_removed(must(journal->reader().removed_images()));
    BOOST_TEST(images.has(image_of(1)));
    BOOST_TEST(images.has(image_of(2)));
    BOOST_TEST(!images.has(image_of(3)));
    auto const quarters = run(images.quarters(image_of(1)));
    BOOST_REQUIRE(quarters.has_error());
    BOOST_TEST(quarters.error().message().find("removed by clean") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_merge_takes_over_what_it_has_no_file_of) {
    record({1, 2});
    TempDirectory other;
    auto const target = must(RunFolder::open(other.path()));
    {
        auto journal = must(SqliteJournal::open(executor(), target.journal()));
        for (int step = 1; step <= 3; ++step) {
            auto const name = std::to_string(step) + ".png";
            for (auto const& event : {submitted(step), finished(step), saved(step, name)})
                must(run(journal->append(event)));
        }
    }
    put_content(other / "2.png", "x");
    auto const at = WallTime(std::chrono::milliseconds(5));
    BOOST_TEST(must(merge_removed({folder.journal()}, target.journal(), other.path(), at)) == 1U);
    auto const removed = must(removed_images(target.journal()));
    BOOST_TEST(removed.count() == 1U);
    BOOST_TEST(removed.has({step_number(1), 0}));
}

BOOST_AUTO_TEST_SUITE_END()
