// What is written from the table of commands: odd signs in texts stay what they are.
#include "runner/cli/command_table.hpp"
#include "runner/cli/exit_code.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace darkroom::cli;

namespace {

/// A program with one command, whose option has this text.
CommandTable table_with(std::string const& about) {
    OptionRow option{{"-n", "--name"}, "NAME", about, "", {}};
    CommandRow command{"go", "Goes.", {option}, {}};
    return {"darkroom", "darkroom 1", "Tests.", {}, {command}};
}

bool has(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(command_table)

BOOST_AUTO_TEST_CASE(the_manual_page_is_ascii_and_obeys_no_sign_of_a_text) {
    auto const page = man_page(table_with(".x 'a' \\fB --all … ~`^\""));
    BOOST_TEST(has(page, "\n\\&.x \\(aqa\\(aq \\(rsfB \\-\\-all \\[u2026] \\(ti\\(ga\\(ha\\(dq.\n"),
               page);
    BOOST_TEST(page.find_first_of("\x80\xC3\xE2") == std::string::npos);
    BOOST_TEST(has(man_page(table_with("'quoted'")), "\n\\(aqquoted\\(aq.\n"));
}

BOOST_AUTO_TEST_CASE(the_manual_page_has_all_exit_codes_in_their_order) {
    auto const page = man_page(table_with("x"));
    int before = -1;
    for (auto const& [code, text] : exit_meanings()) {
        auto const number = static_cast<int>(code);
        BOOST_TEST(number > before);
        BOOST_TEST(has(page, "\\fB" + std::to_string(number) + "\\fR\n"));
        BOOST_TEST(text.ends_with('.'));
        before = number;
    }
    BOOST_TEST(before == static_cast<int>(ExitCode::reader_gone));
}

BOOST_AUTO_TEST_CASE(texts_are_quoted_for_zsh) {
    BOOST_TEST(has(zsh_completion(table_with("it's [a] \\")),
                   "'(-n --name)--name=[it'\\''s \\[a\\] \\\\]:NAME: '"));
}

BOOST_AUTO_TEST_CASE(texts_are_quoted_for_fish) {
    BOOST_TEST(
        has(fish_completion(table_with("it's $a \\")), " -s n -l name -x -d 'it\\'s $a \\\\'\n"));
}

BOOST_AUTO_TEST_CASE(each_kind_of_value_is_offered_what_it_is) {
    auto table = table_with("x");
    auto& option = table.commands[0].options[0];
    option.offer = Offer::directories;
    BOOST_TEST(has(zsh_completion(table), ":NAME:_files -/'"));
    BOOST_TEST(has(fish_completion(table), "-x -a '(__fish_complete_directories)'"));
    BOOST_TEST(has(bash_completion(table), "'go -n' | 'go --name') offer=directories ;;"));
    option.offer = Offer::job_files;
    BOOST_TEST(has(zsh_completion(table), "yaml"));
    BOOST_TEST(has(fish_completion(table), "-x -a '(__darkroom_job_files)'"));
    BOOST_TEST(has(bash_completion(table), "offer=job_files ;;"));
    option.words = {"a", "b"};
    BOOST_TEST(has(zsh_completion(table), ":NAME:(a b)'"));
    BOOST_TEST(has(bash_completion(table), "words='a b' ;;"));
}

BOOST_AUTO_TEST_CASE(an_option_that_may_lack_its_value_takes_no_further_word) {
    auto table = table_with("x");
    table.commands[0].options[0].may_lack_value = true;
    BOOST_TEST(has(man_page(table), "\\fB\\-\\-name\\fR[=\\fINAME\\fR]"));
    BOOST_TEST(!has(bash_completion(table), "'go --name'"));
    BOOST_TEST(has(fish_completion(table), " -l name -d "));
    BOOST_TEST(has(zsh_completion(table), "--name=-[x]::NAME: '"));
}

BOOST_AUTO_TEST_SUITE_END()
