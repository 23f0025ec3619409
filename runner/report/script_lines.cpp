#include "runner/report/script_lines.hpp"

#include "runner/base/time_text.hpp"

namespace darkroom::report {

namespace {

json::Value or_null(std::string const& text) {
    return text.empty() ? json::Value() : json::Value(text);
}

json::Value or_null(int number) { return number == 0 ? json::Value() : json::Value(number); }

void add_members(json::Value& line, json::Value const& value) {
    for (auto const& [key, member] : *value.object()) line.set(key, member);
}

} // namespace

HintedText split_hint(std::string_view text) {
    constexpr std::string_view after_comma = ", did you mean ";
    constexpr std::string_view in_brackets = " (did you mean ";
    auto const comma = text.find(after_comma);
    if (comma != text.npos)
        return {std::string(text.substr(0, comma)), std::string(text.substr(comma + 2))};
    auto const bracket = text.find(in_brackets);
    if (bracket == text.npos || !text.ends_with(')')) return {std::string(text), {}};
    auto const hint = text.substr(bracket + 2);
    return {std::string(text.substr(0, bracket)), std::string(hint.substr(0, hint.size() - 1))};
}

json::Value to_json(jobs::Finding const& finding) {
    auto const [text, hint] = split_hint(finding.text);
    json::Value value;
    value.set("message", text);
    value.set("file", or_null(finding.file));
    value.set("line", or_null(finding.line));
    value.set("column", or_null(finding.column));
    value.set("hint", or_null(hint));
    return value;
}

json::Value event_line(std::string_view event, WallTime at) {
    json::Value line;
    line.set("event", event);
    line.set("at", format_rfc3339(at));
    return line;
}

json::Value to_line(jobs::Finding const& finding, WallTime at) {
    bool const is_error = finding.level == jobs::Finding::Level::error;
    auto line = event_line(is_error ? "error" : "warning", at);
    add_members(line, to_json(finding));
    return line;
}

json::Value to_line(Worded const& said, WallTime at) {
    constexpr std::string_view warning = "warning: ";
    bool const is_warning = said.text.starts_with(warning);
    if (is_warning || (said.is_error && said.colour == Ink::bad)) {
        jobs::Finding finding;
        finding.level = is_warning ? jobs::Finding::Level::warning : jobs::Finding::Level::error;
        finding.text = said.text.substr(is_warning ? warning.size() : 0);
        return to_line(finding, at);
    }
    auto line = event_line("note", at);
    line.set("message", said.text);
    return line;
}

json::Value end_line(Closing const& closing, std::string_view reason, WallTime at) {
    auto line = event_line("end", at);
    add_members(line, to_json(closing));
    if (closing.name.empty()) line.set("name", json::Value());
    if (closing.directory.empty()) line.set("directory", json::Value());
    line.set("reason", reason);
    return line;
}

} // namespace darkroom::report
