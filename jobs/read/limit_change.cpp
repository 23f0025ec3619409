#include "jobs/read/limit_change.hpp"

#include "jobs/read/settings.hpp"

#include <fmt/format.h>

namespace darkroom::jobs {

namespace {

/// Returns the section "limits" with one member.
Member section_with(std::string_view key, std::string_view value) {
    auto text = std::make_shared<Node>();
    text->kind = Node::Kind::text;
    text->text = value;
    auto map = std::make_shared<Node>();
    map->kind = Node::Kind::map;
    map->members.push_back({std::string(key), Where(), std::move(text)});
    return {"limits", Where(), std::move(map)};
}

} // namespace

std::string change_limit(Limits& limits, std::string_view path, std::string_view value) {
    constexpr std::string_view section = "limits.";
    auto const key = path.starts_with(section) ? path.substr(section.size()) : std::string_view();
    bool const is_rate = key == "rate";
    if (!is_rate && key != "concurrency")
        return fmt::format("'{}' cannot be changed while a run is at work; limits.rate and "
                           "limits.concurrency can",
                           path);
    Findings findings;
    findings.add_source(std::string(path), value, false);
    auto const read = read_limits(section_with(key, value), findings);
    if (findings.errors() > 0) return findings.sorted().front().text;
    if (is_rate)
        limits.rate = read.rate;
    else
        limits.concurrency = read.concurrency;
    return {};
}

} // namespace darkroom::jobs
