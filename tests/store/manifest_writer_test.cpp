#include "runner/store/manifest_writer.hpp"

#include "runner/store/error.hpp"
#include "runner/store/journal.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

namespace {

struct WriterFixture : LoopFixture {
    WriterFixture() {
        fs::create_directories(folder.path() + "/images");
        open();
    }

    void open(Sidecars sidecars = {}) {
        writer.reset();
        writer = must(ManifestWriter::open(folder, journal->reader(), sidecars));
    }

    /// Records an event as the conductor does: durable first, then shown.
    void happens(engine::Event event) {
        must(run(journal->append(event)));
        writer->on_event(event, journal->find(event.step).value());
    }

    void pay_and_save(int step) {
        happens(submitted(step));
        happens(finished(step));
        happens(saved(step, file_of(step)));
    }

    static std::string file_of(int step) { return "images/" + std::to_string(step) + ".png"; }
    std::string manifest() const { return content_of(folder.manifest()); }
    std::string given_up() const { return content_of(folder.failed()); }

    /// The manifest that the journal alone gives.
    std::string expected_manifest() {
        auto const before = manifest();
        must(rebuild_manifest(folder, journal->reader(),
                              [](ImageRecord const&, std::string const&) { return Result<>(); }));
        auto const expected = manifest();
        put_content(folder.manifest(), before);
        return expected;
    }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory / "run"));
    std::unique_ptr<SqliteJournal> journal =
        must(SqliteJournal::open(executor(), folder.journal()));
    std::unique_ptr<ManifestWriter> writer;
};

auto lines_of(std::string const& text) { return std::count(text.begin(), text.end(), '\n'); }

} // namespace

BOOST_FIXTURE_TEST_SUITE(manifest_writer, WriterFixture)

BOOST_AUTO_TEST_CASE(both_files_are_there_from_the_start) {
    BOOST_TEST(manifest() == "");
    BOOST_TEST(given_up() == "");
    BOOST_TEST(!writer->repaired().needed());
    must(writer->finish());
}

BOOST_AUTO_TEST_CASE(each_image_is_listed_as_it_lands_as_the_journal_would_list_it) {
    for (int step = 1; step <= 3; ++step) {
        pay_and_save(step);
        BOOST_TEST(lines_of(manifest()) == step);
    }
    BOOST_TEST(manifest() == expected_manifest());
    must(writer->finish());
    open();
    BOOST_TEST(!writer->repaired().needed());
}

BOOST_AUTO_TEST_CASE(a_step_is_listed_as_failed_until_a_retry_succeeds) {
    happens(submitted(1));
    happens(failed(1, engine::Verdict::transient, false));
    BOOST_TEST(given_up() == "");
    happens(submitted(1));
    happens(failed(1, engine::Verdict::rejected, true));
    BOOST_TEST(lines_of(given_up()) == 1);
    must(writer->finish());
    BOOST_TEST(lines_of(given_up()) == 1);
    open();
    happens(event_of(1, engine::Requeued{}));
    pay_and_save(1);
    must(writer->finish());
    BOOST_TEST(given_up() == "");
    BOOST_TEST(lines_of(manifest()) == 1);
}

BOOST_AUTO_TEST_CASE(a_paid_step_whose_image_was_given_up_is_listed_until_it_lands) {
    happens(submitted(1));
    happens(finished(1));
    happens(failed(1, engine::Verdict::download, true));
    must(writer->finish());
    BOOST_TEST(given_up().find(R"("class":"download")") != std::string::npos);
    open();
    BOOST_TEST(lines_of(given_up()) == 1);
    happens(saved(1, file_of(1)));
    must(writer->finish());
    BOOST_TEST(given_up() == "");
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_once_more_has_one_line_also_after_a_kill) {
    happens(submitted(1));
    happens(finished(1));
    happens(failed(1, engine::Verdict::download, true));
    open(); // as after a kill: nothing was finished
    happens(failed(1, engine::Verdict::download, true));
    BOOST_TEST(lines_of(given_up()) == 1);
    open();
    BOOST_TEST(lines_of(given_up()) == 1);
}

BOOST_AUTO_TEST_CASE(a_crash_between_the_record_and_the_line_is_repaired) {
    pay_and_save(1);
    auto const event = saved(2, file_of(2));
    happens(submitted(2));
    happens(finished(2));
    must(run(journal->append(event)));
    auto const torn = R"({"schema":1,"key":"12)";
    put_content(folder.manifest(), manifest() + torn);
    open({jobs::Captions::prompt, true});
    BOOST_TEST(writer->repaired().text() == "cut 21 bytes of a torn line, added 1 line");
    BOOST_TEST(lines_of(manifest()) == 2);
    must(writer->finish());
    BOOST_TEST(fs::exists(folder.path() + "/images/2.txt"), "the sidecars are made good too");
}

BOOST_AUTO_TEST_CASE(an_image_that_was_lost_and_came_again_is_listed_once_at_the_end) {
    pay_and_save(1);
    pay_and_save(2);
    happens(saved(1, file_of(1)));
    pay_and_save(3);
    BOOST_TEST(lines_of(manifest()) == 3);
    must(writer->finish());
    BOOST_TEST(lines_of(manifest()) == 3);
    BOOST_TEST(manifest() == expected_manifest());
}

BOOST_AUTO_TEST_CASE(sidecars_are_next_to_each_image) {
    open({jobs::Captions::prompt, true});
    pay_and_save(1);
    must(writer->finish());
    BOOST_TEST(content_of(folder.path() + "/images/1.txt") == "a car, number 1\n");
    BOOST_TEST(content_of(folder.path() + "/images/1.json") == manifest());
    BOOST_TEST(fs::is_empty(folder.parts()));
}

BOOST_AUTO_TEST_CASE(a_sidecar_that_cannot_be_written_is_reported_at_the_end) {
    open({jobs::Captions::prompt, false});
    fs::create_directories(folder.path() + "/images/1.txt");
    pay_and_save(1);
    auto const ended = writer->finish();
    BOOST_REQUIRE(ended.has_error());
    BOOST_TEST(ended.error().detail.find("images/1.txt") != std::string::npos);
    BOOST_TEST(lines_of(manifest()) == 1);
}

BOOST_AUTO_TEST_CASE(a_manifest_that_could_not_be_written_is_made_good_at_the_end) {
    pay_and_save(1);
    happens(submitted(2));
    happens(finished(2));
    auto const event = saved(2, file_of(2));
    must(run(journal->append(event)));
    {
        FileSizeLimit const full(manifest().size() + 10);
        writer->on_event(event, journal->find(event.step).value());
    }
    pay_and_save(3);
    BOOST_TEST(lines_of(manifest()) == 1, "nothing follows a torn line");
    must(writer->finish());
    BOOST_TEST(lines_of(manifest()) == 3);
}

BOOST_AUTO_TEST_SUITE_END()
