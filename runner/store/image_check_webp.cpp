// WebP: a RIFF file of chunks. Source: Google's WebP container specification, RFC 6386 (VP8).
#include "runner/store/image_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::store {

namespace {

constexpr std::size_t riff_bytes = 12;        // "RIFF", size, "WEBP"
constexpr std::size_t chunk_header_bytes = 8; // a chunk's name and size
constexpr std::size_t payload_head = 10;      // enough to hold the size in all three kinds

std::uint32_t little_endian(std::string_view bytes, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

class WebpCheck final : public FormatCheck {
public:
    Result<> feed(std::string_view bytes, std::uint64_t at) override {
        while (!bytes.empty() && !is_over(at)) {
            auto const used = state_ == State::payload ? take_payload(bytes) : collect(bytes);
            at += used;
            bytes.remove_prefix(used);
            TRY(state_ == State::payload ? end_of_payload() : end_of_field(at));
        }
        return {};
    }

    Result<ImageFacts> finish(std::uint64_t size) override {
        if (size < end_)
            return bad_structure("WebP", size, fmt::format("ends; RIFF says {} bytes", end_));
        if (state_ != State::header || !field_.empty())
            return bad_structure("WebP", size, fmt::format("ends inside chunk '{}'", name_));
        if (!seen_image_) return bad_structure("WebP", size, "no image chunk");
        facts_.trailing = size - end_;
        return facts_;
    }

private:
    enum class State { riff, header, payload };

    /// Returns whether the byte `at` is beyond the RIFF file.
    bool is_over(std::uint64_t at) const {
        return state_ == State::header && field_.empty() && at >= end_;
    }

    Error wrong(std::string_view text) const {
        return bad_structure(fmt::format("WebP chunk '{}'", name_), chunk_at_, text);
    }

    std::size_t collect(std::string_view bytes) {
        auto const size = state_ == State::riff ? riff_bytes : chunk_header_bytes;
        auto const used = std::min(size - field_.size(), bytes.size());
        field_ += bytes.substr(0, used);
        return used;
    }

    Result<> end_of_field(std::uint64_t at) {
        if (state_ == State::riff) return at < riff_bytes ? Result<>() : begin_riff();
        return field_.size() < chunk_header_bytes ? Result<>()
                                                  : begin_chunk(at - chunk_header_bytes);
    }

    Result<> begin_riff() {
        end_ = std::uint64_t{little_endian(field_.substr(4), 4)} + chunk_header_bytes;
        field_.clear();
        state_ = State::header;
        return {};
    }

    Result<> begin_chunk(std::uint64_t at) {
        name_ = field_.substr(0, 4);
        size_ = little_endian(field_.substr(4), 4);
        field_.clear();
        head_.clear();
        chunk_at_ = at;
        left_ = std::uint64_t{size_} + (size_ & 1); // padded to an even length
        auto const printable = [](char c) { return c >= 0x20 && c < 0x7f; };
        if (!std::all_of(name_.begin(), name_.end(), printable)) {
            name_ = "?";
            return wrong("its name is not four characters");
        }
        if (at + chunk_header_bytes + left_ > end_) return wrong("longer than the file");
        if (at == riff_bytes && name_ != "VP8 " && name_ != "VP8L" && name_ != "VP8X")
            return wrong("where the image or VP8X must be");
        state_ = State::payload;
        return left_ == 0 ? end_of_payload() : Result<>();
    }

    std::size_t take_payload(std::string_view bytes) {
        auto const used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        auto const wanted = std::min({used, payload_head - head_.size()});
        head_ += bytes.substr(0, wanted);
        left_ -= used;
        return used;
    }

    Result<> end_of_payload() {
        if (left_ > 0) return {};
        state_ = State::header;
        if (name_ == "VP8X") return read_extended();
        if (name_ == "VP8 ") return read_lossy();
        if (name_ == "VP8L") return read_lossless();
        seen_image_ = seen_image_ || name_ == "ANMF";
        return {};
    }

    Result<> read_extended() {
        if (size_ < payload_head) return wrong("too short");
        return set_size(1 + little_endian(std::string_view(head_).substr(4), 3),
                        1 + little_endian(std::string_view(head_).substr(7), 3));
    }

    Result<> read_lossy() {
        if (size_ < payload_head) return wrong("too short");
        if (head_.substr(3, 3) != "\x9d\x01\x2a") return wrong("no VP8 start code");
        seen_image_ = true;
        return set_size(little_endian(std::string_view(head_).substr(6), 2) & 0x3fff,
                        little_endian(std::string_view(head_).substr(8), 2) & 0x3fff);
    }

    Result<> read_lossless() {
        if (size_ < 5 || head_[0] != '\x2f') return wrong("no VP8L signature");
        auto const field = little_endian(std::string_view(head_).substr(1), 4);
        seen_image_ = true;
        return set_size((field & 0x3fff) + 1, (field >> 14 & 0x3fff) + 1);
    }

    Result<> set_size(std::uint32_t width, std::uint32_t height) {
        if (width == 0 || height == 0) return wrong(fmt::format("{}x{} pixels", width, height));
        if (facts_.width != 0 && (facts_.width != width || facts_.height != height))
            return wrong(fmt::format("{}x{} pixels inside {}x{}", width, height, facts_.width,
                                     facts_.height));
        facts_ = {"webp", width, height};
        return {};
    }

    State state_ = State::riff;
    std::string field_; // at most 12 bytes
    std::string name_ = "RIFF";
    std::string head_; // a payload's first bytes
    std::uint64_t end_ = riff_bytes;
    std::uint64_t chunk_at_ = 0;
    std::uint64_t left_ = 0; // remaining bytes of the payload, padding included
    std::uint32_t size_ = 0;
    ImageFacts facts_;
    bool seen_image_ = false;
};

} // namespace

std::unique_ptr<FormatCheck> make_webp_check() { return std::make_unique<WebpCheck>(); }

} // namespace darkroom::store
