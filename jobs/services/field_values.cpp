#include "jobs/services/field_values.hpp"

#include "jobs/language/prompt.hpp"
#include "jobs/services/addresses.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

std::optional<json::Value> field_value(RequestField const& field, std::string const& text) {
    using Takes = RequestField::Takes;
    auto const& words = field.words;
    if (field.takes == Takes::flag) {
        auto const flag = to_lower(text); // spreadsheets write TRUE, Python True
        if (flag != "true" && flag != "false") return std::nullopt;
        return json::Value(flag == "true");
    }
    bool const is_refused =
        field.takes == Takes::word && std::find(words.begin(), words.end(), text) == words.end();
    return is_refused ? std::nullopt : std::optional(json::Value(text));
}

std::string values_of(RequestField const& field) {
    if (field.takes == RequestField::Takes::flag) return "true or false";
    return fmt::format("one of {}", fmt::join(field.words, ", "));
}

void fill_fields(json::Value& body, ServiceModel const& service, Variables const& variables) {
    for (auto const& field : service.fields) {
        auto const text = address_to_fill(body, field.key);
        if (!text) continue;
        auto const filled = fill(*text, variables);
        auto value = field_value(field, filled);
        if (filled.empty())
            body.erase(field.key);
        else if (value) // each row was checked when the file was read
            body.set(field.key, std::move(*value));
    }
}

} // namespace darkroom::jobs
