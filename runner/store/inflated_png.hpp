// A PNG whose rows are already inflated, for a decoder that takes only whole files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct spng_ctx;

namespace darkroom::store {

/// The largest rows that are inflated in one go. Those of a larger picture are inflated as they are
/// read.
inline constexpr std::size_t inflated_rows_bytes_max = 16u << 20;

/// Holds the rows of a PNG as libdeflate inflates them, in half of zlib's time. A decoder reads the
/// file as if its rows were stored without compression. The checksums of its chunks are not right:
/// the decoder ignores them, and libdeflate has checked the rows.
class InflatedPng {
public:
    /// Returns nothing for a file that is too large, interlaced or damaged: the decoder takes it as
    /// it is, and says what is wrong. `bytes` outlives the object.
    static std::optional<InflatedPng> of(std::string_view bytes);

    ~InflatedPng();
    InflatedPng(InflatedPng&&) = default;
    InflatedPng& operator=(InflatedPng&&) = delete;

    /// Copies the next `length` bytes; false at the end.
    bool read(void* to, std::size_t length);

private:
    InflatedPng();
    bool inflate(std::string_view compressed, std::size_t length);
    void put_together(std::string_view head, std::string_view end);

    std::vector<char> rows_;
    std::string heads_;                   ///< Heads of the blocks; parts_ points into it.
    std::vector<std::string_view> parts_; ///< The parts of the file, in order.
    std::size_t part_ = 0;
    std::size_t read_of_part_ = 0;
};

} // namespace darkroom::store
