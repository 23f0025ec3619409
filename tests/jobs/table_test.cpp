// Tables of prompts: their rows, and the items that a job makes of them.
#include "jobs/model/job_spec.hpp"
#include "jobs/table/table.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

#include <csignal>
#include <sys/stat.h>
#include <thread>

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

/// "2 a=1 b=2; 3 …", the line before the cells; or "LINE: problem" where one is.
std::string rows_of(std::string const& path, TableReading const& reading = {}) {
    TableProblem problem;
    auto const table =
        Table::open({path, "t", format_of(path).value(), stream_bytes_max, reading}, problem);
    if (!table) return std::to_string(problem.line) + ": " + problem.text;
    RowReader reader(table);
    Row row;
    std::string text;
    for (;;) {
        auto const has_row = reader.next(row, problem);
        if (!has_row && problem.text.empty()) return text;
        if (!text.empty()) text += "; ";
        if (!has_row) {
            text += std::to_string(problem.line) + ": " + problem.text;
            continue;
        }
        text += std::to_string(row.line);
        for (auto const& [name, value] : row.cells) text += " " + name + "=" + value;
        for (auto const& [name, why] : row.odd) text += " '" + name + "' " + why;
    }
}

JobFile load_in(Folder const& folder, std::string const& text) {
    auto loaded = load_job_text(text, folder.path("a.yaml"), {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    return *loaded.file;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tables)

BOOST_AUTO_TEST_CASE(rows_are_read_as_they_are_written) {
    struct Case {
        std::string_view name;
        std::string_view content;
        std::string_view rows;
    };
    Case const cases[] = {
        {"a.csv", "a,b\n1,2\n3,4\n", "2 a=1 b=2; 3 a=3 b=4"},
        {"a.csv", "a,b\r\n1,2\r\n3,4", "2 a=1 b=2; 3 a=3 b=4"},
        {"a.csv",
         "\xEF\xBB\xBF"
         "a,b\n1,2\n",
         "2 a=1 b=2"},
        {"a.csv", " a , b \n 1 ,2\n", "2 a= 1  b=2"},
        {"a.csv", "a,b\n\"x, y\",\"say \"\"hi\"\"\"\n", "2 a=x, y b=say \"hi\""},
        {"a.csv", "a,b\n\"two\nlines\",1\n2,3\n", "2 a=two\nlines b=1; 4 a=2 b=3"},
        {"a.csv", "a,b\n\"\",2\n,3\n", "2 b=2; 3 b=3"},
        {"a.csv", "a,b\n,\n1,\n \t,  \n\"\",\"\"\n3,4\n", "3 a=1; 6 a=3 b=4"},
        {"a.csv", "a,b\n\n1,2\n\n\n3,4\n\n", "3 a=1 b=2; 6 a=3 b=4"},
        {"a.csv", "\"a\",\"b\"\n1,2\n", "2 a=1 b=2"},
        {"a.csv", "a\n\"x\"\r\n", "2 a=x"},
        {"a.csv", "a,Art Style\n1,2\n", "2 a=1 Art Style=2"},
        {"a.csv", "a,b\n1\n1,2,3\n4,5\n",
         "2: the header names 2 columns, but this row has 1; 3: the header names 2 columns, but "
         "this row has 3: a cell with ',' in it needs quotation marks; 4 a=4 b=5"},
        {"a.tsv", "a\tb\n1\t2\t3\n",
         "2: the header names 2 columns, but this row has 3: a cell with a tab in it needs "
         "quotation marks"},
        {"a.csv", "a,b\n", ""},
        {"a.csv", "", "0: empty: the first line names the columns"},
        {"a.csv", "a,b\n1,x\"y\"\n5\" nail,\"\"\"\"\n", "2 a=1 b=x\"y\"; 3 a=5\" nail b=\""},
        {"a.csv", "a,b,c\n1, \"x, y\"\n",
         "2: a blank before a quotation mark: quotes begin a cell, or belong to it and are written "
         "twice within quotes"},
        {"a.csv", "a,b\n1,\"x\" y\n",
         "2: text behind a closing quotation mark: within quotes, write it twice"},
        {"a.csv", "a,b\n1,\"x\n2,3\n", "2: a quotation mark is never closed"},
        {"a.csv", "a,b\n1,\xFF\n",
         "2: not UTF-8: save the file as UTF-8, or say what it is with 'encoding', as in "
         "'encoding: windows-1252'"},
        {"a.csv", "a;b\n1;2,5\n", "2 a=1 b=2,5"},
        {"a.csv", "a;b\n1\n",
         "1: one column, 'a;b': what separates the columns of this file? Say it with 'delimiter'"},
        {"a.csv", "a,b,a\n", "1: two columns have the name 'a'"},
        {"a.csv", "a,,b\n1,2,3\n", "2 a=1 b=3"},
        {"a.csv", ",a,\" \",\n0,x,,\n1,,,\n , ,,\n", "2 a=x; 3"},
        {"a.csv", ",\n1,2\n",
         "1: the first line names the columns, and none of these names can be used in a prompt "
         "(letters, digits, '_' and '-'): is the header missing? 'columns' gives them names"},
        {"a.csv", "a red car,a blue car\n1,2\n",
         "1: the first line names the columns, and none of these names can be used in a prompt "
         "(letters, digits, '_' and '-'): is the header missing? 'columns' gives them names"},
        {"a.tsv", "a\tb\n1, 2\t\"3\t4\"\n", "2 a=1, 2 b=3\t4"},
        {"a.TXT", "a red car\r\n\n  \n{a, b} \"x\"", "1 prompt=a red car; 4 prompt={a, b} \"x\""},
        {"a.jsonl", "{\"a\": \"x\", \"n\": 1.50, \"t\": true, \"z\": null}\n\n{\"b\": \"\\u00e9\"}",
         "1 a=x n=1.50 t=true; 3 b=é"},
        {"a.jsonl", "{\"a\": [1]}\n[1]\n{\"a\": 1}\n\"a lamp\"\n{}\n{\"a\": {}, \"b\": \"x\"}",
         "1 'a' is a list: a cell is a text, a number, true or false; 2: a row is a JSON object, "
         "as in {\"prompt\": \"a lamp\"}; 3 a=1; 4 prompt=a lamp; 6 b=x 'a' is an object: a cell "
         "is a text, a number, true or false"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        auto const path = folder.write(std::string(row.name), row.content);
        BOOST_TEST_CONTEXT(row.content) BOOST_TEST(rows_of(path) == row.rows);
    }
}

BOOST_AUTO_TEST_CASE(lines_end_with_lf_cr_or_both) {
    struct Case {
        std::string_view name;
        std::string_view content;
        std::string_view rows;
    };
    Case const cases[] = {
        {"a.csv", "a,b\n1,2\r3,4\r\r\n5,6\r\n7,8", "2 a=1 b=2; 3 a=3 b=4; 5 a=5 b=6; 6 a=7 b=8"},
        {"a.csv", "a,b\r1,2\r3,4\n", "2 a=1 b=2; 3 a=3 b=4"},
        {"a.csv", "a,b\n\"x\r\ny\",\"p\rq\n\"\r1,2\n\"z\"\r\n",
         "2 a=x\r\ny b=p\rq\n; 6 a=1 b=2; 7: the header names 2 columns, but this row has 1"},
        {"a.txt", "a\rb\r\nc\n\rd", "1 prompt=a; 2 prompt=b; 3 prompt=c; 5 prompt=d"},
        {"a.jsonl", "{\"a\": 1}\r{\"a\": 2}\r\n{\"a\": 3}\n", "1 a=1; 2 a=2; 3 a=3"},
        {"a.json", "[{\"a\": 1},\r\n{\"a\": 2},\r{\"a\":\r\n3},\n\"b\"]",
         "1 a=1; 2 a=2; 3 a=3; 5 prompt=b"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        auto const path = folder.write(std::string(row.name), row.content);
        BOOST_TEST_CONTEXT(row.content) BOOST_TEST(rows_of(path) == row.rows);
    }
}

BOOST_AUTO_TEST_CASE(rows_may_lie_anywhere_across_the_pieces_a_file_is_read_in) {
    Folder const folder;
    for (std::size_t length : {262'120u, 262'140u, 262'143u, 262'144u, 300'000u}) {
        auto text = "a,b\n" + std::string(length / 8, 'x') + ",1\n";
        while (text.size() < length) text += "\"y\"\"\n\"," + std::to_string(text.size()) + "\n";
        auto const read = rows_of(folder.write("a.csv", text + "end,0\n"));
        BOOST_TEST(read.find(": ") == std::string::npos);
        BOOST_TEST(read.ends_with(" a=end b=0"));
    }
}

BOOST_AUTO_TEST_CASE(line_ends_may_lie_across_the_pieces_a_file_is_read_in) {
    Folder const folder;
    for (std::string const end : {"\n", "\r", "\r\n", "\r\r\n"}) {
        for (std::size_t shift = 1; shift <= 6; ++shift) {
            std::size_t const lines = end.size() == 3 ? 2 : 1; // of each row
            std::string text = std::string(shift, 'x') + end;
            while (text.size() < 300'000) text += "wor" + end;
            for (auto const* name : {"a.txt", "a.csv"}) {
                auto const read = rows_of(folder.write(name, text + "\"b\"" + end + "last"));
                auto const rows = (text.size() - shift - end.size()) / (3 + end.size());
                auto const wanted = std::to_string((rows + 2) * lines + 1) + " ";
                BOOST_TEST(read.substr(read.rfind(';') + 2).starts_with(wanted));
                BOOST_TEST(read.find('\r') == std::string::npos);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(odd_values_in_json_matter_in_their_column_alone) {
    std::string const deep = std::string(999, '[') + std::string(999, ']');
    std::string keys = "{\"k0\": 1";
    for (int i = 1; i < 10'000; ++i) keys += ", \"k" + std::to_string(i) + "\": 1";
    struct Case {
        std::string row;
        std::string_view read;
    };
    Case const cases[] = {
        {R"({"a": "x", "n": 1e400, "m": -12E+999})", "1 a=x n=1e400 m=-12E+999"},
        {"{\"a\": " + std::string(400, '7') + ", \"b\": 1}", ""},
        {R"({"a": "x", "n": NaN})", "1 a=x 'n' is NaN: a cell is a text, a number, true or false"},
        {R"({"n":Infinity,"m":-Infinity,"l":[NaN, 1e999, "\ud83d"]})",
         "1 'n' is Infinity: a cell is a text, a number, true or false 'm' is -Infinity: a cell is "
         "a text, a number, true or false 'l' is a list: a cell is a text, a number, true or "
         "false"},
        {R"({"a": "x \ud83d", "b": "\ude00\\ud83d", "c": "\ud83d\ude00 \\ud83d", "d": 2})",
         "1 c=😀 \\ud83d d=2 'a' has half a surrogate pair: the text was cut within a character "
         "'b' has half a surrogate pair: the text was cut within a character"},
        {R"({"\ud83d": 1, "b": "NaN, 1e400 \"-Infinity", "n": 1e400})",
         "1 b=NaN, 1e400 \"-Infinity n=1e400"},
        {R"("x \ud83d")",
         "1 'prompt' has half a surrogate pair: the text was cut within a character"},
        {R"({"a": "\u0000", "n": NaN})",
         "1 'a' has a zero byte 'n' is NaN: a cell is a text, a number, true or false"},
        {R"({"a": "x", "n": )" + deep + "}",
         "1 a=x 'n' is a list: a cell is a text, a number, true or false"},
        {R"({"a": "x", "n": [)" + deep + "]}",
         "1: at byte 1015: more than 1000 levels: JSON is nested too deeply"},
        {keys + "}", ""},
        {keys + ", \"one more\": NaN}", "1: 10001 keys; 10000 are the most"},
        {R"({"n": 1e400, "a": 01})",
         "1: at byte 19: Missing a comma or '}' after an object member.: not valid JSON"},
        {R"({"a": Nan})", "1: at byte 6: Invalid value.: not valid JSON"},
        {R"({"a": NaNs})", "1: at byte 6: Invalid value.: not valid JSON"},
        {"1e400", "1: a row is a JSON object, as in {\"prompt\": \"a lamp\"}"},
        {"NaN", "1: a row is a JSON object, as in {\"prompt\": \"a lamp\"}"},
    };
    Folder const folder;
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.row.substr(0, 70)) {
            auto const lines = rows_of(folder.write("a.jsonl", row.row + "\n"));
            BOOST_TEST((row.read.empty() ? lines.find(':') == lines.npos : lines == row.read),
                       lines);
            BOOST_TEST(rows_of(folder.write("a.json", "[" + row.row + "]")) == lines);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_row_without_an_end_is_refused_and_not_kept) {
    Folder const folder;
    auto const path = folder.write("a.csv", "a,b\n1,\"" + std::string(3'000'000, 'x'));
    BOOST_TEST(rows_of(path).starts_with("2: a row longer than 1"));
    auto const list = folder.write("b.json", "[\n\"a\",\n[\"" + std::string(2'000'000, 'x'));
    BOOST_TEST(rows_of(list).starts_with("2 prompt=a; 3: an element longer than 1"));
    auto const cell = folder.write("b.csv", "a,b\n1," + std::string(70'000, 'x') + "\n");
    BOOST_TEST(rows_of(cell) == "2 a=1 'b' has 70000 bytes; 65536 are the most");
}

BOOST_AUTO_TEST_CASE(a_file_that_changes_while_it_is_read_is_refused) {
    Folder const folder;
    std::string text = "a\n";
    while (text.size() < 600'000) text += "word\n";
    auto const path = folder.write("a.csv", text);
    TableProblem problem;
    auto const table = Table::open({path, "t", TableFormat::csv}, problem);
    RowReader reader(table);
    Row row;
    BOOST_TEST(reader.next(row, problem));
    folder.write("a.csv", text + "one more\n");
    while (reader.next(row, problem)) {
    }
    BOOST_TEST(problem.text == "changed while it was being read: run again");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_read_once_and_walked_through_as_often_as_needed) {
    Folder const folder;
    auto const path = folder.path("pipe.csv");
    BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::thread writer([&path] { std::ofstream(path) << "a,b\n1,2\n3,4\n"; });
    TableProblem problem;
    auto const table = Table::open({path, "t", TableFormat::csv}, problem);
    writer.join();
    BOOST_REQUIRE(table != nullptr);
    for (int walk = 0; walk < 2; ++walk) {
        RowReader reader(table);
        Row row;
        int rows = 0;
        while (reader.next(row, problem)) ++rows;
        BOOST_TEST(rows == 2);
    }
}

BOOST_AUTO_TEST_CASE(a_stream_without_an_end_fills_no_disk) {
    TableProblem problem;
    for (auto const format :
         {TableFormat::csv, TableFormat::tsv, TableFormat::jsonl, TableFormat::txt}) {
        BOOST_TEST(Table::open({"/dev/zero", "t", format}, problem) == nullptr);
        BOOST_TEST(problem.text == "a row longer than 1.0 MB in line 1: it has no line end");
    }
    Folder const folder;
    auto const path = folder.path("pipe.csv");
    BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::signal(SIGPIPE, SIG_IGN); // the writer is left alone
    std::thread writer([&path] {
        std::ofstream pipe(path);
        for (int i = 0; i < 100'000; ++i) pipe << "a,b\n";
    });
    BOOST_TEST(Table::open({path, "t", TableFormat::csv, 200'000}, problem) == nullptr);
    writer.join();
    BOOST_TEST(problem.text.starts_with("more than 200.0 kB came from it"), problem.text);
}

BOOST_AUTO_TEST_CASE(a_file_without_line_ends_is_no_table) {
    Folder const folder;
    for (auto const* name : {"a.csv", "a.tsv", "a.jsonl", "a.txt"})
        BOOST_TEST(rows_of(folder.write(name, std::string(3u << 20, 'x'))) ==
                   "1: a row longer than 1.0 MB: is a quotation mark missing, or a line end?");
}

BOOST_AUTO_TEST_CASE(rows_times_matrix_times_choices_are_the_items_of_a_job) {
    Folder const folder;
    folder.write("t/cars.csv", "car,who,pic\nF,Ann,https://h/1.png\nL,,https://h/2.png\n");
    auto const file = load_in(folder, R"(
version: 1
defaults: {vars: {who: nobody}}
jobs:
  - id: a
    prompts: {file: t/cars.csv, prompt: "{{car}} by {{who|x}} at {dawn, dusk} in {{place}}"}
    matrix: {place: [sea, moon]}
    exclude: [{place: sea}]
    images: ["{{pic}}"]
    suffix: --v 6
  - id: b
    prompts: t/cars.csv
    prompt: only {{car}}
)");
    BOOST_TEST(prompts(file) == "https://h/1.png F by Ann at dawn in moon --v 6\n"
                                "https://h/1.png F by Ann at dusk in moon --v 6\n"
                                "https://h/2.png L by nobody at dawn in moon --v 6\n"
                                "https://h/2.png L by nobody at dusk in moon --v 6\n"
                                "only F\nonly L\n");
    BOOST_TEST(count_items(file, {}) == 6u);
    BOOST_TEST(items(file)[1].index == 1u);
    BOOST_TEST((items(file)[4].variables ==
                Variables{{"car", "F"}, {"who", "Ann"}, {"pic", "https://h/1.png"}}));
}

BOOST_AUTO_TEST_CASE(lines_and_objects_are_rows_too) {
    Folder const folder;
    folder.write("a.txt", "a lamp\n\n{a, b} \\{ {{x}}\n");
    folder.write("b.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"b\", \"style\": \"ink\"}\n");
    auto const loaded = load_job_text("version: 1\njobs:\n- prompts: a.txt\n"
                                      "- prompts: {file: b.jsonl, prompt: '{{prompt}}, "
                                      "{{style|oil}}'}\n",
                                      folder.path("a.yaml"), {});
    BOOST_TEST_REQUIRE(loaded.file.has_value()); // it warns of the signs in the cell
    BOOST_TEST(prompts(*loaded.file) == "a lamp\n{a, b} \\{ {{x}}\na, oil\nb, ink\n");
}

BOOST_AUTO_TEST_CASE(an_edit_of_a_table_changes_exactly_the_keys_of_its_rows) {
    Folder const folder;
    auto const keys = [&](std::string_view csv) {
        folder.write("t.csv", csv);
        auto const file = load_in(folder, "version: 1\njobs:\n"
                                          "- prompts: {file: t.csv, prompt: 'a {{x}} in {{y}}'}\n");
        std::set<std::string> found;
        for (auto const& item : items(file))
            found.insert(darkroom::to_hex(first_step(std::make_shared<Item>(item)).key));
        return found;
    };
    auto const before = keys("x,y\n1,2\n3,4\n5,6\n");
    auto const kept = [&](std::string_view csv) {
        std::size_t count = 0;
        for (auto const& key : keys(csv)) count += before.count(key);
        return count;
    };
    BOOST_TEST(kept("y,x\r\n\"2\",\"1\"\r\n\r\n4,3\r\n6,5") == 3u); // columns, quotes, line ends
    BOOST_TEST(kept("x,y,note\n5,6,a\n1,2,b\n3,4,c\n") == 3u);      // order, a further column
    BOOST_TEST(kept("x,y\n1,2\n7,8\n3,4\n5,6\n") == 3u);            // a row more
    BOOST_TEST(kept("x,y\n1,2\n3,40\n5,6\n") == 2u);                // a cell
}

BOOST_AUTO_TEST_SUITE_END()
