// Which rows are exported.
#include "runner/export/chosen_rows.hpp"

#include "tests/export/fake_source.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::exports;
using namespace darkroom::test;

BOOST_AUTO_TEST_SUITE(filter)

BOOST_AUTO_TEST_CASE(any_job_and_every_variable_has_to_match) {
    auto row = row_of("cars", 1);
    row.variables = {{"car", "Ferrari"}, {"place", "the moon"}, {"note", "=1+1"}};
    struct Row {
        Filter filter;
        bool expected;
    };
    Row const rows[] = {
        {{}, true},
        {{{"cars"}, {}, false}, true},
        {{{"car*"}, {}, false}, true},
        {{{"boats", "c*s"}, {}, false}, true},
        {{{"boats"}, {}, false}, false},
        {{{"Cars"}, {}, false}, false},
        {{{}, {{"car", "Ferrari"}}, false}, true},
        {{{}, {{"car", "Ferrari"}, {"place", "the moon"}}, false}, true},
        {{{}, {{"car", "Ferrari"}, {"place", "Mars"}}, false}, false},
        {{{}, {{"car", "ferrari"}}, false}, false},
        {{{}, {{"colour", ""}}, false}, false},
        {{{}, {{"note", "=1+1"}}, false}, true},
        {{{"boats"}, {{"car", "Ferrari"}}, false}, false},
    };
    for (auto const& [filter, expected] : rows) BOOST_TEST(matches(filter, row) == expected);
}

BOOST_AUTO_TEST_CASE(rows_that_are_not_chosen_are_passed_too) {
    auto const all = sources({row_of("cars", 0), row_of("boats", 0)});
    std::vector<bool> chosen;
    Filter const only_boats{{"boats"}, {}, false};
    BOOST_TEST(for_each_row(all, only_boats, [&chosen](ChosenRow const& row) -> Result<> {
                   chosen.push_back(row.is_chosen);
                   return {};
               }).has_value());
    BOOST_TEST((chosen == std::vector<bool>{false, true}));
}

BOOST_AUTO_TEST_SUITE_END()
