// The texts that a run directory keeps besides its facts.
#include "runner/store/journal_meta.hpp"

#include "runner/store/error.hpp"
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

BOOST_AUTO_TEST_CASE(the_last_text_of_a_name_is_read_back) {
    BOOST_TEST(!test::must(read_meta(path, "job_file")).has_value());
    test::must(write_meta(path, "job_file", "first"));
    test::must(write_meta(path, "other", "else"));
    test::must(write_meta(path, "job_file", "zweite – 火山\nwith lines"));
    BOOST_TEST(test::must(read_meta(path, "job_file")).value() == "zweite – 火山\nwith lines");
    BOOST_TEST(test::must(read_meta(path, "other")).value() == "else");
}

BOOST_AUTO_TEST_CASE(the_journal_continues_and_opens_again) {
    test::must(write_meta(path, "job_file", "text"));
    auto task = journal->append(test::submitted(1));
    BOOST_TEST(run(std::move(task)).has_value());
    test::must(write_meta(path, "job_file", "text 2"));
    journal->close();
    run();
    journal.reset();
    journal = test::must(SqliteJournal::open(executor(), path));
    BOOST_TEST(journal->find(test::step_number(1)).has_value());
    BOOST_TEST(test::must(read_meta(path, "job_file")).value() == "text 2");
}

BOOST_AUTO_TEST_CASE(each_run_gets_a_higher_number) {
    BOOST_TEST(test::must(last_run(path)) == 0u);
    BOOST_TEST(test::must(begin_run(path)) == 1u);
    BOOST_TEST(test::must(begin_run(path)) == 2u);
    BOOST_TEST(test::must(begin_run(path, 7)) == 8u);
    BOOST_TEST(test::must(begin_run(path, 3)) == 9u);
    BOOST_TEST(test::must(last_run(path)) == 9u);
    test::must(write_meta(path, "run", "many"));
    BOOST_TEST((begin_run(path).error().code == Errc::damaged_journal));
}

BOOST_AUTO_TEST_CASE(in_a_journal_of_0_1_that_names_tasks_every_url_has_spoken) {
    auto database = test::must(Database::open(path, Database::Mode::create));
    test::must(database.execute("INSERT INTO tasks(task_id, step) VALUES('t', x'00')"));
    BOOST_TEST(test::must(has_spoken(path, "https://a.example")));
    test::must(write_spoken(path, "https://b.example")); // a later version keeps notes
    BOOST_TEST(!test::must(has_spoken(path, "https://a.example")));
}

BOOST_AUTO_TEST_CASE(a_url_has_spoken_once_that_is_stored_and_no_other_has) {
    BOOST_TEST(!test::must(has_spoken(path, "https://a.example")));
    test::must(write_spoken(path, "https://a.example"));
    test::must(write_spoken(path, "https://a.example"));
    BOOST_TEST(test::must(has_spoken(path, "https://a.example")));
    BOOST_TEST(!test::must(has_spoken(path, "https://a.example/x")));
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_not_there_is_an_error) {
    BOOST_TEST(read_meta(directory / "none.db", "job_file").has_error());
}

BOOST_AUTO_TEST_SUITE_END()
