// Values of request fields that a row of a table fills in.
#pragma once

#include "jobs/language/variables.hpp"
#include "jobs/services/service_model.hpp"
#include "runner/base/json.hpp"

#include <optional>
#include <string>

namespace darkroom::jobs {

/// Returns the value that a text stands for; nothing when the field takes no such value.
std::optional<json::Value> field_value(RequestField const& field, std::string const& text);
/// Returns what the field takes, for an error: "one of fast, relax, turbo".
std::string values_of(RequestField const& field);
/// Fills in the variables of a body's fields. A field that becomes empty is left out.
void fill_fields(json::Value& body, ServiceModel const& service, Variables const& variables);

} // namespace darkroom::jobs
