#include "runner/studio/paint/picture_prompt.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace darkroom::studio {

namespace {

constexpr int aspect_side_max = 10'000;

/// Reads the whole text as a number, or returns nothing.
template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Reads "16:9" in lowest terms: 2:2 is the same picture as 1:1.
std::optional<Aspect> read_aspect(std::string_view text) {
    auto const colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto const width = number<int>(text.substr(0, colon));
    auto const height = number<int>(text.substr(colon + 1));
    if (!width || !height) return std::nullopt;
    if (*width < 1 || *height < 1) return std::nullopt;
    if (*width > aspect_side_max || *height > aspect_side_max) return std::nullopt;
    if (*width > 4 * *height) return Aspect{4, 1};
    if (*height > 4 * *width) return Aspect{1, 4};
    int const common = std::gcd(*width, *height);
    return Aspect{*width / common, *height / common};
}

/// Reads the three parameters that change a picture; the server checks the others.
void read_parameter(std::string_view name, std::string_view value, ParsedPrompt& parsed) {
    if (name == "--ar" || name == "--aspect") {
        parsed.aspect = read_aspect(value).value_or(parsed.aspect);
    } else if (name == "--iw") {
        // "nan" and "inf" read as numbers too; clamp() would let the first through.
        auto const weight = number<double>(value);
        if (weight && *weight >= 0) parsed.weight = std::min(*weight, 3.0);
    } else if (name == "--seed") {
        if (auto const seed = number<std::uint64_t>(value)) parsed.seed = seed;
    }
}

/// Keeps letters, digits and everything beyond ASCII, so that "Boats," and "boats" are one word.
std::string plain_word(std::string_view token) {
    std::string word;
    for (char const c : to_lower(token)) {
        auto const byte = static_cast<unsigned char>(c);
        bool const letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || byte >= 0x80;
        if (letter) word += c;
    }
    return word;
}

/// Splits at white space.
std::vector<std::string_view> tokens_of(std::string_view text) {
    std::vector<std::string_view> tokens;
    constexpr std::string_view blanks = " \t\r\n\f\v";
    for (auto from = text.find_first_not_of(blanks); from != std::string_view::npos;) {
        auto const end = std::min(text.find_first_of(blanks, from), text.size());
        tokens.push_back(text.substr(from, end - from));
        from = text.find_first_not_of(blanks, end);
    }
    return tokens;
}

} // namespace

std::uint64_t ParsedPrompt::words_hash() const {
    std::uint64_t hash = 0xcbf29ce484222325u; // FNV-1a
    for (auto const& word : words) {
        for (char const c : word + ' ') {
            hash ^= static_cast<unsigned char>(c);
            hash *= 0x100000001b3u;
        }
    }
    return hash;
}

ParsedPrompt parse_prompt(std::string_view prompt) {
    ParsedPrompt parsed;
    auto const tokens = tokens_of(prompt);
    bool in_parameters = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        auto const token = tokens[i];
        if (token.starts_with("--")) {
            in_parameters = true; // they stand at the end; what follows are their values
            if (i + 1 < tokens.size()) read_parameter(token, tokens[i + 1], parsed);
            continue;
        }
        if (in_parameters || has_web_scheme(token)) continue;
        auto word = plain_word(token);
        if (!word.empty()) parsed.words.push_back(std::move(word));
    }
    return parsed;
}

} // namespace darkroom::studio
