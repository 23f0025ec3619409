#include "runner/store/reducer.hpp"

#include <algorithm>
#include <cstring>

namespace darkroom::store {

namespace {

/// A row's parts of two rows of the small picture add up to this.
constexpr std::uint64_t whole_row = 1u << 8;

/// The channels of a pixel, which the processor adds and multiplies at once. Of three channels the
/// fourth number is the next pixel's first one, and is not used.
using Four = float __attribute__((vector_size(16)));

Four four_at(std::int32_t const* sums) {
    std::int32_t __attribute__((vector_size(16))) whole;
    std::memcpy(&whole, sums, sizeof whole);
    return __builtin_convertvector(whole, Four);
}

std::uint8_t to_byte(float value) {
    return static_cast<std::uint8_t>(std::min(value + 0.5F, 255.0F));
}

} // namespace

PictureSize size_within(PictureSize size, std::uint32_t side) {
    auto const longest = std::max(size.width, size.height);
    if (longest <= side) return size;
    auto const scaled = [&](std::uint32_t length) {
        auto const value = (std::uint64_t{length} * side + longest / 2) / longest;
        return static_cast<std::uint32_t>(std::max<std::uint64_t>(value, 1));
    };
    return {scaled(size.width), scaled(size.height)};
}

Reducer::Reducer(PictureSize from, PictureSize to, std::size_t channels)
    : from_(from), to_(to), channels_(channels), sums_(channels * from.width + 1) {
    reduced_.width = to.width;
    reduced_.height = to.height;
    reduced_.rgba.resize(std::size_t{4} * to.width * to.height);
    if (channels_ == 4) clear_.resize(channels_ * from.width);
    for (std::uint32_t x = 0; x < to.width; ++x) {
        auto const begin = std::uint64_t{x} * from.width;
        auto const end = begin + from.width;
        Span span;
        span.first = begin / to.width;
        span.last = (end - 1) / to.width;
        auto const edge = std::min<std::uint64_t>(end, (span.first + 1) * to.width);
        span.first_weight = static_cast<std::int32_t>(edge - begin);
        span.last_weight = static_cast<std::int32_t>(end - span.last * to.width);
        spans_.push_back(span);
    }
}

/// The products fit into sixteen bits, so that the compiler multiplies eight of them at once.
void Reducer::add_weighted(std::uint8_t const* row, std::int32_t weight) {
    static_assert(whole_row * 255 <= 0xFFFF);
    auto* sums = sums_.data();
    auto const count = channels_ * from_.width;
    auto const factor = static_cast<std::uint16_t>(weight);
    for (std::size_t at = 0; at < count; ++at)
        sums[at] += static_cast<std::uint16_t>(factor * row[at]);
}

void Reducer::add_row(std::uint8_t const* row) {
    if (channels_ == 4) {
        for (std::size_t at = 0; at < clear_.size(); at += 4) {
            std::uint32_t const alpha = row[at + 3];
            for (std::size_t part = 0; part < 3; ++part)
                clear_[at + part] = static_cast<std::uint8_t>((row[at + part] * alpha + 127) / 255);
            clear_[at + 3] = row[at + 3];
        }
        row = clear_.data();
    }
    // The row covers [begin, end) of the small picture, in units of 1 / from.height.
    auto begin = std::uint64_t{row_} * to_.height;
    auto const end = begin + to_.height;
    while (begin < end && out_ < to_.height) {
        auto const edge = (std::uint64_t{out_} + 1) * from_.height;
        auto const covered = std::min(end, edge) - begin;
        add_weighted(row, static_cast<std::int32_t>(covered * whole_row / to_.height));
        begin += covered;
        if (begin == edge) end_row();
    }
    ++row_;
}

/// Reduces the sums of the columns to a row of the small picture.
void Reducer::end_row() {
    auto* out = reduced_.rgba.data() + std::size_t{4} * to_.width * out_;
    if (channels_ == 4)
        reduce_sums<4>(out);
    else
        reduce_sums<3>(out);
    std::fill(sums_.begin(), sums_.end(), 0);
    ++out_;
}

template <std::size_t Channels>
void Reducer::reduce_sums(std::uint8_t* out) {
    // A row's weights add up to this, and a column's to from.width.
    auto const full = static_cast<double>(whole_row) * from_.height / to_.height;
    auto const part_of_all = static_cast<float>(1.0 / (full * from_.width));
    auto const width = static_cast<float>(to_.width);
    for (auto const& span : spans_) {
        auto const* column = sums_.data() + span.first * Channels;
        auto const* const last = sums_.data() + span.last * Channels;
        auto mean = four_at(column) * static_cast<float>(span.first_weight);
        if (column != last) mean += four_at(last) * static_cast<float>(span.last_weight);
        Four middle{};
        while ((column += Channels) < last) middle += four_at(column);
        mean = (mean + middle * width) * part_of_all;
        auto const alpha = Channels == 4 ? to_byte(mean[Channels - 1]) : std::uint8_t{255};
        if (alpha != 255) reduced_.is_opaque = false;
        float const clear = alpha == 255 || alpha == 0 ? 1.0F : 255.0F / alpha;
        for (std::size_t part = 0; part < 3; ++part) out[part] = to_byte(mean[part] * clear);
        out[3] = alpha;
        out += 4;
    }
}

} // namespace darkroom::store
