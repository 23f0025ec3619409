// Checks of option values, beyond their type.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace darkroom::cli {

/// Refuses "": an unset shell variable must not choose the default unnoticed.
inline CLI::Validator not_empty() {
    auto const check = [](std::string& text) -> std::string {
        return text.empty() ? "must not be empty" : "";
    };
    return CLI::Validator(check, "");
}

/// Accepts 0 to 999,999,999,999,999,999. A sign or a larger number is refused, never wrapped.
inline CLI::Validator whole_number() {
    auto const check = [](std::string& text) -> std::string {
        bool const digits = text.find_first_not_of("0123456789") == std::string::npos;
        bool const fits = !text.empty() && text.size() <= 18;
        return digits && fits ? "" : "'" + text + "' is no whole number from 0 on";
    };
    return CLI::Validator(check, "");
}

} // namespace darkroom::cli
