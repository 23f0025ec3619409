#include "jobs/table/json_pointer.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

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
