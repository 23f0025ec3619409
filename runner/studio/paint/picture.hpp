// The picture that the built-in service draws, as a value: no pixels, no time, no network. The same
// request and seed always give the same Picture, and the same Picture the same bytes (paint.hpp).
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace darkroom::studio {

/// Pixels.
struct Size {
    int width = 0;
    int height = 0;
    friend bool operator==(Size const&, Size const&) = default;
};

/// Width to height, as in `--ar 16:9`; both positive.
struct Aspect {
    int width = 1;
    int height = 1;
    friend bool operator==(Aspect const&, Aspect const&) = default;
};

struct Rgb {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
    friend bool operator==(Rgb const&, Rgb const&) = default;
};

/// 1 to 8 colours; of an input image the most frequent first. Empty means "none given".
struct Palette {
    std::vector<Rgb> colours;
    friend bool operator==(Palette const&, Palette const&) = default;
};

/// The visible part of the plane. Its sides are `span` times the root of the aspect (and of
/// its inverse), so that a wide picture shows as much as a square one.
struct Window {
    double x = 0;        ///< Centre.
    double y = 0;        ///< Centre; grows downwards, as pixels do.
    double span = 1;     ///< Side of a square window.
    double rotation = 0; ///< Rotation, radians.
    friend bool operator==(Window const&, Window const&) = default;
};

/// The formula of the field: z -> z^power + c + memory * (the z before), over a gently bent plane.
struct Motif {
    int power = 2;           ///< 2 to 4.
    double re = 0;           ///< Real part of c.
    double im = 0;           ///< Imaginary part of c.
    double memory = 0;       ///< Share of the z before last.
    double warp = 0;         ///< Amount of bending of the plane.
    std::uint32_t grain = 0; ///< Seed of the bending.
    friend bool operator==(Motif const&, Motif const&) = default;
};

/// The redrawn share of each cell of a 16 x 16 raster over an image: 0 none, 255 all. Row by row
/// from the top; always 256 values.
struct Mask {
    static constexpr int side = 16;
    std::vector<std::uint8_t> cells;
    friend bool operator==(Mask const&, Mask const&) = default;
};

/// A change in one part of the plane only: around the old picture (zoom, pan), or inside it
/// (variation_region).
struct Layer {
    Window window;            ///< The old picture's.
    Aspect aspect;            ///< The old picture's.
    std::optional<Mask> mask; ///< Set: changed where it says, inside. Not set: changed outside.
    double re = 0;            ///< Added to c there.
    double im = 0;            ///< Added to c there.
    double tint = 0;          ///< Added to the position in the palette there, 1 = once round.
    friend bool operator==(Layer const&, Layer const&) = default;
};

/// One candidate.
struct Scene {
    Motif motif;
    Palette palette;
    Window window;
    double tint = 0;           ///< Start position in the palette, 0 to 1.
    std::vector<Layer> layers; ///< Oldest first, at most `layers_max`.
    friend bool operator==(Scene const&, Scene const&) = default;
};

/// The part of a prompt that decides pictures, kept so that `reroll` can start again.
struct Origin {
    std::uint64_t words = 0; ///< Hash of the prompt's words, without `--params` and image links.
    Palette palette;         ///< From the words and the input images, already weighted.
    friend bool operator==(Origin const&, Origin const&) = default;
};

enum class Upscale { none, twofold, fourfold, subtle, creative };

/// The whole picture.
struct Picture {
    Origin origin;
    Aspect aspect;
    std::vector<Scene> scenes;       ///< Four: a grid, read like a page. One: a single picture.
    Upscale upscale = Upscale::none; ///< The last one applied; only on a single.
    int factor = 1;                  ///< Side in pixels, in ordinary singles: 1, 2, 4 or 8.

    bool is_grid() const { return scenes.size() == 4; }
    friend bool operator==(Picture const&, Picture const&) = default;
};

inline constexpr int side_max = 8192;         ///< No picture has a longer side, in pixels.
inline constexpr int factor_max = 8;          ///< Upscales beyond it are refused.
inline constexpr std::size_t layers_max = 32; ///< Zooms, pans and repaints in one chain.
inline constexpr std::size_t inputs_max = 5;  ///< Images in one blend.

enum class PictureErrc {
    unknown_action = 1, ///< No action of that name exists.
    not_offered,        ///< The action exists, but not for this picture.
    bad_image,          ///< Input bytes that are no image, broken, or of an unknown format.
    image_too_large,    ///< Input over 25 MB or 64 megapixels.
    bad_record,         ///< A stored Picture that is not valid.
};
error_code make_error_code(PictureErrc code);

struct GenerateRequest {
    /// As sent. Its words decide scene and colours; `--ar W:H`, `--iw N` and `--seed N` are read,
    /// other parameters and image links are ignored. `--seed` takes precedence over `seed`.
    std::string prompt;
    std::uint64_t seed = 0; ///< Makes the four candidates.
    std::vector<Palette>
        inputs; ///< One for each image link, at most `inputs_max`; see palette_of().
};

/// Returns a new grid. Invalid parameters are not an error: an `--ar` that is not a ratio counts as
/// 1:1, one beyond 4:1 is drawn as 4:1.
Picture generate(GenerateRequest const& request);

struct FollowUp {
    std::string action;                ///< A name of the contract: "upscale3", "pan_left"…
    std::uint64_t seed = 0;            ///< Seed of the new parts of the result.
    std::optional<std::string> prompt; ///< variation_region: the prompt of the region.
    std::optional<Mask> mask; ///< variation_region: the region; a disc in the middle when absent.
};

/// Returns the result of `action` on `parent`. Errors: unknown_action; not_offered, with the
/// offered ones. Accepts the actions of actions_of(), also `variation_region` on any picture,
/// `upscale_subtle` and `upscale_creative` on a single.
Result<Picture> follow(Picture const& parent, FollowUp const& step);

/// Returns the published names in the published order; `square` and `redo_upscale_*` come last, and
/// an upscale that would exceed `factor_max` is omitted.
std::vector<std::string> actions_of(Picture const& picture);

/// Returns the size of the original. `base`: side of a square grid, 64 to 8192, 2048 as published.
/// A single is half of that times its factor. Keeps the aspect when `side_max` cuts it down.
Size raw_size(Picture const& picture, int base);

/// Returns the outline of a picture that is not drawn yet: its format and its number of scenes, all
/// that answers need.
Picture outline_of(Aspect aspect, std::size_t scenes);
/// Returns the format of an image, in its lowest terms and within 1:4 to 4:1.
Aspect sane_aspect(std::int64_t width, std::int64_t height);

/// Writes a picture for the disk; picture_of_json(to_json(p)) == p.
json::Value to_json(Picture const& picture);
/// Reads a picture. Errors: bad_record, with the key that is wrong.
Result<Picture> picture_of_json(json::Value const& value);
/// Writes the request that a picture is made from; recipe_of_json() reads it.
json::Value to_json(GenerateRequest const& request);
Result<GenerateRequest> recipe_of_json(json::Value const& value);

/// Returns a few dominant colours of a PNG, JPEG or WebP image. Errors: bad_image, image_too_large.
Result<Palette> palette_of(std::string_view image_bytes);
/// Reads a mask: white is redrawn, black kept; transparent counts as white. Errors: as
/// palette_of().
Result<Mask> mask_of(std::string_view image_bytes);

} // namespace darkroom::studio

template <>
struct boost::system::is_error_code_enum<darkroom::studio::PictureErrc> : std::true_type {};
