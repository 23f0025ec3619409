#include "jobs/table/json_row.hpp"

#include "jobs/table/row.hpp"
#include "runner/base/number.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::jobs {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view white = " \t\r\n";

/// A word that programs write although JSON has none, and why it is no cell.
struct OddWord {
    std::string_view word;
    std::string_view why;
};
constexpr std::array<OddWord, 3> odd_words{{
    {"NaN", "is NaN: a cell is a text, a number, true or false"},
    {"Infinity", "is Infinity: a cell is a text, a number, true or false"},
    {"-Infinity", "is -Infinity: a cell is a text, a number, true or false"},
}};
constexpr std::string_view half_mark = "\0\xEF\xBF\xBD"sv; // a zero byte and U+FFFD

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Takes the digits at the front of `text` away; false when there are none.
bool take_digits(std::string_view& text) {
    auto const end = std::find_if_not(text.begin(), text.end(), is_digit);
    auto const size = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(size);
    return size > 0;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
    bool const is_there = !text.empty() && characters.find(text.front()) != text.npos;
    if (is_there) text.remove_prefix(1);
    return is_there;
}

/// Returns true for what JSON's grammar calls a number, however large it is.
bool is_number(std::string_view text) {
    take_one_of(text, "-");
    if (!take_one_of(text, "0") && !take_digits(text)) return false;
    if (take_one_of(text, ".") && !take_digits(text)) return false;
    if (!take_one_of(text, "eE")) return text.empty();
    take_one_of(text, "+-");
    return take_digits(text) && text.empty();
}

bool is_odd_word(std::string_view text) {
    return std::any_of(odd_words.begin(), odd_words.end(),
                       [text](OddWord const& one) { return one.word == text; });
}

/// Returns the code unit of an escape `\uXXXX` at the front of `text`.
std::optional<std::uint16_t> unit_at(std::string_view text) {
    if (!text.starts_with("\\u") || text.size() < 6) return std::nullopt;
    return parse_whole<std::uint16_t>(text.substr(2, 4), 16);
}

/// Writes a row again so that a strict reader takes it.
class Mender {
public:
    /// `keeps_length`: with values that are not those of the row, but each as long as it was, so
    /// that an error has its place in the row.
    Mender(std::string_view row, bool keeps_length) : rest_(row), keeps_length_(keeps_length) {}

    std::string mended() {
        while (!rest_.empty()) {
            char const c = rest_.front();
            if (c == '"')
                copy_text();
            else if (c == '-' || c == 'N' || c == 'I' || is_digit(c))
                copy_word();
            else
                copy(1);
        }
        return std::move(out_);
    }

private:
    void copy(std::size_t size) {
        size = std::min(size, rest_.size());
        out_ += rest_.substr(0, size);
        rest_.remove_prefix(size);
    }

    void copy_word() {
        auto const size = std::min(rest_.find_first_of(" \t\r\n,:[]{}\""), rest_.size());
        auto const word = rest_.substr(0, size);
        auto const behind = rest_.find_first_not_of(white, size);
        bool const is_key = behind != rest_.npos && rest_[behind] == ':';
        bool const is_odd = is_odd_word(word);
        if (is_key || (!is_odd && !is_number(word))) return copy(size);
        if (keeps_length_)
            out_.append(size, '1');
        else
            out_.append(is_odd ? "\"\\u0000" : "\"").append(word).append("\"");
        rest_.remove_prefix(size);
    }

    void copy_text() {
        copy(1);
        while (!rest_.empty() && rest_.front() != '"') {
            copy(std::min(rest_.find_first_of("\"\\"), rest_.size()));
            if (rest_.starts_with('\\')) copy_escape();
        }
        copy(1);
    }

    void copy_escape() {
        auto const is_half = [](std::optional<std::uint16_t> unit, unsigned first) {
            return unit && *unit >= first && *unit < first + 0x400u;
        };
        auto const unit = unit_at(rest_);
        bool const is_first = is_half(unit, 0xD800);
        if (is_first && is_half(unit_at(rest_.substr(6)), 0xDC00)) return copy(12);
        if (!is_first && !is_half(unit, 0xDC00)) return copy(2);
        out_ += keeps_length_ ? "\\uFFFD"sv : "\\u0000\\uFFFD"sv;
        rest_.remove_prefix(6);
    }

    std::string_view rest_;
    bool keeps_length_;
    std::string out_;
};

} // namespace

Result<json::Value> read_json_row(std::string_view text) {
    json::ReadLimits limits;
    limits.bytes = row_bytes_max;
    limits.depth = row_depth_max;
    auto value = json::read(text, limits);
    bool const may_be_odd = value.has_error() && value.error().code == json::Errc::malformed;
    if (!may_be_odd) return value;
    limits.bytes = 4 * row_bytes_max; // a mark is up to four times as long as what it stands for
    auto const first = text.find_first_not_of(white);
    bool const has_cells =
        first != text.npos && std::string_view("{[\"").find(text[first]) != text.npos;
    if (has_cells) {
        auto marked = json::read(Mender(text, false).mended(), limits);
        if (marked.has_value()) return marked;
    }
    return json::read(Mender(text, true).mended(), limits);
}

std::string_view why_no_cell(std::string_view text) {
    for (auto const& [word, why] : odd_words) {
        if (text.starts_with('\0') && text.substr(1) == word) return why;
    }
    return text.find(half_mark) != text.npos
               ? "has half a surrogate pair: the text was cut within a character"
               : "has a zero byte";
}

} // namespace darkroom::jobs
