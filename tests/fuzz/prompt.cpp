// The prompt language: any text is either refused at a position in it or stands for the number of
// texts that it reports, each of which can be made and drawn.
#include "jobs/language/prompt.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>

using namespace darkroom;
using namespace darkroom::fuzz;
using namespace darkroom::jobs;

namespace {

constexpr std::uint64_t tried_max = 64;

void check_places(std::vector<TextProblem> const& problems, std::string_view text) {
    for (auto const& problem : problems) {
        require(!problem.text.empty(), "a problem has a text");
        require(problem.offset <= text.size(), "a problem is at a place in the text");
    }
}

/// Makes the first texts, the last one and some drawn ones.
void check_texts(Template const& read, Variables const& variables) {
    auto const count = read.count();
    require(count >= 1, "what can be read stands for a text");
    auto const make = [&](std::uint64_t which) {
        auto const text = read.expand(which, variables);
        require(text == read.expand(which, variables), "a number always stands for the same text");
        require(read.may_be_blank() || text.find_first_not_of(" \t\n") != std::string::npos,
                "a text is blank only where that was foreseen");
    };
    for (std::uint64_t which = 0; which < std::min(count, tried_max); ++which) make(which);
    if (count == UINT64_MAX) return; // too many to number
    make(count - 1);
    Dice dice(count);
    for (int tries = 0; tries < 8; ++tries) {
        auto const drawn = read.draw(dice);
        require(drawn < count, "what is drawn is one of the texts");
        make(drawn);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    std::vector<TextProblem> problems;
    auto const read = Template::parse(text, problems);
    check_places(problems, text);
    Variables variables;
    for (auto const& use : read.variables()) {
        require(use.offset < text.size() && !use.name.empty(), "a variable stands in the text");
        if (variables.size() < 4) variables.emplace_back(use.name, "{a, b} {{c}} __d__");
    }
    if (problems.empty()) {
        check_texts(read, {});
        check_texts(read, variables);
        auto const joined = Template::joined({read, Template::literal("--ar 1:1")});
        require(joined.count() == read.count(), "a plain text multiplies nothing");
    }
    problems.clear();
    for (auto const& use : variables_in(text, problems))
        require(use.offset < text.size(), "a variable stands in the text");
    check_places(problems, text);
    if (problems.empty()) fill(text, variables);
    return 0;
}
