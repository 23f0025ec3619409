// Checks that bytes are a complete PNG, JPEG, WebP or MP4, or a text, as they arrive. Pure.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::store {

/// The expected kind of a file.
enum class Content { image, video, text };

struct ImageFacts {
    std::string format;      ///< "png", "jpeg", "webp", "mp4", "txt".
    std::uint32_t width = 0; ///< 0 for an MP4 and a text.
    std::uint32_t height = 0;
    std::uint64_t trailing = 0; ///< Bytes after the end of the image, which are kept as well.
};

/// Checks the structure of one format. `at` is the offset of `bytes` in the file.
class FormatCheck {
public:
    virtual ~FormatCheck() = default;
    virtual Result<> feed(std::string_view bytes, std::uint64_t at) = 0;
    /// Returns the facts, or the error of an incomplete file; called after the last byte. `size`:
    /// all bytes.
    virtual Result<ImageFacts> finish(std::uint64_t size) = 0;
};

/// Takes a file in pieces of any size; memory does not grow with it. Bytes that follow the end of a
/// PNG, JPEG or WebP are counted.
/// Errors: not_an_image, bad_structure, with the part of the file and its byte.
class ImageCheck {
public:
    explicit ImageCheck(Content content = Content::image);
    Result<> feed(std::string_view bytes);
    Result<ImageFacts> finish();

private:
    Result<> recognise();

    Content content_;
    std::string head_; // until the format is known
    std::unique_ptr<FormatCheck> format_;
    std::uint64_t size_ = 0;
};

/// Returns a bad_structure error with the text "PNG at byte 8123: TEXT".
Error bad_structure(std::string_view format, std::uint64_t at, std::string_view text);

std::unique_ptr<FormatCheck> make_png_check();
std::unique_ptr<FormatCheck> make_jpeg_check();
std::unique_ptr<FormatCheck> make_webp_check();
std::unique_ptr<FormatCheck> make_mp4_check();
/// Accepts any bytes: a text is written by this program, not by the service.
std::unique_ptr<FormatCheck> make_text_check();

} // namespace darkroom::store
