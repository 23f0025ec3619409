#include "jobs/services/midjourney/params.hpp"

#include <algorithm>
#include <array>

namespace darkroom::jobs {

namespace {

using Shape = ParamRule::Shape;

constexpr std::string_view from_5 = "5 5.1 5.2 6 6.1 7 8 8.1 8.2 niji5 niji6 niji7";
constexpr std::string_view from_6 = "6 6.1 7 8 8.1 8.2 niji6 niji7";
constexpr std::string_view only_6 = "6 6.1 niji6";
constexpr std::string_view from_7 = "7 8 8.1 8.2";
constexpr std::string_view only_8 = "8 8.1 8.2";
constexpr std::string_view up_to_6 = "1 2 3 4 5 5.1 5.2 6 6.1 niji5 niji6";

// Long names and their short forms; ranges as the model's own documentation gives them, and the
// models where it names them.
constexpr std::array<ParamRule, 52> table{{
    {Shape::ratio, "ar"},
    {Shape::ratio, "aspect"},
    {Shape::text, "bs"},
    {Shape::number, "c", 0, 100},
    {Shape::number, "chaos", 0, 100},
    {Shape::text, "cref", 0, 0, only_6},
    {Shape::number, "cw", 0, 100, only_6},
    {Shape::flag, "draft", 0, 0, from_7},
    {Shape::text, "end"},
    {Shape::number, "exp", 0, 100, from_7},
    {Shape::flag, "fast"},
    {Shape::flag, "hd", 0, 0, "1 2 3 8 8.1 8.2"},
    {Shape::number, "iw", 0, 3, "3 5 5.1 5.2 6 6.1 7 8 8.1 8.2 niji5 niji6 niji7"},
    {Shape::flag, "loop"},
    {Shape::text, "motion"},
    {Shape::text, "niji"},
    {Shape::text, "no"},
    {Shape::text, "oref", 0, 0, from_7},
    {Shape::number, "ow", 0, 1000, from_7},
    {Shape::text, "p", 0, 0, from_6},
    {Shape::text, "personalize", 0, 0, from_6},
    {Shape::text, "profile", 0, 0, from_6},
    {Shape::number, "q", 0, 4},
    {Shape::number, "quality", 0, 4},
    {Shape::number, "r", 1, 40},
    {Shape::flag, "raw"},
    {Shape::flag, "relax"},
    {Shape::number, "repeat", 1, 40},
    {Shape::number, "s", 0, 1000},
    {Shape::number, "sameseed", 0, 4294967295.0, "1 2 3"},
    {Shape::flag, "sd", 0, 0, only_8},
    {Shape::number, "seed", 0, 4294967295.0},
    {Shape::text, "sref", 0, 0, from_6},
    {Shape::flag, "stealth"},
    {Shape::number, "stop", 10, 100, up_to_6},
    {Shape::text, "style"},
    {Shape::number, "stylize", 0, 1000},
    {Shape::text, "sv", 0, 0, from_6},
    {Shape::number, "sw", 0, 1000, from_6},
    {Shape::flag, "test"},
    {Shape::flag, "testp"},
    {Shape::flag, "tile", 0, 0, "1 2 3 5 5.1 5.2 6 6.1 7 8 8.1 8.2 niji5 niji6 niji7"},
    {Shape::flag, "turbo"},
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

bool is_whole(std::string_view text) {
    return !text.empty() && text.size() <= 4 && text.front() != '0' &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::span<ParamRule const> known_params() { return table; }

ParamRule const* find_param(std::string_view name) {
    auto const found = std::find_if(table.begin(), table.end(),
                                    [name](ParamRule const& rule) { return rule.name == name; });
    return found == table.end() ? nullptr : &*found;
}

std::span<std::string_view const> known_models() {
    static constexpr std::array<std::string_view, 16> models{
        "1",   "2", "3", "4",   "5",   "5.1",   "5.2",   "6",
        "6.1", "7", "8", "8.1", "8.2", "niji5", "niji6", "niji7"};
    return models;
}

std::string model_of(std::string_view param, std::string_view value) {
    if (value.ends_with(".0")) value.remove_suffix(2);
    if (param == "niji") return "niji" + std::string(value);
    return std::string(value);
}

bool takes(ParamRule const& rule, std::string_view model) {
    auto rest = rule.models;
    while (!rest.empty()) {
        auto const name = rest.substr(0, rest.find(' '));
        if (name == model) return true;
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    return rule.models.empty();
}

bool is_ratio(std::string_view text) {
    auto const colon = text.find(':');
    return colon != std::string_view::npos && is_whole(text.substr(0, colon)) &&
           is_whole(text.substr(colon + 1));
}

} // namespace darkroom::jobs
