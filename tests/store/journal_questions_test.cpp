// What commands ask a journal besides its steps: second charges, times of sending, keys.
#include "runner/store/journal_questions.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

struct QuestionsFixture : LoopFixture {
    void record(std::vector<engine::Event> const& events) {
        for (auto const& event : events) must(run(journal->append(event)));
    }

    TempDirectory directory;
    std::string path = directory / "journal.db";
    std::unique_ptr<SqliteJournal> journal = must(SqliteJournal::open(executor(), path));
    JournalReader reader = must(JournalReader::open(path));
    JournalQuestions questions = must(JournalQuestions::open(path));
};

engine::Event submitted_at(int step, int milliseconds) {
    auto event = submitted(step);
    event.at = WallTime(std::chrono::milliseconds(milliseconds));
    return event;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal_questions, QuestionsFixture)

BOOST_AUTO_TEST_CASE(second_charges_are_given_with_their_steps) {
    record({submitted(1), finished(1), submitted(2), finished(2)});
    record({event_of(2, engine::ChargedAgain{"task-b", 13'000}), submitted(3)});
    record({event_of(1, engine::ChargedAgain{"task-a", 26'000}),
            event_of(1, engine::ChargedAgain{"task-c", 26'000})});
    std::vector<std::string> found;
    must(reader.for_each_charged_again([&found](engine::Event const& event) -> Result<> {
        auto const& charge = std::get<engine::ChargedAgain>(event.fact);
        auto const step = event.step == step_number(1) ? "1" : "2";
        found.push_back(step + (" " + charge.task_id) + " " + std::to_string(charge.cost));
        return {};
    }));
    std::sort(found.begin(), found.end());
    std::vector<std::string> const expected{"1 task-a 26000", "1 task-c 26000", "2 task-b 13000"};
    BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_error_ends_the_walk_over_second_charges) {
    record({submitted(1), finished(1), event_of(1, engine::ChargedAgain{"task-a", 26'000}),
            event_of(1, engine::ChargedAgain{"task-b", 26'000})});
    int calls = 0;
    auto const walked = reader.for_each_charged_again([&calls](engine::Event const&) -> Result<> {
        ++calls;
        return Error(error_code(), "enough");
    });
    BOOST_TEST(walked.has_error());
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(the_first_and_the_last_submission_have_their_times) {
    BOOST_TEST(!must(questions.submission_times()).has_value());
    record({submitted_at(1, 5000), submitted_at(2, 9000), submitted_at(3, 3000), finished(3)});
    auto const times = must(questions.submission_times());
    BOOST_REQUIRE(times.has_value());
    BOOST_TEST((times->first == WallTime(std::chrono::milliseconds(3000))));
    BOOST_TEST((times->last == WallTime(std::chrono::milliseconds(9000))));
}

BOOST_AUTO_TEST_CASE(a_task_is_set_aside_until_the_step_names_it_again) {
    engine::SetAside const aside{"task-1", "a person said so"};
    record({submitted(1), accepted(1, "task-1"), submitted(2), event_of(2, aside)});
    BOOST_TEST(!must(questions.is_set_aside(step_number(1), "task-1")));
    BOOST_TEST(must(questions.is_set_aside(step_number(2), "task-1")));
    record({event_of(1, aside), failed(1, engine::Verdict::unknown, false)});
    BOOST_TEST(must(questions.is_set_aside(step_number(1), "task-1")));
    BOOST_TEST(!must(questions.is_set_aside(step_number(1), "task-2")));
    record({accepted(1, "task-1")});
    BOOST_TEST(!must(questions.is_set_aside(step_number(1), "task-1")));
    BOOST_TEST(!must(questions.is_set_aside(step_number(9), "task-1")));
}

BOOST_AUTO_TEST_CASE(keys_are_found_by_their_beginning) {
    record({submitted(1), submitted(2), submitted(3)});
    for (int step = 1; step <= 3; ++step) {
        auto const key = step_number(step);
        for (std::size_t const digits : {8u, 9u, 64u}) {
            auto const found = must(questions.keys_beginning(to_hex(key).substr(0, digits), 5));
            BOOST_REQUIRE(found.size() == 1u);
            BOOST_TEST((found.front() == key));
        }
    }
    BOOST_TEST(must(questions.keys_beginning("", 5)).size() == 3u);
    BOOST_TEST(must(questions.keys_beginning("", 2)).size() == 2u);
    for (auto const* none : {"cars/1", "XYZ", "A"})
        BOOST_TEST(must(questions.keys_beginning(none, 5)).empty(), none);
}

BOOST_AUTO_TEST_CASE(an_image_is_found_by_its_file) {
    record({submitted(1), finished(1), saved(1, "images/a.png"), saved(1, "images/b.png", 1)});
    BOOST_TEST(must(questions.image_in("images/a.png")).value().tile == 0);
    auto const second = must(questions.image_in("images/b.png")).value();
    BOOST_TEST(second.tile == 1);
    BOOST_TEST(second.file == "images/b.png");
    BOOST_TEST(!must(questions.image_in("images/c.png")).has_value());
}

BOOST_AUTO_TEST_CASE(the_last_facts_and_the_number_of_each_kind_are_told) {
    BOOST_TEST(must(questions.last_facts(5)).empty());
    BOOST_TEST(must(questions.fact_counts()).empty());
    record({submitted(1), finished(1), submitted(2)});
    auto const facts = must(questions.last_facts(2));
    BOOST_REQUIRE(facts.size() == 2);
    BOOST_TEST(facts[0].kind == "finished");
    BOOST_TEST((facts[0].step == step_number(1)));
    BOOST_TEST(facts[1].kind == "submitted");
    BOOST_TEST((facts[1].step == step_number(2)));
    BOOST_TEST(facts[1].seq == facts[0].seq + 1);
    BOOST_TEST(json::read(facts[1].body).has_value());
    auto const counts = must(questions.fact_counts());
    BOOST_TEST(counts.at("submitted") == 2);
    BOOST_TEST(counts.at("finished") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
