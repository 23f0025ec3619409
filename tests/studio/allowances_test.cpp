// The limits of a token.
#include "runner/studio/tasks/allowances.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::studio;
using namespace std::chrono_literals;

namespace {

std::string code_of(std::optional<ApiError> const& error) { return error ? error->code : ""; }

struct OneToken {
    explicit OneToken(TokenRule rule) : allowances({}, {rule}) {
        payer = allowances.payer_of("Bearer " + rule.token).value();
    }
    Allowances allowances;
    std::string payer;
    Time now{};
    std::string begin() { return code_of(allowances.begin(payer, now)); }
};

TokenRule rule_of(std::size_t running, double rate) {
    TokenRule rule;
    rule.token = "t";
    rule.running_max = running;
    rule.rate = rate;
    return rule;
}

} // namespace

BOOST_AUTO_TEST_SUITE(allowances)

BOOST_AUTO_TEST_CASE(so_many_run_at_once_and_no_more) {
    OneToken token(rule_of(2, 0));
    BOOST_TEST(token.begin() == "");
    BOOST_TEST(token.begin() == "");
    BOOST_TEST(token.begin() == "too_many_requests");
    token.allowances.end(token.payer, true);
    BOOST_TEST(token.begin() == "");
}

BOOST_AUTO_TEST_CASE(who_keeps_the_pace_is_never_refused) {
    OneToken token(rule_of(0, 1));
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(token.begin() == "");
        token.now += 1s;
    }
    BOOST_TEST(token.begin() == "");
    BOOST_TEST(token.begin() == "");
    BOOST_TEST(token.begin() == "too_many_requests");
    token.now += 1s;
    BOOST_TEST(token.begin() == "");
}

BOOST_AUTO_TEST_CASE(only_what_was_charged_is_taken_from_the_balance) {
    auto rule = rule_of(0, 0);
    rule.balance = 2;
    OneToken token(rule);
    BOOST_TEST(token.begin() == "");
    BOOST_TEST(token.begin() == "");
    BOOST_TEST(token.begin() == "too_many_requests");
    token.allowances.end(token.payer, false);
    BOOST_TEST(token.begin() == "");
    token.allowances.end(token.payer, true);
    token.allowances.end(token.payer, true);
    BOOST_TEST(token.begin() == "used_up");
}

BOOST_AUTO_TEST_CASE(a_restart_keeps_running_tasks_and_balances) {
    auto rule = rule_of(1, 0);
    rule.balance = 2;
    OneToken token(rule);
    token.allowances.restore(token.payer, true, false);
    token.allowances.restore(token.payer, false, true);
    BOOST_TEST(token.begin() == "too_many_requests");
    token.allowances.end(token.payer, true);
    BOOST_TEST(token.begin() == "used_up");
}

BOOST_AUTO_TEST_CASE(a_token_that_is_not_good_gets_its_error) {
    std::vector<TokenRule> rules(4);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        rules[i].token = "t" + std::to_string(i);
        rules[i].state = static_cast<TokenState>(i);
    }
    Allowances const allowances({"plain"}, rules);
    auto const code = [&](std::string const& header) {
        auto const payer = allowances.payer_of(header);
        return payer ? "" : payer.error().code;
    };
    BOOST_TEST(code("Bearer plain") == "");
    BOOST_TEST(code("bearer t0") == "");
    BOOST_TEST(code("Bearer t1") == "token_expired");
    BOOST_TEST(code("Bearer t2") == "disabled");
    BOOST_TEST(code("Bearer t3") == "token_mismatched");
    BOOST_TEST(code("Bearer t4") == "invalid_token");
    BOOST_TEST(allowances.payer_of("Bearer t3").error().status == 401);
    BOOST_TEST(code("t0") == "invalid_token");
    BOOST_TEST(code("") == "no_token");
    BOOST_TEST(allowances.payer_of("Bearer t0").value().find("t0") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
