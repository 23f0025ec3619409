#include "runner/base/normal_text.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

namespace darkroom {

namespace {

constexpr utf8proc_int32_t replacement = 0xFFFD;

bool is_ascii(utf8proc_int32_t code) { return code >= 0 && code < 0x80; }

void append(std::string& text, utf8proc_int32_t code) {
    if (is_ascii(code)) {
        text += static_cast<char>(code);
        return;
    }
    std::array<utf8proc_uint8_t, 4> bytes{};
    auto const count = utf8proc_encode_char(code, bytes.data());
    text.append(reinterpret_cast<char const*>(bytes.data()), static_cast<std::size_t>(count));
}

struct Entity {
    std::string_view name;
    std::string_view text;
};
constexpr std::array<Entity, 6> entities{{
    {"amp", "&"},
    {"lt", "<"},
    {"gt", ">"},
    {"quot", "\""},
    {"apos", "'"},
    {"nbsp", " "},
}};

/// Reads "#38" and "#x26".
std::optional<utf8proc_int32_t> code_of(std::string_view name) {
    if (!name.starts_with('#')) return std::nullopt;
    name.remove_prefix(1);
    bool const is_hex = name.starts_with('x') || name.starts_with('X');
    if (is_hex) name.remove_prefix(1);
    auto const code = parse_whole<std::int32_t>(name, is_hex ? 16 : 10);
    if (!code || *code <= 0 || !utf8proc_codepoint_valid(*code)) return std::nullopt;
    return *code;
}

/// Appends what an entity stands for. Returns false when it is none.
bool append_entity(std::string& text, std::string_view name) {
    for (auto const& entity : entities) {
        if (entity.name != name) continue;
        text += entity.text;
        return true;
    }
    auto const code = code_of(name);
    if (code) append(text, *code);
    return code.has_value();
}

std::string without_entities(std::string_view text) {
    constexpr std::size_t name_max = 10;
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        auto const start = std::min(text.find('&'), text.size());
        plain += text.substr(0, start);
        text.remove_prefix(start);
        if (text.empty()) break;
        auto const end = text.substr(0, name_max).find(';');
        bool const is_entity =
            end != text.npos && end > 1 && append_entity(plain, text.substr(1, end - 1));
        if (!is_entity) plain += '&';
        text.remove_prefix(is_entity ? end + 1 : 1);
    }
    return plain;
}

bool is_blank(utf8proc_int32_t code) {
    if (is_ascii(code)) return code <= ' ';
    return code < 0 || utf8proc_category(code) == UTF8PROC_CATEGORY_ZS || code == 0x2028 ||
           code == 0x2029 || code == 0x85;
}

bool is_long_dash(utf8proc_int32_t code) { return code == 0x2013 || code == 0x2014; }

/// Squeezes white space, and writes long dashes as two short ones.
std::string plain_of(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    bool blank_due = false;
    auto const* at = reinterpret_cast<utf8proc_uint8_t const*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t code = replacement;
        bool const is_plain = is_ascii(*at);
        if (is_plain) code = *at;
        auto const read = is_plain ? 1 : utf8proc_iterate(at, left, &code);
        auto const used = read > 0 ? read : 1;
        if (read <= 0) code = replacement;
        at += used;
        left -= used;
        if (is_blank(code)) {
            blank_due = !plain.empty();
            continue;
        }
        if (std::exchange(blank_due, false)) plain += ' ';
        if (is_long_dash(code))
            plain += "--";
        else
            append(plain, code);
    }
    return plain;
}

/// The longest run of combining characters that is composed: sorting one takes its square.
constexpr int marks_max = 64;

bool is_mark(utf8proc_int32_t code) {
    auto const category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

bool has_endless_marks(std::string const& text) {
    auto const* at = reinterpret_cast<utf8proc_uint8_t const*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    for (int marks = 0; left > 0;) {
        utf8proc_int32_t code = replacement;
        auto const read = std::max<utf8proc_ssize_t>(utf8proc_iterate(at, left, &code), 1);
        marks = is_mark(code) ? marks + 1 : 0;
        if (marks > marks_max) return true;
        at += read;
        left -= read;
    }
    return false;
}

/// Composes a text; returns it as it is when it is no UTF-8.
std::string composed(std::string const& text, int more_options = 0) {
    auto const is_plain = [](char c) { return is_ascii(static_cast<unsigned char>(c)); };
    bool const is_composed = more_options == 0 && std::all_of(text.begin(), text.end(), is_plain);
    if (is_composed) return text;
    if (has_endless_marks(text)) return text;
    utf8proc_uint8_t* made = nullptr;
    auto const options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | more_options;
    auto const size = utf8proc_map(reinterpret_cast<utf8proc_uint8_t const*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &made,
                                   static_cast<utf8proc_option_t>(options));
    std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> const owned(made, &std::free);
    if (size < 0) return text;
    return {reinterpret_cast<char const*>(made), static_cast<std::size_t>(size)};
}

} // namespace

std::string normal_text(std::string_view text) {
    return composed(plain_of(without_entities(text)));
}

std::string folded_name(std::string_view name) {
    bool const is_ascii = std::none_of(name.begin(), name.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0x80) != 0;
    });
    return is_ascii ? to_lower(name) : composed(std::string(name), UTF8PROC_CASEFOLD);
}

} // namespace darkroom
