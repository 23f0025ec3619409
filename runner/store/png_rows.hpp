// The rows of the usual PNGs, in a third of the time of a decoder for all of them.
#pragma once

#include "runner/store/reducer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// The largest rows that are inflated in one go. A larger picture is left to the decoder.
inline constexpr std::size_t inflated_rows_bytes_max = 16u << 20;

/// Reads a PNG with eight bits each of red, green and blue, and perhaps of alpha: libdeflate
/// inflates the rows, and next() undoes their filters. The checksums of the chunks are not looked
/// at: that of the rows is.
class PngRows {
public:
    /// Returns nothing for a file that is of another kind, too large or interlaced, or whose rows
    /// cannot be read: a decoder takes it, or says what is wrong.
    static std::optional<PngRows> of(std::string_view bytes);

    ~PngRows();
    PngRows(PngRows&&) = default;
    PngRows& operator=(PngRows&&) = delete;

    PictureSize size() const { return size_; }
    std::size_t channels() const { return channels_; }
    /// Returns the next row. Call it `size().height` times; a row stays until the object goes.
    std::uint8_t const* next();

private:
    PngRows();
    std::size_t row_bytes() const { return channels_ * size_.width; }
    bool read_header(std::string_view header);
    bool inflate(std::string_view compressed);
    bool has_known_filters() const;
    template <std::size_t Channels>
    void undo(unsigned filter, std::uint8_t* row, std::uint8_t const* above) const;

    PictureSize size_;
    std::size_t channels_ = 0;
    std::vector<std::uint8_t> rows_;    ///< Each has the number of its filter before it.
    std::vector<std::uint8_t> nothing_; ///< The row above the first one.
    std::size_t at_ = 0;
};

} // namespace darkroom::store
