#include "tests/studio_paint/bitmaps.hpp"

#include "runner/studio/paint/palette.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <cstdlib>

namespace darkroom::studio {

namespace {

std::size_t offset(Bitmap const& bitmap, int x, int y) {
    return (static_cast<std::size_t>(y) * static_cast<std::size_t>(bitmap.size.width) +
            static_cast<std::size_t>(x)) *
           4;
}

Bitmap blank(Size size) {
    auto const pixels =
        static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
    return {size, std::vector<std::uint8_t>(pixels * 4, 255)};
}

} // namespace

Bitmap look(std::string_view bytes) {
    auto bitmap = decode_image(bytes);
    BOOST_REQUIRE_MESSAGE(bitmap.has_value(), bitmap.error().message());
    return *std::move(bitmap);
}

Bitmap look(Picture const& picture, Size size) { return look(paint(picture, size)); }

Bitmap cut(Bitmap const& bitmap, Part part) {
    Bitmap piece = blank(part.size);
    for (int y = 0; y < part.size.height; ++y) {
        for (int x = 0; x < part.size.width; ++x) {
            for (std::size_t c = 0; c < 3; ++c)
                piece.rgba[offset(piece, x, y) + c] =
                    bitmap.rgba[offset(bitmap, part.left + x, part.top + y) + c];
        }
    }
    return piece;
}

Bitmap shrink(Bitmap const& bitmap, Size size) {
    Bitmap small = blank(size);
    int const step_x = bitmap.size.width / size.width;
    int const step_y = bitmap.size.height / size.height;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            for (std::size_t c = 0; c < 3; ++c) {
                int sum = 0;
                for (int i = 0; i < step_x * step_y; ++i)
                    sum +=
                        bitmap
                            .rgba[offset(bitmap, x * step_x + i % step_x, y * step_y + i / step_x) +
                                  c];
                small.rgba[offset(small, x, y) + c] =
                    static_cast<std::uint8_t>(sum / (step_x * step_y));
            }
        }
    }
    return small;
}

double difference(Bitmap const& x, Bitmap const& y) {
    BOOST_REQUIRE(x.size == y.size);
    double sum = 0;
    for (std::size_t i = 0; i < x.rgba.size(); ++i)
        sum += i % 4 == 3 ? 0 : std::abs(x.rgba[i] - y.rgba[i]);
    return sum / (static_cast<double>(x.rgba.size()) * 0.75);
}

double entropy(Bitmap const& bitmap) {
    std::array<int, 512> bins{};
    for (std::size_t i = 0; i < bitmap.rgba.size(); i += 4)
        ++bins[(bitmap.rgba[i] >> 5) * 64u + (bitmap.rgba[i + 1] >> 5) * 8u +
               (bitmap.rgba[i + 2] >> 5)];
    double const count = static_cast<double>(bitmap.rgba.size()) / 4;
    double bits = 0;
    for (int const n : bins) {
        if (n > 0) bits -= n / count * std::log2(n / count);
    }
    return bits;
}

double share_of_hue(Rgb colour, Bitmap const& bitmap) {
    Tone const wanted = tone_of(colour);
    double const wanted_chroma = std::hypot(wanted.a, wanted.b);
    int found = 0;
    for (std::size_t i = 0; i < bitmap.rgba.size(); i += 4) {
        Tone const seen = tone_of({bitmap.rgba[i], bitmap.rgba[i + 1], bitmap.rgba[i + 2]});
        double const chroma = std::hypot(seen.a, seen.b);
        double const along = (seen.a * wanted.a + seen.b * wanted.b) / wanted_chroma;
        found += chroma > 0.06 && along > 0.95 * chroma; // within 18 degrees
    }
    return found / (static_cast<double>(bitmap.rgba.size()) / 4);
}

Picture grid_for(std::string prompt, std::uint64_t seed) {
    GenerateRequest request;
    request.prompt = std::move(prompt);
    request.seed = seed;
    return generate(request);
}

Picture after(Picture const& parent, std::string action, std::uint64_t seed) {
    FollowUp step;
    step.action = std::move(action);
    step.seed = seed;
    auto made = follow(parent, step);
    BOOST_REQUIRE_MESSAGE(made.has_value(), made.error().message());
    return *std::move(made);
}

} // namespace darkroom::studio
