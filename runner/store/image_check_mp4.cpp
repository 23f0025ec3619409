// MP4: boxes, one after the other. Source: ISO/IEC 14496-12, 4.2 (object structure).
#include "runner/store/image_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::store {

namespace {

constexpr std::size_t short_header = 8; // size, type
constexpr std::size_t long_header = 16; // the same, and a size of 64 bits

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (char const c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

/// Checks the outermost boxes only: when they fill the file, nothing is missing.
class Mp4Check final : public FormatCheck {
public:
    Result<> feed(std::string_view bytes, std::uint64_t at) override {
        while (!bytes.empty()) {
            if (to_end_) return {};
            // While a header arrives, `at` is beyond the end of the previous box.
            bool const inside = header_.empty() && at < box_end_;
            auto const used = inside ? skip(bytes, box_end_ - at) : collect(bytes);
            at += used;
            bytes.remove_prefix(used);
            if (inside || header_.size() < wanted_) continue;
            TRY(begin_box(at));
        }
        return {};
    }

    Result<ImageFacts> finish(std::uint64_t size) override {
        if (!header_.empty()) return bad_structure("MP4", size, "ends inside a box's header");
        if (!to_end_ && size < box_end_)
            return bad_structure("MP4", size,
                                 fmt::format("ends; box '{}' says {} bytes", type_, box_end_));
        if (!has_movie_ || !has_data_)
            return bad_structure("MP4", size, has_movie_ ? "no box 'mdat'" : "no box 'moov'");
        return ImageFacts{"mp4", 0, 0};
    }

private:
    static std::size_t skip(std::string_view bytes, std::uint64_t left) {
        return static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
    }

    std::size_t collect(std::string_view bytes) {
        auto const used = std::min(wanted_ - header_.size(), bytes.size());
        header_ += bytes.substr(0, used);
        return used;
    }

    /// `at`: the offset after the header.
    Result<> begin_box(std::uint64_t at) {
        std::string_view const header = header_;
        auto size = big_endian(header.substr(0, 4));
        if (size == 1 && header.size() == short_header) {
            wanted_ = long_header;
            return {};
        }
        if (size == 1) size = big_endian(header.substr(short_header));
        type_ = header.substr(4, 4);
        auto const begin = at - header.size();
        to_end_ = size == 0; // allowed for the last box
        if (!to_end_ && (size < header.size() || size > size_max))
            return bad_structure("MP4", begin, fmt::format("a box of {} bytes", size));
        if (begin == 0 && type_ != "ftyp") return bad_structure("MP4", begin, "no box 'ftyp'");
        box_end_ = begin + size;
        has_movie_ = has_movie_ || type_ == "moov";
        has_data_ = has_data_ || type_ == "mdat";
        header_.clear();
        wanted_ = short_header;
        return {};
    }

    static constexpr std::uint64_t size_max = std::uint64_t{1} << 40;

    std::string header_; // of the next box, while it arrives
    std::size_t wanted_ = short_header;
    std::string type_;
    std::uint64_t box_end_ = 0;
    bool to_end_ = false;
    bool has_movie_ = false;
    bool has_data_ = false;
};

} // namespace

std::unique_ptr<FormatCheck> make_mp4_check() { return std::make_unique<Mp4Check>(); }

} // namespace darkroom::store
