#include "runner/base/safe_name.hpp"

#include "runner/base/text.hpp"

#include <algorithm>
#include <array>

namespace darkroom {

namespace {

// Names that Windows gives to devices, whatever the extension.
constexpr std::array<std::string_view, 6> devices{"con", "prn", "aux", "nul", "com", "lpt"};

bool is_hostile(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f ||
           std::string_view("<>:\"/\\|?*").find(c) != std::string::npos;
}

/// Signs that change the direction of a text: with them a name looks like another one.
constexpr std::array<std::string_view, 12> bidi_signs{"\u061c", "\u200e", "\u200f", "\u202a",
                                                      "\u202b", "\u202c", "\u202d", "\u202e",
                                                      "\u2066", "\u2067", "\u2068", "\u2069"};

bool is_device(std::string_view component) {
    auto const stem = to_lower(component.substr(0, component.find('.')));
    bool const numbered = stem.size() == 4 && stem[3] >= '0' && stem[3] <= '9';
    auto const base = numbered ? stem.substr(0, 3) : stem;
    auto const found = std::find(devices.begin(), devices.end(), base);
    if (found == devices.end()) return false;
    bool const port = *found == "com" || *found == "lpt";
    return port == numbered;
}

} // namespace

std::string without_hostile_signs(std::string text) {
    std::replace_if(text.begin(), text.end(), is_hostile, '-');
    for (auto const sign : bidi_signs) {
        for (auto at = text.find(sign); at != text.npos; at = text.find(sign, at))
            text.replace(at, sign.size(), "-");
    }
    return text;
}

std::string cut_text(std::string text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80)
        --bytes_max;
    text.resize(bytes_max);
    return text;
}

std::string safe_file_name(std::string_view raw, std::size_t bytes_max) {
    auto text = cut_text(without_hostile_signs(std::string(raw)), bytes_max);
    while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
    if (text.empty()) return "_";
    if (text.front() == '.' || is_device(text)) return "_" + text;
    return text;
}

} // namespace darkroom
