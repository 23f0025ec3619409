#include "runner/studio/paint/describe.hpp"

#include "runner/base/text.hpp"
#include "runner/studio/paint/image_codec.hpp"
#include "runner/studio/paint/palette.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace darkroom::studio {

namespace {

struct Named {
    std::string_view name;
    Rgb colour;
};

constexpr std::array named_colours{
    Named{"black", {0, 0, 0}},           Named{"white", {255, 255, 255}},
    Named{"grey", {128, 128, 128}},      Named{"light grey", {200, 200, 200}},
    Named{"dark grey", {64, 64, 64}},    Named{"red", {220, 20, 30}},
    Named{"dark red", {120, 10, 20}},    Named{"pink", {245, 150, 180}},
    Named{"magenta", {200, 30, 160}},    Named{"purple", {110, 40, 150}},
    Named{"violet", {150, 110, 220}},    Named{"indigo", {50, 40, 120}},
    Named{"blue", {30, 70, 220}},        Named{"navy blue", {15, 25, 80}},
    Named{"sky blue", {120, 185, 240}},  Named{"cyan", {40, 210, 230}},
    Named{"teal", {20, 120, 125}},       Named{"turquoise", {70, 210, 190}},
    Named{"green", {40, 160, 60}},       Named{"dark green", {15, 70, 35}},
    Named{"lime green", {150, 220, 50}}, Named{"olive", {120, 120, 35}},
    Named{"yellow", {250, 225, 50}},     Named{"gold", {215, 165, 40}},
    Named{"orange", {245, 140, 35}},     Named{"brown", {115, 70, 35}},
    Named{"beige", {225, 205, 170}},     Named{"cream", {250, 240, 215}},
};

/// Mean and spread of the light, 0 black to 1 white, over a coarse raster.
struct Light {
    double mean = 0;
    double spread = 0;
};

Light light_of(Bitmap const& bitmap) {
    double sum = 0, squares = 0, count = 0;
    auto const pixels = bitmap.rgba.size() / 4;
    auto const step = std::max<std::size_t>(1, pixels / 20'000);
    for (std::size_t i = 0; i < pixels; i += step) {
        auto const* p = bitmap.rgba.data() + i * 4;
        double const light = tone_of({p[0], p[1], p[2]}).light;
        sum += light;
        squares += light * light;
        count += 1;
    }
    Light light;
    light.mean = sum / count;
    light.spread = std::sqrt(std::max(0.0, squares / count - light.mean * light.mean));
    return light;
}

std::string_view brightness_word(double light) {
    if (light < 0.3) return "dark";
    if (light < 0.55) return "dim";
    return light < 0.8 ? "bright" : "very bright";
}

std::string_view orientation_word(Size size) {
    double const ratio = static_cast<double>(size.width) / size.height;
    if (ratio > 2) return "panoramic";
    if (ratio > 1.05) return "wide";
    return ratio < 0.95 ? "tall" : "square";
}

} // namespace

std::string_view colour_name(Rgb colour) {
    auto const tone = tone_of(colour);
    auto const distance = [&](Named const& named) {
        auto const other = tone_of(named.colour);
        return std::hypot(tone.light - other.light, tone.a - other.a, tone.b - other.b);
    };
    auto const* const nearest =
        std::min_element(named_colours.begin(), named_colours.end(),
                         [&](Named const& x, Named const& y) { return distance(x) < distance(y); });
    return nearest->name;
}

Result<ImageTraits> traits_of(std::string_view image_bytes) {
    auto const bitmap = decode_image(image_bytes);
    if (!bitmap) return bitmap.error();
    ImageTraits traits;
    traits.size = bitmap->size;
    traits.aspect = sane_aspect(traits.size.width, traits.size.height);
    traits.orientation = orientation_word(traits.size);
    auto const light = light_of(*bitmap);
    traits.brightness = brightness_word(light.mean);
    traits.contrast = light.spread > 0.18 ? "strong" : "soft";
    auto const palette = palette_of(image_bytes);
    if (!palette) traits.colours.emplace_back("white"); // wholly transparent, seen on paper
    for (auto const colour : palette ? palette->colours : std::vector<Rgb>()) {
        std::string const name(colour_name(colour));
        bool const there =
            std::find(traits.colours.begin(), traits.colours.end(), name) != traits.colours.end();
        if (!there) traits.colours.push_back(name);
    }
    return traits;
}

std::vector<std::string> descriptions_of(ImageTraits const& traits) {
    auto const& [size, aspect, orientation, brightness, contrast, names] = traits;
    auto const first = names.front();
    auto const second = names.size() > 1 ? names[1] : first;
    auto const all = join(names, ", ");
    auto const ratio = fmt::format("--ar {}:{}", aspect.width, aspect.height);
    return {
        fmt::format("a {} image in {}, {} light {}", orientation, all, brightness, ratio),
        fmt::format("mostly {}, {} contrast, {} format {}", first, contrast, orientation, ratio),
        fmt::format("a {} composition of {} and {}, {} contrast {}", brightness, first, second,
                    contrast, ratio),
        fmt::format("{} picture, {} tones with {}, {} {}", orientation, brightness, second,
                    names.size() > 2 ? "many colours" : "few colours", ratio),
    };
}

} // namespace darkroom::studio
