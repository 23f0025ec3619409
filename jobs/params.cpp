#include "jobs/params.hpp"

#include <algorithm>
#include <array>

namespace darkroom::jobs {

namespace {

using Shape = ParamRule::Shape;

// Long names and their short forms; ranges as the model's own documentation gives them.
constexpr std::array<ParamRule, 52> table{{
    {Shape::ratio, "ar"},
    {Shape::ratio, "aspect"},
    {Shape::text, "bs"},
    {Shape::number, "c", 0, 100},
    {Shape::number, "chaos", 0, 100},
    {Shape::text, "cref"},
    {Shape::number, "cw", 0, 100},
    {Shape::flag, "draft"},
    {Shape::text, "end"},
    {Shape::number, "exp", 0, 100},
    {Shape::flag, "fast"},
    {Shape::flag, "hd"},
    {Shape::number, "iw", 0, 3},
    {Shape::flag, "loop"},
    {Shape::text, "motion"},
    {Shape::text, "niji"},
    {Shape::text, "no"},
    {Shape::text, "oref"},
    {Shape::number, "ow", 0, 1000},
    {Shape::text, "p"},
    {Shape::text, "personalize"},
    {Shape::text, "profile"},
    {Shape::number, "q", 0, 4},
    {Shape::number, "quality", 0, 4},
    {Shape::number, "r", 1, 40},
    {Shape::flag, "raw"},
    {Shape::flag, "relax"},
    {Shape::number, "repeat", 1, 40},
    {Shape::number, "s", 0, 1000},
    {Shape::number, "sameseed", 0, 4294967295.0},
    {Shape::flag, "sd"},
    {Shape::number, "seed", 0, 4294967295.0},
    {Shape::text, "sref"},
    {Shape::flag, "stealth"},
    {Shape::number, "stop", 10, 100},
    {Shape::text, "style"},
    {Shape::number, "stylize", 0, 1000},
    {Shape::text, "sv"},
    {Shape::number, "sw", 0, 1000},
    {Shape::flag, "test"},
    {Shape::flag, "testp"},
    {Shape::flag, "tile"},
    {Shape::flag, "turbo"},
    {Shape::flag, "upbeta"},
    {Shape::flag, "uplight"},
    {Shape::text, "v"},
    {Shape::text, "version"},
    {Shape::flag, "video"},
    {Shape::number, "w", 0, 3000},
    {Shape::number, "weird", 0, 3000},
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

bool is_ratio(std::string_view text) {
    auto const colon = text.find(':');
    return colon != std::string_view::npos && is_whole(text.substr(0, colon)) &&
           is_whole(text.substr(colon + 1));
}

} // namespace darkroom::jobs
