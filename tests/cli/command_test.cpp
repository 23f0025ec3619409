// Commands and options as they are read from a command line.
#include "runner/cli/command.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace darkroom::cli;

namespace {

/// The values that the command `go` of these tests reads.
struct Values {
    std::vector<std::string> files;
    std::string name;
    std::string form = "plain";
    std::string path;
    std::vector<std::string> sets;
    std::optional<std::uint64_t> limit;
    std::optional<int> open;
    int side = 64;
    double speed = 1;
    bool json = false;
    bool chosen = false;
};

void add_go(Program& program, Values& values) {
    auto const command = program.add_command("go", "goes");
    command.add_option("FILE", values.files, "files").required().take_all();
    command.add_option("--name", values.name, "a name").not_empty().type_name("NAME");
    command.add_option("--form", values.form, "a form").one_of({"plain", "bars"});
    command.add_option("--set", values.sets, "a value").take_all().one_value();
    command.add_option("--limit", values.limit, "a limit").whole_number();
    command.add_option("--open", values.open, "a number");
    command.add_option("--side", values.side, "a side").range(64, 128);
    auto const path = command.add_option("--path", values.path, "a path").excludes("--name");
    command.add_option("--speed", values.speed, "a speed").needs(path).range(0.5, 2.0);
    command.add_flag("--json", values.json, "as JSON");
    command.callback([&values] { values.chosen = true; });
}

Program::Outcome parse(std::vector<std::string> words, Values& values) {
    Program program("tests", "darkroom", "darkroom 1");
    add_go(program, values);
    words.insert(words.begin(), "darkroom");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    return program.parse(static_cast<int>(arguments.size()), arguments.data());
}

using Kind = Program::Outcome::Kind;

} // namespace

BOOST_AUTO_TEST_SUITE(command)

BOOST_AUTO_TEST_CASE(options_are_read_into_their_values) {
    Values values;
    auto const outcome = parse({"go", "a.yaml", "b.yaml", "--name", "x", "--set", "a=1", "--set",
                                "b=2", "--limit", "18", "--open", "3", "--side", "128", "--json"},
                               values);
    BOOST_TEST((outcome.kind == Kind::chosen), outcome.message);
    BOOST_TEST(values.chosen);
    BOOST_TEST(values.files == (std::vector<std::string>{"a.yaml", "b.yaml"}));
    BOOST_TEST(values.sets == (std::vector<std::string>{"a=1", "b=2"}));
    BOOST_TEST(values.name == "x");
    BOOST_TEST(values.limit.value() == 18u);
    BOOST_TEST(values.open.value() == 3);
    BOOST_TEST(values.side == 128);
    BOOST_TEST(values.json);
}

BOOST_AUTO_TEST_CASE(an_option_with_one_value_leaves_the_next_word_to_the_files) {
    Values values;
    auto const outcome = parse({"go", "--set", "a=1", "b.yaml"}, values);
    BOOST_TEST((outcome.kind == Kind::chosen), outcome.message);
    BOOST_TEST(values.files == std::vector<std::string>{"b.yaml"});
}

BOOST_AUTO_TEST_CASE(the_later_of_two_equal_options_is_used) {
    Values values;
    auto const outcome = parse({"go", "f", "--name", "x", "--name", "y"}, values);
    BOOST_TEST((outcome.kind == Kind::chosen), outcome.message);
    BOOST_TEST(values.name == "y");
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_is_refused_with_its_reason) {
    struct Row {
        std::vector<std::string> words;
        std::string expected;
    };
    Row const rows[] = {
        {{"go"}, "FILE is required"},
        {{"stay"}, "subcommand is required"},
        {{}, "subcommand is required"},
        {{"go", "f", "--unknown"}, "--unknown"},
        {{"go", "f", "--name", ""}, "must not be empty"},
        {{"go", "f", "--form", "round"}, "round not in {plain,bars}"},
        {{"go", "f", "--limit", "-1"}, "'-1' is no whole number from 0 on"},
        {{"go", "f", "--limit", "1000000000000000000"}, "is no whole number from 0 on"},
        {{"go", "f", "--open", "many"}, "--open"},
        {{"go", "f", "--side", "63"}, "63 not in range"},
        {{"go", "f", "--path", "p", "--speed", "3"}, "3 not in range"},
        {{"go", "f", "--speed", "1"}, "--path"},
        {{"go", "f", "--path", "p", "--name", "x"}, "excludes"},
    };
    for (auto const& row : rows) {
        Values values;
        auto const outcome = parse(row.words, values);
        BOOST_TEST((outcome.kind == Kind::wrong), row.expected);
        BOOST_TEST(outcome.message.find(row.expected) != std::string::npos, outcome.message);
        BOOST_TEST(!values.chosen);
    }
}

BOOST_AUTO_TEST_CASE(commands_are_listed_by_name) {
    Program program("tests", "darkroom", "darkroom 1");
    program.add_command("go", "goes");
    program.add_command("stay", "stays");
    BOOST_TEST(program.command_names() == (std::vector<std::string>{"go", "stay"}));
}

BOOST_AUTO_TEST_SUITE_END()
