#include "runner/studio/views.hpp"

#include "runner/studio/paint/clip.hpp"
#include "runner/studio/tasks/identities.hpp"

#include <algorithm>

namespace darkroom::studio {

namespace {

double unix_seconds(WallTime time) {
    return static_cast<double>(time.time_since_epoch().count()) / 1000.0;
}

json::Value time_or_null(std::optional<WallTime> const& time) {
    if (!time) return nullptr;
    return unix_seconds(*time);
}

json::Value texts(std::vector<std::string> const& list) {
    return json::Array(list.begin(), list.end());
}

json::Value error_view(ApiError const& error) {
    json::Value view;
    view.set("code", error.code);
    view.set("message", error.message);
    return view;
}

/// Returns links to four files of a kind.
json::Array four_links(ServerState const& state, Task const& task, FileKind kind) {
    json::Array links;
    auto const now = state.clock.wall();
    for (int number = 0; number < 4; ++number) {
        FileName const name{task.id, kind, number};
        links.emplace_back(raw_link(state.links, task, name, now));
    }
    return links;
}

/// A file as it is shown at a step.
struct Shown {
    std::string link;
    Size size;
    bool last = false;
};

Shown shown_at(ServerState const& state, Task const& task, Step const& step) {
    bool const last = step.progress == 100;
    FileName const name{task.id, last ? FileKind::raw : FileKind::preview,
                        last ? 0 : step.progress};
    return {raw_link(state.links, task, name, state.clock.wall()), step_size(state, task, step),
            last};
}

void set_image(json::Value& view, std::string link, Size size) {
    view.set("image_url", std::move(link));
    view.set("image_width", size.width);
    view.set("image_height", size.height);
}

void set_raw_image(json::Value& view, Shown const& shown) {
    view.set("raw_image_url", shown.link);
    view.set("raw_image_width", shown.size.width);
    view.set("raw_image_height", shown.size.height);
}

json::Value imagine_view(ServerState const& state, Task const& task, Step const& step) {
    auto const shown = shown_at(state, task, step);
    json::Value view;
    set_image(view, thumbnail_link(shown.link), half(shown.size));
    view.set("image_id", step.image_id);
    set_raw_image(view, shown);
    if (shown.last && task.split_images && task.picture.is_grid())
        view.set("sub_image_urls", four_links(state, task, FileKind::tile));
    view.set("progress", step.progress);
    view.set("actions", texts(shown.last ? actions_of(task.picture) : std::vector<std::string>()));
    return view;
}

/// Like the captured answers: no actions, and the thumbnail is the raw image.
json::Value edit_view(ServerState const& state, Task const& task, Step const& step) {
    auto const shown = shown_at(state, task, step);
    json::Value view;
    if (shown.last && task.split_images)
        view.set("sub_image_urls", four_links(state, task, FileKind::tile));
    set_image(view, shown.link, shown.size);
    set_raw_image(view, shown);
    view.set("progress", step.progress);
    view.set("image_id", step.image_id);
    return view;
}

json::Value video_view(ServerState const& state, Task const& task, Step const& step) {
    auto const shown = shown_at(state, task, step);
    json::Value view;
    set_image(view, shown.link, shown.size);
    view.set("progress", step.progress);
    view.set("video_id", step.image_id);
    auto const kind = task.material->mp4 ? FileKind::movie : FileKind::clip;
    view.set("video_urls", shown.last ? four_links(state, task, kind) : json::Array());
    return view;
}

json::Value elapsed_or_null(Task const& task) {
    if (!task.started_at || !task.finished_at) return nullptr;
    return static_cast<double>((*task.finished_at - *task.started_at).count()) / 1000.0;
}

/// Like the captured answers: neither `task_id` nor `success`; `shorten` tells its times.
json::Value text_view(Task const& task) {
    constexpr double cost = 0.18; // credits, as recorded
    auto view = task.text;
    if (task.kind != TaskKind::shorten) return view;
    view.set("cost", cost);
    view.set("started_at", time_or_null(task.started_at));
    view.set("finished_at", time_or_null(task.finished_at));
    view.set("elapsed", elapsed_or_null(task));
    return view;
}

/// Returns what was sent, with the members that the real service's records have besides.
json::Value request_view(Task const& task) {
    auto request = task.request;
    auto const add = [&request](std::string_view key, json::Value value) {
        if (request.find(key) == nullptr) request.set(key, std::move(value));
    };
    add("mode", task.mode);
    for (auto const* key : {"action", "prompt", "timeout", "image_id", "check_image", "retry_times",
                            "translation", "callback_url", "check_prompt", "image_origin"})
        add(key, nullptr);
    add("stream", false);
    add("version", "1.0");
    add("trace_id", task.trace_id);
    add("application_id", identity_of(Holder::application, task.payer));
    return request;
}

/// Adds the ids of those who asked, and of what they used.
void set_holders(json::Value& view, Task const& task) {
    auto const id = [&](Holder holder) { return identity_of(holder, task.payer); };
    view.set("user_id", id(Holder::user));
    view.set("actor_user_id", nullptr);
    view.set("api_id", identity_of(Holder::api, name_of(task.kind)));
    view.set("application_id", id(Holder::application));
    view.set("credential_id", id(Holder::credential));
    view.set("authorization_id", nullptr);
}

} // namespace

Size half(Size size) { return {std::max(1, size.width / 2), std::max(1, size.height / 2)}; }

Size step_size(ServerState const& state, Task const& task, Step const& step) {
    auto const base = state.options.image_size;
    auto size = raw_size(task.picture, base);
    if (task.kind == TaskKind::videos && task.material)
        size = clip_size(task.material->aspect, std::min(task.material->short_side, base));
    return step.progress == 100 ? size : half(half(size));
}

json::Value step_view(ServerState const& state, Task const& task, Step const& step) {
    json::Value view;
    switch (task.kind) {
    case TaskKind::edits: view = edit_view(state, task, step); break;
    case TaskKind::videos: view = video_view(state, task, step); break;
    default: view = imagine_view(state, task, step); break; // the others have no steps
    }
    view.set("task_id", task.id);
    view.set("success", true);
    return view;
}

json::Value failure_view(Task const& task, ApiError const& why) {
    json::Value view;
    view.set("success", false);
    view.set("task_id", task.id);
    view.set("error", error_view(why));
    view.set("trace_id", task.trace_id);
    return view;
}

json::Value outcome_view(ServerState const& state, Task const& task) {
    if (task.failure) return failure_view(task, *task.failure);
    if (draws(task.kind)) return step_view(state, task, task.steps.back());
    return text_view(task);
}

json::Value record_view(ServerState const& state, Task const& task) {
    json::Value view;
    view.set("id", task.id);
    view.set("type", name_of(task.kind));
    view.set("trace_id", task.trace_id);
    view.set("created_at", unix_seconds(task.created_at));
    view.set("started_at", time_or_null(task.started_at));
    view.set("finished_at", time_or_null(task.finished_at));
    view.set("elapsed", elapsed_or_null(task));
    set_holders(view, task);
    view.set("request", request_view(task));
    bool const preview = state.options.previews_in_tasks && !task.steps.empty();
    if (task.ended())
        view.set("response", outcome_view(state, task));
    else if (preview)
        view.set("response", step_view(state, task, task.steps.back()));
    return view;
}

http::Reply json_reply(int status, json::Value const& body, std::string const& trace_id) {
    http::Reply reply;
    reply.status = status;
    reply.headers.push_back({"content-type", "application/json"});
    reply.headers.push_back({"x-trace-id", trace_id});
    reply.body = json::write(body);
    return reply;
}

http::Reply error_reply(ApiError const& error, std::string const& trace_id) {
    json::Value body;
    body.set("error", error_view(error));
    body.set("trace_id", trace_id);
    return json_reply(error.status, body, trace_id);
}

} // namespace darkroom::studio
