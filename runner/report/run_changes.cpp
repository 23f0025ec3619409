#include "runner/report/run_changes.hpp"

#include "runner/base/time_text.hpp"
#include "runner/report/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::report {

bool RunChanges::add(WallTime at, std::string what) {
    remove(what);
    // A pause is always possible.
    if (all_.size() >= changes_max && what != paused_change) return false;
    all_.push_back({at, std::move(what)});
    return true;
}

bool RunChanges::set(WallTime at, std::string_view path, std::string_view value) {
    auto const before = fmt::format("{}=", path);
    std::erase_if(all_, [&before](auto const& change) { return change.what.starts_with(before); });
    return add(at, before + std::string(value));
}

void RunChanges::remove(std::string_view what) {
    std::erase_if(all_, [what](RunChange const& change) { return change.what == what; });
}

bool RunChanges::has(std::string_view what) const {
    return std::any_of(all_.begin(), all_.end(),
                       [what](RunChange const& change) { return change.what == what; });
}

json::Value to_json(RunChanges const& changes) {
    json::Array list;
    for (auto const& change : changes.all()) {
        json::Value one;
        one.set("at", format_rfc3339(change.at));
        one.set("what", change.what);
        list.push_back(std::move(one));
    }
    return list;
}

std::string to_text(RunChanges const& changes) { return json::write(to_json(changes)); }

RunChanges read_run_changes(std::string_view text) {
    RunChanges changes;
    auto const value = json::read(text);
    auto const* list = value.has_value() ? value->array() : nullptr;
    if (list == nullptr) return changes;
    for (auto const& one : *list) {
        auto const at = parse_rfc3339(one.text("at").value_or(""));
        auto what = one.text("what");
        if (at && what) changes.add(*at, std::move(*what));
    }
    return changes;
}

std::string changes_text(RunChanges const& changes) {
    std::string text;
    for (auto const& change : changes.all())
        text += (text.empty() ? "Changed by hand: " : "; ") + change.what;
    return printable(text);
}

} // namespace darkroom::report
