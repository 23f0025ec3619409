#include "jobs/plan/drawn_json.hpp"

#include <cstdint>

namespace darkroom::jobs {

namespace {

json::Value entry_of(Drawn const& drawn, bool is_pick) {
    json::Object entry;
    entry.emplace_back("text", drawn.text);
    if (!drawn.wildcard.empty()) entry.emplace_back("wildcard", drawn.wildcard);
    bool const is_file = !drawn.wildcard.empty();
    if (is_pick) {
        json::Array numbers;
        for (auto const number : drawn.options)
            numbers.emplace_back(static_cast<std::uint64_t>(number));
        entry.emplace_back(is_file ? "lines" : "options", std::move(numbers));
        return entry;
    }
    entry.emplace_back(is_file ? "line" : "option",
                       static_cast<std::uint64_t>(drawn.options.front()));
    if (drawn.weight != weight_one)
        entry.emplace_back("weight",
                           static_cast<double>(drawn.weight) / static_cast<double>(weight_one));
    return entry;
}

} // namespace

json::Value to_json(std::span<Drawn const> drawn) {
    if (drawn.empty()) return {};
    json::Object out;
    for (auto const& one : drawn) out.emplace_back(one.place, entry_of(one, one.is_pick));
    return out;
}

} // namespace darkroom::jobs
