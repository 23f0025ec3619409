// The payments of each account in a journal.
#include "runner/store/journal.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

struct AccountsFixture : LoopFixture {
    void record(std::vector<engine::Event> const& events) {
        auto journal = must(SqliteJournal::open(executor(), path));
        for (auto const& event : events) must(run(journal->append(event)));
    }

    engine::Event submitted_by(std::string account, int step) {
        auto event = submitted(step);
        std::get<engine::Submitted>(event.fact).account = std::move(account);
        return event;
    }

    void make_it_older() {
        auto database = must(Database::open(path, Database::Mode::create));
        must(database.execute("DROP INDEX steps_by_account; DROP INDEX steps_charged_again; "
                              "ALTER TABLE steps DROP COLUMN account; "
                              "ALTER TABLE steps DROP COLUMN offer; "
                              "ALTER TABLE steps DROP COLUMN charges_again; "
                              "ALTER TABLE steps DROP COLUMN cost_again"));
    }

    /// Returns "a 2 52000, b 1 26000".
    std::string paid() {
        auto reader = must(JournalReader::open(path));
        std::string text;
        for (auto const& [name, totals] : must(reader.paid_by_account()))
            text +=
                fmt::format("{}{} {} {}", text.empty() ? "" : ", ", name, totals.paid, totals.cost);
        return text;
    }

    TempDirectory directory;
    std::string path = directory / "journal.db";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal_accounts, AccountsFixture)

BOOST_AUTO_TEST_CASE(each_account_is_summed_up_and_the_one_without_a_name_has_the_rest) {
    record({submitted_by("a", 1), finished(1), submitted_by("b", 2), finished(2, 5000),
            submitted_by("a", 3), finished(3), submitted_by("", 4), finished(4),
            submitted_by("a", 5), submitted_by("b", 6),
            failed(6, engine::Verdict::rejected, true)});
    BOOST_TEST(paid() == " 1 26000, a 2 52000, b 1 5000");
}

BOOST_AUTO_TEST_CASE(a_step_belongs_to_the_account_that_it_was_last_sent_by) {
    record({submitted_by("a", 1), failed(1, engine::Verdict::account, false), submitted_by("b", 1),
            finished(1)});
    BOOST_TEST(paid() == "b 1 26000");
    auto journal = must(SqliteJournal::open(executor(), path));
    BOOST_TEST(journal->find(step_number(1))->account == "b");
    BOOST_TEST(journal->paid_by_account().at("b").paid == 1);
}

BOOST_AUTO_TEST_CASE(an_older_journal_is_read_as_it_is_and_continues_with_accounts) {
    record({submitted_by("", 1), finished(1)});
    make_it_older();
    BOOST_TEST(paid() == " 1 26000");
    record({submitted_by("a", 2), finished(2)});
    BOOST_TEST(paid() == " 1 26000, a 1 26000");
}

BOOST_AUTO_TEST_SUITE_END()
