// JPEG: segments between markers, and entropy-coded data after each SOS. Source: ITU-T T.81.
#include "runner/store/image_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::store {

namespace {

constexpr unsigned soi = 0xd8, eoi = 0xd9, sos = 0xda, tem = 0x01;
constexpr std::size_t frame_bytes = 6; // precision, height, width, components

bool is_restart(unsigned marker) { return marker >= 0xd0 && marker <= 0xd7; }
/// Returns true for SOF0 to SOF15; three numbers of that range have another meaning.
bool is_frame(unsigned marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

class JpegCheck final : public FormatCheck {
public:
    Result<> feed(std::string_view bytes, std::uint64_t at) override {
        while (!bytes.empty() && state_ != State::end) {
            std::size_t used = 1;
            if (state_ == State::scan || state_ == State::payload)
                used = skip(bytes);
            else if (auto taken = take(static_cast<unsigned char>(bytes[0]), at); taken.has_error())
                return taken;
            at += used;
            bytes.remove_prefix(used);
        }
        if (state_ == State::end && end_at_ == 0) end_at_ = at;
        return {};
    }

    Result<ImageFacts> finish(std::uint64_t size) override {
        if (state_ != State::end) return bad_structure("JPEG", size, "ends before its EOI marker");
        if (facts_.width == 0) return bad_structure("JPEG", size, "no frame header (SOF)");
        if (!scanned_) return bad_structure("JPEG", size, "no scan (SOS)");
        facts_.trailing = size - end_at_;
        return facts_;
    }

private:
    enum class State {
        prefix,  // the 0xff before a marker
        marker,  // the marker itself; more 0xff may stand before it
        high,    // byte of a segment's length
        low,     //
        payload, // of a segment
        scan,    // entropy-coded data
        escape,  // after a 0xff in the scan
        end,
    };

    /// Skips bytes that need no check: most of a scan, and a segment's payload.
    std::size_t skip(std::string_view bytes) {
        if (state_ == State::scan) {
            auto const mark = bytes.find('\xff');
            if (mark == bytes.npos) return bytes.size();
            state_ = State::escape;
            return mark + 1;
        }
        auto const used = std::min<std::size_t>(left_, bytes.size());
        if (is_frame(marker_) && frame_.size() < frame_bytes)
            frame_ += bytes.substr(0, std::min(used, frame_bytes - frame_.size()));
        left_ -= static_cast<unsigned>(used);
        if (left_ == 0) state_ = marker_ == sos ? State::scan : State::prefix;
        return used;
    }

    Result<> take(unsigned byte, std::uint64_t at) {
        switch (state_) {
        case State::prefix:
            if (byte != 0xff)
                return bad_structure("JPEG", at,
                                     fmt::format("0x{:02x} where a marker begins", byte));
            state_ = State::marker;
            return {};
        case State::marker: return take_marker(byte, at);
        case State::escape: return take_escaped(byte, at);
        case State::high:
            left_ = byte << 8;
            state_ = State::low;
            return {};
        case State::low: return begin_payload(byte, at);
        case State::payload:
        case State::scan: return {}; // skip() takes these
        case State::end: return {};  // feed() takes nothing more
        }
        return {};
    }

    Result<> take_marker(unsigned byte, std::uint64_t at) {
        if (byte == 0xff) return {};
        marker_ = byte;
        bool const first = !std::exchange(begun_, true);
        if (first != (byte == soi))
            return bad_structure("JPEG", at, "SOI must be the first marker, and once");
        if (byte == 0x00 || is_restart(byte))
            return bad_structure("JPEG", at, fmt::format("marker 0x{:02x} outside a scan", byte));
        if (byte == eoi)
            state_ = State::end;
        else
            state_ = byte == soi || byte == tem ? State::prefix : State::high;
        return {};
    }

    /// In a scan 0xff stands before 0 (a plain 0xff), a restart, a fill byte or the next marker.
    Result<> take_escaped(unsigned byte, std::uint64_t at) {
        if (byte == 0xff) return {};
        if (byte == 0x00 || is_restart(byte)) {
            state_ = State::scan;
            return {};
        }
        return take_marker(byte, at);
    }

    Result<> begin_payload(unsigned byte, std::uint64_t at) {
        left_ |= byte;
        if (left_ < 2) return bad_structure("JPEG", at, "a segment shorter than its own length");
        left_ -= 2;
        bool const empty = left_ == 0;
        if (is_frame(marker_)) {
            if (left_ < frame_bytes) return bad_structure("JPEG", at, "frame header is too short");
            if (facts_.width != 0 || !frame_.empty())
                return bad_structure("JPEG", at, "a second frame header");
        }
        if (marker_ == sos) {
            TRY(read_frame(at));
            scanned_ = true;
        }
        state_ = State::payload;
        if (empty) state_ = marker_ == sos ? State::scan : State::prefix;
        return {};
    }

    Result<> read_frame(std::uint64_t at) {
        if (frame_.size() < frame_bytes)
            return bad_structure("JPEG", at, "a scan before its frame");
        auto const pair = [this](std::size_t from) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(frame_[from]) << 8 |
                                              static_cast<unsigned char>(frame_[from + 1]));
        };
        facts_ = {"jpeg", pair(3), pair(1)};
        if (facts_.width == 0 || facts_.height == 0)
            return bad_structure("JPEG", at,
                                 fmt::format("{}x{} pixels", facts_.width, facts_.height));
        return {};
    }

    State state_ = State::prefix;
    unsigned marker_ = 0;
    unsigned left_ = 0;        // remaining bytes of the segment
    std::string frame_;        // the first bytes of SOF
    std::uint64_t end_at_ = 0; // of the image
    ImageFacts facts_;
    bool begun_ = false;
    bool scanned_ = false;
};

} // namespace

std::unique_ptr<FormatCheck> make_jpeg_check() { return std::make_unique<JpegCheck>(); }

} // namespace darkroom::store
