// The one table of what may follow a `--` in a prompt. The service passes parameters on; which
// model takes which changes often, so this table serves warnings only.
#pragma once

#include "jobs/services/prompt_params.hpp"

#include <array>

namespace darkroom::jobs::midjourney {

using Shape = ParamRule::Shape;
using Meaning = ParamRule::Meaning;

inline constexpr std::string_view from_5 = "5 5.1 5.2 6 6.1 7 8 8.1 8.2 niji5 niji6 niji7";
inline constexpr std::string_view from_6 = "6 6.1 7 8 8.1 8.2 niji6 niji7";
inline constexpr std::string_view only_6 = "6 6.1 niji6";
inline constexpr std::string_view from_7 = "7 8 8.1 8.2";
inline constexpr std::string_view only_8 = "8 8.1 8.2";
inline constexpr std::string_view up_to_6 = "1 2 3 4 5 5.1 5.2 6 6.1 niji5 niji6";

// Long names and their short forms; ranges as the model's own documentation gives them, and the
// models where it names them.
inline constexpr std::array<ParamRule, 52> param_rules{{
    {Shape::ratio, "ar"},
    {Shape::ratio, "aspect"},
    {Shape::text, "bs"},
    {Shape::number, "c", 0, 100},
    {Shape::number, "chaos", 0, 100},
    {Shape::codes, "cref", 0, 0, only_6},
    {Shape::number, "cw", 0, 100, only_6},
    {Shape::flag, "draft", 0, 0, from_7},
    {Shape::text, "end"},
    {Shape::number, "exp", 0, 100, from_7},
    {Shape::flag, "fast", 0, 0, {}, Meaning::speed},
    {Shape::flag, "hd", 0, 0, "1 2 3 8 8.1 8.2"},
    {Shape::number, "iw", 0, 3, "3 5 5.1 5.2 6 6.1 7 8 8.1 8.2 niji5 niji6 niji7"},
    {Shape::flag, "loop"},
    {Shape::text, "motion"},
    {Shape::maybe, "niji"},
    {Shape::words, "no"},
    {Shape::text, "oref", 0, 0, from_7},
    {Shape::number, "ow", 0, 1000, from_7},
    {Shape::letters, "p", 0, 0, from_6},
    {Shape::letters, "personalize", 0, 0, from_6},
    {Shape::letters, "profile", 0, 0, from_6},
    {Shape::number, "q", 0, 4},
    {Shape::number, "quality", 0, 4},
    {Shape::number, "r", 1, 40, {}, Meaning::repeats},
    {Shape::flag, "raw"},
    {Shape::flag, "relax", 0, 0, {}, Meaning::speed},
    {Shape::number, "repeat", 1, 40, {}, Meaning::repeats},
    {Shape::number, "s", 0, 1000},
    {Shape::number, "sameseed", 0, 4294967295.0, "1 2 3"},
    {Shape::flag, "sd", 0, 0, only_8},
    {Shape::number, "seed", 0, 4294967295.0},
    {Shape::codes, "sref", 0, 0, from_6},
    {Shape::flag, "stealth"},
    {Shape::number, "stop", 10, 100, up_to_6},
    {Shape::text, "style"},
    {Shape::number, "stylize", 0, 1000},
    {Shape::text, "sv", 0, 0, from_6},
    {Shape::number, "sw", 0, 1000, from_6},
    {Shape::flag, "test"},
    {Shape::flag, "testp"},
    {Shape::flag, "tile", 0, 0, "1 2 3 5 5.1 5.2 6 6.1 7 8 8.1 8.2 niji5 niji6 niji7"},
    {Shape::flag, "turbo", 0, 0, {}, Meaning::speed},
    {Shape::flag, "upbeta", 0, 0, "1 2 3 4"},
    {Shape::flag, "uplight", 0, 0, "1 2 3 4"},
    {Shape::text, "v"},
    {Shape::text, "version"},
    {Shape::flag, "video", 0, 0, "1 2 3"},
    {Shape::number, "w", 0, 3000, from_5},
    {Shape::number, "weird", 0, 3000, from_5},
    {Shape::flag, "public"},
    {Shape::flag, "creative"},
}};

/// The models that `--v` and `--niji` can name.
inline constexpr std::array<std::string_view, 16> param_models{
    "1",   "2", "3", "4",   "5",   "5.1",   "5.2",   "6",
    "6.1", "7", "8", "8.1", "8.2", "niji5", "niji6", "niji7"};

inline constexpr std::array<std::string_view, 3> model_params{"v", "version", "niji"};

/// "6.1" for `--v 6.1`, "niji6" for `--niji 6`, nothing for `--niji`; of equal names (5.0) the one
/// in param_models.
inline std::optional<std::string> model_of(std::string_view param, std::string_view value) {
    if (value.ends_with(".0")) value.remove_suffix(2);
    if (param == "niji" && value.empty()) return std::nullopt;
    if (param == "niji") return "niji" + std::string(value);
    return std::string(value);
}

inline constexpr PromptParams prompt_params{param_rules, param_models, model_params, model_of};

} // namespace darkroom::jobs::midjourney
