// A file about a run directory to attach to a bug report: JSON, a line each section or row, with no
// secret in it. Pure.
#pragma once

#include "runner/base/json.hpp"
#include "runner/base/secrets.hpp"

#include <string>
#include <string_view>

namespace darkroom::report {

/// Removes what must not be shown from JSON text: the secrets in every form, what follows "Bearer",
/// and names and passwords in addresses. What is left is JSON still.
std::string redacted(std::string json, Secrets const& secrets);

/// Collects the sections; each is redacted when it is added.
class BugReport {
public:
    /// The secrets outlive it.
    explicit BugReport(Secrets const& secrets) : secrets_(secrets) {}

    void add(std::string_view name, json::Value const& value);
    /// Adds a section with a row a line.
    void add_rows(std::string_view name, json::Array const& rows);
    /// Notes that a section could not be made.
    void add_problem(std::string_view name, std::string const& why);

    /// Returns one JSON object, ending in a line end.
    std::string text() const;

private:
    std::string line_of(json::Value const& value) const;
    void begin(std::string_view name);

    Secrets const& secrets_;
    std::string text_;
    json::Array problems_;
};

} // namespace darkroom::report
