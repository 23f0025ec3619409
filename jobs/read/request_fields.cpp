#include "jobs/read/request_fields.hpp"

#include "jobs/services/addresses.hpp"
#include "runner/base/web_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace darkroom::jobs {

namespace {

constexpr std::array<std::string_view, 3> modes{"fast", "relax", "turbo"};
constexpr std::array<std::string_view, 2> resolutions{"480p", "720p"};
constexpr std::array<std::string_view, 5> qualities{".25", ".5", "1", "2", "4"};

std::optional<json::Value> word_of(Member const& member, Findings& findings,
                                   std::span<std::string_view const> words) {
    auto const chosen = choice_of(member, findings, words);
    if (!chosen) return std::nullopt;
    return json::Value(words[*chosen]);
}

/// An address or the picture itself in base64. The name of a file is one that could not be read, of
/// which enough was said.
std::optional<json::Value> mask_of(Member const& member, Findings& findings) {
    auto text = text_of(member, findings);
    if (!text || is_mask_file(*text)) return std::nullopt;
    bool const is_web =
        has_web_scheme(*text) || text->starts_with("{{"); // looked at once it is filled in
    bool const is_base64 =
        !text->empty() && std::all_of(text->begin(), text->end(), [](unsigned char c) {
            return std::isalnum(c) || c == '+' || c == '/' || c == '=';
        });
    auto const wrong = is_web && !has_variables(*text) ? wrong_address(*text) : std::string();
    if (!wrong.empty()) findings.error(member.value->where, wrong);
    if (is_web || is_base64) return json::Value(std::move(*text));
    needs(member, "an http(s) address, base64, or a file that ends in .png, .jpg, .jpeg or .webp",
          findings);
    return std::nullopt;
}

std::optional<json::Value> address_of(Member const& member, Findings& findings) {
    auto text = text_of(member, findings);
    if (!text) return std::nullopt;
    auto const wrong = has_variables(*text) ? std::string() : wrong_address(*text);
    if (!wrong.empty()) findings.error(member.value->where, wrong);
    return json::Value(std::move(*text));
}

std::optional<json::Value> read_field(Member const& member, Findings& findings) {
    if (member.key == "resolution") return word_of(member, findings, resolutions);
    if (member.key == "end_image_url") return address_of(member, findings);
    if (member.key == "mode") return word_of(member, findings, modes);
    if (member.key == "quality") return word_of(member, findings, qualities);
    if (member.key == "mask") return mask_of(member, findings);
    if (member.key == "version") {
        auto text = text_of(member, findings);
        return text ? std::optional(json::Value(std::move(*text))) : std::nullopt;
    }
    auto const flag = flag_of(member, findings);
    return flag ? std::optional(json::Value(*flag)) : std::nullopt;
}

} // namespace

void read_request_fields(Node const& map, json::Value& fields, Findings& findings) {
    auto const read = [&](std::string_view key) {
        auto const* member = map.find(key);
        if (auto value = member ? read_field(*member, findings) : std::nullopt)
            fields.set(key, std::move(*value));
    };
    std::for_each(request_fields.begin(), request_fields.end(), read);
    std::for_each(video_fields.begin(), video_fields.end(), read);
}

void refuse_delivery_fields(Node const& map, Findings& findings) {
    for (auto const key : delivery_fields) {
        if (auto const* member = map.find(key))
            findings.error(member->where, fmt::format("'{}' is decided by 'service.delivery' and "
                                                      "'service.timeouts', not by a job",
                                                      key));
    }
}

} // namespace darkroom::jobs
