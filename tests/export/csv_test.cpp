// Tables of rows.
#include "runner/export/csv.hpp"

#include "runner/export/table_export.hpp"
#include "tests/export/fake_source.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::exports;
using namespace darkroom::test;

namespace {

std::string row_text(std::vector<std::string> const& cells, Cells kind) {
    std::string text;
    append_csv_row(text, cells, kind);
    return text;
}

std::string table_text(Sources const& sources, Options const& options) {
    std::string text;
    auto const tally = export_table(sources, options, [&text](std::string_view piece) -> Result<> {
        text += piece;
        return {};
    });
    BOOST_TEST_REQUIRE(tally.has_value());
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(cells_are_quoted_as_rfc_4180_has_it) {
    struct Row {
        std::string cell, plain, safe;
    };
    Row const rows[] = {
        {"fox", "fox", "fox"},
        {"", "", ""},
        {"a, b", "\"a, b\"", "\"a, b\""},
        {"say \"x\"", "\"say \"\"x\"\"\"", "\"say \"\"x\"\"\""},
        {"two\nlines", "\"two\nlines\"", "\"two\nlines\""},
        {"=1+1", "=1+1", "'=1+1"},
        {"+1", "+1", "'+1"},
        {"-rf", "-rf", "'-rf"},
        {"@SUM(A1)", "@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "\tx", "'\tx"},
        {"\rx", "\"\rx\"", "\"'\rx\""},
        {"=A1,\"x\"", "\"=A1,\"\"x\"\"\"", "\"'=A1,\"\"x\"\"\""},
        {"1=1", "1=1", "1=1"},
    };
    for (auto const& [cell, plain, safe] : rows) {
        BOOST_TEST(row_text({cell, "z"}, Cells::as_they_are) == plain + ",z\r\n");
        BOOST_TEST(row_text({cell, "z"}, Cells::safe) == safe + ",z\r\n");
    }
}

BOOST_AUTO_TEST_CASE(the_columns_of_variables_are_those_of_all_rows) {
    auto first = row_of("cars", 0);
    first.variables = {{"car", "=1+1"}};
    auto second = row_of("cars", 1);
    second.variables = {{"place", "the moon"}, {"a,b", "x"}};
    Options options;
    auto const text = table_text(sources({first, second}), options);
    auto const title = text.substr(0, text.find("\r\n"));
    BOOST_TEST(title.find("result,\"variables.a,b\",variables.car,variables.place,drawn") !=
               title.npos);
    BOOST_TEST(title.find("variables,") == title.npos);
    BOOST_TEST(text.find(",,,=1+1,,{},") != text.npos);
    options.safe_cells = true;
    BOOST_TEST(table_text(sources({first, second}), options).find(",'=1+1,") != text.npos);
}

BOOST_AUTO_TEST_CASE(several_directories_have_a_column) {
    Sources two;
    two.push_back(std::make_unique<FakeSource>("out/a", std::vector{row_of("cars", 0)}));
    two.push_back(std::make_unique<FakeSource>("out/b", std::vector{row_of("cars", 0)}));
    Options options;
    BOOST_TEST(table_text(two, options).starts_with("directory,schema,key,job,"));
    options.format = Format::jsonl;
    auto const text = table_text(two, options);
    BOOST_TEST(text.starts_with(R"({"directory":"out/a","schema":1,"key":)"));
    BOOST_TEST(text.find("\n{\"directory\":\"out/b\",") != text.npos);
    options.dedup = true;
    BOOST_TEST(table_text(two, options).find("out/b") == text.npos);
}

BOOST_AUTO_TEST_SUITE_END()
