#include "jobs/services/midjourney/request.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace darkroom::jobs {

namespace {

/// What the service takes for granted when the member is missing. Booleans are all false there.
struct DefaultText {
    std::string_view key;
    std::string_view value;
};
constexpr std::array<DefaultText, 4> default_texts{
    {{"action", "generate"}, {"mode", "fast"}, {"quality", "1"}, {"resolution", "720p"}}};

constexpr std::array<std::string_view, 3> delivery_keys{"async", "callback_url", "timeout"};

/// Members the service declares as strings; a writer may have left the quotes off.
constexpr std::array<std::string_view, 4> text_keys{"image_id", "video_id", "version", "quality"};

bool is_one_of(std::string_view key, auto const& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool concerns_delivery(std::string_view key) {
    return key.starts_with("x-") || is_one_of(key, delivery_keys);
}

bool is_empty(json::Value const& value) {
    if (value.is_null()) return true;
    if (auto const* string = value.string()) return string->empty();
    if (auto const* array = value.array()) return array->empty();
    if (auto const* object = value.object()) return object->empty();
    return value.boolean() == false;
}

bool is_default(std::string_view key, json::Value const& value) {
    return std::any_of(default_texts.begin(), default_texts.end(), [&](DefaultText const& known) {
        return known.key == key && value.text() == known.value;
    });
}

} // namespace

std::string Request::action() const {
    auto const own = endpoint_at(endpoint).action;
    return own.empty() ? body.text("action").value_or("generate") : std::string(own);
}

std::string Request::prompt() const { return body.text(endpoint_at(endpoint).prompt).value_or(""); }

std::string Request::mode() const {
    return endpoint_at(endpoint).draws() ? body.text("mode").value_or("fast") : std::string();
}

std::string canonical_body(json::Value const& body) {
    json::Object kept;
    auto const* members = body.object();
    if (members == nullptr) return "{}";
    kept.reserve(members->size());
    for (auto const& [key, value] : *members) {
        if (concerns_delivery(key) || is_empty(value) || is_default(key, value)) continue;
        bool const as_text = is_one_of(key, text_keys) && value.text();
        kept.emplace_back(key, as_text ? json::Value(*value.text()) : value);
    }
    return json::write_canonical(json::Value(std::move(kept)));
}

Digest step_key(Request const& request, std::optional<Digest> const& parent, int repeat) {
    // The first line names the recipe: changing it would make every old journal pay again.
    std::string recipe = "darkroom step 1\n";
    recipe += request.endpoint + '\n';
    recipe += canonical_body(request.body) + '\n';
    recipe += (parent ? to_hex(*parent) : "-") + '\n';
    recipe += std::to_string(repeat) + '\n';
    return sha256(recipe);
}

} // namespace darkroom::jobs
