#include "runner/net/inflater.hpp"

#include "runner/base/try.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <new>

namespace darkroom::net {

namespace {

constexpr int gzip_or_zlib = 32 + MAX_WBITS; // told apart by their first bytes
constexpr std::size_t piece_size = 64u << 10;

} // namespace

struct Inflater::Stream {
    Stream() {
        if (::inflateInit2(&state, gzip_or_zlib) != Z_OK) throw std::bad_alloc();
    }
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;
    ~Stream() { ::inflateEnd(&state); }

    z_stream state{};
    std::array<char, piece_size> piece; // NOLINT(cppcoreguidelines-pro-type-member-init): written
};

Inflater::Inflater(std::uint64_t most) : stream_(std::make_unique<Stream>()), most_(most) {}
Inflater::~Inflater() = default;

Result<> Inflater::feed(std::string_view coded, Taker const& take) {
    auto& state = stream_->state;
    std::string text(coded); // zlib does not write to it, but has no pointer to const
    state.next_in = reinterpret_cast<Bytef*>(text.data());
    state.avail_in = static_cast<uInt>(text.size());
    do {
        if (is_complete_ && state.avail_in > 0) { // the next of several members
            if (::inflateReset(&state) != Z_OK) return Error(Errc::bad_coding, "");
            is_complete_ = false;
        }
        TRY(inflate_some(take));
    } while (state.avail_in > 0);
    return {};
}

/// Makes all of what is given, up to the end of a member.
Result<> Inflater::inflate_some(Taker const& take) {
    auto& [state, piece] = *stream_;
    do {
        state.next_out = reinterpret_cast<Bytef*>(piece.data());
        state.avail_out = static_cast<uInt>(piece.size());
        int const done = ::inflate(&state, Z_NO_FLUSH);
        is_complete_ = done == Z_STREAM_END;
        if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR)
            return Error(Errc::bad_coding, state.msg == nullptr ? "" : state.msg);
        auto const made = piece.size() - state.avail_out;
        made_ += made;
        if (made_ > most_)
            return Error(Errc::body_too_large, fmt::format("more than {} bytes", most_));
        if (made > 0) {
            TRY(take({piece.data(), made}));
        }
    } while (state.avail_out == 0 && !is_complete_);
    return {};
}

} // namespace darkroom::net
