// Lists of accounts and tokens, and the errors in them.
#include "runner/studio/tasks/account_file.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <fstream>

using namespace darkroom;
using namespace darkroom::studio;
using namespace std::chrono_literals;

namespace {

struct TextFile {
    explicit TextFile(std::string const& text) { std::ofstream(path, std::ios::trunc) << text; }
    ~TextFile() { std::remove(path.c_str()); }
    std::string path = "account_file_test.json";
};

} // namespace

BOOST_AUTO_TEST_SUITE(account_files)

BOOST_AUTO_TEST_CASE(every_member_has_its_place_and_its_default) {
    TextFile const file(R"([{"id": "a"}, {"id": "b", "slots": 12, "interval": "1500ms",
        "speed": 2.5, "daily_cap": 200, "banned": true}])");
    auto const rules = load_accounts(file.path);
    BOOST_REQUIRE(rules.has_value());
    BOOST_TEST((*rules)[0].slots == 3u);
    auto const& b = (*rules)[1];
    BOOST_TEST(b.slots == 12u);
    BOOST_TEST((b.interval == 1500ms));
    BOOST_TEST(b.speed == 2.5);
    BOOST_TEST(b.daily_cap == 200u);
    BOOST_TEST(b.banned);
}

BOOST_AUTO_TEST_CASE(tokens_have_the_published_allowances_unless_changed) {
    TextFile const file(R"([{"token": "s"}, {"token": "u", "running": 0, "rate": 0.5,
        "balance": 7, "state": "disabled"}])");
    auto const rules = load_tokens(file.path);
    BOOST_REQUIRE(rules.has_value());
    BOOST_TEST((*rules)[0].running_max == 5u);
    BOOST_TEST((*rules)[0].rate == 1);
    BOOST_TEST(!(*rules)[0].balance.has_value());
    BOOST_TEST((*rules)[1].balance.value() == 7u);
    BOOST_TEST((*rules)[1].rate == 0.5);
    BOOST_TEST(((*rules)[1].state == TokenState::disabled));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_entry) {
    struct Row {
        char const* text;
        char const* part;
    };
    for (auto const& [text, part] : std::vector<Row>{
             {"{}", "list"},
             {"[]", "empty"},
             {"[1]", "entry 1: an entry is an object"},
             {R"([{"id": "a"}, {"id": "a"}])", "twice"},
             {R"([{"id": "a"}, {"slots": 1}])", "entry 2: 'id'"},
             {R"([{"id": "a", "slot": 1}])", "did you mean 'slots'"},
             {R"([{"id": "a", "slots": 0}])", "'slots' is a whole number from 1"},
             {R"([{"id": "a", "interval": 5}])", "'interval' is a time"},
             {R"([{"id": "a", "banned": "no"}])", "'banned' is true or false"},
         }) {
        TextFile const file(text);
        auto const rules = load_accounts(file.path);
        BOOST_REQUIRE_MESSAGE(!rules.has_value(), text);
        BOOST_TEST(rules.error().detail.find(part) != std::string::npos, rules.error().detail);
        BOOST_TEST(rules.error().detail.find(file.path) != std::string::npos);
    }
    BOOST_TEST(!load_accounts("not-there.json").has_value());
    for (auto const& endless :
         {load_accounts("/dev/zero").error(), load_tokens("/dev/zero").error()})
        BOOST_TEST(endless.detail == "'/dev/zero' has more than 16.8 MB");
}

BOOST_AUTO_TEST_CASE(an_error_never_shows_a_token) {
    TextFile const file(R"([{"token": "s3cret", "state": "odd"}])");
    auto const rules = load_tokens(file.path);
    BOOST_REQUIRE(!rules.has_value());
    BOOST_TEST(rules.error().message().find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
