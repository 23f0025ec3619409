#include "runner/studio/views.hpp"

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

json::Array tile_links(Premises const& premises, Task const& task) {
    json::Array links;
    auto const now = premises.clock.wall();
    for (int tile = 0; tile < 4; ++tile) {
        FileName const name{task.id, FileKind::tile, tile};
        links.emplace_back(raw_link(premises.links, task, name, now));
    }
    return links;
}

} // namespace

Size half(Size size) { return {std::max(1, size.width / 2), std::max(1, size.height / 2)}; }

Size step_size(Premises const& premises, Task const& task, Step const& step) {
    auto const size = raw_size(task.picture, premises.options.image_size);
    return step.progress == 100 ? size : half(half(size));
}

json::Value step_view(Premises const& premises, Task const& task, Step const& step) {
    bool const last = step.progress == 100;
    FileName const name{task.id, last ? FileKind::raw : FileKind::preview,
                        last ? 0 : step.progress};
    auto const raw = raw_link(premises.links, task, name, premises.clock.wall());
    auto const size = step_size(premises, task, step);
    auto const thumbnail = half(size);
    json::Value view;
    view.set("image_url", thumbnail_link(raw));
    view.set("image_width", thumbnail.width);
    view.set("image_height", thumbnail.height);
    view.set("image_id", step.image_id);
    view.set("raw_image_url", raw);
    view.set("raw_image_width", size.width);
    view.set("raw_image_height", size.height);
    if (last && task.split_images && task.picture.is_grid())
        view.set("sub_image_urls", tile_links(premises, task));
    view.set("progress", step.progress);
    view.set("actions", texts(last ? actions_of(task.picture) : std::vector<std::string>()));
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

json::Value outcome_view(Premises const& premises, Task const& task) {
    if (task.failure) return failure_view(task, *task.failure);
    return step_view(premises, task, task.steps.back());
}

json::Value record_view(Premises const& premises, Task const& task) {
    json::Value view;
    view.set("id", task.id);
    view.set("type", "imagine");
    view.set("trace_id", task.trace_id);
    view.set("created_at", unix_seconds(task.created_at));
    view.set("started_at", time_or_null(task.started_at));
    view.set("finished_at", time_or_null(task.finished_at));
    json::Value elapsed;
    if (task.started_at && task.finished_at)
        elapsed = static_cast<double>((*task.finished_at - *task.started_at).count()) / 1000.0;
    view.set("elapsed", std::move(elapsed));
    view.set("request", task.request);
    bool const preview = premises.options.previews_in_tasks && !task.steps.empty();
    if (task.ended())
        view.set("response", outcome_view(premises, task));
    else if (preview)
        view.set("response", step_view(premises, task, task.steps.back()));
    return view;
}

HttpReply json_reply(int status, json::Value const& body, std::string const& trace_id) {
    HttpReply reply;
    reply.status = status;
    reply.headers.push_back({"content-type", "application/json"});
    reply.headers.push_back({"x-trace-id", trace_id});
    reply.body = json::write(body);
    return reply;
}

HttpReply error_reply(ApiError const& error, std::string const& trace_id) {
    json::Value body;
    body.set("error", error_view(error));
    body.set("trace_id", trace_id);
    return json_reply(error.status, body, trace_id);
}

} // namespace darkroom::studio
