#include "jobs/read/request_fields.hpp"

#include "jobs/services/addresses.hpp"
#include "runner/base/web_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace darkroom::jobs {

namespace {

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

std::optional<json::Value> text_value_of(Member const& member, Findings& findings) {
    auto text = text_of(member, findings);
    return text ? std::optional(json::Value(std::move(*text))) : std::nullopt;
}

std::optional<json::Value> flag_value_of(Member const& member, Findings& findings) {
    auto const flag = flag_of(member, findings);
    return flag ? std::optional(json::Value(*flag)) : std::nullopt;
}

} // namespace

std::vector<std::string_view> field_keys(ServiceModel const& service) {
    std::vector<std::string_view> keys;
    for (auto const& field : service.fields) keys.push_back(field.key);
    auto const& delivery = service.identity.delivery_members;
    keys.insert(keys.end(), delivery.begin(), delivery.end());
    return keys;
}

std::optional<json::Value> FieldReader::value_of(RequestField const& field, Member const& member) {
    switch (field.takes) {
    case RequestField::Takes::flag: return flag_value_of(member, findings_);
    case RequestField::Takes::word: return word_of(member, findings_, field.words);
    case RequestField::Takes::text: return text_value_of(member, findings_);
    case RequestField::Takes::address: return address_of(member, findings_);
    case RequestField::Takes::picture: return mask_of(member, findings_);
    }
    return std::nullopt;
}

void FieldReader::read(Node const& map, json::Value& fields, bool may_vary) {
    for (auto const& field : service_.fields) {
        auto const* member = map.find(field.key);
        bool const is_filled = may_vary && member && !field.is_address() &&
                               member->value->is_text() && has_variables(member->value->text);
        if (is_filled)
            fields.set(field.key, member->value->text);
        else if (auto value = member ? value_of(field, *member) : std::nullopt)
            fields.set(field.key, std::move(*value));
    }
}

void FieldReader::refuse_delivery_fields(Node const& map) {
    for (auto const key : service_.identity.delivery_members) {
        if (auto const* member = map.find(key))
            findings_.error(member->where, fmt::format("'{}' is decided by 'service.delivery' and "
                                                       "'service.timeouts', not by a job",
                                                       key));
    }
}

} // namespace darkroom::jobs
