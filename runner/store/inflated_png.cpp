#include "runner/store/inflated_png.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace darkroom::store {

namespace {

constexpr std::size_t signature_bytes = 8;
constexpr std::size_t around_chunk = 12; // its length, name and checksum
constexpr std::size_t block_bytes_max = 0xFFFF;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = at; i < at + 4; ++i)
        number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

void append_number(std::string& bytes, std::size_t number) {
    for (unsigned const shift : {24u, 16u, 8u, 0u}) bytes += static_cast<char>(number >> shift);
}

/// Returns the bytes of all rows, each with the byte of its filter; 0 where that is not known.
std::size_t bytes_of_rows(std::string_view header) {
    if (header.size() != 13 || header[12] != 0) return 0; // an interlaced one has other rows
    constexpr std::size_t channels[] = {1, 0, 3, 1, 2, 0, 4};
    auto const type = static_cast<unsigned char>(header[9]);
    auto const depth = static_cast<unsigned char>(header[8]);
    if (type > 6 || depth > 16) return 0;
    auto const width = std::uint64_t{number_at(header, 0)};
    auto const height = std::uint64_t{number_at(header, 4)};
    auto const row = (width * channels[type] * depth + 7) / 8 + 1;
    return row > 1 && row * height <= inflated_rows_bytes_max ? row * height : 0;
}

/// Buffers that a thread uses again: fresh ones cost a page fault for every 4 KiB.
struct Spare {
    std::string compressed;
    std::vector<char> rows;
};

Spare& spare() {
    thread_local Spare buffers;
    return buffers;
}

struct FreeDecompressor {
    void operator()(libdeflate_decompressor* one) const { libdeflate_free_decompressor(one); }
};

} // namespace

InflatedPng::InflatedPng() { rows_.swap(spare().rows); }

InflatedPng::~InflatedPng() {
    if (rows_.capacity() > 0) rows_.swap(spare().rows);
}

bool InflatedPng::inflate(std::string_view compressed, std::size_t length) {
    std::unique_ptr<libdeflate_decompressor, FreeDecompressor> const decompressor(
        libdeflate_alloc_decompressor());
    if (!decompressor) return false;
    rows_.resize(length);
    return libdeflate_zlib_decompress(decompressor.get(), compressed.data(), compressed.size(),
                                      rows_.data(), rows_.size(), nullptr) == LIBDEFLATE_SUCCESS;
}

std::optional<InflatedPng> InflatedPng::of(std::string_view bytes) {
    InflatedPng png;
    auto& compressed = spare().compressed;
    compressed.clear();
    std::size_t length = 0;
    std::size_t head_end = 0;
    for (auto at = signature_bytes; at + around_chunk <= bytes.size();) {
        std::size_t const size = number_at(bytes, at);
        if (size > bytes.size() - at - around_chunk) return std::nullopt;
        auto const name = bytes.substr(at + 4, 4);
        auto const data = bytes.substr(at + 8, size);
        auto const next = at + size + around_chunk;
        if (name == "IHDR") length = bytes_of_rows(data);
        if (length == 0) return std::nullopt;
        if (name == "IDAT") {
            if (compressed.empty()) compressed.reserve(bytes.size() - at);
            compressed += data;
        } else if (compressed.empty()) {
            head_end = next;
        }
        if (name == "IEND") {
            if (!png.inflate(compressed, length)) return std::nullopt;
            png.put_together(bytes.substr(0, head_end), bytes.substr(at, around_chunk));
            return png;
        }
        at = next;
    }
    return std::nullopt;
}

/// The file is its head, one chunk of stored blocks, and its end.
void InflatedPng::put_together(std::string_view head, std::string_view end) {
    auto const blocks = (rows_.size() + block_bytes_max - 1) / block_bytes_max;
    constexpr std::size_t block_head = 5;
    heads_.reserve(10 + blocks * block_head + 8);
    append_number(heads_, 2 + blocks * block_head + rows_.size() + 4);
    heads_ += "IDAT\x78\x01";
    parts_ = {head, std::string_view(heads_.data(), heads_.size())};
    std::string_view left(rows_.data(), rows_.size());
    for (; !left.empty(); left.remove_prefix(parts_.back().size())) {
        auto const block = left.substr(0, block_bytes_max);
        auto const size = static_cast<std::uint16_t>(block.size());
        auto const begin = heads_.size();
        heads_ += block.size() == left.size() ? '\1' : '\0';
        for (unsigned const number : {unsigned{size}, ~unsigned{size} & 0xFFFFu}) {
            heads_ += static_cast<char>(number & 0xFF);
            heads_ += static_cast<char>(number >> 8);
        }
        parts_.emplace_back(heads_.data() + begin, block_head);
        parts_.push_back(block);
    }
    auto const begin = heads_.size();
    heads_ += std::string(8, '\0'); // two checksums that are not looked at
    parts_.emplace_back(heads_.data() + begin, 8);
    parts_.push_back(end);
}

bool InflatedPng::read(void* to, std::size_t length) {
    auto* out = static_cast<char*>(to);
    while (length > 0 && part_ < parts_.size()) {
        auto const left = parts_[part_].substr(read_of_part_);
        auto const count = std::min(left.size(), length);
        std::memcpy(out, left.data(), count);
        out += count;
        length -= count;
        read_of_part_ += count;
        if (read_of_part_ < parts_[part_].size()) break;
        ++part_;
        read_of_part_ = 0;
    }
    return length == 0;
}

} // namespace darkroom::store
