// The text of a table: separators, quotes without rules, encodings, gzip, lists in JSON.
#include "jobs/table/cells.hpp"
#include "jobs/table/json_pointer.hpp"
#include "jobs/table/table.hpp"
#include "tests/jobs/folder.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <zlib.h>

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

/// The cells of each row, "a=1 b=2; …", without the lines; or "LINE: problem".
std::string cells_of(std::string const& path, TableReading const& reading = {}) {
    TableProblem problem;
    auto const table =
        Table::open({path, "t", format_of(path).value(), stream_bytes_max, reading}, problem);
    if (!table) return std::to_string(problem.line) + ": " + problem.text;
    RowReader reader(table);
    Row row;
    std::string text;
    for (;;) {
        bool const has_row = reader.next(row, problem);
        if (!has_row && problem.text.empty()) break;
        if (!text.empty()) text += "; ";
        if (!has_row) text += std::to_string(problem.line) + ": " + problem.text;
        std::string cells;
        for (auto const& [name, value] : row.cells)
            cells += (cells.empty() ? "" : " ") + name + "=" + value;
        if (has_row) text += cells;
    }
    for (auto const& form : table->found()) text += " [" + form.file + ": " + form.text() + "]";
    return text;
}

std::string gzipped(std::string_view text) {
    z_stream state{};
    constexpr int as_gzip = 16 + MAX_WBITS;
    BOOST_REQUIRE(::deflateInit2(&state, 9, Z_DEFLATED, as_gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string input(text);
    std::string output(::deflateBound(&state, input.size()) + 64, '\0');
    state.next_in = reinterpret_cast<Bytef*>(input.data());
    state.avail_in = static_cast<uInt>(input.size());
    state.next_out = reinterpret_cast<Bytef*>(output.data());
    state.avail_out = static_cast<uInt>(output.size());
    BOOST_REQUIRE(::deflate(&state, Z_FINISH) == Z_STREAM_END);
    output.resize(state.total_out);
    ::deflateEnd(&state);
    return output;
}

} // namespace

BOOST_AUTO_TEST_SUITE(table_text)

BOOST_AUTO_TEST_CASE(the_delimiter_is_found_unless_a_comma_fits) {
    struct Case {
        std::string_view content;
        std::string_view cells;
    };
    Case const cases[] = {
        {"a;b\n1;2\n", "a=1 b=2 [t: ';' between the columns]"},
        {"a\tb\n1\t2\n", "a=1 b=2 [t: a tab between the columns]"},
        {"a|b|c\n1|2|3\n", "a=1 b=2 c=3 [t: '|' between the columns]"},
        {"a,b\n1;2,3\n", "a=1;2 b=3"},
        {"a;b\n1;2,50\n3;4,50\n", "a=1 b=2,50; a=3 b=4,50 [t: ';' between the columns]"},
        {"a;b, c;d\n1;2;3\n", "a=1 b, c=2 d=3 [t: ';' between the columns]"},
        {"a\nx; y\n", "a=x; y"},
        {"a\nx|y\n", "a=x|y"},
        {"\"a;b\";c\n\"1;2\";3\n", "a;b=1;2 c=3 [t: ';' between the columns]"},
        {"a;b\n1;2\n3\n",
         "1: one column, 'a;b': what separates the columns of this file? Say it with 'delimiter'"},
        {"a;b\n1;2\n3,4\n",
         "a=1 b=2; 3: the header names 2 columns, but this row has 1 [t: ';' between the columns]"},
        {"sep=;\na;b\n1;2\n", "a=1 b=2 [t: ';' between the columns]"},
        {"\"sep=|\"\r\na|b\r\n1|2\r\n", "a=1 b=2 [t: '|' between the columns]"},
        {"sep=\t\na\tb\n1\t2\n", "a=1 b=2 [t: a tab between the columns]"},
        {"SEP=,\na,b\n1,2\n", "a=1 b=2"},
        {"a,b\r1,2\r\"x\ny\",4\r", "a=1 b=2; a=x\ny b=4 [t: lines that end with CR]"},
        {"a,b\r\n1,\"x\ry\"\r\n", "a=1 b=x\ry"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        auto const path = folder.write("a.csv", row.content);
        BOOST_TEST_CONTEXT(row.content) BOOST_TEST(cells_of(path) == row.cells);
    }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_record_is_never_taken_for_one) {
    for (auto const quotes : {Division::Quotes::lenient, Division::Quotes::strict}) {
        Division const division{quotes, '\t', 2};
        for (std::string_view const text :
             {"1\t\"two\nlines\"\r\n3\t4\n", "1\t\"two\r\nlines\"\r3\t4\r", "1\t2\r\n\"3\"\t4\n"}) {
            auto const whole = find_record_end(text, division, true);
            for (std::size_t size = 0; size < text.size(); ++size) {
                auto const part = find_record_end(text.substr(0, size), division, false);
                BOOST_TEST((part.end == std::string_view::npos || part.end == whole.end));
                BOOST_TEST((part.end == std::string_view::npos || part.next == whole.next));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_delimiter_that_is_named_is_taken) {
    Folder const folder;
    auto const path = folder.write("a.csv", "a:b,c\n1:2,3\n");
    BOOST_TEST(cells_of(path, {':', "", {}}) == "a=1 b,c=2,3");
    auto const excel = folder.write("b.csv", "sep=;\na,b\n1,2\n");
    BOOST_TEST(cells_of(excel, {',', "", {}}) == "a=1 b=2");
    auto const tsv = folder.write("c.tsv", "a|b\n1|2\n");
    BOOST_TEST(cells_of(tsv, {'|', "", {}}) == "a=1 b=2");
}

BOOST_AUTO_TEST_CASE(tabs_need_no_rule_for_quotes) {
    struct Case {
        std::string_view content;
        std::string_view cells;
    };
    Case const cases[] = {
        {"a\tb\n\"x\"\t\"y\ty\"\n", "a=x b=y\ty"},
        {"a\tb\n1\t\"two\nlines\"\n3\t4\n", "a=1 b=two\nlines; a=3 b=4"},
        {"a\tb\n1\t\"two\nlines\"", "a=1 b=two\nlines"},
        {"a\tb\n\"Be\" is a word\t2\n", "a=\"Be\" is a word b=2"},
        {"a\tb\n\"open\t2\n3\t4\n", "a=\"open b=2; a=3 b=4"},
        {"a\tb\n1\t\"open\n3\t4\n", "a=1 b=\"open; a=3 b=4"},
        {"a\tb\n1\t\"open\n3\tclosed\"\n5\t6\n", "a=1 b=\"open; a=3 b=closed\"; a=5 b=6"},
        {"a\tb\n1\t\"open", "a=1 b=\"open"},
        {"a\tb\n1\t5\" nail\n3\t\"\"\"\"\n", "a=1 b=5\" nail; a=3 b=\""},
        {"a\tb\r\n\"x\"\t\"y\"\r\n", "a=x b=y"},
        {"a\n\"two\nlines\"\n", "a=two\nlines"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        auto const path = folder.write("a.tsv", row.content);
        BOOST_TEST_CONTEXT(row.content) BOOST_TEST(cells_of(path) == row.cells);
    }
}

BOOST_AUTO_TEST_CASE(a_csv_file_has_the_rules_for_quotes_whatever_its_delimiter) {
    struct Case {
        std::string_view content;
        std::string_view cells;
    };
    Case const cases[] = {
        {"a\tb\n\"torn\t1\nd\t2\n",
         "2: a quotation mark is never closed; 'format: tsv' reads files without rules for quotes"},
        {"a\tb\n\"x\ty\nz\"\t1\n3\t4\n", "a=x\ty\nz b=1; a=3 b=4"},
        {"a\tb\n\"Be\" is a word\t2\n3\t4\n",
         "2: text behind a closing quotation mark: within quotes, write it twice; 'format: tsv' "
         "reads files without rules for quotes; a=3 b=4"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        std::string wide = "\xFF\xFE";
        for (char const c : row.content) wide += {c, '\0'};
        BOOST_TEST_CONTEXT(row.content) {
            auto const path = folder.write("a.csv", row.content);
            BOOST_TEST(cells_of(path) ==
                       std::string(row.cells) + " [t: a tab between the columns]");
            BOOST_TEST(cells_of(path, {'\t', "", {}}) == row.cells);
            BOOST_TEST(cells_of(folder.write("b.csv", wide)).starts_with(row.cells));
        }
    }
    auto const other = folder.write("a.csv", "a;b\n\"torn;1\n");
    BOOST_TEST(cells_of(other, {';', "", {}}) == "2: a quotation mark is never closed");
    auto const tsv = folder.write("a.tsv", "a;b\n\"torn;1\n");
    BOOST_TEST(cells_of(tsv, {';', "", {}}) == "a=\"torn b=1");
}

BOOST_AUTO_TEST_CASE(a_zero_byte_is_no_text) {
    using namespace std::string_view_literals;
    Folder const folder;
    constexpr auto why = "a zero byte: this is not a text file, or it is UTF-16: say so, as in "
                         "'encoding: utf-16le'"sv;
    BOOST_TEST(cells_of(folder.write("a.csv", "a,b\nx\0y,1\n"sv)) == fmt::format("2: {}", why));
    BOOST_TEST(cells_of(folder.write("a.csv", "a\0\n\0x\0\n\0"sv)) == fmt::format("1: {}", why));
    BOOST_TEST(cells_of(folder.write("a.txt", "x\0"sv)) == fmt::format("1: {}", why));
    BOOST_TEST(cells_of(folder.write("a.jsonl", "{\"a\": \"\0\"}"sv)) == fmt::format("1: {}", why));
    BOOST_TEST(cells_of(folder.write("a.txt", "\xFF\xFEx\0\0\0"sv)) ==
               "1: a zero byte [t: UTF-16LE]");
}

BOOST_AUTO_TEST_CASE(an_open_quote_in_a_long_file_of_tabs_is_a_character) {
    Folder const folder;
    std::string text = "a\tb\n\"open\t1\n";
    while (text.size() < 3'000'000) text += "word\t2\n";
    auto const cells = cells_of(folder.write("a.tsv", text));
    BOOST_TEST(cells.starts_with("a=\"open b=1; a=word b=2; "));
    BOOST_TEST(cells.ends_with("a=word b=2"));
}

BOOST_AUTO_TEST_CASE(encodings_are_found_or_named) {
    using namespace std::string_view_literals;
    struct Case {
        std::string_view content;
        std::string encoding;
        std::string_view cells;
    };
    Case const cases[] = {
        {"a,b\n\xE9,1\n"sv, "latin1", "a=é b=1"},
        {"a,b\n\x80,1\n"sv, "windows-1252", "a=€ b=1"},
        {"a,b\n\xBB\xF0\xC9\xBD,1\n"sv, "gbk", "a=火山 b=1"},
        {"a,b\n\xBB\xF0\xC9\xBD,1\n"sv, "GB18030", "a=火山 b=1"},
        {"a,b\n\x89\xCE\x8E\x52,1\n"sv, "shift_jis", "a=火山 b=1"},
        {"a,b\n\xE7\x81\xAB,1\n"sv, "utf-8", "a=火 b=1"},
        {"\xFF\xFE"
         "a\0;\0b\0\r\0\n\0k\x70;\0"
         "1\0\r\0\n\0"sv,
         "", "a=火 b=1 [t: ';' between the columns, UTF-16LE]"},
        {"\xFE\xFF\0a\0,\0b\0\n\x70\x6B\0,\0"
         "1"sv,
         "", "a=火 b=1 [t: UTF-16BE]"},
        {"a\0,\0b\0\n\0"
         "1\0,\0"
         "2\0"sv,
         "utf-16le", "a=1 b=2"},
        {"\xEF\xBB\xBF"
         "a,b\n1,2\n"sv,
         "latin1", "a=1 b=2"},
        {"a,b\n1,2\n\xFF\xFF,1\n3,4\n"sv, "gbk",
         "a=1 b=2; 3: not gbk: which encoding does it have?"},
        {"a,b\n1,\xBB"sv, "gbk", "2: not gbk: which encoding does it have?"},
        {"a,b\n"sv, "klingon",
         "0: 'klingon' is not an encoding: some are utf-8, utf-16, windows-1252, latin1, gbk, "
         "gb18030, big5, shift_jis, euc-kr; 'iconv -l' lists all"},
        {"PK\3\4\n\0\0"sv, "",
         "0: this is a spreadsheet (.xlsx, .ods) or another archive: save it as CSV in UTF-8, or "
         "convert it with 'xlsx2csv'"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        auto const path = folder.write("a.csv", row.content);
        BOOST_TEST_CONTEXT(row.cells)
        BOOST_TEST(cells_of(path, {{}, row.encoding, {}}) == row.cells);
    }
}

BOOST_AUTO_TEST_CASE(characters_may_lie_across_the_pieces_a_file_is_read_in) {
    Folder const folder;
    for (std::size_t const shift : {0u, 1u, 2u, 3u}) {
        std::string text = std::string(shift, 'x') + "\n";
        std::string wanted = shift == 0 ? "" : "prompt=" + std::string(shift, 'x') + "; ";
        for (int i = 0; i < 50'000; ++i) text += "\x81\x30\x84\x36\xBB\xF0\n"; // of 4 and 2 bytes
        auto const cells = cells_of(folder.write("a.txt", text), {{}, "gb18030", {}});
        BOOST_TEST(cells.starts_with(wanted + "prompt=¥火; prompt=¥火"));
        BOOST_TEST(cells.size() == wanted.size() + 50'000 * (7 + 5 + 2) - 2);
    }
}

BOOST_AUTO_TEST_CASE(every_format_may_be_in_gzip) {
    Folder const folder;
    BOOST_TEST(cells_of(folder.write("a.csv.gz", gzipped("a,b\n1,2\n"))) == "a=1 b=2 [t: gzip]");
    BOOST_TEST(cells_of(folder.write("a.tsv.gz", gzipped("a\tb\n1\t2\n"))) == "a=1 b=2 [t: gzip]");
    BOOST_TEST(cells_of(folder.write("a.txt.gz", gzipped("a\n") + gzipped("b"))) ==
               "prompt=a; prompt=b [t: gzip]");
    BOOST_TEST(cells_of(folder.write("a.jsonl.GZ", gzipped("{\"a\": 1}"))) == "a=1 [t: gzip]");
    BOOST_TEST(cells_of(folder.write("a.json.gz", gzipped("[{\"a\": 1}]"))) == "a=1 [t: gzip]");
    BOOST_TEST(cells_of(folder.write("b.csv.gz", gzipped("\xFF\xFE")), {{}, "", {}}) ==
               "0: empty: the first line names the columns");
    BOOST_TEST(cells_of(folder.write("plain.csv.gz", "a,b\n1,2\n")) == "a=1 b=2");
    auto const whole = gzipped("a,b\n1,2\n3,4\n");
    BOOST_TEST(cells_of(folder.write("cut.csv.gz", std::string_view(whole).substr(0, 20))) ==
               "a=1 b=2; 3: the gzip file ends too early [t: gzip]");
    BOOST_TEST(cells_of(folder.write("bad.csv.gz", "\x1f\x8b\x08zzzzzzzzzzzzzzzzzzz"))
                   .find("gzip file is damaged") != std::string::npos);
    std::string many = "a\n";
    for (int i = 0; i < 200'000; ++i) many += std::to_string(i) + "\n";
    auto const cells = cells_of(folder.write("many.csv.gz", gzipped(many)));
    BOOST_TEST(cells.ends_with("a=199999 [t: gzip]"));
}

BOOST_AUTO_TEST_CASE(a_list_in_json_is_a_table) {
    struct Case {
        std::string_view content;
        std::string_view cells;
    };
    Case const cases[] = {
        {"[{\"a\": \"x\"}, {\"a\": \"]}\\\"\", \"b\": 2}]", "a=x; a=]}\" b=2"},
        {" [\n \"a lamp\" ,\n\"two \\\\\"\n]\n", "prompt=a lamp; prompt=two \\"},
        {"[]", ""},
        {"", "1: empty: a list in brackets is missing"},
        {"{\"a\": 1}", "1: a table in JSON is a list of objects or of texts, in brackets; objects "
                       "on lines of their own are 'format: jsonl'"},
        {"[{\"a\": 1}\n{\"a\": 2}]", "a=1; 2: a ',' is missing between two elements"},
        {"[{\"a\": 1},\n]", "a=1; 2: an element is missing"},
        {"[{\"a\": 1}", "a=1; 1: the list has no ']' at its end"},
        {"[{\"a\": 1}] x", "a=1; 1: text behind the ']' of the list"},
        {"[{\"a\": 1},\n{\"a\": ", "a=1; 2: the last element is not complete"},
        {"[7, {\"a\": 1}]", "1: a row is a JSON object, as in {\"prompt\": \"a lamp\"}; a=1"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        auto const path = folder.write("a.json", row.content);
        BOOST_TEST_CONTEXT(row.content) BOOST_TEST(cells_of(path) == row.cells);
    }
    std::string many = "[";
    for (int i = 0; i < 100'000; ++i)
        many += (i == 0 ? "" : ",\n") + ("{\"n\": " + std::to_string(i)) + "}";
    BOOST_TEST(cells_of(folder.write("many.json", many + "]")).ends_with("n=99998; n=99999"));
}

BOOST_AUTO_TEST_CASE(columns_are_named_by_their_title_or_by_a_pointer) {
    Folder const folder;
    auto const csv = folder.write("a.csv", "Product Name,name,x\nA,B,C\n");
    BOOST_TEST(cells_of(csv, {{}, "", {{"name", "Product Name"}}}) == "name=A x=C");
    BOOST_TEST(cells_of(csv, {{}, "", {{"name", "Produkt Name"}}}) ==
               "1: there is no column 'Produkt Name', which 'columns' names, did you mean 'Product "
               "Name'?");
    auto const txt = folder.write("a.txt", "a lamp\n");
    BOOST_TEST(cells_of(txt, {{}, "", {{"text", "prompt"}}}) == "text=a lamp");
    auto const texts = folder.write("a.json", "[\"a lamp\", {\"prompt\": \"b\"}]");
    BOOST_TEST(cells_of(texts, {{}, "", {{"text", "prompt"}}}) == "text=a lamp; text=b");
    auto const lines = folder.write(
        "a.jsonl", "{\"id\": 1, \"body\": {\"prompt\": \"x\", \"n\": [7, 8]}, \"a b\": \"t\"}\n"
                   "{\"prompt\": \"hidden\", \"body\": {}}\n");
    BOOST_TEST(cells_of(lines, {{}, "", {{"prompt", "/body/prompt"}, {"t", "a b"}}}) ==
               "id=1 t=t prompt=x; ");
    BOOST_TEST(cells_of(lines, {{}, "", {{"n", "/body/n/1"}}}) == "id=1 a b=t n=8; prompt=hidden");
}

BOOST_AUTO_TEST_CASE(pointers_are_those_of_rfc_6901) {
    auto const value = darkroom::json::read(R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8,
                                               " ": 7, "k\"l": 6, "x": {"y": {"0": "deep"}}})")
                           .value();
    struct Case {
        std::string_view pointer;
        std::string_view found;
    };
    Case const cases[] = {
        {"/foo/0", "bar"}, {"/foo/1", "baz"}, {"/", "0"},         {"/a~1b", "1"},  {"/m~0n", "8"},
        {"/ ", "7"},       {"/k\"l", "6"},    {"/x/y/0", "deep"}, {"/foo/2", "-"}, {"/foo/-", "-"},
        {"/foo/01", "-"},  {"/bar", "-"},     {"/foo/0/x", "-"},  {"foo", "none"}, {"", "none"},
        {"/a~2", "none"},  {"/a~", "none"},
    };
    for (auto const& row : cases) {
        auto const steps = read_pointer(row.pointer);
        auto const* found = steps ? value_at(value, *steps) : nullptr;
        auto const text = !steps ? "none" : found == nullptr ? "-" : found->text().value_or("?");
        BOOST_TEST_CONTEXT(row.pointer) BOOST_TEST(text == row.found);
    }
}

BOOST_AUTO_TEST_SUITE_END()
