// The prompt language: variables, choices and picks, read once and expanded many times.
#pragma once

#include "jobs/language/dice.hpp"
#include "jobs/language/variables.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

class ChoiceSource;
struct Drawn;
struct TextSequence;

/// A text that has been read. The language is that of `version: 1`; docs/prompts.md has its table.
///   `{{name}}`, `{{name|text when there is no such variable}}`; `{a, b}` one of several;
///   `{0.3::a | 0.7::b}` the same with weights; `{2$$a|b|c}` two of several; `__name__` a line of
///   the file wildcards/name.txt; a backslash before `{ } , | _ $` makes it plain.
/// The value of a variable is never read as language. Cheap to copy; immutable.
class Template {
public:
    using Parts = std::vector<std::shared_ptr<TextSequence const>>;

    Template() = default;
    explicit Template(Parts parts);

    /// Reads `text`; adds errors to `problems` (the result is then empty). Without
    /// `wildcards`, `__name__` is a problem.
    static Template parse(std::string_view text, std::vector<TextProblem>& problems,
                          ChoiceSource* wildcards = nullptr);
    /// Joins the parts with a blank between them. A part that expands to nothing leaves no blank
    /// behind.
    static Template joined(std::vector<Template> parts);
    /// Returns the texts of all of them, one after the other. Each was made by parse().
    static Template one_of(std::vector<Template> const& texts);
    /// Returns `name` and `value` with a blank between them. They leave no text where the value is
    /// blank, `false`, or made of empty variables and signs; of the value `true` only the name is
    /// left.
    static Template option(std::string name, Template const& value);
    /// Puts `subject` in the place of the placeholder in the texts of `style`; where there is none,
    /// before them. Both are results of parse().
    static Template styled(Template const& style, std::string placeholder, Template const& subject);
    /// Returns the text itself; nothing in it is read as language.
    static Template literal(std::string text);

    /// Returns the number of texts in it, UINT64_MAX when there are more.
    std::uint64_t count() const { return count_; }
    std::vector<VariableUse> variables() const;
    /// Returns text number `which` (0 <= which < count()); the last choice changes fastest.
    std::string expand(std::uint64_t which, Variables const& variables) const;
    /// Appends that text to `text`, which is empty: its memory can be used for many.
    void expand(std::uint64_t which, Variables const& variables, std::string& text) const;
    /// Returns the choices behind that text. `names` are those of the joined parts.
    std::vector<Drawn> drawn(std::uint64_t which, Variables const& variables,
                             std::vector<std::string> const& names) const;
    /// Draws each choice by its weights and returns the number of that text. count() < UINT64_MAX.
    std::uint64_t draw(Dice& dice) const;
    Parts const& parts() const { return parts_; }
    /// Returns true if one of its texts may be blank, depending on variables and choices.
    bool may_be_blank() const;

private:
    Parts parts_;
    std::uint64_t count_ = 1;
};

/// Replaces `{{name}}` and nothing else: for texts where single braces and commas are plain.
std::string fill(std::string_view text, Variables const& variables);
/// Returns the variables that fill() would look up; adds errors to `problems`.
std::vector<VariableUse> variables_in(std::string_view text, std::vector<TextProblem>& problems);

} // namespace darkroom::jobs
