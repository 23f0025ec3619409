// Colours are chosen and mixed in OKLab, where equal numbers look equally far apart; mixed in RGB,
// the way from blue to yellow would lead through grey mud.
#include "runner/studio/paint/palette.hpp"

#include "runner/studio/paint/dice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

namespace darkroom::studio {

namespace {

constexpr std::size_t own_colours = 6;
constexpr std::size_t colours_max = 8;
constexpr double pi = 3.14159265358979323846;

/// The colour of a word: a few are enough for a person to recognise the prompt in the picture.
struct Hint {
    std::string_view word;
    Rgb first, second;
};

constexpr Hint hints[] = {
    {"volcano", {255, 106, 20}, {172, 24, 12}},   {"lava", {255, 110, 26}, {120, 14, 10}},
    {"fire", {255, 140, 30}, {150, 20, 12}},      {"dusk", {238, 120, 110}, {58, 40, 98}},
    {"dawn", {255, 196, 150}, {96, 122, 186}},    {"sunset", {255, 150, 70}, {126, 40, 92}},
    {"night", {16, 20, 56}, {92, 110, 190}},      {"moon", {214, 218, 228}, {38, 44, 66}},
    {"space", {12, 12, 34}, {128, 84, 190}},      {"star", {240, 232, 200}, {24, 28, 72}},
    {"ocean", {10, 90, 140}, {110, 210, 205}},    {"sea", {16, 104, 138}, {166, 222, 214}},
    {"beach", {238, 214, 164}, {64, 176, 190}},   {"canal", {30, 92, 110}, {226, 166, 96}},
    {"river", {52, 118, 150}, {170, 206, 196}},   {"forest", {26, 74, 44}, {140, 176, 82}},
    {"garden", {70, 140, 66}, {232, 120, 150}},   {"jungle", {14, 84, 52}, {172, 204, 60}},
    {"desert", {226, 176, 106}, {154, 78, 44}},   {"snow", {236, 242, 248}, {112, 146, 184}},
    {"ice", {204, 234, 244}, {48, 112, 160}},     {"fog", {196, 202, 206}, {92, 108, 122}},
    {"winter", {222, 232, 240}, {74, 96, 132}},   {"autumn", {206, 102, 34}, {110, 44, 28}},
    {"spring", {168, 206, 108}, {244, 176, 196}}, {"gold", {236, 186, 72}, {112, 70, 18}},
    {"copper", {198, 110, 66}, {40, 98, 96}},     {"red", {206, 34, 42}, {88, 10, 22}},
    {"orange", {244, 130, 34}, {140, 58, 14}},    {"yellow", {248, 212, 64}, {158, 112, 16}},
    {"green", {56, 150, 76}, {16, 66, 44}},       {"blue", {40, 92, 196}, {14, 30, 88}},
    {"purple", {126, 62, 170}, {46, 20, 78}},     {"pink", {244, 140, 180}, {150, 40, 96}},
    {"white", {244, 242, 236}, {168, 170, 176}},  {"black", {22, 22, 26}, {96, 92, 96}},
    {"bear", {122, 78, 46}, {226, 184, 130}},     {"cat", {214, 142, 78}, {66, 50, 46}},
    {"lantern", {255, 186, 90}, {132, 34, 26}},   {"neon", {255, 40, 160}, {30, 220, 230}},
    {"rose", {220, 60, 100}, {72, 110, 60}},      {"lavender", {176, 150, 214}, {92, 120, 84}},
};

/// Converts a byte of a screen's colour to linear light.
double to_linear(std::uint8_t channel) {
    double const x = channel / 255.0;
    return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
}

/// Converts linear light to a byte, by a table: painting needs it three times a pixel.
std::uint8_t to_byte(double linear) {
    constexpr int fine = 8192;
    static auto const table = [] {
        std::array<std::uint8_t, fine + 1> bytes{};
        for (int i = 0; i <= fine; ++i) {
            double const x = static_cast<double>(i) / fine;
            double const y = x <= 0.0031308 ? x * 12.92 : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
            bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(y * 255 + 0.5);
        }
        return bytes;
    }();
    return table[static_cast<std::size_t>(std::clamp(linear, 0.0, 1.0) * fine + 0.5)];
}

/// Returns a tone by hue (radians) and chroma (0 grey, about 0.3 the most vivid).
Tone polar(double light, double chroma, double hue) {
    return {light, chroma * std::cos(hue), chroma * std::sin(hue)};
}

/// Orders colours so that dark and light alternate, or the picture would be flat; the order among
/// the dark ones and among the light ones stays.
std::vector<Rgb> alternate(std::vector<Rgb> colours) {
    std::stable_sort(colours.begin(), colours.end(),
                     [](Rgb x, Rgb y) { return tone_of(x).light < tone_of(y).light; });
    std::vector<Rgb> woven;
    std::size_t const half = (colours.size() + 1) / 2;
    for (std::size_t i = 0; i < half; ++i) {
        woven.push_back(colours[i]);
        if (half + i < colours.size()) woven.push_back(colours[half + i]);
    }
    return woven;
}

/// Returns colours in a fixed relation of hues, so that random colours match.
Palette harmony(Dice& dice, double hue) {
    constexpr std::array<std::array<double, 3>, 5> relations{
        {{0, 0.09, 0.5}, {0, 0.33, 0.42}, {0, 0.5, 0.58}, {0, 0.08, 0.17}, {0, 0.25, 0.6}}};
    auto const& relation = relations[dice.next() % relations.size()];
    constexpr std::array<double, own_colours> lights{0.2, 0.76, 0.4, 0.92, 0.56, 0.85};
    Palette palette;
    for (std::size_t i = 0; i < own_colours; ++i) {
        double const light = lights[i] + dice.between(-0.05, 0.05);
        // The darkest and the lightest can carry little colour on a screen.
        double const room = 1 - std::abs(light - 0.6) * 1.5;
        double const turn = hue + relation[i % relation.size()] + dice.between(-0.02, 0.02);
        palette.colours.push_back(
            rgb_of(polar(light, dice.between(0.1, 0.19) * room, 2 * pi * turn)));
    }
    return palette;
}

} // namespace

Tone tone_of(Rgb colour) {
    double const r = to_linear(colour.red);
    double const g = to_linear(colour.green);
    double const b = to_linear(colour.blue);
    double const l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double const m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double const s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

Rgb rgb_of(Tone const& tone) {
    double const root_l = tone.light + 0.3963377774 * tone.a + 0.2158037573 * tone.b;
    double const root_m = tone.light - 0.1055613458 * tone.a - 0.0638541728 * tone.b;
    double const root_s = tone.light - 0.0894841775 * tone.a - 1.2914855480 * tone.b;
    double const l = root_l * root_l * root_l;
    double const m = root_m * root_m * root_m;
    double const s = root_s * root_s * root_s;
    return {to_byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
            to_byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
            to_byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

Palette palette_of_words(std::vector<std::string> const& words, std::uint64_t words_hash) {
    std::vector<Rgb> named;
    for (auto const& word : words) {
        for (auto const& hint : hints) {
            // "boats" and "stars" mean the same as the singular.
            bool const plural = word.size() == hint.word.size() + 1 && word.back() == 's' &&
                                word.starts_with(hint.word);
            if (word != hint.word && !plural) continue;
            named.push_back(hint.first);
            named.push_back(hint.second);
        }
    }
    named.resize(std::min(named.size(), own_colours));
    Dice dice(words_hash);
    double hue = dice.unit();
    if (!named.empty()) {
        Tone const lead = tone_of(named.front());
        hue = std::atan2(lead.b, lead.a) / (2 * pi);
    }
    Palette palette = harmony(dice, hue);
    if (named.empty()) return palette;
    // Two more, one dark and one light, contrast with the colours of the words.
    auto const& spare = palette.colours;
    named.insert(named.end(), {spare[0], spare[3]});
    palette.colours = alternate(std::move(named));
    return palette;
}

Palette mix_palettes(Palette const& own, std::vector<Palette> const& inputs, double weight) {
    std::vector<Rgb> brought;
    // One colour of each input after the other, so that a blend of five still has all five.
    for (std::size_t rank = 0; rank < colours_max; ++rank) {
        for (auto const& input : inputs) {
            if (rank < input.colours.size()) brought.push_back(input.colours[rank]);
        }
    }
    double const share = weight / (weight + 0.5);
    auto const wanted = static_cast<std::size_t>(std::lround(share * colours_max));
    std::vector<Rgb> mixed(brought.begin(),
                           brought.begin() + static_cast<std::ptrdiff_t>(
                                                 std::min({wanted, brought.size(), colours_max})));
    if (mixed.empty()) return own;
    // Few input colours must not drown in many own ones.
    auto const kept = static_cast<double>(mixed.size()) * (1 - share) / share;
    auto const fill = std::min({own.colours.size(), colours_max - mixed.size(),
                                static_cast<std::size_t>(std::lround(kept))});
    mixed.insert(mixed.end(), own.colours.begin(),
                 own.colours.begin() + static_cast<std::ptrdiff_t>(fill));
    return {alternate(std::move(mixed))};
}

ColourWheel::ColourWheel(Palette const& palette) {
    auto const count = palette.colours.size();
    for (std::size_t i = 0; i < tones_.size(); ++i) {
        double const along = static_cast<double>(i) * static_cast<double>(count) / steps;
        auto const before = static_cast<std::size_t>(along) % count;
        Tone const from = tone_of(palette.colours[before]);
        Tone const to = tone_of(palette.colours[(before + 1) % count]);
        double const t = along - std::floor(along);
        double const s = t * t * (3 - 2 * t); // lingers at the given colours
        tones_[i] = {from.light + (to.light - from.light) * s, from.a + (to.a - from.a) * s,
                     from.b + (to.b - from.b) * s};
    }
}

Tone const& ColourWheel::at(double position) const {
    double const turn = position - std::floor(position);
    return tones_[static_cast<std::size_t>(turn * steps) % steps];
}

} // namespace darkroom::studio
