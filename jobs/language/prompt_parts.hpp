// The parts of a prompt once it has been read.
#pragma once

#include "jobs/language/variables.hpp"

#include <memory>
#include <optional>

namespace darkroom::jobs {

struct Choice;
struct Styled;

/// One piece of a text: plain characters, a variable, a choice, or a text within a style.
struct TextPart {
    enum class Kind { plain, variable, choice, styled } kind = Kind::plain;
    std::string text; ///< Plain characters, or the name of the variable or wildcard file.
    std::optional<std::string> fallback; ///< The default of a variable.
    std::size_t offset = 0;
    std::shared_ptr<Choice const> choice; ///< Shared by all who use the same wildcard file.

    std::shared_ptr<Styled const> styled;

    bool is_wildcard() const { return kind == Kind::choice && !text.empty(); }
};

/// A row of parts with their sums, which are needed often.
struct TextSequence {
    std::vector<TextPart> parts;
    /// An option's name such as "--seed"; "": the sequence is no option. See write_option().
    std::string lead;
    std::uint64_t count = 1;   ///< The number of texts.
    std::uint64_t longest = 0; ///< Bytes of the longest text, without variables.

    void add(TextPart part);
};

/// A style such as "ink, {prompt}" and what takes the place of its placeholder.
struct Styled {
    TextSequence style;
    std::string placeholder;
    TextSequence subject;

    std::uint64_t count() const { return times(style.count, subject.count); }
};

/// Weights are millionths, so that every machine adds them up alike.
constexpr std::uint64_t weight_one = 1'000'000;

struct Option {
    TextSequence text;
    std::uint64_t weight = weight_one;
    std::uint64_t before = 0;        ///< Texts of the options before this one.
    std::uint64_t weight_before = 0; ///< Weights of those.
    std::size_t line = 0;            ///< The line of its file, from 1; 0 outside of wildcard files.
};

/// `least` to `most` of the options, in their order. A plain choice takes exactly one.
struct Choice {
    std::vector<Option> options; ///< Never empty.
    std::size_t least = 1;
    std::size_t most = 1;
    std::string separator = ", ";
    std::uint64_t count = 0;
    std::uint64_t longest = 0;
    std::vector<VariableUse> uses;   ///< Each name once.
    std::vector<std::uint64_t> ways; ///< For a pick, see ways_from().

    bool takes_one() const { return least == 1 && most == 1; }
    /// Computes the sums once the options are complete.
    void close();
    /// Returns the number of ways to take `size` (<= `most`) of the options from number `first` on.
    std::uint64_t ways_from(std::size_t first, std::size_t size) const {
        return ways[first * (most + 1) + size];
    }
};

/// Limits of a pick: numbering more would take too long.
constexpr std::size_t picks_max = 20;
constexpr std::size_t pick_options_max = 200;
/// Limit in bytes of what the choices can add to a text.
constexpr std::uint64_t expansion_max = std::uint64_t{1} << 20;

void collect_uses(TextSequence const& sequence, std::vector<VariableUse>& found);

} // namespace darkroom::jobs
