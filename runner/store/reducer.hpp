// Reduces a picture row by row: each pixel of the small one is the mean of those that it covers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace darkroom::store {

/// The width and height of a picture.
struct PictureSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

/// A small picture with eight bits each of red, green, blue and alpha.
struct Reduced {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::vector<std::uint8_t> rgba;
    bool is_opaque = true;
};

/// Returns the size with the same aspect and a longest side of at most `side`; never zero.
PictureSize size_within(PictureSize size, std::uint32_t side);

/// Takes the rows of a picture from top to bottom.
class Reducer {
public:
    /// `channels`: 3 for red, green, blue; 4 with alpha. `to` is not larger than `from`.
    Reducer(PictureSize from, PictureSize to, std::size_t channels);

    /// Adds the next row: `from.width` times `channels` bytes.
    void add_row(std::uint8_t const* row);
    /// Returns the picture after the last row.
    Reduced take() { return std::move(reduced_); }

private:
    /// The columns that a pixel of the small picture covers: the first and the last in part.
    struct Span {
        std::size_t first = 0;
        std::size_t last = 0;
        std::int32_t first_weight = 0; ///< Weights add up to from.width.
        std::int32_t last_weight = 0;
    };

    void add_weighted(std::uint8_t const* row, std::int32_t weight);
    void end_row();
    template <std::size_t Channels>
    void reduce_sums(std::uint8_t* out);

    PictureSize from_;
    PictureSize to_;
    std::size_t channels_;
    std::uint32_t row_ = 0;           ///< The next one of the large picture.
    std::uint32_t out_ = 0;           ///< The next one of the small picture.
    std::vector<std::int32_t> sums_;  ///< Weighted sums of the columns; alpha multiplied in.
    std::vector<std::uint8_t> clear_; ///< A row with its alpha multiplied in.
    std::vector<Span> spans_;         ///< One for each pixel of a small row.
    Reduced reduced_;
};

} // namespace darkroom::store
