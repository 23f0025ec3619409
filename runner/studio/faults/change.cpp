#include "runner/studio/faults/change.hpp"

#include <array>
#include <cmath>
#include <functional>

namespace darkroom::studio {

namespace {

/// Answers of the service itself, which may be long on purpose.
constexpr json::ReadLimits answer_limits{256u << 20};

using Edit = std::function<void(json::Value& parent, std::string_view name)>;

/// Edits the object that holds the last part of a path, if it is there.
void edit_at(json::Value& value, std::string_view path, Edit const& edit) {
    auto const dot = path.find('.');
    if (dot == std::string_view::npos) {
        if (value.is_object()) edit(value, path);
        return;
    }
    auto const head = path.substr(0, dot);
    auto const* child = value.find(head);
    if (child == nullptr) return;
    json::Value copy = *child;
    edit_at(copy, path.substr(dot + 1), edit);
    value.set(head, std::move(copy));
}

void shift_times(json::Value& record, Duration by) {
    double const seconds = std::chrono::duration<double>(by).count();
    for (auto const* key : {"created_at", "started_at", "finished_at"}) {
        auto const* time = record.find(key);
        if (time == nullptr || !time->is_number()) continue;
        constexpr double digits = 1000; // of a fraction of a second that are kept
        auto const moved = record.number(key).value_or(0) + seconds;
        record.set(key, std::round(moved * digits) / digits);
    }
}

} // namespace

bool Change::empty() const {
    return drop.empty() && set.empty() && shift == Duration::zero() && show.empty() &&
           rename.empty() && pad == 0;
}

json::Value changed(json::Value value, Change const& change) {
    for (auto const& path : change.drop)
        edit_at(value, path,
                [](json::Value& parent, std::string_view name) { parent.erase(name); });
    for (auto const& [path, given] : change.set)
        edit_at(value, path, [&content = given](json::Value& parent, std::string_view name) {
            parent.set(name, content);
        });
    if (change.shift != Duration::zero()) shift_times(value, change.shift);
    for (auto const& [path, form] : change.show)
        edit_at(value, path, [shape = form](json::Value& parent, std::string_view name) {
            if (auto const* member = parent.find(name)) parent.set(name, in_form(*member, shape));
        });
    for (auto const& [path, to] : change.rename)
        edit_at(value, path, [&new_name = to](json::Value& parent, std::string_view name) {
            auto const* member = parent.find(name);
            if (member == nullptr) return;
            auto moved = *member;
            parent.erase(name);
            parent.set(new_name, std::move(moved));
        });
    if (change.pad > 0) value.set("padding", std::string(change.pad, 'x'));
    return value;
}

std::string changed_text(std::string_view text, Change const& change) {
    bool const line = text.ends_with('\n');
    auto value = json::read(text.substr(0, text.size() - (line ? 1 : 0)), answer_limits);
    if (!value || change.empty()) return std::string(text);
    return json::write(changed(std::move(*value), change)) + (line ? "\n" : "");
}

} // namespace darkroom::studio
