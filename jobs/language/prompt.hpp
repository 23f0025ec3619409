// The prompt language: variables, choices and picks, read once and expanded many times.
#pragma once

#include "jobs/language/dice.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::jobs {

class Wildcards;

/// Names and their values, in the order in which they are shown.
using Variables = std::vector<std::pair<std::string, std::string>>;

/// What is wrong with a text, and at which byte of it.
struct TextProblem {
    std::size_t offset = 0;
    std::string text;
};

/// A name that stands in a text as `{{name}}`.
struct VariableUse {
    std::string name;
    std::size_t offset = 0; ///< Of the opening braces; of the `__name__` it came in by.
    bool has_default = false;
};

/// A text that has been read. The language is that of `version: 1`; docs/prompts.md has its table.
///   `{{name}}`, `{{name|text when there is no such variable}}`; `{a, b}` one of several;
///   `{0.3::a | 0.7::b}` the same with weights; `{2$$a|b|c}` two of several; `__name__` a line of
///   the file wildcards/name.txt; a backslash before `{ } , | _ $` makes it plain.
/// What a variable holds is never read as language. Cheap to copy; immutable.
class Template {
public:
    Template() = default;

    /// Reads `text`; adds what is wrong to `problems` (the result is then empty). Without
    /// `wildcards`, `__name__` is a problem.
    static Template parse(std::string_view text, std::vector<TextProblem>& problems,
                          Wildcards* wildcards = nullptr);
    /// One after the other with a blank between; what expands to nothing leaves no blank behind.
    static Template joined(std::vector<Template> parts);
    /// The text itself, nothing in it read as language.
    static Template literal(std::string text);

    /// How many texts it stands for; UINT64_MAX when there are more than that.
    std::uint64_t count() const { return count_; }
    std::vector<VariableUse> variables() const;
    /// The text number `which` (0 <= which < count()); the last choice changes fastest.
    std::string expand(std::uint64_t which, Variables const& variables) const;
    /// The number of a text, each choice made by the dice and the weights. count() < UINT64_MAX.
    std::uint64_t draw(Dice& dice) const;
    /// Whether some text of it may be blank, depending on variables and choices.
    bool may_be_blank() const;

    struct Part;
    struct Sequence;

private:
    std::vector<std::shared_ptr<Sequence const>> parts_;
    std::uint64_t count_ = 1;
};

/// Replaces `{{name}}` and nothing else: for texts where single braces and commas are plain.
std::string fill(std::string_view text, Variables const& variables);
/// The variables that fill() would look up; adds what is wrong to `problems`.
std::vector<VariableUse> variables_in(std::string_view text, std::vector<TextProblem>& problems);

/// Add and multiply without wrapping around: UINT64_MAX is "too many to count".
std::uint64_t plus(std::uint64_t a, std::uint64_t b);
std::uint64_t times(std::uint64_t a, std::uint64_t b);

/// Letters, digits, '_' and '-', not beginning with a digit or '-'.
bool is_variable_name(std::string_view text);

} // namespace darkroom::jobs
