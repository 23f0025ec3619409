#include "runner/store/part_note.hpp"

#include "runner/base/json.hpp"
#include "runner/base/number.hpp"
#include "runner/base/web_address.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <set>

namespace darkroom::store {

namespace {

constexpr std::string_view part_end = ".part";
constexpr std::string_view note_end = ".note";
constexpr std::uint64_t note_bytes_max = 64u << 10;
constexpr std::size_t step_digits = 64;

/// Reads "KEY-TILE.N"; nothing for any other name.
std::optional<KeptPart> part_named(std::string_view name) {
    KeptPart part;
    if (name.size() <= step_digits || name[step_digits] != '-') return std::nullopt;
    if (!from_hex(name.substr(0, step_digits), part.key.step)) return std::nullopt;
    auto const rest = name.substr(step_digits + 1);
    auto const dot = rest.find('.');
    if (dot == rest.npos) return std::nullopt;
    auto const tile = parse_whole<int>(rest.substr(0, dot));
    auto const number = parse_whole<std::uint64_t>(rest.substr(dot + 1));
    if (!tile || !number) return std::nullopt;
    part.key.tile = *tile;
    part.number = *number;
    return part;
}

/// Reads the name of any file that this program makes for a part: the part, its note, or the draft
/// of a note, "KEY-TILE.N.note.SERIAL".
std::optional<KeptPart> part_of_file(std::string_view name) {
    if (name.ends_with(part_end)) return part_named(name.substr(0, name.size() - part_end.size()));
    auto const note = name.rfind(note_end);
    if (note == name.npos) return std::nullopt;
    auto const serial = name.substr(note + note_end.size());
    bool const is_draft = serial.starts_with('.') && parse_whole<std::uint64_t>(serial.substr(1));
    if (!serial.empty() && !is_draft) return std::nullopt;
    return part_named(name.substr(0, note));
}

/// Returns a part with its note when the file has all the bytes that the note speaks of.
std::optional<KeptPart> useful_part(Directory const& parts, std::string const& name) {
    if (!name.ends_with(part_end)) return std::nullopt;
    auto part = part_of_file(name);
    if (!part) return std::nullopt;
    auto const file = parts.file(name, O_RDONLY);
    if (file.has_error()) return std::nullopt;
    part->path = parts.path() + "/" + name;
    auto note = read_note(part->path);
    auto const size = file->size();
    if (!note || size.has_error() || *size < note->bytes) return std::nullopt;
    part->note = std::move(*note);
    return part;
}

} // namespace

std::string place_of(std::string_view url) {
    auto const address = read_web_address(url);
    if (!address.fault.empty()) return {};
    return std::string(address.rest.substr(0, address.rest.find_first_of("?#")));
}

std::string part_path(std::string const& parts, ImageKey const& key, std::uint64_t number) {
    return fmt::format("{}/{}-{}.{}{}", parts, to_hex(key.step), key.tile, number, part_end);
}

std::string note_path(std::string const& part) {
    return part.substr(0, part.size() - part_end.size()) + std::string(note_end);
}

std::optional<Digest> step_of_part(std::string_view name) {
    auto const part = part_of_file(name);
    return part ? std::optional(part->key.step) : std::nullopt;
}

Result<> write_note(std::string const& part, PartNote const& note, std::uint64_t serial) {
    json::Value const text = json::Object{{"bytes", note.bytes},
                                          {"sha256", note.sha256},
                                          {"etag", note.etag},
                                          {"place", note.place},
                                          {"refused", note.refused}};
    auto const target = note_path(part);
    auto const draft = fmt::format("{}.{}", target, serial);
    TRY_ASSIGN(auto file, File::own(draft, O_WRONLY | O_CREAT | O_TRUNC));
    TRY(file.write(json::write(text) + "\n"));
    TRY(file.sync());
    TRY(check_own(target));
    if (std::rename(draft.c_str(), target.c_str()) != 0)
        return file_error("rename " + draft + " to", target);
    return {};
}

std::optional<PartNote> read_note(std::string const& part) {
    auto const path = note_path(part);
    if (check_own(path).has_error()) return std::nullopt;
    auto const text = read_file(path, note_bytes_max);
    if (text.has_error()) return std::nullopt;
    auto const value = json::read(*text);
    auto const bytes = value ? value->integer("bytes") : std::nullopt;
    if (!bytes || *bytes < 0) return std::nullopt;
    PartNote note;
    note.bytes = static_cast<std::uint64_t>(*bytes);
    note.sha256 = value->text("sha256").value_or("");
    note.etag = value->text("etag").value_or("");
    note.place = value->text("place").value_or("");
    note.refused = value->text("refused").value_or("");
    bool const is_of_use = !note.refused.empty() || (note.bytes > 0 && !note.etag.empty());
    return is_of_use ? std::optional(std::move(note)) : std::nullopt;
}

void remove_part(std::string const& part) {
    (void)remove_file(note_path(part));
    (void)remove_file(part);
}

Result<KeptParts> tidy_parts(Directory const& parts) {
    TRY_ASSIGN(auto const names, parts.names());
    KeptParts kept;
    std::set<std::string> stay;
    for (auto const& name : names) {
        auto const any = part_of_file(name);
        if (any) kept.last_number = std::max(kept.last_number, any->number);
        auto part = useful_part(parts, name);
        if (!part) continue;
        stay.insert(name);
        stay.insert(note_path(name));
        kept.parts.push_back(std::move(*part));
    }
    for (auto const& name : names) {
        if (stay.contains(name) || !part_of_file(name)) continue;
        TRY(parts.remove(name));
    }
    return kept;
}

} // namespace darkroom::store
