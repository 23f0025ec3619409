#include "jobs/yaml/values.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace darkroom::jobs {

namespace {

constexpr std::size_t shown_max = 40;

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Returns a short form of the value for the end of a message.
std::string shown(Node const& node) {
    switch (node.kind) {
    case Node::Kind::null: return "an empty value";
    case Node::Kind::list: return node.items.empty() ? "an empty list" : "a list";
    case Node::Kind::map: return node.members.empty() ? "an empty mapping" : "a mapping";
    case Node::Kind::text: break;
    }
    bool const cut = node.text.size() > shown_max;
    auto end = std::min(node.text.size(), shown_max);
    while (cut && end > 0 && (static_cast<unsigned char>(node.text[end]) & 0xC0) == 0x80) --end;
    auto text = node.text.substr(0, end);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return fmt::format("{}'{}{}'", node.quoted ? "the text " : "", text, cut ? "…" : "");
}

std::optional<double> decimal(std::string_view text) {
    auto const value = parse_real(text, std::chars_format::fixed);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

} // namespace

void needs(Member const& member, std::string_view what, Findings& findings) {
    auto const& node = *member.value;
    if (node.is_null()) {
        findings.error(member.where,
                       fmt::format("'{}' has no value: it needs {}", member.key, what));
        return;
    }
    findings.error(node.where, fmt::format("'{}' needs {}, not {}", member.key, what, shown(node)));
}

bool is_truth(Node const& node) {
    constexpr std::array<std::string_view, 6> words{"true",  "True",  "TRUE",
                                                    "false", "False", "FALSE"};
    return node.is_text() && !node.quoted &&
           std::find(words.begin(), words.end(), node.text) != words.end();
}

bool is_number(Node const& node) {
    if (!node.is_text() || node.quoted) return false;
    auto text = std::string_view(node.text);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return decimal(text).has_value();
}

std::optional<std::string> text_of(Member const& member, Findings& findings) {
    auto const& node = *member.value;
    if (node.is_text() && !is_truth(node)) return node.text;
    needs(member, is_truth(node) ? "a text; put quotes around it to make it one" : "a text",
          findings);
    return std::nullopt;
}

std::optional<bool> flag_of(Member const& member, Findings& findings) {
    auto const& node = *member.value;
    if (is_truth(node)) return node.text.front() == 't' || node.text.front() == 'T';
    needs(member, "true or false", findings);
    return std::nullopt;
}

std::optional<std::int64_t> whole_of(Member const& member, Findings& findings, Bounds bounds) {
    auto const& node = *member.value;
    bool const bare = node.is_text() && !node.quoted;
    auto const value = bare ? parse_whole<std::int64_t>(node.text) : std::nullopt;
    if (value && *value >= bounds.least && *value <= bounds.most) return value;
    needs(member, fmt::format("a whole number from {} to {}", bounds.least, bounds.most), findings);
    return std::nullopt;
}

std::optional<Duration> duration_of(Member const& member, Findings& findings, TimeBounds bounds) {
    auto const time = member.value->is_text() ? parse_duration(member.value->text) : std::nullopt;
    if (time && *time >= bounds.least && *time <= bounds.most) return time;
    needs(member,
          fmt::format("a time from {} to {} such as 250ms, 10s, 15m, 2h or 14d",
                      format_duration(bounds.least), format_duration(bounds.most)),
          findings);
    return std::nullopt;
}

std::optional<double> rate_of(Member const& member, Findings& findings) {
    struct Unit {
        std::string_view name;
        double seconds;
    };
    constexpr std::array<Unit, 3> units{{{"s", 1}, {"min", 60}, {"h", 3600}}};
    constexpr double a_second_max = 100'000;
    auto const text = std::string_view(member.value->text);
    auto const slash = text.find('/');
    auto const amount = decimal(trim(text.substr(0, slash)));
    auto const unit_name = slash == std::string_view::npos ? "" : trim(text.substr(slash + 1));
    auto const unit = std::find_if(units.begin(), units.end(),
                                   [&](Unit const& known) { return known.name == unit_name; });
    if (member.value->is_text() && amount && unit != units.end()) {
        double const rate = *amount / unit->seconds;
        if (*amount > 0 && rate <= a_second_max) return rate;
    }
    needs(member, "a rate above zero such as 1/s, 30/min or 100/h (at most 100000/s)", findings);
    return std::nullopt;
}

std::optional<Micros> micros(std::string_view text) {
    auto const point = text.find('.');
    auto const units = text.substr(0, point);
    auto part =
        point == std::string_view::npos ? std::string("0") : std::string(text.substr(point + 1));
    bool const fits =
        all_digits(units) && all_digits(part) && units.size() <= 9 && part.size() <= 6;
    if (!fits) return std::nullopt;
    part.resize(6, '0');
    return *parse_whole<Micros>(units) * 1'000'000 + *parse_whole<Micros>(part);
}

std::optional<Micros> money_of(Member const& member, Findings& findings) {
    auto const& node = *member.value;
    auto const amount = is_number(node) ? micros(node.text) : std::nullopt;
    if (!amount)
        needs(member, "an amount such as 0.026 (not below zero, six decimals at most)", findings);
    return amount;
}

std::optional<std::size_t> choice_of(Member const& member, Findings& findings,
                                     std::span<std::string_view const> words) {
    auto const& node = *member.value;
    auto const found = std::find(words.begin(), words.end(), node.text);
    if (node.is_text() && found != words.end())
        return static_cast<std::size_t>(found - words.begin());
    std::vector<std::string> const list(words.begin(), words.end());
    bool const is_word = node.is_text() && node.text.size() >= 3; // too short to be misspelt
    auto const hint = is_word ? nearest(node.text, words) : std::nullopt;
    if (hint) {
        findings.error(node.where, fmt::format("'{}' can't be {}, did you mean '{}'?", member.key,
                                               shown(node), *hint));
    } else {
        needs(member, "one of " + join(list, ", "), findings);
    }
    return std::nullopt;
}

std::vector<Member> elements_of(Member const& member, Findings& findings) {
    std::vector<Member> elements;
    if (!member.value->is_list()) {
        needs(member, "a list", findings);
        return elements;
    }
    for (auto const& item : member.value->items)
        elements.push_back({member.key, item->is_null() ? member.where : item->where, item});
    return elements;
}

std::vector<Member> members_of(Member const& member, Findings& findings) {
    if (member.value->is_map()) return member.value->members;
    needs(member, "a mapping", findings);
    return {};
}

std::vector<std::string> texts_of(Member const& member, Findings& findings) {
    std::vector<std::string> texts;
    auto const elements =
        member.value->is_list() ? elements_of(member, findings) : std::vector<Member>{member};
    for (auto const& element : elements) {
        if (auto text = text_of(element, findings)) texts.push_back(std::move(*text));
    }
    return texts;
}

Section::Section(Member const& map, Findings& findings, std::span<std::string_view const> keys)
    : map_(map), findings_(findings) {
    if (map.value->is_null()) return; // `limits:` with nothing below it yet
    for (auto const& member : members_of(map, findings)) {
        if (findings.is_full()) return;
        if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
        auto const place = map.key.empty() ? "" : fmt::format(" in '{}'", map.key);
        auto hint = did_you_mean(member.key, keys);
        if (hint.empty())
            hint = ": it takes " + join(std::vector<std::string>(keys.begin(), keys.end()), ", ");
        findings.error(member.where, fmt::format("unknown key '{}'{}{}", member.key, place, hint));
    }
}

Member const* Section::find(std::string_view key) const { return map_.value->find(key); }

void Section::read(std::string_view key, std::string& into) const {
    auto const* member = find(key);
    if (auto value = member ? text_of(*member, findings_) : std::nullopt) into = std::move(*value);
}

void Section::read(std::string_view key, bool& into) const {
    auto const* member = find(key);
    if (auto const value = member ? flag_of(*member, findings_) : std::nullopt) into = *value;
}

void Section::read(std::string_view key, int& into, Bounds bounds) const {
    auto const* member = find(key);
    auto const value = member ? whole_of(*member, findings_, bounds) : std::nullopt;
    if (value) into = static_cast<int>(*value);
}

void Section::read(std::string_view key, Duration& into, TimeBounds bounds) const {
    auto const* member = find(key);
    auto const value = member ? duration_of(*member, findings_, bounds) : std::nullopt;
    if (value) into = *value;
}

bool is_slug(std::string_view text) {
    auto const fits = [](unsigned char c) {
        return (c < 0x80 && std::isalnum(c)) || c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= 100 &&
           std::isalnum(static_cast<unsigned char>(text.front())) &&
           std::all_of(text.begin(), text.end(), fits);
}

std::string make_slug(std::string_view text) {
    std::string slug;
    for (char const c : text.substr(0, 100)) {
        bool const fits = is_slug(slug + c);
        if (fits || !slug.empty()) slug += fits ? c : '-';
    }
    while (slug.ends_with('-')) slug.pop_back();
    return slug.empty() ? "run" : slug;
}

} // namespace darkroom::jobs
