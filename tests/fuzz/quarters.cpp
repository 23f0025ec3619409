// Cutting of pictures: whatever the bytes, nothing larger than the limit is decoded, and the
// quarters of a picture have its pixels. A thumbnail of it has its aspect.
#include "runner/store/quarters.hpp"
#include "runner/store/error.hpp"
#include "runner/store/thumbnail.hpp"
#include "tests/fuzz/png_sums.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>

using namespace darkroom;
using namespace darkroom::fuzz;
using store::Pixels;

namespace {

constexpr std::uint64_t pixels_max = 1u << 18; // small, so that inputs reach it

bool same_pixel(Pixels const& a, std::size_t at, Pixels const& b, std::size_t in_b) {
    auto const from = a.rgba.begin() + static_cast<std::ptrdiff_t>(4 * at);
    return std::equal(from, from + 4, b.rgba.begin() + static_cast<std::ptrdiff_t>(4 * in_b));
}

void check_quarter(Pixels const& grid, Pixels const& quarter, std::size_t number) {
    require(quarter.width == grid.width / 2 && quarter.height == grid.height / 2,
            "a quarter has half the width and half the height");
    std::size_t const left = number % 2 * quarter.width;
    std::size_t const top = number / 2 * quarter.height;
    for (std::size_t y = 0; y < quarter.height; ++y)
        for (std::size_t x = 0; x < quarter.width; ++x)
            require(
                same_pixel(grid, (top + y) * grid.width + left + x, quarter, y * quarter.width + x),
                "a quarter has the pixels of the picture");
}

void check_thumbnail(std::string const& bytes, Pixels const* picture) {
    auto const small = store::reduce_picture(bytes, 48);
    if (!small) return;
    require(small->rgba.size() == std::size_t{4} * small->width * small->height,
            "each pixel of a thumbnail has four bytes");
    require(small->width <= 48 && small->height <= 48, "a thumbnail is small");
    if (picture == nullptr) return;
    auto const size = store::size_within({picture->width, picture->height}, 48);
    require(small->width == size.width && small->height == size.height,
            "a thumbnail has the aspect of its picture");
    require(store::dominant_colour(*small) <= 0xFFFFFF, "a colour has three bytes");
}

void check(std::string const& bytes) {
    auto const grid = store::decode_picture(bytes, pixels_max);
    bool const is_large = !grid && grid.error().code == make_error_code(store::Errc::too_large);
    if (!is_large) check_thumbnail(bytes, grid ? &*grid : nullptr);
    if (!grid) {
        require(grid.error().code.value() != 0, "a picture that is refused has a reason");
        return;
    }
    auto const pixels = std::uint64_t{grid->width} * grid->height;
    require(pixels > 0 && pixels <= pixels_max, "a picture is within the limit");
    require(grid->rgba.size() == 4 * pixels, "each pixel has four bytes");
    auto const quarters = store::quarters_of(*grid);
    require(quarters.has_value() == (grid->width > 1 && grid->height > 1),
            "what has two rows and two columns can be cut");
    if (!quarters) return;
    require(quarters->size() == 4, "there are four quarters");
    for (std::size_t i = 0; i < 4; ++i) {
        auto const quarter = store::decode_picture(quarters->at(i));
        require(quarter.has_value(), "a quarter is a picture");
        check_quarter(*grid, *quarter, i);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const bytes(text_of(data, size));
    check(bytes);
    if (bytes.starts_with("\x89PNG")) check(with_right_sums(bytes));
    return 0;
}
