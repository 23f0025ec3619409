#include "runner/studio/http/body_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

std::string BodyReader::text(std::string_view key, std::string fallback) {
    auto const* value = present(key);
    if (value == nullptr) return fallback;
    if (!value->is_string()) refuse(key, "a string");
    return value->text().value_or(fallback);
}

std::string BodyReader::digits(std::string_view key) {
    auto const id = text(key);
    bool const sound =
        std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!sound || id.size() > 32) refuse(key, "a string of digits");
    return id;
}

bool BodyReader::flag(std::string_view key) {
    auto const* value = present(key);
    if (value == nullptr) return false;
    if (!value->boolean()) refuse(key, "true or false");
    return value->boolean().value_or(false);
}

int BodyReader::whole(std::string_view key, int most) {
    auto const* value = present(key);
    if (value == nullptr) return 0;
    auto const number = value->is_number() ? value->integer() : std::nullopt;
    if (number && *number >= 0 && *number <= most) return static_cast<int>(*number);
    refuse(key, fmt::format("a whole number from 0 to {}", most));
    return 0;
}

Duration BodyReader::seconds(std::string_view key, Duration fallback) {
    constexpr double most = 24 * 3600;
    auto const* value = present(key);
    if (value == nullptr) return fallback;
    auto const number = value->is_number() ? value->number() : std::nullopt;
    if (!number || !(*number > 0) || *number > most) {
        refuse(key, "a number of seconds, above 0 and at most a day");
        return fallback;
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*number));
}

void BodyReader::refuse(std::string_view key, std::string_view expected) {
    if (!failure_) failure_ = bad_request(fmt::format("'{}' must be {}", key, expected));
}

json::Value const* BodyReader::present(std::string_view key) const {
    auto const* value = body_.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

} // namespace darkroom::studio
