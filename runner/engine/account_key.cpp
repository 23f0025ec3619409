#include "runner/engine/account_key.hpp"

#include <array>

namespace darkroom::engine {

namespace {

constexpr std::array<std::string_view, 2> other_names = {"127.0.0.1", "[::1]"};

/// Returns the identity with `localhost` for another name of this machine.
std::string with_one_name(std::string_view identity) {
    constexpr std::string_view after_scheme = "://";
    std::string text(identity);
    auto const scheme = text.find(after_scheme);
    if (scheme == std::string::npos) return text;
    auto const begin = scheme + after_scheme.size();
    for (auto const name : other_names) {
        if (text.compare(begin, name.size(), name) != 0) continue;
        auto const end = begin + name.size();
        bool const is_whole = end == text.size() || text.find_first_of(":/#", end) == end;
        if (is_whole) return text.replace(begin, name.size(), "localhost");
    }
    return text;
}

} // namespace

Digest account_key(std::string const& salt, std::string_view identity) {
    return hmac_sha256(salt, with_one_name(identity));
}

} // namespace darkroom::engine
