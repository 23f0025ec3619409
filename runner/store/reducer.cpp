#include "runner/store/reducer.hpp"

#include <algorithm>
#include <array>

namespace darkroom::store {

namespace {

/// A row's parts of two rows of the small picture add up to this.
constexpr std::uint64_t whole_row = 1u << 8;

std::uint8_t to_byte(double value) {
    return static_cast<std::uint8_t>(std::min(value + 0.5, 255.0));
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
    : from_(from), to_(to), channels_(channels), sums_(channels * from.width) {
    reduced_.width = to.width;
    reduced_.height = to.height;
    reduced_.rgba.resize(std::size_t{4} * to.width * to.height);
    if (channels_ == 4) clear_.resize(sums_.size());
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

void Reducer::add_weighted(std::uint8_t const* row, std::int32_t weight) {
    auto* sums = sums_.data();
    auto const count = sums_.size();
    for (std::size_t at = 0; at < count; ++at) sums[at] += weight * row[at];
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
    double const full = static_cast<double>(whole_row) * from_.height / to_.height;
    double const part_of_all = 1.0 / (full * from_.width);
    for (auto const& span : spans_) {
        std::array<double, Channels> mean{};
        for (std::size_t part = 0; part < Channels; ++part) {
            double middle = 0;
            for (auto column = span.first + 1; column < span.last; ++column)
                middle += sums_[column * Channels + part];
            double sum = middle * to_.width;
            sum += static_cast<double>(sums_[span.first * Channels + part]) * span.first_weight;
            if (span.last > span.first)
                sum += static_cast<double>(sums_[span.last * Channels + part]) * span.last_weight;
            mean[part] = sum * part_of_all;
        }
        auto const alpha = Channels == 4 ? to_byte(mean[Channels - 1]) : std::uint8_t{255};
        if (alpha != 255) reduced_.is_opaque = false;
        double const clear = alpha == 255 || alpha == 0 ? 1.0 : 255.0 / alpha;
        for (std::size_t part = 0; part < 3; ++part) out[part] = to_byte(mean[part] * clear);
        out[3] = alpha;
        out += 4;
    }
}

} // namespace darkroom::store
