#include "runner/report/bug_report.hpp"

#include "runner/base/text.hpp"
#include "runner/report/terminal_text.hpp"

#include <algorithm>

namespace darkroom::report {

namespace {

constexpr std::string_view instead = "TOKEN";

bool may_be_of_token(char c) {
    constexpr std::string_view others = "-._~+/=";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
}

/// Replaces the word after each "Bearer ", if it is long enough to be a token.
void hide_bearers(std::string& text) {
    constexpr std::string_view before = "bearer ";
    constexpr std::size_t shortest = 12;
    auto const lower = to_lower(text);
    std::string out;
    std::size_t done = 0;
    for (auto at = lower.find(before); at != lower.npos; at = lower.find(before, done)) {
        auto const begin = at + before.size();
        auto const end = static_cast<std::size_t>(
            std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(),
                             may_be_of_token) -
            text.begin());
        out.append(text, done, begin - done);
        if (end - begin >= shortest)
            out.append(instead);
        else
            out.append(text, begin, end - begin);
        done = end;
    }
    out.append(text, done);
    text = std::move(out);
}

/// Replaces "user:password" in "scheme://user:password@host".
void hide_users(std::string& text) {
    constexpr std::string_view before = "://";
    std::size_t from = 0;
    for (auto at = text.find(before); at != text.npos; at = text.find(before, from)) {
        auto const begin = at + before.size();
        from = begin;
        auto const end = std::min(text.find_first_of("/?# \"'\\<>", begin), text.size());
        auto const sign = text.rfind('@', end);
        if (sign == text.npos || sign < begin || sign >= end) continue;
        text.replace(begin, sign - begin, instead);
    }
}

/// Returns the value with no secret in any of its texts: a text may be JSON or a link itself, in
/// which the secret is escaped twice once it is written.
json::Value hidden(json::Value const& value, Secrets const& secrets) {
    if (auto const* text = value.string()) {
        auto other = *text;
        secrets.hide(other);
        return other;
    }
    if (auto const* parts = value.array()) {
        json::Array others;
        for (auto const& part : *parts) others.push_back(hidden(part, secrets));
        return others;
    }
    if (auto const* members = value.object()) {
        json::Object others;
        for (auto const& [key, member] : *members)
            others.emplace_back(key, hidden(member, secrets));
        return others;
    }
    return value;
}

} // namespace

std::string redacted(std::string json, Secrets const& secrets) {
    secrets.hide(json);
    hide_users(json);
    hide_bearers(json);
    return json;
}

std::string BugReport::line_of(json::Value const& value) const {
    return redacted(harmless_json(json::write(hidden(value, secrets_))), secrets_);
}

void BugReport::begin(std::string_view name) {
    text_ += text_.empty() ? "{\n" : ",\n";
    text_ += json::write(json::Value(name)) + ": ";
}

void BugReport::add(std::string_view name, json::Value const& value) {
    begin(name);
    text_ += line_of(value);
}

void BugReport::add_rows(std::string_view name, json::Array const& rows) {
    begin(name);
    text_ += '[';
    for (std::size_t i = 0; i < rows.size(); ++i)
        text_ += (i == 0 ? "\n  " : ",\n  ") + line_of(rows[i]);
    text_ += rows.empty() ? "]" : "\n]";
}

void BugReport::add_problem(std::string_view name, std::string const& why) {
    json::Value problem;
    problem.set("section", name);
    problem.set("message", why);
    problems_.push_back(std::move(problem));
}

std::string BugReport::text() const {
    auto whole = *this;
    whole.add_rows("problems", problems_);
    return whole.text_ + "\n}\n";
}

} // namespace darkroom::report
