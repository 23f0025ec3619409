#include "jobs/table/json_pointer.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

namespace darkroom::jobs {

namespace {

/// Undoes the escapes of one step: "~1" is '/', "~0" is '~'.
std::optional<std::string> step_of(std::string_view written) {
    std::string step;
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written[i] != '~') {
            step += written[i];
            continue;
        }
        if (++i == written.size() || (written[i] != '0' && written[i] != '1')) return std::nullopt;
        step += written[i] == '1' ? '/' : '~';
    }
    return step;
}

json::Value const* element_at(json::Array const& list, std::string_view step) {
    bool const is_padded = step.size() > 1 && step.starts_with('0');
    auto const number = is_padded ? std::nullopt : parse_whole<std::size_t>(step);
    return number && *number < list.size() ? &list[*number] : nullptr;
}

} // namespace

std::optional<PointerSteps> read_pointer(std::string_view text) {
    if (!text.starts_with('/')) return std::nullopt;
    PointerSteps steps;
    for (auto const written : split(text.substr(1), '/')) {
        auto step = step_of(written);
        if (!step) return std::nullopt;
        steps.push_back(std::move(*step));
    }
    return steps;
}

std::string wrong_pointer(std::string_view text) {
    if (!text.starts_with('/') || read_pointer(text)) return {};
    return fmt::format("'{}' is not a JSON Pointer: '~' is followed by 0 ('~0' is a '~') or 1 "
                       "('~1' is a '/')",
                       text);
}

std::string pointer_meant(std::string_view text) {
    bool const is_path = text.find_first_of("./[") != text.npos || text.starts_with('$');
    if (!is_path || text.starts_with('/') || text.find(' ') != text.npos) return {};
    std::string pointer;
    bool begins = true; // a step
    for (char const c : text.substr(text.starts_with('$') ? 1 : 0)) {
        bool const is_between = std::string_view("./[]'\"").find(c) != std::string_view::npos;
        if (!is_between && begins) pointer += '/';
        begins = is_between;
        if (!is_between) pointer += c == '~' ? "~0" : std::string(1, c);
    }
    return pointer;
}

json::Value const* value_at(json::Value const& root, PointerSteps const& steps) {
    auto const* value = &root;
    for (auto const& step : steps) {
        auto const* list = value->array();
        value = list != nullptr ? element_at(*list, step) : value->find(step);
        if (value == nullptr) return nullptr;
    }
    return value;
}

} // namespace darkroom::jobs
