// What a service can do, as data: its actions, endpoints, job kinds and request fields, and what
// makes two requests the same. One constant object a service, in a folder of its own.
#pragma once

#include "runner/base/json.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// The kind of result that a step makes. The first three are images, which other steps can follow;
/// on an edited one the service offers nothing of its own.
enum class ResultKind { grid, single, edited, video, text };
bool is_image(ResultKind kind);
/// Returns true when `name` stands for several actions.
bool is_glob(std::string_view name);

/// One row an action.
struct Action {
    std::string_view name;
    std::optional<ResultKind> parent; ///< The kind that offers it; none: any image.
    ResultKind makes;
    std::string_view price;        ///< Its class in `prices`.
    bool published = false;        ///< In the lists the service prints.
    std::string_view needs = {};   ///< The request field that has to be set with it.
    std::string_view repeats = {}; ///< It follows this action or itself, nothing else.
};

/// A value of a request field that an endpoint does not take.
struct RefusedValue {
    std::string_view field;
    std::string_view value;
    std::string_view why; ///< The message of the error.
};

/// One row an endpoint: where a request goes, and how it names what it carries.
struct Endpoint {
    std::string_view path;
    std::string_view action;    ///< The action of its requests; "": `action_in` names it.
    std::string_view action_in; ///< The member that names the action; missing: the first of all.
    std::string_view image;     ///< The member that names the image a follow-up works on; "": none.
    std::string_view source;    ///< The member for the image a job begins with; "": images stand
                                ///< before the prompt.
    std::string_view prompt;    ///< The member that carries the prompt; "": it takes none.
    std::string_view text;      ///< The member of the answer that is the result; "": it draws.
    bool image_by_link = false; ///< `image` is a link, which may expire, and not an id.
    std::span<std::string_view const> fields = {}; ///< Request fields that it takes.
    std::span<RefusedValue const> refuses = {};

    /// A drawing comes by any delivery; a text is always the one plain answer to its request.
    bool draws() const { return text.empty(); }
    bool takes(std::string_view field) const;
};

/// One row a value of `kind` in a job file.
struct JobKind {
    std::string_view name;
    std::string_view action;                ///< The action of its first step.
    std::span<std::string_view const> keys; ///< Keys of a job besides those of every kind.
    bool needs_prompt = true;
    bool has_image = false; ///< One image, no more and no less.
};

/// A member of a request that a job or a branch may set by name, and its check.
struct RequestField {
    enum class Takes {
        flag,    ///< true or false.
        word,    ///< One of `words`.
        text,    ///< Any text.
        address, ///< An http(s) address, with variables or without.
        picture, ///< The same, or the picture itself in base64, or a file next to the job file.
    };
    std::string_view key;
    Takes takes = Takes::text;
    std::span<std::string_view const> words = {};

    bool is_address() const { return takes == Takes::address || takes == Takes::picture; }
};

/// Decides which requests are the same: members that say no more than the service's default, or
/// that only concern delivery, do not count.
struct Identity {
    struct Default {
        std::string_view key;
        std::string_view value;
    };
    /// The first line of what a step key is made of. Changing it would make every journal of the
    /// service pay again; two services have two.
    std::string_view recipe;
    std::span<Default const> defaults = {};                  ///< False is the default of a flag.
    std::span<std::string_view const> delivery_members = {}; ///< Decided by `service.delivery`.
    std::span<std::string_view const> text_members = {}; ///< Strings, even if written as numbers.
};

/// A name that the service answers with an error, and what to write instead.
struct Misnomer {
    std::string_view name;
    std::string_view remedy;
};

/// A glob that does not mean what it seems to below an image of this kind.
struct MisleadingGlob {
    std::string_view glob;
    ResultKind below;
    std::string_view why; ///< The end of the message.
};

struct PromptParams; // jobs/services/prompt_params.hpp

/// The parts of the body of a job's first request.
struct FirstRequest {
    std::string image;         ///< The address for Endpoint::source, or "".
    std::string prompt;        ///< As it is sent, or "".
    json::Value const& fields; ///< An object, or null.
};

/// The parts of a follow-up's body; its image is added by ServiceModel::set_image().
struct FollowUp {
    std::string_view action;
    std::string mode;          ///< The mode of the request that made the image.
    json::Value const& fields; ///< An object, or null.
};

/// The port: whatever jobs, engine, store, report and cli know of a service, they know from here.
struct ServiceModel {
    std::string_view name;     ///< Its value of `service.api`.
    std::string_view url;      ///< The default of `service.url`; "": the job file has to say it.
    bool has_built_in = false; ///< `url: local` starts a service of this kind.
    std::span<Action const> follow_ups;    ///< In the order in which the service lists them.
    std::span<Action const> first_actions; ///< No image offers these; the first is the default.
    std::span<Endpoint const> endpoints; ///< The first takes every action without a row of its own.
    std::span<JobKind const> kinds;      ///< The first is the default.
    std::span<RequestField const> fields;
    Identity identity;
    json::Value (*first_body)(Endpoint const& endpoint, FirstRequest const& request);
    json::Value (*follow_up_body)(Endpoint const& endpoint, FollowUp const& request);
    std::uint64_t (*assumed_bytes)(
        std::string_view action); ///< The size of the result, for estimates.

    std::size_t images_max = 1;       ///< In one request.
    bool ids_are_digits = false;      ///< Ids of images are digits.
    std::string_view mode_in = {};    ///< The member that names the mode; "": there are none.
    std::string_view usual_mode = {}; ///< The mode of a request that names none.
    std::string_view grid_mark = {};  ///< An action that a grid of four offers, and nothing else.
    std::string_view translates_in = {}; ///< The flag that lets the service translate the prompt.
    /// The members that say what a request works on, besides the prompt and an image's id.
    std::span<std::string_view const> input_members = {};
    std::string_view tiles_in = {}; ///< The flag that asks for the tiles of a grid as well.
    std::span<Misnomer const> misnomers = {};
    std::span<MisleadingGlob const> misleading_globs = {};
    PromptParams const* params =
        nullptr; ///< Parameters that may follow a `--` in a prompt; null: none.

    /// Finds an action among all of them; null for an unknown one, which is sent all the same.
    Action const* find_action(std::string_view action) const;
    /// Returns true when what is of `kind` can offer `action`; any image can offer unknown ones.
    bool can_offer(ResultKind kind, std::string_view action) const;
    /// Returns true when every image takes `action`, although none lists it.
    bool is_taken_by_any(std::string_view action) const;
    bool begins_a_job(std::string_view action) const;
    /// Returns what `action` makes; single for an unknown one.
    ResultKind made_by(std::string_view action) const;
    /// Returns the known actions that match `pattern` (`*` stands for any run) and that `kind` can
    /// offer. A glob never gives what every image takes: it would be bought by accident.
    std::vector<std::string_view> matching_actions(std::string_view pattern, ResultKind kind) const;

    /// Returns the endpoint at `path`; the first one when there is none.
    Endpoint const& endpoint_at(std::string_view path) const;
    /// Returns the endpoint that `action` is sent to.
    Endpoint const& endpoint_of(std::string_view action) const;
    /// Returns the action of a request with these members to `endpoint`.
    std::string action_of(Endpoint const& endpoint, json::Value const& body) const;
    RequestField const* find_field(std::string_view key) const;

    /// Adds to `body` the image that a follow-up works on.
    void set_image(json::Value& body, Endpoint const& endpoint, std::string const& id,
                   std::string const& link) const;
    /// Writes the text by which two requests are the same: keys sorted, ids as strings. Used both
    /// for step keys and to find a request again among the service's tasks.
    std::string canonical_body(json::Value const& body) const;
};

/// All services that this program knows: a line each in registry.cpp. A program that defines this
/// function itself replaces that file.
std::span<ServiceModel const* const> service_models();
/// Returns null when there is none of that name.
ServiceModel const* find_service_model(std::string_view name);
/// The first of service_models().
ServiceModel const& default_service();

} // namespace darkroom::jobs
