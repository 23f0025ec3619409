// Paints scenes as files. Rows go straight into the encoder, so that an upscale of 8192 x 8192
// needs no 200 MB of pixels.
#include "runner/studio/paint/paint.hpp"

#include "runner/studio/paint/canvas.hpp"
#include "runner/studio/paint/image_codec.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace darkroom::studio {

namespace {

/// The canvases of a picture side by side, as one.
class Sheet {
public:
    Sheet(Picture const& picture, Size size, Backdrop const* backdrop)
        : grid_(picture.is_grid()), height_(size.height), backdrop_(backdrop) {
        if (!grid_) {
            left_ = size.width;
            top_ = size.height;
            canvases_.emplace_back(picture.scenes.front(), picture.aspect, size);
            return;
        }
        // An odd pixel goes to the right and the bottom; a side of 1 is all right and bottom.
        left_ = size.width / 2;
        top_ = size.height / 2;
        Size const first{std::max(left_, 1), std::max(top_, 1)};
        Size const last{size.width - left_, size.height - top_};
        for (std::size_t i = 0; i < picture.scenes.size(); ++i) {
            Size const part{i % 2 == 0 ? first.width : last.width,
                            i / 2 == 0 ? first.height : last.height};
            canvases_.emplace_back(picture.scenes[i], picture.aspect, part);
        }
    }

    void paint_row(int y, std::span<std::uint8_t> row) const {
        if (!grid_) {
            canvases_.front().paint_row(y, row);
            return lay(y, top_, row);
        }
        bool const lower = y >= top_;
        std::size_t const base = lower ? 2 : 0;
        int const line = lower ? y - top_ : y;
        int const lines = lower ? height_ - top_ : top_;
        auto const split = static_cast<std::size_t>(left_) * 3;
        if (split != 0) canvases_[base].paint_row(line, row.first(split));
        canvases_[base + 1].paint_row(line, row.subspan(split));
        lay(line, lines, row.first(split));
        lay(line, lines, row.subspan(split));
    }

private:
    void lay(int line, int lines, std::span<std::uint8_t> part) const {
        if (backdrop_ != nullptr && !part.empty()) lay_over(*backdrop_, (line + 0.5) / lines, part);
    }

    bool grid_;
    int left_ = 0;
    int top_ = 0;
    int height_;
    Backdrop const* backdrop_;
    std::vector<Canvas> canvases_;
};

/// Interpolates between the middles of the coarse pixels.
std::uint8_t blend(std::vector<std::uint8_t> const& rgb, Size size, double x, double y,
                   std::size_t channel) {
    double const fx = std::clamp(x, 0.0, size.width - 1.0);
    double const fy = std::clamp(y, 0.0, size.height - 1.0);
    int const left = static_cast<int>(fx);
    int const top = static_cast<int>(fy);
    auto const at = [&](int column, int line) {
        auto const index = static_cast<std::size_t>(std::min(line, size.height - 1)) *
                               static_cast<std::size_t>(size.width) +
                           static_cast<std::size_t>(std::min(column, size.width - 1));
        return static_cast<double>(rgb[index * 3 + channel]);
    };
    double const across = fx - left;
    double const upper = at(left, top) * (1 - across) + at(left + 1, top) * across;
    double const lower = at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across;
    return static_cast<std::uint8_t>(upper + (lower - upper) * (fy - top) + 0.5);
}

/// Enlarges to full size without hard blocks: a preview is blurred, as at the real service.
std::vector<std::uint8_t> stretch(std::vector<std::uint8_t> const& rgb, Size from, Size to) {
    std::vector<std::uint8_t> out(static_cast<std::size_t>(to.width) *
                                  static_cast<std::size_t>(to.height) * 3);
    auto* next = out.data();
    for (int y = 0; y < to.height; ++y) {
        double const source_y = (y + 0.5) * from.height / to.height - 0.5;
        for (int x = 0; x < to.width; ++x) {
            double const source_x = (x + 0.5) * from.width / to.width - 0.5;
            for (std::size_t c = 0; c < 3; ++c) *next++ = blend(rgb, from, source_x, source_y, c);
        }
    }
    return out;
}

/// Returns the size of a preview: 4 x 4 blocks at the beginning, every second pixel near the end.
Size coarse_size(Size size, int progress) {
    double const done = std::clamp(progress, 0, 100) / 100.0;
    double const divisor = std::pow(2.0, 5 - 4 * done);
    auto const shrunk = [&](int side) {
        return std::clamp(static_cast<int>(side / divisor), std::min(side, 4), side);
    };
    return {shrunk(size.width), shrunk(size.height)};
}

} // namespace

std::string paint(Picture const& picture, Size size, Backdrop const* backdrop) {
    assert(size.width >= 1 && size.height >= 1);
    Sheet const sheet(picture, size, backdrop);
    return encode_png(size, [&](int y, std::span<std::uint8_t> row) { sheet.paint_row(y, row); });
}

std::string paint_tile(Picture const& picture, int tile, Size size, Backdrop const* backdrop) {
    assert(tile >= 1 && static_cast<std::size_t>(tile) <= picture.scenes.size());
    Canvas const canvas(picture.scenes[static_cast<std::size_t>(tile - 1)], picture.aspect, size);
    return encode_png(size, [&](int y, std::span<std::uint8_t> row) {
        canvas.paint_row(y, row);
        if (backdrop != nullptr) lay_over(*backdrop, (y + 0.5) / size.height, row);
    });
}

std::string paint_preview(Picture const& picture, int progress, Size size,
                          Backdrop const* backdrop) {
    Size const coarse = coarse_size(size, progress);
    Sheet const sheet(picture, coarse, backdrop);
    std::size_t const stride = static_cast<std::size_t>(coarse.width) * 3;
    std::vector<std::uint8_t> rgb(stride * static_cast<std::size_t>(coarse.height));
    std::span<std::uint8_t> const all(rgb);
    for (int y = 0; y < coarse.height; ++y)
        sheet.paint_row(y, all.subspan(stride * static_cast<std::size_t>(y), stride));
    return encode_webp(size, stretch(rgb, coarse, size));
}

} // namespace darkroom::studio
