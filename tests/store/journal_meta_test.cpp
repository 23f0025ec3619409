// What a run directory remembers beside its facts.
#include "runner/store/journal_meta.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::store;

namespace {

struct Stage : test::LoopFixture {
    test::TempDirectory directory;
    std::string path = directory / "journal.db";
    std::unique_ptr<SqliteJournal> journal = test::must(SqliteJournal::open(executor(), path));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal_meta, Stage)

BOOST_AUTO_TEST_CASE(what_was_remembered_last_is_recalled) {
    BOOST_TEST(!test::must(recall(path, "job_file")).has_value());
    test::must(remember(path, "job_file", "first"));
    test::must(remember(path, "other", "else"));
    test::must(remember(path, "job_file", "zweite – 火山\nwith lines"));
    BOOST_TEST(test::must(recall(path, "job_file")).value() == "zweite – 火山\nwith lines");
    BOOST_TEST(test::must(recall(path, "other")).value() == "else");
}

BOOST_AUTO_TEST_CASE(the_journal_goes_on_beside_it_and_opens_again) {
    test::must(remember(path, "job_file", "text"));
    auto task = journal->append(test::submitted(1));
    BOOST_TEST(run(std::move(task)).has_value());
    test::must(remember(path, "job_file", "text 2"));
    journal->close();
    run();
    journal.reset();
    journal = test::must(SqliteJournal::open(executor(), path));
    BOOST_TEST(journal->find(test::step_number(1)).has_value());
    BOOST_TEST(test::must(recall(path, "job_file")).value() == "text 2");
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_not_there_is_an_error) {
    BOOST_TEST(recall(directory / "none.db", "job_file").has_error());
}

BOOST_AUTO_TEST_SUITE_END()
