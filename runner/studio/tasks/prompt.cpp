#include "runner/studio/tasks/prompt.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <span>

namespace darkroom::studio {

namespace {

/// The values that follow a parameter's name.
enum class Values { none, one, optional, several, ratio, number };

struct Known {
    std::string_view name;
    Values values;
    double low = 0; // numbers only
    double high = 0;
};

/// Midjourney's published parameters, versions 5 to 8.
constexpr std::array known{
    Known{"ar", Values::ratio},
    Known{"aspect", Values::ratio},
    Known{"c", Values::number, 0, 100},
    Known{"chaos", Values::number, 0, 100},
    Known{"cref", Values::several},
    Known{"creative", Values::none},
    Known{"cw", Values::number, 0, 100},
    Known{"draft", Values::none},
    Known{"exp", Values::number, 0, 100},
    Known{"fast", Values::none},
    Known{"hd", Values::none},
    Known{"iw", Values::number, 0, 3},
    Known{"loop", Values::none},
    Known{"motion", Values::one},
    Known{"niji", Values::optional},
    Known{"no", Values::several},
    Known{"oref", Values::one},
    Known{"ow", Values::number, 0, 1000},
    Known{"p", Values::several},
    Known{"personalize", Values::several},
    Known{"profile", Values::several},
    Known{"q", Values::number, 0, 4},
    Known{"quality", Values::number, 0, 4},
    Known{"r", Values::number, 1, 40},
    Known{"raw", Values::none},
    Known{"relax", Values::none},
    Known{"repeat", Values::number, 1, 40},
    Known{"s", Values::number, 0, 1000},
    Known{"sameseed", Values::number, 0, 4294967295.0},
    Known{"sd", Values::none},
    Known{"seed", Values::number, 0, 4294967295.0},
    Known{"sref", Values::several},
    Known{"stealth", Values::none},
    Known{"stop", Values::number, 10, 100},
    Known{"style", Values::one},
    Known{"stylize", Values::number, 0, 1000},
    Known{"sv", Values::one},
    Known{"sw", Values::number, 0, 1000},
    Known{"test", Values::none},
    Known{"testp", Values::none},
    Known{"tile", Values::none},
    Known{"turbo", Values::none},
    Known{"upbeta", Values::none},
    Known{"uplight", Values::none},
    Known{"v", Values::one},
    Known{"version", Values::one},
    Known{"video", Values::none},
    Known{"w", Values::number, 0, 3000},
    Known{"weird", Values::number, 0, 3000},
};

using Words = std::span<std::string const>;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// True for `--name` or `-x`: only arguments follow it.
bool is_argument(std::string_view word) {
    auto const dashes = std::min(word.find_first_not_of('-'), word.size());
    return (dashes == 1 || dashes == 2) && dashes < word.size() && is_letter(word[dashes]);
}

/// Returns the words between white space; a long dash of a text editor counts as two dashes.
std::vector<std::string> words_of(std::string_view prompt) {
    constexpr std::string_view space = " \t\r\n";
    constexpr std::string_view long_dash = "\u2014";
    std::vector<std::string> words;
    for (auto at = prompt.find_first_not_of(space); at != std::string_view::npos;) {
        auto const end = std::min(prompt.find_first_of(space, at), prompt.size());
        std::string word(prompt.substr(at, end - at));
        if (word.starts_with(long_dash)) word.replace(0, long_dash.size(), "--");
        words.push_back(std::move(word));
        at = prompt.find_first_not_of(space, end);
    }
    return words;
}

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_ratio(std::string_view text) {
    auto const parts = split(text, ':');
    if (parts.size() != 2) return false;
    auto const width = number_of(parts[0]);
    auto const height = number_of(parts[1]);
    return width && height && *width > 0 && *height > 0;
}

/// Reads the arguments one by one, and collects the unknown ones.
class ArgumentReader {
public:
    explicit ArgumentReader(Words words) : words_(words) {}

    Checked<std::vector<std::string>> read() {
        while (!words_.empty() && !failure_) one();
        if (failure_) return *failure_;
        if (!strangers_.empty())
            return bad_request("Unrecognized argument(s): " + join(strangers_, ", "));
        return std::move(params_);
    }

private:
    void one() {
        std::string const name = words_.front();
        auto const values = take_values();
        auto const* entry = name.starts_with("--") ? find(name.substr(2)) : nullptr;
        if (entry == nullptr) {
            strange(name);
            for (auto const& value : values) strange(value);
            return;
        }
        check(*entry, name, values);
        std::string text = name;
        for (auto const& value : values) text += " " + value;
        params_.push_back(std::move(text));
    }

    Words take_values() {
        auto const next = std::find_if(words_.begin() + 1, words_.end(), is_argument);
        auto const count = static_cast<std::size_t>(next - words_.begin());
        auto const values = words_.subspan(1, count - 1);
        words_ = words_.subspan(count);
        return values;
    }

    void check(Known const& entry, std::string const& name, Words values) {
        if (entry.values == Values::several) return;
        std::size_t const most = entry.values == Values::none ? 0 : 1;
        for (std::size_t i = most; i < values.size(); ++i) strange(values[i]);
        if (entry.values == Values::none || entry.values == Values::optional) return;
        if (values.empty()) return refuse("Missing value for argument " + name);
        auto const& value = values.front();
        if (entry.values == Values::ratio && !is_ratio(value))
            return refuse(fmt::format("Invalid value for {}: `{}` is not W:H", name, value));
        auto const number = number_of(value);
        if (entry.values == Values::number &&
            !(number && *number >= entry.low && *number <= entry.high))
            refuse(fmt::format("Invalid value for {}: `{}` is not a number from {} to {}", name,
                               value, entry.low, entry.high));
    }

    static Known const* find(std::string_view name) {
        auto const* const found = std::find_if(
            known.begin(), known.end(), [&](Known const& entry) { return entry.name == name; });
        return found == known.end() ? nullptr : found;
    }

    void strange(std::string const& word) { strangers_.push_back("`" + word + "`"); }

    void refuse(std::string message) {
        if (!failure_) failure_ = bad_request(std::move(message));
    }

    Words words_;
    std::vector<std::string> params_;
    std::vector<std::string> strangers_;
    std::optional<ApiError> failure_;
};

} // namespace

Checked<PromptParts> read_prompt(std::string_view prompt) {
    constexpr std::size_t images_max = 5;
    auto const words = words_of(prompt);
    PromptParts parts;
    auto const first_word = std::find_if_not(words.begin(), words.end(), has_web_scheme);
    auto const first_argument = std::find_if(first_word, words.end(), is_argument);
    parts.images.assign(words.begin(), first_word);
    if (parts.images.size() > images_max)
        return bad_request(fmt::format("{} image links in the prompt; at most {} are taken",
                                       parts.images.size(), images_max));
    parts.words = join(std::vector<std::string>(first_word, first_argument), " ");
    auto const offset = static_cast<std::size_t>(first_argument - words.begin());
    auto params = ArgumentReader(Words(words).subspan(offset)).read();
    if (!params) return params.error();
    parts.params = std::move(*params);
    return parts;
}

} // namespace darkroom::studio
