// PNG: the signature, then chunks of length, type, data and CRC. Source: W3C PNG (third edition).
#include "runner/store/image_check.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>

namespace darkroom::store {

namespace {

constexpr std::uint32_t length_max = 0x7fff'ffff;
constexpr std::size_t ihdr_bytes = 13; // of IHDR

std::uint32_t big_endian_32(std::string_view bytes) {
    std::uint32_t value = 0;
    for (char const c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// Bit depths that each colour type allows, as a set of bits.
bool depth_fits(unsigned colour, unsigned depth) {
    switch (colour) {
    case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6: return depth == 8 || depth == 16;
    default: return false;
    }
}

class PngCheck final : public FormatCheck {
public:
    Result<> feed(std::string_view bytes, std::uint64_t at) override {
        while (!bytes.empty() && state_ != State::end) {
            auto const used = state_ == State::data ? take_data(bytes) : collect(bytes);
            at += used;
            bytes.remove_prefix(used);
            TRY(state_ == State::data ? end_of_data() : end_of_field(at));
            if (state_ == State::end) end_at_ = at;
        }
        return {};
    }

    Result<ImageFacts> finish(std::uint64_t size) override {
        facts_.trailing = size - end_at_;
        if (state_ == State::end) return facts_;
        if (state_ == State::header && field_.empty())
            return bad_structure("PNG", size, "ends without an IEND chunk");
        return bad_structure("PNG", size, fmt::format("ends inside {}", where()));
    }

private:
    enum class State { signature, header, data, crc, end };

    std::string where() const {
        if (state_ == State::signature) return "the signature";
        if (state_ == State::header) return "a chunk's header";
        return fmt::format("chunk {}, which begins at byte {}", type_, chunk_at_);
    }

    Error wrong(std::string_view text) const {
        return bad_structure(fmt::format("PNG chunk {}", type_), chunk_at_, text);
    }

    std::size_t take_data(std::string_view bytes) {
        auto const used = std::min<std::size_t>(left_, bytes.size());
        auto const data = bytes.substr(0, used);
        // Of no bytes, it might be given no address, and would begin again.
        if (!data.empty()) crc_ = ::libdeflate_crc32(crc_, data.data(), data.size());
        if (type_ == "IHDR") header_ += data;
        left_ -= static_cast<std::uint32_t>(used);
        return used;
    }

    Result<> end_of_data() {
        if (left_ == 0) state_ = State::crc;
        return {};
    }

    /// Signature, chunk header and CRC are short: collected until complete.
    std::size_t collect(std::string_view bytes) {
        auto const size = state_ == State::crc ? 4u : 8u;
        auto const used = std::min(size - field_.size(), bytes.size());
        field_ += bytes.substr(0, used);
        return used;
    }

    Result<> end_of_field(std::uint64_t at) {
        if (field_.size() < (state_ == State::crc ? 4u : 8u)) return {};
        std::string const field = std::exchange(field_, {});
        if (state_ == State::header) return begin_chunk(field, at - field.size());
        if (state_ == State::crc) return end_chunk(field);
        state_ = State::header; // the signature was checked when the format was recognised
        return {};
    }

    Result<> begin_chunk(std::string const& field, std::uint64_t at) {
        left_ = big_endian_32(field);
        type_ = field.substr(4);
        chunk_at_ = at;
        if (!std::all_of(type_.begin(), type_.end(), is_letter)) {
            type_ = "without a name";
            return wrong("its type is not four letters");
        }
        if (left_ > length_max) return wrong("longer than a chunk can be");
        TRY(check_order());
        crc_ = ::libdeflate_crc32(0, type_.data(), type_.size());
        state_ = left_ == 0 ? State::crc : State::data;
        return {};
    }

    Result<> check_order() {
        if ((type_ == "IHDR") != !seen_header_) return wrong("IHDR must be first, and once");
        if (type_ == "IHDR" && left_ != ihdr_bytes) return wrong("not 13 bytes long");
        if (type_ == "PLTE" && seen_data_) return wrong("comes after the image data");
        if (type_ == "IDAT" && seen_data_ && !last_was_data_)
            return wrong("other chunks are between the image data");
        if (type_ == "IDAT" && needs_palette_ && !seen_palette_) return wrong("no PLTE before it");
        if (type_ == "IEND" && !seen_data_) return wrong("no IDAT chunk before it");
        if (type_ == "IEND" && left_ != 0) return wrong("is not empty");
        bool const known = type_ == "IHDR" || type_ == "PLTE" || type_ == "IDAT" || type_ == "IEND";
        bool const critical = type_[0] >= 'A' && type_[0] <= 'Z';
        if (critical && !known) return wrong("is critical and not known");
        seen_header_ = true;
        seen_palette_ = seen_palette_ || type_ == "PLTE";
        last_was_data_ = type_ == "IDAT";
        seen_data_ = seen_data_ || last_was_data_;
        return {};
    }

    Result<> end_chunk(std::string const& field) {
        if (crc_ != big_endian_32(field)) return wrong("CRC mismatch");
        state_ = type_ == "IEND" ? State::end : State::header;
        return type_ == "IHDR" ? read_header() : Result<>();
    }

    Result<> read_header() {
        auto const byte = [this](std::size_t at) {
            return static_cast<unsigned>(static_cast<unsigned char>(header_[at]));
        };
        facts_ = {"png", big_endian_32(header_),
                  big_endian_32(std::string_view(header_).substr(4))};
        auto const size_fits = [](std::uint32_t size) { return size > 0 && size <= length_max; };
        if (!size_fits(facts_.width) || !size_fits(facts_.height))
            return wrong(fmt::format("{}x{} pixels", facts_.width, facts_.height));
        if (!depth_fits(byte(9), byte(8)))
            return wrong(fmt::format("colour type {} with {} bits", byte(9), byte(8)));
        if (byte(10) != 0 || byte(11) != 0 || byte(12) > 1)
            return wrong("compression, filter or interlace method is not known");
        needs_palette_ = byte(9) == 3;
        return {};
    }

    State state_ = State::signature;
    std::string field_; // at most 8 bytes
    std::string type_ = "IHDR";
    std::uint64_t chunk_at_ = 0;
    std::uint64_t end_at_ = 0; // of the image
    std::uint32_t left_ = 0;   // remaining bytes of the chunk's data
    std::uint32_t crc_ = 0;
    std::string header_; // IHDR's 13 bytes
    ImageFacts facts_;
    bool seen_header_ = false;
    bool seen_palette_ = false;
    bool needs_palette_ = false;
    bool seen_data_ = false;
    bool last_was_data_ = false;
};

} // namespace

std::unique_ptr<FormatCheck> make_png_check() { return std::make_unique<PngCheck>(); }

} // namespace darkroom::store
