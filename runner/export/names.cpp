#include "runner/export/names.hpp"

#include "runner/base/normal_text.hpp"
#include "runner/base/safe_name.hpp"
#include "runner/base/text.hpp"
#include "runner/engine/caption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace darkroom::exports {

namespace {

constexpr std::size_t part_bytes_max = 40;  // of a directory, a job, a path
constexpr std::size_t words_bytes_max = 48; // of a prompt
constexpr std::size_t name_bytes_max = 180;

/// Only signs that a name may have in any program: no blanks, and nothing that a shell reads.
bool is_for_names(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
}

std::string with_dashes(std::string_view text, bool (*is_kept)(char)) {
    std::string out;
    for (auto const c : text) {
        if (is_kept(c))
            out += c;
        else if (!out.empty() && out.back() != '-')
            out += '-';
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out;
}

bool is_for_keys(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Returns "000012-r2-upscale1-tile3".
std::string place_of(engine::ManifestRow const& row, std::string const& path) {
    auto text = fmt::format("{:06}", row.item);
    if (row.repeat > 0) text += fmt::format("-r{}", row.repeat + 1);
    if (!path.empty()) text += "-" + path;
    if (row.tile > 0)
        text += fmt::format("-{}{}", row.kind == "video" ? "video" : "tile", row.tile);
    return text;
}

} // namespace

std::string slug_of(std::string_view text, std::size_t bytes_max) {
    auto const clean = without_hostile_signs(mended_utf8(text));
    auto slug = with_dashes(clean, is_for_names);
    if (slug.size() <= bytes_max) return slug;
    bool const ends_in_word = slug[bytes_max] != '-';
    slug = cut_text(std::move(slug), bytes_max);
    auto const dash = slug.rfind('-');
    if (ends_in_word && dash != slug.npos && dash >= bytes_max / 2) slug.resize(dash);
    while (!slug.empty() && slug.back() == '-') slug.pop_back();
    return slug;
}

std::string readable_name(engine::ManifestRow const& row, std::string_view directory, Words words) {
    std::string name;
    for (auto const part : {directory, std::string_view(row.job)})
        if (auto const slug = slug_of(part, part_bytes_max); !slug.empty()) name += slug + "-";
    name += place_of(row, slug_of(row.path, part_bytes_max));
    if (words == Words::of_prompt) {
        auto const text = engine::text_of_prompt(row.root_prompt);
        if (auto const slug = slug_of(text, words_bytes_max); !slug.empty()) name += "-" + slug;
    }
    return safe_file_name(name, name_bytes_max);
}

std::string sample_key(engine::ManifestRow const& row) {
    auto const job = cut_text(with_dashes(row.job, is_for_keys), part_bytes_max / 2);
    auto const path = cut_text(with_dashes(row.path, is_for_keys), part_bytes_max / 2);
    auto const front = job.empty() ? std::string("job") : job;
    return fmt::format("{}-{}-{}", front, place_of(row, path), to_hex(row.key).substr(0, 12));
}

std::string NameBook::take(std::string const& name) {
    auto const folded = folded_name(name);
    if (taken_.insert(folded).second) return name;
    auto& last = last_numbers_.try_emplace(folded, 1).first->second;
    for (;;) {
        auto found = fmt::format("{}-{}", name, ++last);
        if (taken_.insert(folded_name(found)).second) return found;
    }
}

} // namespace darkroom::exports
