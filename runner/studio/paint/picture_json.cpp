// A Picture on disk. Reading checks everything: a record may be cut, edited or of another release.
#include "runner/studio/paint/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace darkroom::studio {

namespace {

/// The name of each Upscale, by its number. Stored in `--data`: never renamed.
constexpr std::array<std::string_view, 5> upscale_names{"none", "2x", "4x", "subtle", "creative"};
static_assert(upscale_names.size() == static_cast<std::size_t>(Upscale::creative) + 1,
              "a kind of upscale lacks its name");
constexpr std::size_t colours_max = 8;
constexpr double far = 1e12; // beyond it, points of the plane cannot be distinguished

/// Reads the whole text as a number, or returns nothing.
template <class T>
std::optional<T> number(std::string_view text, int base) {
    T value{};
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Short lists rather than named members where the order is plain: a record is kept per task.
json::Value write(Palette const& palette) {
    json::Array colours;
    for (auto const& c : palette.colours)
        colours.emplace_back(fmt::format("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue));
    return colours;
}

json::Value write(Aspect aspect) { return json::Array{aspect.width, aspect.height}; }

json::Value write(Window const& window) {
    return json::Array{window.x, window.y, window.span, window.rotation};
}

json::Value write(Layer const& layer) {
    json::Value value;
    value.set("window", write(layer.window));
    value.set("aspect", write(layer.aspect));
    value.set("change", json::Array{layer.re, layer.im, layer.tint});
    if (!layer.mask) return value;
    std::string cells;
    for (auto const cell : layer.mask->cells) cells += fmt::format("{:02x}", cell);
    value.set("mask", std::move(cells));
    return value;
}

json::Value write(Scene const& scene) {
    auto const& motif = scene.motif;
    json::Value value;
    value.set("power", motif.power);
    value.set("motif", json::Array{motif.re, motif.im, motif.memory, motif.warp});
    value.set("grain", static_cast<std::int64_t>(motif.grain));
    value.set("palette", write(scene.palette));
    value.set("window", write(scene.window));
    value.set("tint", scene.tint);
    json::Array layers;
    for (auto const& layer : scene.layers) layers.push_back(write(layer));
    value.set("layers", std::move(layers));
    return value;
}

/// Reads members and keeps the first error; its result is not used after one.
class PictureReader {
public:
    std::optional<std::string_view> wrong() const { return wrong_; }

    double real(json::Value const& value, std::string_view key) {
        return plausible(value.number(key), key);
    }

    std::int64_t whole(json::Value const& value, std::string_view key,
                       std::pair<std::int64_t, std::int64_t> range) {
        auto const found = value.integer(key);
        if (found && *found >= range.first && *found <= range.second) return *found;
        return fail(key), range.first;
    }

    template <std::size_t size>
    std::array<double, size> reals(json::Value const& value, std::string_view key) {
        std::array<double, size> numbers{};
        auto const* items = array(value, key);
        if (items == nullptr || items->size() != size) return fail(key), numbers;
        for (std::size_t i = 0; i < size; ++i) numbers[i] = plausible((*items)[i].number(), key);
        return numbers;
    }

    json::Array const* array(json::Value const& value, std::string_view key) const {
        auto const* member = value.find(key);
        return member == nullptr ? nullptr : member->array();
    }

    Aspect aspect(json::Value const& value, std::string_view key) {
        auto const sides = reals<2>(value, key);
        Aspect const aspect{static_cast<int>(std::clamp(sides[0], 0.0, 1e6)),
                            static_cast<int>(std::clamp(sides[1], 0.0, 1e6))};
        bool const sane = aspect.width > 0 && aspect.height > 0 &&
                          aspect.width <= 4 * aspect.height && aspect.height <= 4 * aspect.width;
        return sane ? aspect : (fail(key), Aspect());
    }

    Window window(json::Value const& value) {
        auto const [x, y, span, rotation] = reals<4>(value, "window");
        if (!(span > 0)) fail("window");
        return {x, y, span, rotation};
    }

    Palette palette(json::Value const& value) {
        Palette palette;
        for (auto const& text : value.texts("palette")) {
            auto const bits = text.size() == 7 && text[0] == '#'
                                  ? number<std::uint32_t>(std::string_view(text).substr(1), 16)
                                  : std::nullopt;
            if (!bits) fail("palette");
            auto const colour = bits.value_or(0);
            palette.colours.push_back({static_cast<std::uint8_t>(colour >> 16),
                                       static_cast<std::uint8_t>(colour >> 8),
                                       static_cast<std::uint8_t>(colour)});
        }
        if (palette.colours.empty() || palette.colours.size() > colours_max) fail("palette");
        return palette;
    }

    std::optional<Mask> mask(json::Value const& value) {
        if (value.find("mask") == nullptr) return std::nullopt;
        std::string const cells = value.text("mask").value_or("");
        Mask mask;
        for (std::size_t i = 0; i + 1 < cells.size(); i += 2) {
            auto const cell = number<std::uint8_t>(std::string_view(cells).substr(i, 2), 16);
            if (!cell) fail("mask");
            mask.cells.push_back(cell.value_or(0));
        }
        if (cells.size() != 2 * Mask::side * Mask::side) fail("mask");
        return mask;
    }

    void fail(std::string_view key) {
        if (!wrong_) wrong_ = key;
    }

private:
    /// Rejects NaN, infinity and points beyond all zooms, which come from damage only.
    double plausible(std::optional<double> found, std::string_view key) {
        if (found && std::abs(*found) <= far) return *found;
        return fail(key), 0;
    }

    std::optional<std::string_view> wrong_;
};

Layer read_layer(json::Value const& value, PictureReader& reader) {
    auto const [re, im, tint] = reader.reals<3>(value, "change");
    return {reader.window(value), reader.aspect(value, "aspect"), reader.mask(value), re, im, tint};
}

Scene read_scene(json::Value const& value, PictureReader& reader) {
    Scene scene;
    auto const [re, im, memory, warp] = reader.reals<4>(value, "motif");
    auto const grain = reader.whole(value, "grain", {0, 0xffffffff});
    scene.motif = {static_cast<int>(reader.whole(value, "power", {2, 4})),
                   re,
                   im,
                   memory,
                   warp,
                   static_cast<std::uint32_t>(grain)};
    scene.palette = reader.palette(value);
    scene.window = reader.window(value);
    scene.tint = reader.real(value, "tint");
    auto const* layers = reader.array(value, "layers");
    if (layers == nullptr || layers->size() > layers_max) return reader.fail("layers"), scene;
    for (auto const& layer : *layers) scene.layers.push_back(read_layer(layer, reader));
    return scene;
}

Upscale read_upscale(json::Value const& value, PictureReader& reader) {
    auto const name = value.text("upscale").value_or("");
    for (std::size_t i = 0; i < upscale_names.size(); ++i) {
        if (upscale_names[i] == name) return static_cast<Upscale>(i);
    }
    return reader.fail("upscale"), Upscale::none;
}

} // namespace

json::Value to_json(Picture const& picture) {
    json::Value value;
    value.set("words", fmt::format("{:016x}", picture.origin.words));
    value.set("palette", write(picture.origin.palette));
    value.set("aspect", write(picture.aspect));
    value.set("upscale", upscale_names[static_cast<std::size_t>(picture.upscale)]);
    value.set("factor", picture.factor);
    json::Array scenes;
    for (auto const& scene : picture.scenes) scenes.push_back(write(scene));
    value.set("scenes", std::move(scenes));
    return value;
}

Result<Picture> picture_of_json(json::Value const& value) {
    PictureReader reader;
    Picture picture;
    auto const words = number<std::uint64_t>(value.text("words").value_or(""), 16);
    if (!words) reader.fail("words");
    picture.origin = {words.value_or(0), reader.palette(value)};
    picture.aspect = reader.aspect(value, "aspect");
    picture.upscale = read_upscale(value, reader);
    picture.factor = static_cast<int>(reader.whole(value, "factor", {1, factor_max}));
    auto const* scenes = reader.array(value, "scenes");
    if (scenes == nullptr || (scenes->size() != 1 && scenes->size() != 4)) reader.fail("scenes");
    if (!reader.wrong()) {
        for (auto const& scene : *scenes) picture.scenes.push_back(read_scene(scene, reader));
    }
    if (reader.wrong())
        return Error(PictureErrc::bad_record,
                     fmt::format("key '{}' is missing or out of range", *reader.wrong()));
    return picture;
}

json::Value to_json(GenerateRequest const& request) {
    json::Value value;
    value.set("prompt", request.prompt);
    value.set("seed", fmt::format("{:016x}", request.seed));
    json::Array inputs;
    for (auto const& input : request.inputs) {
        json::Value palette;
        palette.set("palette", write(input));
        inputs.push_back(std::move(palette));
    }
    value.set("inputs", std::move(inputs));
    return value;
}

Result<GenerateRequest> recipe_of_json(json::Value const& value) {
    PictureReader reader;
    GenerateRequest request;
    auto const seed = number<std::uint64_t>(value.text("seed").value_or(""), 16);
    auto const prompt = value.text("prompt");
    if (!seed) reader.fail("seed");
    if (!prompt) reader.fail("prompt");
    request.seed = seed.value_or(0);
    request.prompt = prompt.value_or("");
    auto const* inputs = reader.array(value, "inputs");
    if (inputs == nullptr || inputs->size() > inputs_max) reader.fail("inputs");
    if (!reader.wrong()) {
        for (auto const& input : *inputs) request.inputs.push_back(reader.palette(input));
    }
    if (reader.wrong())
        return Error(PictureErrc::bad_record,
                     fmt::format("key '{}' is missing or out of range", *reader.wrong()));
    return request;
}

} // namespace darkroom::studio
