// The one table of what may follow a `--` in a prompt.
#pragma once

#include <span>
#include <string_view>

namespace darkroom::jobs {

/// A parameter of the prompt. The service passes them on; which model takes which changes often, so
/// this table serves warnings only.
struct ParamRule {
    enum class Shape { flag, number, ratio, text } shape;
    std::string_view name;
    double least = 0; ///< Of a number.
    double most = 0;
};

std::span<ParamRule const> known_params();
/// nullptr for a parameter this table does not know.
ParamRule const* find_param(std::string_view name);
/// Whether `text` is a ratio such as "16:9".
bool is_ratio(std::string_view text);

} // namespace darkroom::jobs
