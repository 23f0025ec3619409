#include "runner/store/image_check.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::store {

namespace {

constexpr std::size_t head_bytes = 12; // enough to recognise every format

std::string shown(std::string_view bytes) {
    std::string text;
    for (char const c : bytes.substr(0, head_bytes)) {
        bool const plain = c >= 0x20 && c < 0x7f;
        text += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return text;
}

class TextCheck final : public FormatCheck {
public:
    Result<> feed(std::string_view, std::uint64_t) override { return {}; }
    Result<ImageFacts> finish(std::uint64_t) override { return ImageFacts{"txt", 0, 0}; }
};

} // namespace

std::unique_ptr<FormatCheck> make_text_check() { return std::make_unique<TextCheck>(); }

ImageCheck::ImageCheck(Content content) : content_(content) {
    if (content == Content::text) format_ = make_text_check();
}

Error bad_structure(std::string_view format, std::uint64_t at, std::string_view text) {
    return {Errc::bad_structure, fmt::format("{} at byte {}: {}", format, at, text)};
}

Result<> ImageCheck::feed(std::string_view bytes) {
    if (format_ == nullptr) {
        auto const missing = std::min(head_bytes - head_.size(), bytes.size());
        head_ += bytes.substr(0, missing);
        bytes.remove_prefix(missing);
        if (head_.size() < head_bytes) return {};
        TRY(recognise());
    }
    auto const at = size_;
    size_ += bytes.size();
    return bytes.empty() ? Result<>() : format_->feed(bytes, at);
}

Result<ImageFacts> ImageCheck::finish() {
    if (format_ == nullptr)
        return Error(Errc::not_an_image,
                     fmt::format("only {} bytes: '{}'", head_.size(), shown(head_)));
    return format_->finish(size_);
}

Result<> ImageCheck::recognise() {
    std::string_view const head = head_;
    bool const is_video = content_ == Content::video;
    if (is_video && head.substr(4, 4) == "ftyp")
        format_ = make_mp4_check();
    else if (is_video && !head.starts_with("RIFF"))
        return Error(Errc::not_an_image,
                     fmt::format("begins with '{}', which is not an MP4 or WebP", shown(head)));
    else if (head.starts_with("\x89PNG\r\n\x1a\n"))
        format_ = make_png_check();
    else if (head.starts_with("\xff\xd8\xff"))
        format_ = make_jpeg_check();
    else if (head.starts_with("RIFF") && head.substr(8, 4) == "WEBP")
        format_ = make_webp_check();
    else
        return Error(
            Errc::not_an_image,
            fmt::format("begins with '{}', which is not a PNG, JPEG or WebP", shown(head)));
    size_ = head.size();
    return format_->feed(head, 0);
}

} // namespace darkroom::store
