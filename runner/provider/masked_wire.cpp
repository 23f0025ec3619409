#include "runner/provider/masked_wire.hpp"

#include <algorithm>
#include <type_traits>

namespace darkroom::provider {

namespace {

/// Returns true for a text of letters and underscores, as error codes are.
bool is_plain_word(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    });
}

template <class Change>
std::optional<json::Value> changed(json::Value const& value, std::string_view key,
                                   Change const& change);

/// Does for each part of an array or object what changed() does for a value.
template <class Parts, class Change>
std::optional<json::Value> changed_parts(Parts const& parts, std::string_view key,
                                         Change const& change) {
    std::optional<Parts> others;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        std::optional<json::Value> other;
        if constexpr (std::is_same_v<Parts, json::Object>)
            other = changed(parts[i].second, parts[i].first, change);
        else
            other = changed(parts[i], key, change);
        if (!other) continue;
        if (!others) others = parts;
        if constexpr (std::is_same_v<Parts, json::Object>)
            (*others)[i].second = std::move(*other);
        else
            (*others)[i] = std::move(*other);
    }
    if (!others) return std::nullopt;
    return json::Value(std::move(*others));
}

template <class Change>
std::optional<json::Value> changed(json::Value const& value, std::string_view key,
                                   Change const& change) {
    if (auto const* items = value.array()) return changed_parts(*items, key, change);
    if (auto const* members = value.object()) return changed_parts(*members, key, change);
    auto const* text = value.string();
    bool const is_compared = text != nullptr && key == "code" && is_plain_word(*text);
    if (text == nullptr || is_compared) return std::nullopt;
    auto other = change(*text);
    if (!other) return std::nullopt;
    return json::Value(std::move(*other));
}

/// Returns true when a string of the value holds a secret.
bool has_secret(Secrets const& secrets, json::Value const& value) {
    auto const in_part = [&secrets](auto const& part) {
        if constexpr (std::is_same_v<decltype(part), json::Member const&>)
            return has_secret(secrets, part.second);
        else
            return has_secret(secrets, part);
    };
    if (auto const* items = value.array())
        return std::any_of(items->begin(), items->end(), in_part);
    if (auto const* members = value.object())
        return std::any_of(members->begin(), members->end(), in_part);
    auto const* text = value.string();
    return text != nullptr && secrets.are_in(*text);
}

/// Calls `read` with the value, in which each secret is masked.
template <class Read>
auto read_masked(Secrets const& secrets, json::Value const& value, Read const& read) {
    if (!has_secret(secrets, value)) return read(value);
    auto const mask = [&secrets](std::string const& text) -> std::optional<std::string> {
        if (!secrets.are_in(text)) return std::nullopt;
        auto other = text;
        secrets.mask(other);
        return other;
    };
    auto const masked = changed(value, "", mask);
    return read(masked ? *masked : value);
}

} // namespace

PaidRequest MaskedWire::paid_request(engine::Submission const& submission,
                                     DeliveryWish const& wish) const {
    auto paid = inner_.paid_request(submission, wish);
    paid.request = unmasked(std::move(paid.request));
    return paid;
}

std::optional<Event> MaskedWire::read_event(json::Value const& value,
                                            std::string_view endpoint) const {
    return read_masked(secrets_, value, [&](json::Value const& masked) {
        return inner_.read_event(masked, endpoint);
    });
}

std::optional<ServiceError> MaskedWire::read_error(json::Value const& value) const {
    return read_masked(secrets_, value,
                       [&](json::Value const& masked) { return inner_.read_error(masked); });
}

WireRequest MaskedWire::look_up_request(engine::TaskQuery const& query) const {
    return unmasked(inner_.look_up_request(query));
}

std::optional<std::vector<engine::TaskRecord>>
MaskedWire::read_tasks(json::Value const& value, engine::TaskQuery const& query) const {
    return read_masked(secrets_, value,
                       [&](json::Value const& masked) { return inner_.read_tasks(masked, query); });
}

/// A body is rewritten only where it has a mask: every other one is sent byte for byte.
WireRequest MaskedWire::unmasked(WireRequest request) const {
    auto probe = request.body;
    if (!secrets_.unmask(probe)) return request;
    auto const body = json::read(request.body);
    if (!body) return request;
    auto const unmask = [this](std::string const& text) -> std::optional<std::string> {
        auto other = text;
        return secrets_.unmask(other) ? std::optional(std::move(other)) : std::nullopt;
    };
    auto const other = changed(*body, "", unmask);
    if (other) request.body = json::write(*other);
    return request;
}

} // namespace darkroom::provider
