#include "runner/store/file_name.hpp"

#include "runner/base/safe_name.hpp"
#include "runner/base/text.hpp"
#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace darkroom::store {

namespace {

using Field = jobs::LayoutField;

constexpr std::size_t component_bytes_max = 200; // most file systems take 255: room for suffixes

// Names at the top of a run directory that images must not take.
constexpr std::array<std::string_view, 12> reserved{
    "parts",          "run.lock",       "journal.db",     "journal.db-wal",
    "journal.db-shm", "manifest.jsonl", "unwanted.jsonl", "manifest-0.1.jsonl",
    "failed.jsonl",   "gallery.html",   "control",        "dashboard"};

int tile_of(engine::ImageOrder const& order) {
    return engine::shown_tile(order.info, order.answer, order.tile);
}

std::string path_of(engine::StepInfo const& info) {
    if (!info.path.empty()) return info.path;
    auto const own = info.service->endpoint_of(info.action).action; // for a job of another kind
    return std::string(own.empty() ? info.service->first_actions.front().name : own);
}

/// Returns the id in the name. A text has none of its own: it takes its image's, or digits of its
/// key.
std::string image_of(engine::ImageOrder const& order) {
    constexpr std::size_t digits_enough = 16;
    if (!order.answer.image_id.empty()) return order.answer.image_id;
    if (!order.info.parent_image_id.empty()) return order.info.parent_image_id;
    return to_hex(order.step).substr(0, digits_enough);
}

/// Returns the path with every component made safe.
std::string made_harmless(std::string_view path) {
    std::vector<std::string> components;
    for (auto const component : split(path, '/'))
        components.push_back(safe_file_name(component, component_bytes_max));
    if (std::find(reserved.begin(), reserved.end(), components.front()) != reserved.end())
        components.front() = "_" + components.front();
    return join(components, "/");
}

} // namespace

Result<Layout> Layout::parse(std::string_view text) {
    auto read = jobs::read_layout(text);
    if (auto const& fault = read.fault)
        return Error(Errc::bad_layout,
                     fmt::format("output.layout '{}', column {}: it {}", text.substr(0, 200),
                                 fault->offset + 1, fault->text));
    Layout layout;
    layout.parts_ = std::move(read.parts);
    layout.has_tile_ = std::any_of(layout.parts_.begin(), layout.parts_.end(),
                                   [](auto const& part) { return part.field == Field::tile; });
    return layout;
}

std::string Layout::value_of(jobs::LayoutPart const& part, engine::ImageOrder const& order) {
    auto const& info = order.info;
    switch (part.field) {
    case Field::text: return part.text;
    case Field::job: return info.job;
    case Field::item: return fmt::format("{:0{}}", info.item, part.width);
    case Field::repeat: return fmt::format("{:0{}}", info.repeat, part.width);
    case Field::path: return path_of(info);
    case Field::image_id: return image_of(order);
    case Field::action: return info.action;
    case Field::tile: return tile_of(order) == 0 ? "" : std::to_string(tile_of(order));
    case Field::key: return to_hex(order.step);
    case Field::ext: return "";
    case Field::variable: break;
    }
    for (auto const& [name, value] : info.variables) {
        if (name == part.text) return value;
    }
    return "";
}

std::string Layout::name(engine::ImageOrder const& order, std::string_view format, int copy) const {
    std::string raw;
    for (auto const& part : parts_) {
        // Only the layout's own slashes make directories.
        auto value = value_of(part, order);
        raw += part.field == Field::text ? value : without_hostile_signs(std::move(value));
    }
    auto file = made_harmless(raw);
    bool const is_video = kind_of_result(order.info) == "video";
    if (tile_of(order) != 0 && !has_tile_)
        file += fmt::format("-{}{}", is_video ? "video" : "tile", tile_of(order));
    if (copy > 1) file += fmt::format("-{}", copy);
    return file + extension_of(format);
}

std::string Layout::directory() const {
    auto const& first = parts_.front();
    auto const slash = first.field == Field::text ? first.text.rfind('/') : std::string::npos;
    return slash == std::string::npos ? "" : made_harmless(first.text.substr(0, slash));
}

std::string extension_of(std::string_view format) {
    if (format == "jpeg") return ".jpg";
    return fmt::format(".{}", format);
}

} // namespace darkroom::store
