#include "runner/export/sums.hpp"

#include "runner/base/sha256.hpp"

namespace darkroom::exports {

std::size_t for_each_sum(std::string_view text, std::function<void(SumLine const&)> const& take) {
    constexpr std::size_t digits = 64;
    std::size_t wrong = 0;
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        bool const has_end = line.size() < text.size();
        text.remove_prefix(line.size() + (has_end ? 1 : 0));
        Digest digest{};
        bool const is_one = has_end && line.size() > digits + 2 &&
                            from_hex(line.substr(0, digits), digest) && line[digits] == ' ' &&
                            (line[digits + 1] == ' ' || line[digits + 1] == '*');
        if (is_one)
            take({line.substr(0, digits), line.substr(digits + 2)});
        else
            ++wrong;
    }
    return wrong;
}

} // namespace darkroom::exports
