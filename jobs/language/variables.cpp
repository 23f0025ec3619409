#include "jobs/language/variables.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

namespace darkroom::jobs {

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    return a > most - b ? most : a + b;
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    return b != 0 && a > most / b ? most : a * b;
}

bool is_variable_name(std::string_view text) {
    auto const is_letter = [](unsigned char c) { return std::isalpha(c) || c == '_' || c >= 0x80; };
    return !text.empty() && is_letter(static_cast<unsigned char>(text.front())) &&
           std::all_of(text.begin(), text.end(), [&](unsigned char c) {
               return is_letter(c) || std::isdigit(c) || c == '-';
           });
}

} // namespace darkroom::jobs
