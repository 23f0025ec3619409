// Accounts: what each takes from `limits`, and their limits together.
#include "tests/jobs/support.hpp"

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

JobFile pool(std::string const& accounts, std::string const& limits = "") {
    return load("version: 1\nservice: {accounts: [" + accounts + "]}\n" + limits +
                "jobs: [{prompt: x}]\n");
}

} // namespace

BOOST_AUTO_TEST_SUITE(accounts)

BOOST_AUTO_TEST_CASE(without_limits_all_together_may_do_what_each_may) {
    auto const file =
        pool("{name: a, token: {env: A}}, {name: b, token: {file: b}, concurrency: 3, "
             "rate: 30/min, cost_cap: 1.50}, {token: {env: C}}");
    auto const& all = file.service.accounts;
    BOOST_REQUIRE(all.size() == 3u);
    BOOST_TEST(all[0].concurrency == 5);
    BOOST_TEST(all[0].rate == 1.0);
    BOOST_TEST(!all[0].cost_cap.has_value());
    BOOST_TEST(all[1].concurrency == 3);
    BOOST_TEST(all[1].rate == 0.5);
    BOOST_TEST(*all[1].cost_cap == 1'500'000);
    BOOST_TEST(all[1].token.words.front() == "/jobs/b");
    BOOST_TEST(all[2].name == "");
    BOOST_TEST(file.limits.concurrency == 13);
    BOOST_TEST(file.limits.rate == 2.5);
}

BOOST_AUTO_TEST_CASE(limits_that_are_stated_are_the_ceiling_of_all_and_of_each) {
    auto const file =
        pool("{name: a, concurrency: 9}, {name: b}", "limits: {concurrency: 6, rate: 3/s}\n");
    BOOST_TEST(file.service.accounts[0].concurrency == 6);
    BOOST_TEST(file.service.accounts[1].concurrency == 6);
    BOOST_TEST(file.service.accounts[1].rate == 3.0);
    BOOST_TEST(file.limits.concurrency == 6);
    BOOST_TEST(file.limits.rate == 3.0);
}

BOOST_AUTO_TEST_CASE(a_flag_is_a_ceiling_as_well) {
    LoadOptions options;
    options.overrides = {{"limits.concurrency", "2", "--concurrency"}};
    auto const text = "version: 1\nservice: {accounts: [{name: a}, {name: b}]}\n"
                      "jobs: [{prompt: x}]\n";
    auto const file = load(text, options);
    BOOST_TEST(file.limits.concurrency == 2);
    BOOST_TEST(file.limits.rate == 2.0);
}

BOOST_AUTO_TEST_CASE(without_accounts_limits_are_what_they_were) {
    auto const file = load("version: 1\njobs: [{prompt: x}]\n");
    BOOST_TEST(file.service.accounts.empty());
    BOOST_TEST(file.limits.concurrency == 5);
    BOOST_TEST(file.limits.rate == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()
