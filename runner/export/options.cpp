#include "runner/export/options.hpp"

#include "runner/base/text.hpp"

#include <array>
#include <cctype>

namespace darkroom::exports {

namespace {

struct Named {
    Format format;
    std::string_view name;
};
constexpr std::array<Named, 5> formats{{{Format::csv, "csv"},
                                        {Format::jsonl, "jsonl"},
                                        {Format::imagefolder, "imagefolder"},
                                        {Format::webdataset, "webdataset"},
                                        {Format::folder, "folder"}}};

std::string_view name_of(jobs::Captions captions) {
    switch (captions) {
    case jobs::Captions::none: return "none";
    case jobs::Captions::text: return "text";
    case jobs::Captions::prompt: return "prompt";
    }
    return "";
}

std::string_view name_of(Placement placement) {
    switch (placement) {
    case Placement::any: return "any";
    case Placement::link: return "link";
    case Placement::copy: return "copy";
    }
    return "";
}

json::Value to_json(Filter const& filter) {
    json::Value out{json::Object{}};
    json::Array jobs;
    for (auto const& job : filter.jobs) jobs.emplace_back(job);
    json::Array where;
    for (auto const& [name, value] : filter.where) where.emplace_back(name + "=" + value);
    out.set("jobs", std::move(jobs));
    out.set("where", std::move(where));
    out.set("picked", filter.picked);
    return out;
}

/// Returns the bytes of "", "B", "kB", "MiB" and the like; 0 for any other text.
std::uint64_t unit_of(std::string_view text) {
    auto unit = to_lower(text);
    if (unit.ends_with('b')) unit.pop_back();
    if (unit.empty()) return 1;
    bool const is_binary = unit.size() == 2 && unit[1] == 'i';
    auto const at = std::string_view("kmgt").find(unit[0]);
    if (at == std::string_view::npos || (unit.size() != 1 && !is_binary)) return 0;
    std::uint64_t bytes = 1;
    for (std::size_t i = 0; i <= at; ++i) bytes *= is_binary ? 1024 : 1000;
    return bytes;
}

} // namespace

std::string_view name_of(Format format) {
    for (auto const& named : formats)
        if (named.format == format) return named.name;
    return "";
}

std::optional<Format> format_of(std::string_view name) {
    for (auto const& named : formats)
        if (named.name == name) return named.format;
    return std::nullopt;
}

bool is_table(Format format) { return format == Format::csv || format == Format::jsonl; }

json::Value to_json(Options const& options) {
    json::Value out{json::Object{}};
    out.set("filter", to_json(options.filter));
    out.set("captions", name_of(options.captions));
    out.set("tiles", options.tiles);
    out.set("dedup", options.dedup);
    out.set("pairs", options.pairs);
    out.set("provenance", options.provenance);
    out.set("placement", name_of(options.placement));
    out.set("max_bytes", options.bytes_max ? json::Value(*options.bytes_max) : json::Value());
    out.set("shard_bytes", options.shard_bytes);
    json::Value split{json::Object{}};
    for (auto const& share : options.split)
        split.set(share.name, static_cast<std::uint64_t>(share.millionths));
    out.set("split", std::move(split));
    return out;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    constexpr std::uint64_t most = std::uint64_t{1} << 60;
    text = trim(text);
    std::uint64_t whole = 0;
    std::uint64_t parts = 1; // of one, behind the point
    std::size_t at = 0;
    bool has_point = false;
    for (; at < text.size(); ++at) {
        if (text[at] == '.' && !has_point && at > 0) {
            has_point = true;
            continue;
        }
        if (std::isdigit(static_cast<unsigned char>(text[at])) == 0) break;
        whole = whole * 10 + static_cast<std::uint64_t>(text[at] - '0');
        if (has_point) parts *= 10;
        if (whole > most || parts > 1'000'000) return std::nullopt;
    }
    auto const unit = unit_of(trim(text.substr(at)));
    if (at == 0 || unit == 0 || whole > most / unit) return std::nullopt;
    auto const bytes = whole * unit / parts;
    if (bytes == 0) return std::nullopt;
    return bytes;
}

} // namespace darkroom::exports
