// What the value of an option must be, beyond its type.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace darkroom::cli {

/// An unset shell variable must not quietly choose the default.
inline CLI::Validator not_empty() {
    auto const check = [](std::string& text) -> std::string {
        return text.empty() ? "must not be empty" : "";
    };
    return CLI::Validator(check, "");
}

/// 0 to 999,999,999,999,999,999: a number with a sign, or one that is too large, is not taken for
/// another.
inline CLI::Validator whole_number() {
    auto const check = [](std::string& text) -> std::string {
        bool const digits = text.find_first_not_of("0123456789") == std::string::npos;
        bool const fits = !text.empty() && text.size() <= 18;
        return digits && fits ? "" : "'" + text + "' is no whole number from 0 on";
    };
    return CLI::Validator(check, "");
}

} // namespace darkroom::cli
