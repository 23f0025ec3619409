#include "runner/engine/caption.hpp"

#include "runner/base/text.hpp"

#include <algorithm>

namespace darkroom::engine {

namespace {

bool is_address(std::string_view word) {
    auto const begin = to_lower(word.substr(0, 8));
    return begin.starts_with("http://") || begin.starts_with("https://");
}

/// Returns true for "--ar" and the like.
bool is_parameter(std::string_view word) {
    auto const letter = word.size() > 2 ? to_lower(word.substr(2, 1)).front() : ' ';
    return word.starts_with("--") && letter >= 'a' && letter <= 'z';
}

} // namespace

std::string text_of_prompt(std::string_view prompt) {
    auto rest = trim(prompt);
    auto const word = [&rest] { return rest.substr(0, rest.find_first_of(" \t\r\n")); };
    while (is_address(word())) rest = trim(rest.substr(word().size()));
    for (std::size_t at = 0; at < rest.size();) {
        auto const begin = std::min(rest.find_first_not_of(" \t\r\n", at), rest.size());
        auto const end = std::min(rest.find_first_of(" \t\r\n", begin), rest.size());
        if (is_parameter(rest.substr(begin, end - begin)))
            return std::string(trim(rest.substr(0, begin)));
        at = end;
    }
    return std::string(rest);
}

std::string caption_of(jobs::Captions kind, CaptionPrompts const& prompts) {
    switch (kind) {
    case jobs::Captions::none: break;
    case jobs::Captions::text: return text_of_prompt(prompts.root_prompt);
    case jobs::Captions::prompt:
        return prompts.prompt.empty() ? prompts.root_prompt : prompts.prompt;
    }
    return {};
}

} // namespace darkroom::engine
