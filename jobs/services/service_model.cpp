#include "jobs/services/service_model.hpp"

#include "runner/base/glob.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

Action const* find_in(std::span<Action const> actions, std::string_view name) {
    auto const found = std::find_if(actions.begin(), actions.end(),
                                    [name](Action const& action) { return action.name == name; });
    return found == actions.end() ? nullptr : &*found;
}

Endpoint const& find_in(std::span<Endpoint const> endpoints, std::string_view Endpoint::*member,
                        std::string_view value) {
    auto const found = std::find_if(endpoints.begin(), endpoints.end(),
                                    [&](Endpoint const& row) { return row.*member == value; });
    return found == endpoints.end() ? endpoints.front() : *found;
}

bool is_one_of(std::string_view key, std::span<std::string_view const> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool is_empty(json::Value const& value) {
    if (value.is_null()) return true;
    if (auto const* string = value.string()) return string->empty();
    if (auto const* array = value.array()) return array->empty();
    if (auto const* object = value.object()) return object->empty();
    return value.boolean() == false;
}

} // namespace

bool is_image(ResultKind kind) { return kind != ResultKind::video && kind != ResultKind::text; }

bool is_glob(std::string_view name) { return name.find('*') != std::string_view::npos; }

bool Endpoint::takes(std::string_view field) const { return is_one_of(field, fields); }

Action const* ServiceModel::find_action(std::string_view action) const {
    auto const* const first = find_in(first_actions, action);
    return first != nullptr ? first : find_in(follow_ups, action);
}

bool ServiceModel::can_offer(ResultKind kind, std::string_view action) const {
    if (!is_image(kind) || begins_a_job(action)) return false;
    auto const* known = find_in(follow_ups, action);
    return !known || !known->parent || *known->parent == kind;
}

bool ServiceModel::is_taken_by_any(std::string_view action) const {
    auto const* known = find_in(follow_ups, action);
    return known && !known->parent;
}

bool ServiceModel::begins_a_job(std::string_view action) const {
    return find_in(first_actions, action) != nullptr;
}

ResultKind ServiceModel::made_by(std::string_view action) const {
    auto const* known = find_action(action);
    return known ? known->makes : ResultKind::single;
}

std::vector<std::string_view> ServiceModel::matching_actions(std::string_view pattern,
                                                             ResultKind kind) const {
    std::vector<std::string_view> found;
    for (auto const& action : follow_ups) {
        if (is_glob(pattern) && !action.parent) continue;
        if (can_offer(kind, action.name) && glob_match(pattern, action.name))
            found.push_back(action.name);
    }
    return found;
}

Endpoint const& ServiceModel::endpoint_at(std::string_view path) const {
    return find_in(endpoints, &Endpoint::path, path);
}

Endpoint const& ServiceModel::endpoint_of(std::string_view action) const {
    return find_in(endpoints, &Endpoint::action, action);
}

std::string ServiceModel::action_of(Endpoint const& endpoint, json::Value const& body) const {
    if (!endpoint.action.empty()) return std::string(endpoint.action);
    return body.text(endpoint.action_in).value_or(std::string(first_actions.front().name));
}

RequestField const* ServiceModel::find_field(std::string_view key) const {
    auto const found = std::find_if(fields.begin(), fields.end(),
                                    [key](RequestField const& field) { return field.key == key; });
    return found == fields.end() ? nullptr : &*found;
}

void ServiceModel::set_image(json::Value& body, Endpoint const& endpoint, std::string const& id,
                             std::string const& link) const {
    auto const& image = endpoint.image_by_link ? link : id;
    if (!image.empty() && !endpoint.image.empty()) body.set(endpoint.image, image);
}

std::string ServiceModel::canonical_body(json::Value const& body) const {
    auto const concerns_delivery = [this](std::string_view key) {
        return key.starts_with("x-") || is_one_of(key, identity.delivery_members);
    };
    auto const is_default = [this](std::string_view key, json::Value const& value) {
        auto const& known = identity.defaults;
        return std::any_of(known.begin(), known.end(), [&](Identity::Default const& row) {
            return row.key == key && value.text() == row.value;
        });
    };
    json::Object kept;
    auto const* members = body.object();
    if (members == nullptr) return "{}";
    kept.reserve(members->size());
    for (auto const& [key, value] : *members) {
        if (concerns_delivery(key) || is_empty(value) || is_default(key, value)) continue;
        bool const as_text = is_one_of(key, identity.text_members) && value.text();
        kept.emplace_back(key, as_text ? json::Value(*value.text()) : value);
    }
    return json::write_canonical(json::Value(std::move(kept)));
}

ServiceModel const* find_service_model(std::string_view name) {
    auto const models = service_models();
    auto const found = std::find_if(models.begin(), models.end(),
                                    [name](auto const* model) { return model->name == name; });
    return found == models.end() ? nullptr : *found;
}

ServiceModel const& default_service() { return *service_models().front(); }

} // namespace darkroom::jobs
