// The parameters that a service takes in its prompts, after a `--`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace darkroom::jobs {

/// One row a parameter.
struct ParamRule {
    /// `text` is one word, `maybe` a number or nothing, `words` all that follows, `codes` numbers,
    /// codes with digits and addresses; `letters` the same and codes of letters.
    enum class Shape { flag, number, ratio, text, maybe, words, codes, letters } shape;
    std::string_view name;
    double least = 0; ///< The bounds of a number.
    double most = 0;
    /// The models that take it, "6 6.1 niji6"; empty: all of them, or not known.
    std::string_view models = {};
    /// Parameters that a key of the job replaces.
    enum class Meaning { none, repeats, speed } meaning = Meaning::none;

    bool is_for(std::string_view model) const;
};

struct PromptParams {
    std::span<ParamRule const> rules;
    std::span<std::string_view const> models;       ///< As they stand in ParamRule::models.
    std::span<std::string_view const> model_params; ///< Those that name a model.
    /// Returns the model that one of them names; nothing when it leaves the version open.
    std::optional<std::string> (*model_of)(std::string_view param, std::string_view value);

    /// Returns null for a parameter that is not in the table.
    ParamRule const* find(std::string_view name) const;
    bool names_model(std::string_view param) const;
    /// Returns the sentence about a parameter that is not in the table.
    std::string unknown(std::string_view name) const;
    /// Returns a sentence when the value of a parameter names no model that is known, or "".
    std::string wrong_model(std::string_view param, std::string_view value) const;
};

/// Returns true for a text such as "--ar 16:9".
bool begins_with_param(std::string_view text);
/// Returns true when `text` is a ratio such as "16:9".
bool is_ratio(std::string_view text);
/// Returns a sentence when the parameter does not take this value, or "". Only numbers and ratios
/// are known well enough.
std::string wrong_value(ParamRule const& rule, std::string_view value);

} // namespace darkroom::jobs
