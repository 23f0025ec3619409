#include "runner/base/secrets.hpp"

#include "runner/base/base64.hpp"
#include "runner/base/number.hpp"
#include "runner/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace darkroom {

namespace {

constexpr std::string_view instead = "TOKEN";
constexpr std::string_view mask_start = "TOKEN-";

/// Returns true when `what` was there.
bool replace_all(std::string& text, std::string_view what, std::string_view by) {
    auto at = text.find(what);
    if (at == text.npos) return false;
    std::string out;
    std::size_t done = 0;
    for (; at != text.npos; at = text.find(what, done)) {
        out.append(text, done, at - done).append(by);
        done = at + what.size();
    }
    out.append(text, done);
    text = std::move(out);
    return true;
}

/// Orders texts in which a shorter one may be a part of a longer one.
bool is_longer(std::string const& a, std::string const& b) { return a.size() > b.size(); }

/// Returns a text of this size that base64 may hold.
std::string filler(std::size_t size) {
    std::string out;
    while (out.size() < size) out += instead;
    out.resize(size);
    return out;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/// Returns the sets of characters that some encoder of URLs takes: one leaves a '/', another not.
std::vector<std::string> encoded_sets(std::string_view secret) {
    constexpr std::size_t choices_max = 4;
    std::string reserved;
    for (char const c : secret)
        if (!is_unreserved(c) && reserved.find(c) == reserved.npos) reserved += c;
    if (reserved.size() > choices_max) return {reserved};
    std::vector<std::string> sets(std::size_t{1} << reserved.size());
    for (std::size_t choice = 0; choice < sets.size(); ++choice)
        for (std::size_t i = 0; i < reserved.size(); ++i)
            if ((choice >> i & 1) != 0) sets[choice] += reserved[i];
    return sets;
}

std::string percent_encoded(std::string_view secret, std::string_view encoded, bool upper) {
    std::string out;
    for (char const c : secret) {
        auto const byte = static_cast<unsigned char>(c);
        if (encoded.find(c) == encoded.npos)
            out += c;
        else
            out += upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
    }
    return out;
}

/// Returns the digits of base64 that the secret alone decides, after `before` bytes of a group.
std::string in_base64(std::string_view secret, std::size_t before) {
    auto const digits = to_base64(std::string(before, '\0') + std::string(secret));
    auto const first = (before * 8 + 5) / 6;
    auto const end = (before + secret.size()) * 8 / 6;
    return digits.substr(first, end - first);
}

/// Returns the alphabet for URLs in place of the usual one.
std::string url_safe(std::string text) {
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

bool is_byte(std::string_view hex, char c) {
    auto const value = parse_whole<std::uint8_t>(hex, 16);
    return hex.size() == 2 && value && *value == static_cast<unsigned char>(c);
}

/// Returns how many characters at the start of `text` stand for `c`: as it is, or escaped as in a
/// URL or in JSON; 0 for another one.
std::size_t length_of(std::string_view text, char c) {
    if (text.starts_with('%') && is_byte(text.substr(1, 2), c)) return 3;
    if (text.starts_with("\\u00") && is_byte(text.substr(4, 2), c)) return 6;
    bool const may_be_escaped = c == '"' || c == '\\' || c == '/';
    if (may_be_escaped && text.starts_with('\\') && text.substr(1).starts_with(c)) return 2;
    return text.starts_with(c) ? 1 : 0;
}

/// Returns how many characters at the start of `text` stand for the whole secret; 0 for none.
std::size_t length_of(std::string_view text, std::string_view secret) {
    std::size_t size = 0;
    for (char const c : secret) {
        auto const length = length_of(text.substr(size), c);
        if (length == 0) return 0;
        size += length;
    }
    return size;
}

/// Replaces a secret whose characters are escaped one by one.
void hide_escaped(std::string& text, std::string_view secret) {
    char const starts[] = {secret.front(), '%', '\\'};
    std::string_view const start(starts, sizeof starts);
    if (text.find_first_of("%\\") == text.npos) return;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        auto const next = std::min(text.find_first_of(start, at), text.size());
        out.append(text, at, next - at);
        if (next == text.size()) break;
        auto const length = length_of(std::string_view(text).substr(next), secret);
        if (length > 0)
            out += instead;
        else
            out += text[next];
        at = next + std::max<std::size_t>(length, 1);
    }
    text = std::move(out);
}

} // namespace

void Secrets::add(std::string_view secret) {
    if (secret.size() < shortest) return;
    if (std::find(secrets_.begin(), secrets_.end(), secret) != secrets_.end()) return;
    secrets_.emplace_back(secret);
    std::stable_sort(secrets_.begin(), secrets_.end(), is_longer);
    add_form(std::string(secret), false);
    for (auto const& set : encoded_sets(secret)) {
        for (bool const upper : {true, false}) add_form(percent_encoded(secret, set, upper), false);
    }
    for (std::size_t before = 0; before < 3; ++before) {
        auto const digits = in_base64(secret, before);
        add_form(digits, true);
        add_form(url_safe(digits), true);
    }
}

void Secrets::add_form(std::string text, bool is_base64) {
    auto const is_known = [&text](Form const& form) { return form.text == text; };
    if (std::any_of(forms_.begin(), forms_.end(), is_known)) return;
    constexpr std::size_t digits = 8;
    auto mask = std::string(mask_start) + to_hex(sha256("mask of " + text)).substr(0, digits);
    forms_.push_back({std::move(text), std::move(mask), is_base64});
    std::stable_sort(forms_.begin(), forms_.end(),
                     [](Form const& a, Form const& b) { return a.text.size() > b.text.size(); });
}

bool Secrets::are_in(std::string_view text) const {
    return std::any_of(forms_.begin(), forms_.end(),
                       [text](Form const& form) { return text.find(form.text) != text.npos; });
}

void Secrets::hide(std::string& text) const {
    for (auto const& secret : secrets_) hide_escaped(text, secret);
    for (auto const& form : forms_) {
        replace_all(text, form.text,
                    form.is_base64 ? filler(form.text.size()) : std::string(instead));
    }
    if (text.find(mask_start) == text.npos) return;
    for (auto const& form : forms_) replace_all(text, form.mask, instead);
}

void Secrets::hide_in_place(std::string& bytes) const {
    for (auto const& form : forms_) replace_all(bytes, form.text, filler(form.text.size()));
}

bool Secrets::mask(std::string& text) const {
    bool found = false;
    for (auto const& form : forms_) found = replace_all(text, form.text, form.mask) || found;
    return found;
}

bool Secrets::unmask(std::string& text) const {
    if (text.find(mask_start) == text.npos) return false;
    bool found = false;
    for (auto const& form : forms_) found = replace_all(text, form.mask, form.text) || found;
    return found;
}

} // namespace darkroom
