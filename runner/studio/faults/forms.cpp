#include "runner/studio/faults/forms.hpp"

#include "runner/base/text.hpp"
#include "runner/studio/faults/named.hpp"

#include <utf8proc.h>

#include <cmath>
#include <cstdlib>
#include <memory>

namespace darkroom::studio {

namespace {

constexpr std::array<Named<Form>, 15> forms{{
    {"text", Form::text},
    {"ms", Form::ms},
    {"us", Form::us},
    {"iso", Form::iso},
    {"trimmed", Form::trimmed},
    {"squeezed", Form::squeezed},
    {"long_dash", Form::long_dash},
    {"composed", Form::composed},
    {"decomposed", Form::decomposed},
    {"escaped", Form::escaped},
    {"extended", Form::extended},
    {"decimal", Form::decimal},
    {"reordered", Form::reordered},
    {"half_surrogate", Form::half_surrogate},
    {"bad_utf8", Form::bad_utf8},
}};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// Returns the words between white space.
std::vector<std::string> words_of(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    std::vector<std::string> words;
    for (auto at = text.find_first_not_of(space); at != std::string_view::npos;) {
        auto const end = std::min(text.find_first_of(space, at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = text.find_first_not_of(space, end);
    }
    return words;
}

std::string normalised(std::string const& text, utf8proc_option_t form) {
    utf8proc_uint8_t* made = nullptr;
    auto const size = utf8proc_map(reinterpret_cast<utf8proc_uint8_t const*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &made,
                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | form));
    std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> const owned(made, &std::free);
    if (size < 0) return text; // no UTF-8
    return {reinterpret_cast<char const*>(made), static_cast<std::size_t>(size)};
}

std::string escaped(std::string text) {
    text = replaced(std::move(text), "&", "&amp;");
    text = replaced(std::move(text), "<", "&lt;");
    text = replaced(std::move(text), ">", "&gt;");
    text = replaced(std::move(text), "\"", "&quot;");
    return replaced(std::move(text), "'", "&#39;");
}

/// Adds ".0" to the whole numbers that follow `--v`.
std::string with_decimals(std::string_view text) {
    auto words = words_of(text);
    for (std::size_t i = 1; i < words.size(); ++i) {
        bool const whole = words[i].find_first_not_of("0123456789") == std::string::npos;
        if (words[i - 1] == "--v" && whole) words[i] += ".0";
    }
    return join(words, " ");
}

/// Reverses the order of the `--arguments`, each with its values.
std::string reordered(std::string_view text) {
    std::vector<std::string> parts{std::string()};
    for (auto const& word : words_of(text)) {
        if (word.starts_with("--"))
            parts.push_back(word);
        else
            parts.back() += (parts.back().empty() ? "" : " ") + word;
    }
    std::reverse(parts.begin() + 1, parts.end());
    if (parts.front().empty()) parts.erase(parts.begin());
    return join(parts, " ");
}

std::string text_in_form(std::string const& text, Form form) {
    switch (form) {
    case Form::trimmed: return std::string(trim(text));
    case Form::squeezed: return join(words_of(text), " ");
    case Form::long_dash: return replaced(text, "--", "\u2014");
    case Form::composed: return normalised(text, UTF8PROC_COMPOSE);
    case Form::decomposed: return normalised(text, UTF8PROC_DECOMPOSE);
    case Form::escaped: return escaped(text);
    case Form::extended: return text + " --fast";
    case Form::decimal: return with_decimals(text);
    case Form::reordered: return reordered(text);
    case Form::bad_utf8: return text + "\xff";
    default: return text;
    }
}

/// A number is written as its text stands, so it can hold what no string can.
json::Value with_half_surrogate(std::string const& text) {
    auto raw = json::write(text);
    raw.insert(raw.size() - 1, "\\ud83d");
    return json::Number{std::move(raw)};
}

json::Value time_in_form(double seconds, Form form) {
    if (form == Form::ms) return static_cast<std::int64_t>(std::llround(seconds * 1e3));
    if (form == Form::us) return static_cast<std::int64_t>(std::llround(seconds * 1e6));
    return format_rfc3339(WallTime(std::chrono::milliseconds(std::llround(seconds * 1e3))));
}

} // namespace

json::Value in_form(json::Value value, Form form) {
    if (form == Form::text) return json::write(value);
    if (form == Form::ms || form == Form::us || form == Form::iso) {
        if (!value.is_number()) return value;
        return time_in_form(value.number().value_or(0), form);
    }
    auto const* text = value.string();
    if (text == nullptr) return value;
    if (form == Form::half_surrogate) return with_half_surrogate(*text);
    return text_in_form(*text, form);
}

std::optional<Form> form_named(std::string_view name) { return by_name(forms, name); }
std::string unknown_form(std::string_view name) { return unknown_name(forms, name); }

} // namespace darkroom::studio
