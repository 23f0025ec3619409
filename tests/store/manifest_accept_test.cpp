// A journal is filled again from the manifest.
#include "runner/store/manifest_accept.hpp"

#include "runner/store/journal.hpp"
#include "runner/store/manifest.hpp"
#include "runner/store/run_age.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

namespace {

struct AcceptFixture : LoopFixture {
    AcceptFixture() : folder(must(RunFolder::open(directory / "run"))) {}

    std::unique_ptr<SqliteJournal> open() {
        return must(SqliteJournal::open(executor(), folder.journal()));
    }

    void record(std::vector<engine::Event> const& events) {
        auto const journal = open();
        for (auto const& event : events) journal->note(event);
        must(run(journal->append(event_of(99, engine::Requeued{}))));
    }

    /// Returns a saved image whose file is there.
    engine::Event with_file(int step, int tile = 0, std::string url = "") {
        auto event = saved(step, std::to_string(step) + "-" + std::to_string(tile) + ".png", tile);
        auto& image = std::get<engine::ImageSaved>(event.fact).image;
        auto const bytes = "picture " + image.file;
        put_content(folder.path() + "/" + image.file, bytes);
        image.bytes = bytes.size();
        image.sha256 = to_hex(sha256(bytes));
        if (!url.empty()) image.url = std::move(url);
        return event;
    }

    std::string rebuilt() {
        auto reader = must(JournalReader::open(folder.journal()));
        must(rebuild_manifest(folder, reader, [](auto const&, auto const&) { return Result<>(); }));
        return content_of(folder.manifest());
    }

    AcceptedLines accept() { return must(accept_manifest(folder, jobs::default_service())); }

    void lose_journal() {
        fs::remove(folder.journal());
        put_content(folder.journal(), "");
    }

    TempDirectory directory;
    RunFolder folder;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(manifest_accept, AcceptFixture)

BOOST_AUTO_TEST_CASE(a_lost_journal_is_paid_and_delivered_again_by_the_manifest) {
    record(
        {submitted(1), finished(1), with_file(1), submitted(2), finished(2, 5'000), with_file(2)});
    auto const before = rebuilt();
    lose_journal();
    auto const taken = accept();
    BOOST_TEST(taken.steps == 2u);
    BOOST_TEST(taken.images == 2u);
    BOOST_TEST(taken.missing == 0u);
    BOOST_TEST(taken.cost == 31'000);
    auto const journal = open();
    BOOST_TEST(journal->totals().paid == 2);
    BOOST_TEST(journal->totals().cost == 31'000);
    BOOST_TEST(journal->unsettled_steps().empty());
    BOOST_TEST(journal->knows_task("task-1"));
    BOOST_TEST(journal->paid_by_account().at("main").paid == 2);
    BOOST_TEST(rebuilt() == before);
    BOOST_TEST(check_listed(folder.path()).has_value());
    BOOST_TEST(check_age(folder.path()).has_value());
}

BOOST_AUTO_TEST_CASE(an_older_journal_gets_only_what_it_has_not) {
    record({submitted(1), finished(1), with_file(1), submitted(2), finished(2), submitted(3)});
    fs::copy_file(folder.journal(), directory / "older.db");
    record({with_file(2), finished(3), with_file(3), submitted(4), finished(4), with_file(4)});
    auto const before = rebuilt();
    fs::rename(directory / "older.db", folder.journal());
    auto const taken = accept();
    BOOST_TEST(taken.steps == 2u); // 3 was open there, 4 not known at all
    BOOST_TEST(taken.images == 3u);
    BOOST_TEST(open()->totals().paid == 4);
    BOOST_TEST(open()->find(step_number(3))->info.request == info_number(3).request);
    BOOST_TEST(rebuilt() == before);
    auto const again = accept();
    BOOST_TEST(again.steps + again.images + again.missing == 0u);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_or_changed_is_paid_but_loaded_again) {
    record({submitted(1), finished(1), with_file(1), submitted(2), finished(2), with_file(2)});
    rebuilt();
    put_content(folder.path() + "/1-0.png", "picture 1-0.jpg"); // of the same size
    fs::remove(folder.path() + "/2-0.png");
    lose_journal();
    auto const taken = accept();
    BOOST_TEST(taken.steps == 2u);
    BOOST_TEST(taken.images == 0u);
    BOOST_TEST(taken.missing == 2u);
    auto const journal = open();
    BOOST_TEST(journal->totals().paid == 2);
    BOOST_TEST(journal->unsettled_steps().size() == 2u);
    BOOST_TEST(journal->find(step_number(1))->answer.url == "https://cdn.example.org/1.png");
}

BOOST_AUTO_TEST_CASE(tiles_come_back_with_their_links) {
    auto answered = finished(1);
    auto& answer = std::get<engine::Finished>(answered.fact).answer;
    answer.sub_urls = {"https://cdn.example.org/a", "https://cdn.example.org/b"};
    record({submitted(1), answered, with_file(1), with_file(1, 1, answer.sub_urls[0]),
            with_file(1, 2, answer.sub_urls[1])});
    auto const before = rebuilt();
    lose_journal();
    auto const taken = accept();
    BOOST_TEST(taken.steps == 1u);
    BOOST_TEST(taken.images == 3u);
    auto const state = open()->find(step_number(1));
    BOOST_TEST(state->answer.sub_urls == answer.sub_urls, boost::test_tools::per_element());
    BOOST_TEST(!state->unsettled());
    BOOST_TEST(open()->totals().cost == 26'000);
    BOOST_TEST(rebuilt() == before);
}

BOOST_AUTO_TEST_CASE(what_is_no_line_of_a_manifest_is_passed_over) {
    record({submitted(1), finished(1), with_file(1)});
    auto const line = rebuilt();
    lose_journal();
    auto shared = line;
    shared.insert(shared.size() - 2, ",\"same_as\":\"0.png\"");
    put_content(folder.manifest(), "text\n{}\n{\"schema\":2}\n" + shared + line + "{\"torn");
    auto const taken = accept();
    BOOST_TEST(taken.steps == 1u);
    BOOST_TEST(taken.images == 1u);
}

BOOST_AUTO_TEST_CASE(a_list_of_unwanted_pictures_is_taken_too) {
    record({submitted(1), finished(1), with_file(1)});
    rebuilt();
    fs::rename(folder.manifest(), folder.unwanted());
    lose_journal();
    BOOST_TEST(accept().steps == 1u);
}

BOOST_AUTO_TEST_CASE(a_name_outside_of_the_directory_is_no_file_of_it) {
    put_content(directory / "outside.png", "bytes");
    record({submitted(1), finished(1), with_file(1)});
    auto line = rebuilt();
    line.replace(line.find("1-0.png"), 7, "../outside.png");
    put_content(folder.manifest(), line);
    lose_journal();
    BOOST_TEST(accept().missing == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
