#include "runner/studio/tasks/links.hpp"

#include "runner/base/sha256.hpp"

#include <fmt/format.h>

#include <charconv>

namespace darkroom::studio {

namespace {

std::optional<std::int64_t> number_of(std::string_view text, int base) {
    std::int64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::int64_t seconds_of(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string signature(LinkPolicy const& policy, std::string_view path, std::int64_t end) {
    return to_hex(sha256(fmt::format("{}|{}|{}", policy.secret, path, end)));
}

} // namespace

std::string to_text(FileName const& name) {
    switch (name.kind) {
    case FileKind::raw: return name.task_id + ".png";
    case FileKind::tile: return fmt::format("{}_{}.png", name.task_id, name.number);
    case FileKind::clip: return fmt::format("{}_v{}.webp", name.task_id, name.number);
    case FileKind::movie: return fmt::format("{}_v{}.mp4", name.task_id, name.number);
    case FileKind::preview: return fmt::format("{}_p{}.webp", name.task_id, name.number);
    }
    return name.task_id;
}

std::optional<FileName> read_file_name(std::string_view text) {
    auto const dot = text.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    auto stem = text.substr(0, dot);
    FileName name;
    if (auto const bar = stem.find('_'); bar != std::string_view::npos) {
        auto digits = stem.substr(bar + 1);
        name.kind = FileKind::tile;
        if (digits.starts_with('p')) name.kind = FileKind::preview;
        if (digits.starts_with('v'))
            name.kind = text.ends_with(".mp4") ? FileKind::movie : FileKind::clip;
        if (name.kind != FileKind::tile) digits.remove_prefix(1);
        auto const number = number_of(digits, 10);
        auto const most = name.kind == FileKind::preview ? 99 : 3;
        if (!number || *number < 0 || *number > most) return std::nullopt;
        name.number = static_cast<int>(*number);
        stem = stem.substr(0, bar);
    }
    name.task_id = stem;
    // One spelling only: "ID_00.png" is not a file.
    if (to_text(name) != text) return std::nullopt;
    return name;
}

std::string raw_link(LinkPolicy const& policy, Task const& task, FileName const& name,
                     WallTime now) {
    auto const path = "/files/" + to_text(name);
    auto link = policy.base_url + path;
    std::string query;
    if (task.link_generation > 0) query += fmt::format("g={}&", task.link_generation);
    if (policy.life > Duration::zero()) {
        auto const life = std::chrono::ceil<std::chrono::seconds>(policy.life).count();
        auto const issued = seconds_of(now);
        query += fmt::format("ex={:x}&is={:x}&hm={}&", issued + life, issued,
                             signature(policy, path, issued + life));
    }
    return query.empty() ? link : link + "?" + query;
}

std::string thumbnail_link(std::string raw) {
    raw += raw.find('?') == std::string::npos ? "?" : "";
    return raw + "thumb=50";
}

std::optional<ApiError> dead_link(LinkPolicy const& policy, Task const& task,
                                  http::Request const& request, WallTime now) {
    auto const generation = number_of(request.argument("g").value_or("0"), 10);
    if (generation.value_or(-1) != static_cast<std::int64_t>(task.link_generation))
        return ApiError{task.dead_link_status, "forbidden", "this link is no longer valid"};
    if (policy.life == Duration::zero()) return std::nullopt;
    auto const end = number_of(request.argument("ex").value_or(""), 16);
    if (!end || request.argument("hm") != signature(policy, request.path, *end))
        return ApiError{403, "forbidden", "this link is not signed by this service"};
    if (*end <= seconds_of(now)) return ApiError{403, "forbidden", "this link has expired"};
    return std::nullopt;
}

} // namespace darkroom::studio
