// The text of a file, whatever its bytes are: plain, in gzip, in another encoding than UTF-8.
#pragma once

#include "runner/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::jobs {

/// The limit of what a file in gzip may stand for.
constexpr std::uint64_t inflated_bytes_max = std::uint64_t{16} << 30;

/// Returns an error when texts cannot be read in an encoding of that name. "" and "auto" are
/// UTF-8, or UTF-16 with its byte order mark.
Result<> check_encoding(std::string const& name);

/// Reads a file from its beginning to its end, as UTF-8. Text that was UTF-8 before is not checked.
/// Memory does not grow with the file.
class TextSource {
public:
    /// `descriptor` stays open and is not moved. `encoding`: see check_encoding().
    TextSource(int descriptor, std::string encoding);
    ~TextSource();
    TextSource(TextSource const&) = delete;
    TextSource& operator=(TextSource const&) = delete;

    /// Puts at most `size` (64 or more) bytes into `into`; returns 0 at the end.
    Result<std::size_t> read(char* into, std::size_t size);

    bool is_gzip() const { return inflater_ != nullptr; }
    /// Returns the encoding that is not UTF-8, once something was read; else "".
    std::string_view encoding() const { return converter_ ? std::string_view(encoding_) : ""; }

private:
    class Inflater;
    class Converter;

    Result<> begin();
    Result<std::size_t> read_file(char* into, std::size_t size);
    Result<std::size_t> read_bytes(char* into, std::size_t size);
    Result<std::size_t> convert(char* into, std::size_t size);

    int descriptor_;
    std::string encoding_;
    std::int64_t offset_ = 0;
    bool begun_ = false;
    std::string head_; ///< The first bytes, which were looked at before they were asked for.
    std::unique_ptr<Inflater> inflater_;
    std::unique_ptr<Converter> converter_;
};

} // namespace darkroom::jobs
