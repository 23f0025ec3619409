// The columns of a line as texts.
#include "runner/store/manifest_columns.hpp"

#include "runner/store/manifest_line.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

/// Returns a line whose texts look like the line itself.
std::string some_line(std::string const& text = "plain") {
    engine::StepState state;
    state.apply(submitted(1));
    state.apply(finished(1));
    state.info.job = text;
    state.info.variables = {{text, text}, {"same_as", text}};
    state.info.prompt = text;
    auto const event = saved(1, "images/1.png", 2);
    state.apply(event);
    return manifest_line(event, state);
}

std::string const hostile[] = {
    "plain", "",   R"(","job":"x","item":7,)", R"(\)", R"(\\")", "{[", "]}",
    "\n\t",  "雨", R"({"a":[1,2,"}"]})"};

/// Returns a line as version 0.1 wrote it.
std::string without_new_columns(std::string line) {
    for (std::string const part : {R"("drawn":{},)", R"("root_prompt":"plain",)",
                                   R"("picked":null,)", R"("same_as":null,)"}) {
        auto const at = line.find(part);
        BOOST_REQUIRE(at != line.npos);
        line.erase(at, part.size());
    }
    return line;
}

} // namespace

BOOST_AUTO_TEST_SUITE(manifest_columns)

BOOST_AUTO_TEST_CASE(a_line_is_split_and_joined_whatever_its_texts_are) {
    for (auto const& text : hostile) {
        auto const line = some_line(text);
        auto const columns = LineColumns::split(line);
        BOOST_REQUIRE_MESSAGE(columns, line);
        BOOST_TEST(columns->line() == line);
        BOOST_TEST(columns->text(Column::job) == text);
        BOOST_TEST(columns->text(Column::prompt) == text);
        BOOST_TEST(columns->text(Column::file) == "images/1.png");
        BOOST_TEST(columns->money(Column::cost) == 26'000);
        BOOST_TEST(columns->tile() == 2);
        BOOST_TEST(!columns->is_of_0_1());
    }
}

BOOST_AUTO_TEST_CASE(a_column_is_replaced_and_the_others_stay) {
    auto const line = some_line();
    for (auto const& text : hostile) {
        auto columns = LineColumns::split(line).value();
        auto const json = json::write(json::Value(text));
        columns.set(Column::job, json);
        auto const changed = columns.line();
        auto const again = LineColumns::split(changed).value();
        BOOST_TEST(again.text(Column::job) == text);
        BOOST_TEST(again.at(Column::sha256) == columns.at(Column::sha256));
        BOOST_TEST(json::read(changed).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_line_of_version_0_1_gets_what_it_lacks) {
    auto const old = without_new_columns(some_line());
    auto const columns = LineColumns::split(old);
    BOOST_REQUIRE(columns);
    BOOST_TEST(columns->is_of_0_1());
    BOOST_TEST(columns->is_null(Column::same_as));
    auto const line = columns->line();
    auto const whole = LineColumns::split(line).value();
    BOOST_TEST(!whole.is_of_0_1());
    BOOST_TEST(whole.at(Column::root_prompt) == "null");
    BOOST_TEST(whole.at(Column::drawn) == "{}");
}

BOOST_AUTO_TEST_CASE(what_is_cut_or_changed_is_no_line) {
    auto const line = some_line();
    for (std::size_t size = 0; size < line.size(); ++size)
        BOOST_TEST(!LineColumns::split(line.substr(0, size)), size);
    BOOST_TEST(!LineColumns::split(line + "}"));
    BOOST_TEST(!LineColumns::split("{}"));
    for (auto const& [part, other] : {std::pair(R"("item":)", R"("itam":)"),
                                      {R"("item":1)", R"("item":nil)"},
                                      {R"("item":1)", R"("item":)"},
                                      {R"("actions":[)", R"("actions":[[)"}}) {
        auto changed = line;
        changed.replace(changed.find(part), std::string_view(part).size(), other);
        BOOST_TEST(!LineColumns::split(changed), other);
    }
}

BOOST_AUTO_TEST_CASE(the_step_of_a_line_is_charged_on_one_image) {
    engine::StepState state;
    state.apply(submitted(1));
    state.apply(finished(1));
    std::int64_t sum = 0;
    for (int const tile : {2, 0, 1}) {
        auto const event = saved(1, std::to_string(tile) + ".png", tile);
        state.apply(event);
        auto const line = manifest_line(event, state);
        sum += LineColumns::split(line)->money(Column::cost);
    }
    BOOST_TEST(sum == 26'000);
    state.apply(event_of(1, engine::ChargedAgain{"task-0", 5'000}));
    BOOST_TEST(engine::cost_text(state, 2) == "0.031");
    BOOST_TEST(engine::cost_text(state, 0) == engine::money_text(0));
}

BOOST_AUTO_TEST_SUITE_END()
