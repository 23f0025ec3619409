#include "runner/store/manifest_index.hpp"

#include "runner/store/error.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/manifest_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <tuple>
#include <unistd.h>

namespace darkroom::store {

namespace {

constexpr std::size_t piece_bytes = 16 << 10;
constexpr std::size_t piece_bytes_max = 8u << 20; // more than a line may have

using HalfKey = ListedLine::Key;

HalfKey half_key(Digest const& step) {
    HalfKey key{};
    std::memcpy(key.data(), step.data(), sizeof key);
    return key;
}

bool is_below(HalfKey const& a, HalfKey const& b) {
    return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

bool is_before(ListedLine const& a, ListedLine const& b) {
    if (is_below(a.key, b.key)) return true;
    if (is_below(b.key, a.key)) return false;
    auto const rank = [](ListedLine const& line) {
        return std::make_tuple(+line.is_repeat, +line.tile, +line.is_unwanted, +line.offset);
    };
    return rank(a) < rank(b);
}

Error not_a_line(File const& file, std::uint64_t offset) {
    return {Errc::damaged_manifest, fmt::format("{}, byte {}", file.path(), offset)};
}

} // namespace

Result<ManifestIndex> ManifestIndex::read(RunFolder const& folder, std::uint64_t manifest_bytes,
                                          std::size_t expected) {
    ManifestIndex index;
    index.lines_.reserve(expected);
    TRY_ASSIGN(auto const manifest, File::own(folder.manifest(), O_RDONLY));
    TRY(index.add_lines(manifest, manifest_bytes, false));
    auto const unwanted_bytes = file_size(folder.unwanted());
    if (unwanted_bytes.has_value()) {
        TRY_ASSIGN(auto const unwanted, File::own(folder.unwanted(), O_RDONLY));
        TRY(index.add_lines(unwanted, *unwanted_bytes, true));
    }
    std::sort(index.lines_.begin(), index.lines_.end(), is_before);
    return index;
}

Result<> ManifestIndex::add_lines(File const& file, std::uint64_t bytes, bool is_unwanted) {
    constexpr int tile_max = 255;
    std::uint64_t offset = 0;
    Result<> failure;
    LineReader lines([&](std::string_view text) {
        auto const line = LineColumns::split(text);
        Digest step{};
        if (!line || !from_hex(key_of_line(text), step)) {
            failure = not_a_line(file, offset);
            return;
        }
        ListedLine listed;
        listed.key = half_key(step);
        listed.is_repeat = line->is_null(Column::same_as) ? 0 : 1;
        listed.tile = static_cast<unsigned>(std::clamp(line->tile(), 0, tile_max)) & 0xff;
        listed.is_unwanted = is_unwanted ? 1 : 0;
        listed.offset = offset & ((1ull << 53) - 1);
        lines_.push_back(listed);
        offset += text.size() + 1;
    });
    TRY(file.read(bytes, [&](std::string_view piece) -> Result<> {
        TRY(lines(piece));
        return failure;
    }));
    return {};
}

StepLines ManifestIndex::lines_of(Digest const& step) {
    auto const key = half_key(step);
    auto const begin = first_not_below(key);
    auto end = begin;
    while (end != lines_.end() && end->key == key) ++end;
    return {begin, end};
}

/// Returns where a key is if the keys are spread evenly, as digests are.
std::ptrdiff_t ManifestIndex::even_place(ListedLine::Key const& key) const {
    return static_cast<std::ptrdiff_t>((key[0] >> 32) * lines_.size() >> 32);
}

/// Looks near the even place first, and as much beside it as the key there is beside its own: a
/// search in the middle of a million lines would wait for memory twenty times.
std::vector<ListedLine>::iterator ManifestIndex::first_not_below(ListedLine::Key const& key) {
    constexpr std::ptrdiff_t reach_first = 64;
    auto const size = std::ssize(lines_);
    if (size == 0) return lines_.end();
    auto const begin = lines_.begin();
    auto const even = even_place(key);
    auto const near = std::clamp(2 * even - even_place(begin[even].key), std::ptrdiff_t{0}, size);
    for (auto reach = reach_first;; reach *= 2) {
        auto const low = std::max(near - reach, std::ptrdiff_t{0});
        auto const high = std::min(near + reach, size);
        bool const is_above_low = low == 0 || is_below(begin[low - 1].key, key);
        bool const is_up_to_high = high == size || !is_below(begin[high].key, key);
        if (is_above_low && is_up_to_high)
            return std::lower_bound(begin + low, begin + high, key,
                                    [](ListedLine const& line, HalfKey const& sought) {
                                        return is_below(line.key, sought);
                                    });
    }
}

std::size_t ManifestIndex::count_unwanted() const {
    return static_cast<std::size_t>(
        std::count_if(lines_.begin(), lines_.end(),
                      [](ListedLine const& line) { return line.is_unwanted != 0; }));
}

std::vector<ListedLine> ManifestIndex::not_taken() const {
    std::vector<ListedLine> left;
    for (auto const& line : lines_) {
        if (line.is_taken == 0) left.push_back(line);
    }
    std::sort(left.begin(), left.end(), [](ListedLine const& a, ListedLine const& b) {
        if (a.is_unwanted != b.is_unwanted) return a.is_unwanted > b.is_unwanted;
        return a.offset < b.offset;
    });
    return left;
}

Result<std::string_view> LinesAt::read(std::uint64_t offset) {
    for (auto size = piece_bytes; size <= piece_bytes_max; size *= 4) {
        bool const is_inside = offset >= begin_ && offset < begin_ + piece_.size();
        if (is_inside) {
            auto const rest = std::string_view(piece_).substr(offset - begin_);
            auto const end = rest.find('\n');
            if (end != rest.npos) return rest.substr(0, end);
        }
        TRY(fill(offset, size));
    }
    return not_a_line(file_, offset);
}

Result<> LinesAt::fill(std::uint64_t offset, std::size_t size) {
    piece_.resize(size);
    std::size_t filled = 0;
    while (filled < size) {
        auto const got = ::pread(file_.descriptor(), piece_.data() + filled, size - filled,
                                 static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_error("read", file_.path());
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    piece_.resize(filled);
    begin_ = offset;
    return {};
}

} // namespace darkroom::store
