// The summary of a run: the JSON object, and the lines for a person.
#include "runner/report/summary.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using engine::RunEnd;

namespace {

Closing closing_of(RunEnd end) {
    Closing closing;
    closing.name = "volcano-cars";
    closing.directory = "out/volcano-cars";
    closing.pictures = "out/volcano-cars/pics";
    closing.steps = 600;
    closing.result.end = end;
    closing.result.tally.items = 200;
    closing.result.tally.done = 590;
    closing.result.tally.failed = 2;
    closing.result.tally.skipped = 4;
    closing.result.tally.unknown = 1;
    closing.result.tally.images = 590;
    closing.result.tally.bytes = 1'000'000;
    closing.result.tally.paid = 590;
    closing.result.tally.cost = 15'340'000;
    closing.result.tally.retries = 3;
    closing.seconds = 61.25;
    closing.exit = 2;
    return closing;
}

std::string closing_text(Closing const& closing) {
    std::string all;
    for (auto const& line : closing_words(closing)) all += line.text + "\n";
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(summary)

BOOST_AUTO_TEST_CASE(the_object_is_the_one_of_the_interface) {
    BOOST_TEST(json::write(to_json(closing_of(RunEnd::some_failed))) ==
               R"({"name":"volcano-cars","directory":"out/volcano-cars","items":200,)"
               R"("steps":{"done":590,"failed":2,"skipped":4,"unknown":1,"pending":3},"waiting":0,)"
               R"("images":590,"bytes":1000000,"paid":590,"cost":15.34,"retries":3,)"
               R"("seconds":61.25,"exit":2,"unknown_steps":[],"charged_again":[]})");
}

BOOST_AUTO_TEST_CASE(a_run_that_waits_for_picks_says_so_and_how_to_make_them) {
    auto closing = closing_of(RunEnd::all_done);
    closing.result.tally.waiting = 2;
    BOOST_TEST(
        closing_text(closing).starts_with("Waiting for picks: 2 branches. 590 of 600 steps"));
    BOOST_TEST(closing_text(closing).find("'darkroom pick out/volcano-cars'") != std::string::npos);
    closing.result.end = RunEnd::some_failed;
    BOOST_TEST(closing_text(closing).find("2 branches waiting for picks") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_accounts_have_a_line_each_and_a_single_one_none) {
    auto closing = closing_of(RunEnd::some_failed);
    closing.result.accounts = {{"day", 400, 10'400'000, {}}};
    BOOST_TEST(closing_text(closing).find("ccount") == std::string::npos);
    BOOST_TEST(!to_json(closing).find("accounts"));
    engine::Problem refused;
    refused.verdict = engine::Verdict::account;
    refused.code = "invalid_token";
    closing.result.accounts.push_back({"night", 190, 4'940'000, refused});
    closing.result.accounts.push_back({"", 1, 26'000, {}});
    closing.result.tally.unknown = 0;
    closing.result.tally.stranded = 3;
    auto const text = closing_text(closing);
    for (auto const* words :
         {"Account 'day': 400 generations paid (10.40 USD)\n",
          "Account 'night': 190 generations paid (4.94 USD); parked: account, invalid_token\n",
          "The account without a name: 1 generation paid (0.026 USD)",
          "4 left for the next run, 3 of them for want of their account", "See to the accounts"})
        BOOST_TEST(text.find(words) != std::string::npos, words << " is not in " << text);
    BOOST_TEST(
        json::write(to_json(closing))
            .ends_with(
                R"("accounts":[{"name":"day","paid":400,"cost":10.4,"parked":null},)"
                R"({"name":"night","paid":190,"cost":4.94,"parked":"account, invalid_token"},)"
                R"({"name":null,"paid":1,"cost":0.026,"parked":null}],"stranded":3})"));
    closing.result.end = RunEnd::account_refused;
    BOOST_TEST(
        closing_text(closing).starts_with("Stopped: no account is left, the last is refused"));
}

BOOST_AUTO_TEST_CASE(what_the_plan_overlooked_is_not_pending) {
    auto closing = closing_of(RunEnd::all_done);
    closing.steps = 10; // the images offered more than expected
    BOOST_TEST(closing.by_state().pending == 0u);
}

BOOST_AUTO_TEST_CASE(every_end_says_why_and_what_to_do_next) {
    struct Row {
        RunEnd end;
        std::string_view why, next;
    };
    Row const rows[] = {
        {RunEnd::all_done, "Done.", "manifest.jsonl"},
        {RunEnd::budget_spent, "budget is spent: the reason", "when there is money again"},
        {RunEnd::account_empty, "out of balance: the reason", "Top up"},
        {RunEnd::too_many_failures, "too many failures", "failed.jsonl"},
        {RunEnd::account_refused, "token is refused", "--token-file"},
        {RunEnd::interrupted, "Interrupted", "again to go on"},
        {RunEnd::disk_failed, "cannot be written", "space"},
        {RunEnd::input_failed, "cannot be read", "Mend"},
        {RunEnd::no_room, "no room for what would be bought next: the reason", "Free some"},
        {RunEnd::ledger_failed, "the ledger cannot be used: the reason", "bought without"},
        {RunEnd::ledger_away, "the ledger cannot be used: the reason", "sent without it"},
        {RunEnd::shard_taken, "goes on with this shard: the reason", "ledger status"},
        {RunEnd::wrong_http, "Stopped: the reason. ", "Set service.http to auto or 1.1"},
    };
    auto const own = closing_text(closing_of(RunEnd::budget_spent));
    BOOST_TEST(own.starts_with("Stopped: the budget is spent. "));
    BOOST_TEST(own.find("Raise `budget` to go on") != std::string::npos);
    for (auto const& row : rows) {
        auto closing = closing_of(row.end);
        closing.result.error = Error(error_code(), "the reason");
        auto const text = closing_text(closing);
        BOOST_TEST(text.find(row.why) != std::string::npos, text);
        BOOST_TEST(text.find(row.next) != std::string::npos, text);
        BOOST_TEST(text.find("Pictures  out/volcano-cars/pics\n") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_manifest_is_named_once_it_has_lines) {
    auto closing = closing_of(RunEnd::disk_failed);
    closing.has_lines = false;
    BOOST_TEST(closing_text(closing).find("manifest.jsonl") == std::string::npos);
    BOOST_TEST(closing_text(closing).find("Pictures  ") != std::string::npos);
    closing.result.tally.images = 0;
    BOOST_TEST(closing_text(closing).find("Pictures  ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(failures_outside_of_the_part_are_named) {
    auto closing = closing_of(RunEnd::all_done);
    BOOST_TEST(closing_text(closing).find("outside") == std::string::npos);
    closing.outside = 1;
    BOOST_TEST(closing_text(closing).ends_with("\n1 failed step of the job file is outside of this "
                                               "part; out/volcano-cars/failed.jsonl has "
                                               "it, too.\n"));
}

BOOST_AUTO_TEST_CASE(failed_steps_are_retried_and_unknown_ones_looked_up) {
    auto closing = closing_of(RunEnd::some_failed);
    BOOST_TEST(closing_text(closing).find("looked up, not bought") != std::string::npos);
    closing.result.tally.unknown = 0;
    BOOST_TEST(closing_text(closing).find("darkroom retry out/volcano-cars") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(steps_that_were_left_are_tried_by_the_next_run_and_are_not_in_failed_jsonl) {
    auto closing = closing_of(RunEnd::some_failed);
    closing.result.tally.unknown = 0;
    closing.result.tally.failed = 0;
    auto const text = closing_text(closing);
    BOOST_TEST(text.find("6 left for the next run") != std::string::npos, text);
    BOOST_TEST(text.find("tries the steps that are left") != std::string::npos, text);
    BOOST_TEST(text.find("failed.jsonl") == std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_run_that_another_server_has_stopped_names_the_url) {
    auto closing = closing_of(RunEnd::too_many_failures);
    closing.url = "https://hooks.example.org/v2";
    closing.result.error = Error(error_code(), "a page of HTML");
    engine::Problem page;
    page.code = not_the_service;
    closing.last_failure = page;
    auto const text = closing_text(closing);
    BOOST_TEST(text.starts_with("Stopped: this is not the service at "
                                "https://hooks.example.org/v2: a page of HTML. "),
               text);
    BOOST_TEST(text.find("Check service.url") != std::string::npos, text);
    BOOST_TEST(text.find("failed.jsonl") == std::string::npos, text);
    page.code = "connection_refused"; // the failures before the last are another matter
    closing.last_failure = page;
    closing.result.tally.failed = 0;
    BOOST_TEST(closing_text(closing).starts_with("Stopped: too many failures in a row: a page"));
    BOOST_TEST(closing_text(closing).find("failed.jsonl") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_that_settles_says_that_it_bought_nothing) {
    auto closing = closing_of(RunEnd::all_done);
    closing.settles = true;
    BOOST_TEST(closing_text(closing).starts_with("Settled: nothing is unknown"));
    closing.result.end = RunEnd::some_failed;
    closing.result.tally.failed = 0;
    auto const text = closing_text(closing);
    BOOST_TEST(text.starts_with("Settled as far as possible; nothing was bought. "), text);
    BOOST_TEST(text.find("without --settle") != std::string::npos, text);
    closing.advice_on_rest = "It is looked up tomorrow.";
    auto const other = closing_text(closing);
    BOOST_TEST(other.find("without --settle") == std::string::npos, other);
    BOOST_TEST(other.find("It is looked up tomorrow.") != std::string::npos, other);
}

BOOST_AUTO_TEST_CASE(unknown_steps_and_second_charges_are_in_the_closing_words) {
    auto closing = closing_of(RunEnd::some_failed);
    UnknownStep step;
    step.key = sha256("lost");
    step.info.job = "cars";
    step.info.item = 12;
    step.problem.message = "the connection was closed too early";
    closing.unknown = {{step}, 1};
    closing.charges.add({sha256("twice"), "cars/4", "task-1", "task-2", 26'000});
    auto const text = closing_text(closing);
    for (auto const* words : {"cars/12", "darkroom resolve out/volcano-cars", "--not-taken",
                              "darkroom audit out/volcano-cars", "task task-1, 0.026"})
        BOOST_TEST(text.find(words) != std::string::npos, words << " is not in " << text);
    auto const object = to_json(closing);
    BOOST_TEST(object.find("unknown_steps")->array()->size() == 1u);
    BOOST_TEST(object.find("charged_again")->array()->size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
