#include "jobs/table/text_source.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>
#include <iconv.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <new>
#include <unistd.h>
#include <utility>

namespace darkroom::jobs {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t piece_bytes = std::size_t{64} << 10;
constexpr std::size_t head_bytes = 4;

Error wrong(std::string text) { return {error_code(), std::move(text)}; }

/// A byte order mark and what it says.
struct ByteMark {
    std::string_view bytes;
    std::string_view encoding; ///< "" for UTF-8.
};

// The longer mark of UTF-32 begins like that of UTF-16.
constexpr std::array<ByteMark, 5> byte_marks{{{byte_order_mark, ""},
                                              {"\xFF\xFE\0\0"sv, "UTF-32LE"},
                                              {"\0\0\xFE\xFF"sv, "UTF-32BE"},
                                              {"\xFF\xFE"sv, "UTF-16LE"},
                                              {"\xFE\xFF"sv, "UTF-16BE"}}};

bool is_utf8_name(std::string_view name) {
    auto const small = to_lower(name);
    return small.empty() || small == "auto" || small == "utf-8" || small == "utf8";
}

iconv_t no_conversion() { return reinterpret_cast<iconv_t>(-1); }

} // namespace

/// Undoes gzip, of one member or several.
class TextSource::Inflater {
public:
    Inflater() {
        constexpr int gzip_only = 16 + MAX_WBITS;
        if (::inflateInit2(&state_, gzip_only) != Z_OK) throw std::bad_alloc();
    }
    Inflater(Inflater const&) = delete;
    Inflater& operator=(Inflater const&) = delete;
    ~Inflater() { ::inflateEnd(&state_); }

    /// `more` puts coded bytes into a buffer.
    template <class More>
    Result<std::size_t> read(char* into, std::size_t size, More const& more) {
        state_.next_out = reinterpret_cast<Bytef*>(into);
        state_.avail_out = static_cast<uInt>(size);
        while (state_.avail_out == size) {
            if (state_.avail_in == 0) {
                TRY_ASSIGN(auto const found, more(coded_.data(), coded_.size()));
                if (found == 0 && is_complete_) return std::size_t{0};
                if (found == 0) return wrong("the gzip file ends too early");
                state_.next_in = reinterpret_cast<Bytef*>(coded_.data());
                state_.avail_in = static_cast<uInt>(found);
            }
            if (is_complete_ && ::inflateReset(&state_) != Z_OK) throw std::bad_alloc();
            int const done = ::inflate(&state_, Z_NO_FLUSH);
            if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR)
                return wrong("the gzip file is damaged");
            is_complete_ = done == Z_STREAM_END;
        }
        auto const made = size - state_.avail_out;
        made_ += made;
        if (made_ > inflated_bytes_max)
            return wrong(fmt::format("more than {} came out of the gzip file",
                                     format_bytes(inflated_bytes_max)));
        return made;
    }

private:
    z_stream state_{};
    std::uint64_t made_ = 0;
    bool is_complete_ = false;
    std::array<char, piece_bytes> coded_; // NOLINT(cppcoreguidelines-pro-type-member-init): written
};

/// Makes UTF-8 of another encoding.
class TextSource::Converter {
public:
    explicit Converter(std::string const& encoding)
        : handle_(::iconv_open("UTF-8", encoding.c_str())) {}
    Converter(Converter const&) = delete;
    Converter& operator=(Converter const&) = delete;
    ~Converter() {
        if (works()) ::iconv_close(handle_);
    }

    bool works() const { return handle_ != no_conversion(); }

    /// `more` puts coded bytes into a buffer. Text before a byte that cannot be read is returned
    /// first.
    template <class More>
    Result<std::size_t> read(char* into, std::size_t size, More const& more) {
        auto* out = into;
        auto out_left = size;
        while (out == into && !is_broken_) {
            if (!is_ended_ && wants_more_) {
                std::memmove(coded_.data(), coded_.data() + from_, end_ - from_);
                end_ -= std::exchange(from_, 0);
                TRY_ASSIGN(auto const found, more(coded_.data() + end_, coded_.size() - end_));
                end_ += found;
                is_ended_ = found == 0;
            }
            auto* in = coded_.data() + from_;
            auto in_left = end_ - from_;
            auto const done = ::iconv(handle_, &in, &in_left, &out, &out_left);
            int const number = done == static_cast<std::size_t>(-1) ? errno : 0;
            from_ = end_ - in_left;
            wants_more_ = number != E2BIG;
            if (number == EILSEQ || (number == EINVAL && is_ended_)) is_broken_ = true;
            if (number != 0 || !is_ended_) continue;
            // A few encodings hold back a character that the next one may change.
            ::iconv(handle_, nullptr, nullptr, &out, &out_left);
            break;
        }
        if (out == into && is_broken_)
            return Error(make_error_code(boost::system::errc::illegal_byte_sequence), "");
        return size - out_left;
    }

private:
    iconv_t handle_;
    bool is_ended_ = false;
    bool is_broken_ = false;
    bool wants_more_ = true; ///< All it has was converted, but for a part of a character.
    std::size_t from_ = 0;
    std::size_t end_ = 0;
    std::array<char, piece_bytes> coded_; // NOLINT(cppcoreguidelines-pro-type-member-init): written
};

Result<> check_encoding(std::string const& name) {
    if (is_utf8_name(name)) return {};
    auto const is_plain = [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || std::strchr("-_.:+()", c) != nullptr);
    };
    bool const is_name = name.size() <= 40 && std::all_of(name.begin(), name.end(), is_plain);
    auto const handle = is_name ? ::iconv_open("UTF-8", name.c_str()) : no_conversion();
    if (handle == no_conversion())
        return wrong(fmt::format("'{}' is not an encoding: some are utf-8, utf-16, windows-1252, "
                                 "latin1, gbk, gb18030, big5, shift_jis, euc-kr; 'iconv -l' lists "
                                 "all",
                                 name));
    ::iconv_close(handle);
    return {};
}

TextSource::TextSource(int descriptor, std::string encoding)
    : descriptor_(descriptor), encoding_(std::move(encoding)) {}
TextSource::~TextSource() = default;

Result<std::size_t> TextSource::read(char* into, std::size_t size) {
    if (!begun_) {
        begun_ = true;
        TRY(begin());
    }
    return converter_ ? convert(into, size) : read_bytes(into, size);
}

/// Looks at the first bytes.
Result<> TextSource::begin() {
    std::array<char, head_bytes> first{};
    TRY_ASSIGN(auto const size, read_file(first.data(), first.size()));
    std::string_view const magic(first.data(), size);
    if (magic == "PK\3\4"sv)
        return wrong("this is a spreadsheet (.xlsx, .ods) or another archive: save it as CSV in "
                     "UTF-8, or convert it with 'xlsx2csv'");
    if (magic.starts_with("\x1f\x8b"sv)) {
        offset_ = 0;
        inflater_ = std::make_unique<Inflater>();
    } else {
        head_ = magic;
    }
    while (inflater_ && head_.size() < head_bytes) {
        std::array<char, head_bytes> more{};
        auto const coded = [this](char* into, std::size_t most) { return read_file(into, most); };
        TRY_ASSIGN(auto const made, inflater_->read(more.data(), head_bytes - head_.size(), coded));
        if (made == 0) break;
        head_.append(more.data(), made);
    }
    auto const mark =
        std::find_if(byte_marks.begin(), byte_marks.end(), [this](ByteMark const& one) {
            return std::string_view(head_).starts_with(one.bytes);
        });
    if (mark != byte_marks.end()) {
        head_.erase(0, mark->bytes.size());
        encoding_ = mark->encoding;
    }
    if (is_utf8_name(encoding_)) return {};
    converter_ = std::make_unique<Converter>(encoding_);
    if (converter_->works()) return {};
    return check_encoding(encoding_);
}

Result<std::size_t> TextSource::read_file(char* into, std::size_t size) {
    ssize_t found = -1;
    do {
        found = ::pread(descriptor_, into, size, offset_);
    } while (found < 0 && errno == EINTR);
    if (found < 0) return system_error_of(errno, "cannot read it");
    offset_ += found;
    return static_cast<std::size_t>(found);
}

Result<std::size_t> TextSource::read_bytes(char* into, std::size_t size) {
    auto const known = std::min(head_.size(), size);
    std::memcpy(into, head_.data(), known);
    head_.erase(0, known);
    auto const coded = [this](char* to, std::size_t most) { return read_file(to, most); };
    TRY_ASSIGN(auto const found, inflater_ ? inflater_->read(into + known, size - known, coded)
                                           : read_file(into + known, size - known));
    return known + found;
}

Result<std::size_t> TextSource::convert(char* into, std::size_t size) {
    auto const coded = [this](char* to, std::size_t most) { return read_bytes(to, most); };
    auto made = converter_->read(into, size, coded);
    bool const is_broken =
        made.has_error() && made.error().code == boost::system::errc::illegal_byte_sequence;
    if (is_broken) return wrong(fmt::format("not {}: which encoding does it have?", encoding_));
    return made;
}

} // namespace darkroom::jobs
