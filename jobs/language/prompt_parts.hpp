// What a prompt is made of once it has been read; shared by its reader, its wildcards and itself.
#pragma once

#include "jobs/language/prompt.hpp"

#include <optional>

namespace darkroom::jobs {

struct Choice;

/// One piece of a text: plain characters, a variable, or a choice.
struct Template::Part {
    enum class Kind { plain, variable, choice } kind = Kind::plain;
    std::string text; ///< Plain characters, or the name of the variable or wildcard file.
    std::optional<std::string> fallback; ///< Of a variable.
    std::size_t offset = 0;
    std::shared_ptr<Choice const> choice; ///< Shared by all who use the same wildcard file.

    bool is_wildcard() const { return kind == Kind::choice && !text.empty(); }
};

/// Pieces in a row, with the sums that are asked for again and again.
struct Template::Sequence {
    std::vector<Part> parts;
    std::uint64_t count = 1;   ///< Texts it stands for.
    std::uint64_t longest = 0; ///< Bytes of the longest of them, variables left out.

    void add(Part part);
};

/// Weights are millionths, so that every machine adds them up alike.
constexpr std::uint64_t weight_one = 1'000'000;

struct Option {
    Template::Sequence text;
    std::uint64_t weight = weight_one;
    std::uint64_t before = 0;        ///< Texts of the options before this one.
    std::uint64_t weight_before = 0; ///< Weights of those.
};

/// `least` to `most` of the options, in their order. A plain choice takes exactly one.
struct Choice {
    std::vector<Option> options; ///< Never empty.
    std::size_t least = 1;
    std::size_t most = 1;
    std::string separator = ", ";
    std::uint64_t count = 0;
    std::uint64_t longest = 0;
    std::vector<VariableUse> uses; ///< Each name once.

    bool takes_one() const { return least == 1 && most == 1; }
    /// Works out the sums once the options are complete.
    void close();
};

/// A choice with many options or a pick of many would cost too much to number.
constexpr std::size_t picks_max = 20;
constexpr std::size_t pick_options_max = 200;
/// No text may grow longer than this by what its choices can add.
constexpr std::uint64_t expansion_max = std::uint64_t{1} << 20;

/// How many ways there are to take 0, 1, … `most` of the options from number `first` on.
std::vector<std::uint64_t> ways_from(Choice const& choice, std::size_t first, std::size_t most);

void collect_uses(Template::Sequence const& sequence, std::vector<VariableUse>& found);

/// Reads a text in the prompt language; the first problem ends the reading.
Template::Sequence read_sequence(std::string_view text, std::vector<TextProblem>& problems,
                                 Wildcards* wildcards);

/// `{{name}}` or `{{name|default}}` at the start of a text.
struct Reference {
    std::string_view inside; ///< Between the braces.
    std::size_t length = 0;  ///< With the braces.
};
/// Nothing when the braces open a choice within a choice: `{{a, b}, c}`.
std::optional<Reference> reference_at(std::string_view text);
/// The variable that `reference` names, or what is wrong with it.
Template::Part variable_part(Reference const& reference, std::size_t offset,
                             std::vector<TextProblem>& problems);

} // namespace darkroom::jobs
