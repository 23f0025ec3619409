#include "tests/support/services/echo/model/model.hpp"

#include <array>

namespace darkroom::test::echo {

namespace {

using namespace jobs;

constexpr auto single = ResultKind::single;

constexpr std::array<Action, 2> follow_ups{{
    {"again", single, single, "again", true},
    {"name", single, ResultKind::text, "name", true},
}};
constexpr std::array<Action, 1> first_actions{{{"draw", std::nullopt, single, "draw"}}};

constexpr std::array<std::string_view, 2> sizes{"small", "large"};
constexpr std::array<RequestField, 1> fields{{{"size", RequestField::Takes::word, sizes}}};
constexpr std::array<std::string_view, 1> field_names{"size"};

/// Members: path, action, action_in, image, source, prompt, text, image_by_link, fields.
constexpr std::array<Endpoint, 3> endpoints{{
    {"/echo/draw", "draw", "", "", "", "words", "", false, field_names},
    {"/echo/again", "again", "", "of", "", "words", "", false, field_names},
    {"/echo/name", "name", "", "of", "", "", "title"},
}};

constexpr std::array<std::string_view, 7> draw_keys{"prompt", "prefix",   "suffix", "then",
                                                    "chain",  "download", "size"};
constexpr std::array<JobKind, 1> kinds{{{"draw", "draw", draw_keys}}};

constexpr std::array<Identity::Default, 1> defaults{{{"size", "small"}}};

void add(json::Value& body, json::Value const& given) {
    if (auto const* members = given.object()) {
        for (auto const& [key, value] : *members)
            body.set(key == "prompt" ? "words" : std::string_view(key), value);
    }
}

json::Value first_body(Endpoint const& endpoint, FirstRequest const& request) {
    json::Value body = json::Object();
    if (!request.prompt.empty()) body.set(endpoint.prompt, request.prompt);
    add(body, request.fields);
    return body;
}

json::Value follow_up_body(Endpoint const&, FollowUp const& request) {
    json::Value body = json::Object();
    add(body, request.fields);
    return body;
}

std::uint64_t assumed_bytes(std::string_view action) { return action == "name" ? 20 : 1'000; }

} // namespace

constinit ServiceModel const model{
    .name = "echo",
    .url = "",
    .follow_ups = follow_ups,
    .first_actions = first_actions,
    .endpoints = endpoints,
    .kinds = kinds,
    .fields = fields,
    .identity = {"darkroom step 1 of echo", defaults},
    .first_body = first_body,
    .follow_up_body = follow_up_body,
    .assumed_bytes = assumed_bytes,
};

} // namespace darkroom::test::echo
