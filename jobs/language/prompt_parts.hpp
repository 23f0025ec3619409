// The parts of a prompt once it has been read.
#pragma once

#include "jobs/language/variables.hpp"

#include <memory>
#include <optional>

namespace darkroom::jobs {

struct Choice;

/// One piece of a text: plain characters, a variable, or a choice.
struct TextPart {
    enum class Kind { plain, variable, choice } kind = Kind::plain;
    std::string text; ///< Plain characters, or the name of the variable or wildcard file.
    std::optional<std::string> fallback; ///< The default of a variable.
    std::size_t offset = 0;
    std::shared_ptr<Choice const> choice; ///< Shared by all who use the same wildcard file.

    bool is_wildcard() const { return kind == Kind::choice && !text.empty(); }
};

/// A row of parts with their sums, which are needed often.
struct TextSequence {
    std::vector<TextPart> parts;
    std::string lead; ///< It stands before the text, unless that is blank: then nothing does.
    std::uint64_t count = 1;   ///< The number of texts.
    std::uint64_t longest = 0; ///< Bytes of the longest text, without variables.

    void add(TextPart part);
};

/// Weights are millionths, so that every machine adds them up alike.
constexpr std::uint64_t weight_one = 1'000'000;

struct Option {
    TextSequence text;
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
    /// Computes the sums once the options are complete.
    void close();
};

/// Limits of a pick: numbering more would take too long.
constexpr std::size_t picks_max = 20;
constexpr std::size_t pick_options_max = 200;
/// Limit in bytes of what the choices can add to a text.
constexpr std::uint64_t expansion_max = std::uint64_t{1} << 20;

/// Returns the number of ways to take 0, 1, … `most` of the options from number `first` on.
std::vector<std::uint64_t> ways_from(Choice const& choice, std::size_t first, std::size_t most);

void collect_uses(TextSequence const& sequence, std::vector<VariableUse>& found);

} // namespace darkroom::jobs
