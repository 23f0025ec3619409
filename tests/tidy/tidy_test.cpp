// The style as a test. The rules are run on the real tree, and on bad snippets: a rule that finds
// nothing there has stopped working.
#include "tests/tidy/rules.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

using namespace darkroom::tidy;

namespace {

using Rule = Findings (*)(SourceFile const&);

constexpr Rule rules[] = {
    check_file_length, check_function_length, check_columns, check_bans,
    check_catch_all,   check_words,           check_arrows,  check_floors,
    check_doors,       check_include_count,   check_awaits,  check_coroutine_parameters,
};

/// Counts that may only go down: lower them with every improvement.
constexpr LoopLimits loop_limits{.largest = 0, .units = 0};
std::map<std::string, std::size_t> const fragments_most = {};

std::vector<SourceFile> const& tree() {
    static auto const files = read_tree(DARKROOM_SOURCE_DIR);
    return files;
}

std::string lines_of(Findings const& findings) {
    std::string text = "\n";
    for (auto const& line : findings) text += line + "\n";
    return text;
}

Findings all_findings(SourceFile const& file) {
    Findings all;
    for (auto const rule : rules) {
        auto const found = rule(file);
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

void check_tree(Rule rule) {
    for (auto const& file : tree()) {
        auto const found = rule(file);
        BOOST_TEST(found.empty(), lines_of(found));
    }
}

std::string times(std::size_t count, std::string const& line) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += line;
    return text;
}

struct Snippet {
    std::string path, text, expected; ///< `expected` is part of the only finding.
};

void check_found(Snippet const& bad) {
    auto const found = all_findings(SourceFile(bad.path, bad.text));
    BOOST_TEST_CONTEXT(bad.path << ": " << bad.text.substr(0, 200)) {
        BOOST_TEST(found.size() == 1u, lines_of(found));
        if (found.empty()) return;
        BOOST_TEST(found.front().find(bad.expected) != std::string::npos, lines_of(found));
    }
}

/// A coroutine with one statement.
std::string coroutine(std::string const& statement) {
    return "awaitable<void> run() {\n    int local = 0;\n    " + statement + "\n}\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_tree)

BOOST_AUTO_TEST_CASE(the_tree_is_found) {
    BOOST_TEST(tree().size() > 20u);
    auto const has = [](std::string_view path) {
        for (auto const& file : tree())
            if (file.path == path) return true;
        return false;
    };
    BOOST_TEST(has("runner/base/json.cpp"));
    BOOST_TEST(has("tests/tidy/tidy_test.cpp"));
    BOOST_TEST(has("CMakeLists.txt"));
}

BOOST_AUTO_TEST_CASE(files_are_short) { check_tree(check_file_length); }
BOOST_AUTO_TEST_CASE(functions_are_short) { check_tree(check_function_length); }
BOOST_AUTO_TEST_CASE(lines_fit) { check_tree(check_columns); }
BOOST_AUTO_TEST_CASE(nothing_banned_is_used) { check_tree(check_bans); }
BOOST_AUTO_TEST_CASE(a_catch_all_says_why) { check_tree(check_catch_all); }
BOOST_AUTO_TEST_CASE(no_unfinished_work_and_no_machine_is_named) { check_tree(check_words); }
BOOST_AUTO_TEST_CASE(includes_follow_the_arrows) { check_tree(check_arrows); }
BOOST_AUTO_TEST_CASE(includes_inside_a_room_follow_its_floors) { check_tree(check_floors); }
BOOST_AUTO_TEST_CASE(libraries_have_one_door) { check_tree(check_doors); }
BOOST_AUTO_TEST_CASE(headers_include_little) { check_tree(check_include_count); }
BOOST_AUTO_TEST_CASE(awaits_have_the_required_form) { check_tree(check_awaits); }
BOOST_AUTO_TEST_CASE(coroutines_own_their_parameters) { check_tree(check_coroutine_parameters); }

BOOST_AUTO_TEST_CASE(one_file_at_most_sees_beast) {
    auto const found = check_beast_files(tree());
    BOOST_TEST(found.empty(), lines_of(found));
}

BOOST_AUTO_TEST_CASE(no_loop_of_units_grows) {
    auto const found = check_loops(tree(), loop_limits);
    BOOST_TEST(found.empty(), lines_of(found));
}

BOOST_AUTO_TEST_CASE(doc_comments_become_sentences) {
    auto const ratchet = check_fragment_counts(tree(), fragments_most);
    BOOST_TEST(ratchet.worse.empty(), lines_of(ratchet.worse));
    if (!ratchet.improved.empty()) BOOST_TEST_MESSAGE(lines_of(ratchet.improved));
}

BOOST_AUTO_TEST_CASE(rooms_have_enough_comments_and_not_too_many) {
    auto const found = check_comment_share(tree());
    BOOST_TEST(found.empty(), lines_of(found));
}

BOOST_AUTO_TEST_CASE(limits_are_as_they_are_documented) {
    auto const found = check_limits(tree());
    BOOST_TEST(found.empty(), lines_of(found));
}

BOOST_AUTO_TEST_CASE(every_room_is_on_the_map) {
    auto const found = check_rooms_are_documented(tree());
    BOOST_TEST(found.empty(), lines_of(found));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_rules)

BOOST_AUTO_TEST_CASE(bad_form_is_found) {
    std::string const path = "runner/base/a.cpp";
    Snippet const snippets[] = {
        {path, times(401, "int x;\n"), "a.cpp:401: 401 lines, limit 400"},
        {"tests/base/a.cpp", times(601, "int x;\n"), "601 lines, limit 600"},
        {path, "void f() {\n" + times(69, "    g();\n") + "}\n", "a.cpp:1: function of 71 lines"},
        {path,
         "namespace n {\nstruct S {\n    int f() const {\n" + times(69, "g();\n") + "}\n};\n}",
         "a.cpp:3: function of 71 lines"},
        {path, "bool operator==(S a) {\n" + times(69, "g();\n") + "}\n", "function of 71 lines"},
        {path, "BOOST_AUTO_TEST_CASE(x) {\n" + times(69, "g();\n") + "}\n", "function of 71"},
        {path, "// " + times(98, "x"), "101 columns"},
        {"examples/a.sh", times(101, "x"), "101 columns"},
        {path, "auto t = asio::detached;", "use TaskGroup::spawn"},
        {path, "using namespace asio::experimental::awaitable_operators;", "use with_deadline"},
        {path, "#include <boost/asio/experimental/channel.hpp>", "use a queue and a Gate"},
        {path, "auto t = std::chrono::steady_clock::now();", "use Clock::now"},
        {"tests/store/a.cpp", "auto t = steady_clock::now();", "use Clock::now"},
        {path, "auto t = system_clock::now();", "use Clock::wall"},
        {path, "std::this_thread::sleep_for(1s);", "use Clock::sleep_for"},
        {path, "auto t = std::format(\"{}\", 1);", "use fmt::format"},
        {path, "std::expected<int, int> f();", "use Result"},
        {path, "#include <boost/asio.hpp>", "one by one"},
        {path, "int const file = ::open(path, O_RDWR);", "use File::own"},
        {path, "std::ofstream file(path);", "use File::own"},
        {"runner/cli/a.cpp", "fs::remove_all(path);", "use Directory::remove"},
        {path, "try { f(); } catch (...) { }", "may hide an error"},
        {path,
         "int x; // TO"
         "DO: more",
         "unfinished work"},
        {"docs/a.md",
         "FIX"
         "ME",
         "unfinished work"},
        {"docs/a.md",
         "see /wo"
         "rk/a",
         "a path of one machine"},
        {"examples/a.yaml",
         "file: /ho"
         "me/me/a",
         "a path of one machine"},
    };
    for (auto const& snippet : snippets) check_found(snippet);
}

BOOST_AUTO_TEST_CASE(arrows_that_point_up_are_found) {
    Snippet const snippets[] = {
        {"runner/base/a.cpp", "#include \"jobs/plan.hpp\"", "base (rank 0) includes jobs (rank 1)"},
        {"jobs/a.cpp", "#include \"runner/net/a.hpp\"", "jobs (rank 1) includes net (rank 1)"},
        {"runner/engine/a.cpp", "#include \"runner/store/a.hpp\"", "use a port"},
        {"runner/store/a.cpp", "#include \"runner/report/a.hpp\"", "use a port"},
        {"runner/studio/a.cpp", "#include \"runner/net/a.hpp\"", "use base and http only"},
        {"runner/new/a.cpp", "#include \"runner/base/a.hpp\"", "room 'new' has no rank"},
        {"runner/base/a.cpp", "#include \"json.hpp\"", "use the whole path"},
        {"runner/base/a.cpp", "#include \"tests/support/a.hpp\"", "includes a test"},
        {"runner/cli/a.cpp", "#include <yaml-cpp/yaml.h>", "one door, jobs/yaml/; use JobFile"},
        {"jobs/a.cpp", "#include <rapidjson/reader.h>", "use json::Value"},
        {"runner/cli/a.cpp", "#include <boost/beast/http.hpp>", "use RequestParser"},
        {"runner/net/a.cpp", "#include <boost/beast/http.hpp>", "use RequestParser"},
        {"runner/cli/a.cpp", "#include <boost/asio/ssl/context.hpp>", "a function of net or http"},
        {"runner/store/image.cpp", "#include <openssl/evp.h>", "use sha256 of base"},
        {"runner/store/run.cpp", "#include <sqlite3.h>", "use the Journal"},
        {"runner/net/http2_link.cpp", "#include <nghttp2/nghttp2.h>", "use Http2Session"},
        {"runner/cli/a.cpp", "#include <CLI/CLI.hpp>", "use Command and Option"},
        {"runner/base/a.hpp", times(11, "#include <map>\n"), "11 includes in a header"},
    };
    for (auto const& snippet : snippets) check_found(snippet);
}

BOOST_AUTO_TEST_CASE(includes_of_an_upper_floor_are_found) {
    Snippet const snippets[] = {
        {"jobs/yaml/a.cpp", "#include \"jobs/read/load.hpp\"",
         "jobs/yaml (floor 0) includes jobs/read (floor 5); use a lower floor"},
        {"jobs/language/a.cpp", "#include \"jobs/model/a.hpp\"", "jobs/language (floor 1)"},
        {"jobs/table/a.hpp", "#include \"jobs/services/a.hpp\"", "use a lower floor"},
        {"jobs/plan/a.cpp", "#include \"jobs/read/a.hpp\"", "jobs/plan (floor 4)"},
        {"jobs/new/a.cpp", "#include \"jobs/yaml/a.hpp\"", "'jobs/new' has no floor"},
        {"jobs/read/a.cpp", "#include \"jobs/new/a.hpp\"", "'jobs/new' has no floor"},
        {"runner/studio/http/a.cpp", "#include \"runner/studio/tasks/a.hpp\"",
         "runner/studio/http (floor 0) includes runner/studio/tasks (floor 2)"},
        {"runner/studio/paint/a.cpp", "#include \"runner/studio/http/a.hpp\"", "use a lower floor"},
        {"runner/studio/tasks/a.cpp", "#include \"runner/studio/server.hpp\"", "(floor 3)"},
        {"runner/studio/new/a.cpp", "#include \"runner/studio/http/a.hpp\"",
         "'runner/studio/new' has no floor"},
    };
    for (auto const& snippet : snippets) check_found(snippet);
}

BOOST_AUTO_TEST_CASE(awaits_that_gcc_12_compiles_wrongly_are_found) {
    struct Row {
        std::string statement, expected;
    };
    Row const rows[] = {
        {"if (co_await f()) g();", "in a condition"},
        {"if (!co_await f()) { g(); }", "in a condition"},
        {"if (auto r = co_await f(); r) { g(); }", "in a condition"},
        {"while (co_await f()) { g(); }", "in a condition"},
        {"do { g(); } while (co_await f());", "in a condition"},
        {"for (; co_await f();) { g(); }", "in a condition"},
        {"for (auto x : co_await list()) { g(x); }", "in a condition"},
        {"switch (co_await f()) { case 1: break; }", "in a condition"},
        {"if (ready && (co_await f()).ok()) g();", "in a condition"},
        {"co_await send(Request{.prompt = p});", "braces"},
        {"co_await send({p, q});", "braces"},
        {"co_await Client{name}.run();", "braces"},
        {"auto p = Pair{co_await a(), 1};", "braces"},
        {"co_return Pair{1, co_await a()};", "braces"},
        {"list.push_back({co_await a(), 1});", "braces"},
        {"auto x = f(Request{p}, co_await g());", "braces"},
        {"co_await co_spawn(ex, [s]() -> awaitable<void> { g(s); }, use_awaitable);", "a lambda"},
        {"co_await each([s](int i) { return i + s; });", "a lambda"},
        {"auto x = y ? co_await a() : b();", "?:"},
        {"co_await f(x ? s : t);", "?:"},
        {"throw Failure(co_await text());", "in a throw"},
        {"co_await true;", "of a bool"},
        {"f(co_await a());", "among arguments"},
        {"BOOST_TEST(co_await a());", "among arguments"},
        {"CO_TRY(co_await a());", "among arguments"},
        {"CO_TRY_ASSIGN(auto const b, co_await a());", "among arguments"},
        {"x = 1 + co_await a();", "in an expression"},
        {"bool const ready = !co_await a();", "in an expression"},
        {"x += co_await a();", "in an expression"},
        {"return_code == co_await a();", "in an expression"},
    };
    for (auto const& row : rows)
        check_found({"runner/engine/a.cpp", coroutine(row.statement), row.expected});
}

BOOST_AUTO_TEST_CASE(coroutines_that_borrow_are_found) {
    for (auto const parameters :
         {"std::string const& name", "std::filesystem::path const& file", "Request&& request",
          "Clock& clock, std::vector<int> const& list"})
        check_found({"runner/engine/a.hpp",
                     "boost::asio::awaitable<void> run(" + std::string(parameters) + ");",
                     "a coroutine borrows a parameter"});
}

BOOST_AUTO_TEST_CASE(the_required_form_is_accepted) {
    for (auto const statement : {
             "co_await f();",
             "co_await clock.sleep_until(now + 1s);",
             "bool const ready = co_await f(); if (ready) { g(); }",
             "auto [ec, n] = co_await op(as_tuple(use_awaitable));",
             "Request request{.prompt = p}; co_await send(std::move(request));",
             "co_return co_await f(a, std::move(b), c());",
             "while (!ready()) co_await gate.wait();",
             "for (int i = 0; i < 3; ++i) co_await f();",
             "for (;;) { co_await f(); }",
             "if (ready) co_await f(); else co_await g();",
             "if (a) { g(); } else { co_await f(); }",
             "do { co_await f(); } while (more());",
             "try { co_await f(); } catch (Failure const& e) { note(e); }",
             "switch (x) { case 1: co_await f(); break; default: break; }",
             "(void)co_await f();",
             "steady_timer timer(co_await asio::this_coro::executor, when);",
             "auto const ex = co_await boost::asio::this_coro::executor;",
             "auto task = [s]() -> awaitable<void> { co_await f(); }; g(std::move(task));",
             "auto task = [&] { int x{1}; return x; }; int const y = co_await f();",
             "int const z = a ? b : c; co_await f(z);",
             "co_await std::move(task);",
             "auto const done = co_await f(); CO_TRY(done);",
             "// if (co_await f()) would crash",
             "log(\"if (co_await f()) {}\");",
         }) {
        auto const found = all_findings(SourceFile("runner/engine/a.cpp", coroutine(statement)));
        BOOST_TEST(found.empty(), statement << lines_of(found));
    }
}

BOOST_AUTO_TEST_CASE(good_form_is_accepted) {
    Snippet const snippets[] = {
        {"runner/base/a.cpp", times(400, "int x;\n"), ""},
        {"runner/base/a.cpp", "void f() {\n" + times(68, "    g();\n") + "}\n", ""},
        {"runner/base/a.cpp", "Row const rows[] = {\n" + times(100, "    {1, 2},\n") + "};\n", ""},
        {"runner/base/a.cpp", "enum class E {\n" + times(100, "    x,\n") + "};\n", ""},
        {"runner/base/a.cpp", "// " + times(97, "\xC3\xA4") + "\n", ""},
        {"runner/base/a.cpp", "// https://example.org/" + times(100, "x"), ""},
        {"docs/a.md", times(200, "x"), ""},
        {"docs/a.md", "net/work, $dir/home/x, /workshop, XXXXXX, mktodo", ""},
        {"runner/base/clock.cpp", "auto t = steady_clock::now();", ""},
        {"runner/base/a.cpp", "// asio::detached is banned", ""},
        {"runner/base/a.cpp", "auto s = R\"(asio::detached \" { )\"; auto c = '{';", ""},
        {"runner/base/a.cpp", "int x = 1'000'000; auto t = \"}\\\"}\";", ""},
        {"runner/base/a.cpp", "} catch (...) { // rethrown by join()", ""},
        {"runner/cli/a.cpp", "#include \"runner/studio/a.hpp\"\n#include \"jobs/plan.hpp\"", ""},
        {"jobs/yaml/read.cpp", "#include <yaml-cpp/yaml.h>", ""},
        {"jobs/read/a.cpp", "#include \"jobs/plan/a.hpp\"\n#include \"jobs/read/b.hpp\"", ""},
        {"jobs/model/a.hpp", "#include \"jobs/table/a.hpp\"\n#include \"jobs/language/a.hpp\"", ""},
        {"runner/http/parser.cpp", "#include <boost/beast/http.hpp>", ""},
        {"runner/studio/a.cpp", "#include \"runner/studio/tasks/a.hpp\"", ""},
        {"runner/studio/tasks/a.cpp", "#include \"runner/studio/http/a.hpp\"", ""},
        {"runner/studio/http/b.cpp", "#include \"runner/studio/http/a.hpp\"", ""},
        {"tests/store/a.cpp", "#include <sqlite3.h>\n#include \"runner/store/journal.hpp\"", ""},
        {"runner/engine/a.hpp", "awaitable<T> f(Clock& clock, std::vector<int> list);", ""},
        {"runner/engine/a.hpp", "awaitable<Result<Answer>> f(std::string name);", ""},
        {"runner/net/a.hpp", "awaitable<Result<>> write(std::string_view bytes);", ""},
    };
    for (auto const& snippet : snippets) {
        auto const found = all_findings(SourceFile(snippet.path, snippet.text));
        BOOST_TEST(found.empty(), lines_of(found));
    }
}

BOOST_AUTO_TEST_CASE(beast_is_counted_through_headers) {
    std::vector<SourceFile> files;
    files.emplace_back("runner/net/beast.hpp", "#include <boost/beast/http.hpp>\n");
    files.emplace_back("runner/net/a.cpp", "#include \"runner/net/beast.hpp\"\n");
    BOOST_TEST(check_beast_files(files).empty());
    files.emplace_back("runner/net/middle.hpp", "#include \"runner/net/beast.hpp\"\n");
    files.emplace_back("runner/net/d.cpp", "#include \"runner/net/middle.hpp\"\n");
    BOOST_TEST(check_beast_files(files).size() == 2u);
}

BOOST_AUTO_TEST_CASE(units_that_include_each_other_are_found) {
    std::vector<SourceFile> files;
    files.emplace_back("jobs/a.hpp", "");
    files.emplace_back("jobs/a.cpp", "#include \"jobs/a.hpp\"\n#include \"jobs/b.hpp\"\n");
    files.emplace_back("jobs/b.hpp", "#include \"jobs/c.hpp\"\n#include <vector>\n");
    files.emplace_back("jobs/c.hpp", "");
    files.emplace_back("tests/jobs/c_test.cpp", "#include \"jobs/c.hpp\"\n");
    BOOST_TEST(check_loops(files, {}).empty());
    files.emplace_back("jobs/c.cpp", "#include \"jobs/c.hpp\"\n#include \"jobs/a.hpp\"\n");
    auto const found = check_loops(files, {.largest = 2, .units = 9});
    BOOST_TEST(found.size() == 1u, lines_of(found));
    BOOST_TEST(found.at(0).starts_with("3 units include each other in a loop: jobs/a, jobs/b, "
                                       "jobs/c; use"));
    BOOST_TEST(check_loops(files, {.largest = 3, .units = 3}).empty());
    files.emplace_back("runner/x.hpp", "#include \"runner/y.hpp\"\n");
    files.emplace_back("runner/y.hpp", "#include \"runner/x.hpp\"\n");
    BOOST_TEST(check_loops(files, {.largest = 3, .units = 4}).size() == 2u);
    BOOST_TEST(check_loops(files, {.largest = 3, .units = 5}).empty());
}

BOOST_AUTO_TEST_CASE(doc_comments_that_are_fragments_are_found) {
    struct Row {
        std::string_view text;
        std::size_t found;
    };
    Row const rows[] = {
        {"/// What is left.\nint left;\n", 1},
        {"/// Whether it is done.\n/// How it went.\nbool done();\n", 1},
        {"/// Returns it.\n/// That is all.\nint get();\n", 0},
        {"int left; ///< Of all.\nint right; ///< By name.\n", 2},
        {"    /// How long.\n    int a;\n    /// By whom.\n    int b;\n", 2},
        {"/// However it goes.\nint a;\n", 0},
        {"// What is left.\nauto s = \"/// What\";\n", 0},
    };
    for (auto const& row : rows) {
        auto const found = check_fragments(SourceFile("jobs/a.hpp", std::string(row.text)));
        BOOST_TEST(found.size() == row.found, row.text << lines_of(found));
    }
}

BOOST_AUTO_TEST_CASE(fragments_are_counted_by_room) {
    std::vector<SourceFile> files;
    files.emplace_back("jobs/read/a.hpp", "/// What it is.\nint a;\n");
    files.emplace_back("jobs/b.hpp", "/// What it is.\nint b;\n");
    files.emplace_back("tests/jobs/b.hpp", "/// What it is.\nint b;\n");
    auto const counted = check_fragment_counts(files, {{"jobs", 2}, {"tests/jobs", 2}});
    BOOST_TEST(counted.worse.empty(), lines_of(counted.worse));
    BOOST_TEST(counted.improved.size() == 1u);
    auto const worse = check_fragment_counts(files, {{"jobs", 1}}).worse;
    BOOST_TEST(worse.size() == 5u, lines_of(worse)); // two rooms, and the places in them
}

BOOST_AUTO_TEST_CASE(a_room_with_too_few_or_too_many_comments_is_found) {
    auto const share = [](std::size_t comments) {
        std::vector<SourceFile> files;
        files.emplace_back("runner/net/a.cpp",
                           times(comments, "// why\n") + times(500 - comments, "int x;\n"));
        return check_comment_share(files);
    };
    BOOST_TEST(share(19).size() == 1u);
    BOOST_TEST(share(20).empty());
    BOOST_TEST(share(104).empty());
    BOOST_TEST(share(105).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_not_as_documented_is_found) {
    auto const found_in = [](std::string const& row) {
        std::vector<SourceFile> files;
        files.emplace_back("runner/net/a.hpp",
                           "constexpr std::size_t line_max = 8u << 20;\n"
                           "struct Limits {\n    std::size_t depth = 64;\n};\n"
                           "constexpr std::uint64_t big{std::uint64_t{1} << 30};\n"
                           "constexpr int rows = 50'000;\n");
        files.emplace_back("docs/architecture.md",
                           "| what | limit | constant | file |\n| --- | --- | --- | --- |\n" + row);
        return check_limits(files);
    };
    BOOST_TEST(found_in("| a | 8 MiB | `line_max` | `net/a.hpp` |\n"
                        "| b | 64 | `depth` | `net/a.hpp` |\n"
                        "| c | 1 GiB | `big` | `runner/net/a.hpp` |\n"
                        "| d | 50,000 | `rows` | `net/a.hpp` |\n")
                   .empty());
    for (auto const* row :
         {"| a | 4 MiB | `line_max` | `net/a.hpp` |", "| a | 8 MB | `line_max` | `net/a.hpp` |",
          "| a | 8 MiB | `line` | `net/a.hpp` |", "| a | 8 MiB | `line_max` | `net/b.hpp` |", ""})
        BOOST_TEST(found_in(row).size() == 1u, row);
}

BOOST_AUTO_TEST_CASE(a_room_that_is_not_on_the_map_is_found) {
    std::vector<SourceFile> files;
    files.emplace_back("runner/net/a.cpp", "");
    BOOST_TEST(check_rooms_are_documented(files).size() == 1u);
    files.emplace_back("docs/architecture.md", "| `jobs/` |");
    BOOST_TEST(check_rooms_are_documented(files).size() == 1u);
    files.emplace_back("docs/architecture.md", "");
    files[1] = SourceFile("docs/architecture.md", "| `runner/net/` |");
    BOOST_TEST(check_rooms_are_documented(files).empty());
}

BOOST_AUTO_TEST_SUITE_END()
