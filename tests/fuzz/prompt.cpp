// The prompt language: any text is either refused at a position in it or stands for the number of
// texts that it reports, each of which can be made and drawn.
#include "jobs/language/cells.hpp"
#include "jobs/language/expansion.hpp"
#include "jobs/language/wildcards.hpp"
#include "jobs/read/sent_lint.hpp"
#include "jobs/read/written_lint.hpp"
#include "jobs/services/service_model.hpp"
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

/// Labels belong to a place and have the text that the choice became.
void check_labels(Template const& read, Variables const& variables) {
    for (std::uint64_t which = 0; which < std::min<std::uint64_t>(read.count(), 8); ++which) {
        for (auto const& one : read.drawn(which, variables, {"p"})) {
            require(one.place.starts_with("p."), "a label has a place");
            require(one.is_pick || one.options.size() == 1, "a choice takes one option");
        }
    }
}

/// The same text as a cell, and as a prompt that is sent.
void check_as_cell(std::string_view text, Template const& read, bool is_prompt) {
    Wildcards none("/nowhere");
    std::vector<CellProblem> problems;
    std::vector<TextProblem> ignored;
    auto const around = Template::parse("a {{cell}}", ignored);
    auto const made = with_cells_read(around, {{"cell", std::string(text)}}, {none}, problems);
    if (made && is_prompt && problems.empty())
        require(made->count() == read.count(), "a cell has the texts of the same prompt");
    for (auto const& problem : problems) require(problem.name == "cell", "a problem has a cell");
    auto const& params = *default_service().params;
    for (auto const& problem : problems_of_sent(text, params, "fast")) {
        auto const at = problem.word.data() - text.data();
        require(at >= 0 && at + static_cast<std::ptrdiff_t>(problem.word.size()) <=
                               static_cast<std::ptrdiff_t>(text.size()),
                "a problem is about a word of the text");
        require(!problem.text.empty(), "a problem has a text");
    }
    Findings findings;
    Where const where{findings.add_source("a.yaml", text, true)};
    for (auto const source : {TextOrigin::prompt, TextOrigin::variable, TextOrigin::cell})
        lint_written(text, source, "{prompt}", where, findings);
    require(findings.errors() == 0, "signs are only warned of");
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
        check_labels(read, variables);
        auto const joined = Template::joined({read, Template::literal("--ar 1:1")});
        require(joined.count() == read.count(), "a plain text multiplies nothing");
    }
    check_as_cell(text, read, problems.empty());
    problems.clear();
    for (auto const& use : variables_in(text, problems))
        require(use.offset < text.size(), "a variable stands in the text");
    check_places(problems, text);
    if (problems.empty()) fill(text, variables);
    return 0;
}
