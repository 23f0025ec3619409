// The one table of what may follow a `--` in a prompt.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace darkroom::jobs {

/// A parameter of the prompt. The service passes them on; which model takes which changes often, so
/// this table serves warnings only.
struct ParamRule {
    enum class Shape { flag, number, ratio, text } shape;
    std::string_view name;
    double least = 0; ///< Of a number.
    double most = 0;
    /// The models that take it, "6 6.1 niji6"; empty: all of them, or nobody knows.
    std::string_view models = {};
};

std::span<ParamRule const> known_params();
/// nullptr for a parameter this table does not know.
ParamRule const* find_param(std::string_view name);
/// The models that `--v` and `--niji` can name, as they stand in ParamRule::models.
std::span<std::string_view const> known_models();
/// "6.1" for `--v 6.1`, "niji6" for `--niji 6`; of equal names (5.0) the one known_models() has.
std::string model_of(std::string_view param, std::string_view value);
/// Whether `rule` is for `model`.
bool takes(ParamRule const& rule, std::string_view model);
/// Whether `text` is a ratio such as "16:9".
bool is_ratio(std::string_view text);

} // namespace darkroom::jobs
