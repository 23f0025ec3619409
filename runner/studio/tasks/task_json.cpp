#include "runner/studio/tasks/task_json.hpp"

#include "runner/studio/paint/picture_prompt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace darkroom::studio {

namespace {

json::Value time_json(WallTime time) {
    return static_cast<std::int64_t>(time.time_since_epoch().count());
}

std::optional<WallTime> time_of(json::Value const& value, std::string_view key) {
    auto const count = value.integer(key);
    if (!count) return std::nullopt;
    return WallTime(std::chrono::milliseconds(*count));
}

json::Value to_json(ApiError const& error) {
    json::Value value;
    value.set("status", error.status);
    value.set("code", error.code);
    value.set("message", error.message);
    return value;
}

std::optional<ApiError> error_of(json::Value const* value) {
    if (value == nullptr) return std::nullopt;
    return ApiError{static_cast<int>(value->integer("status").value_or(500)),
                    value->text("code").value_or("api_error"), value->text("message").value_or("")};
}

json::Value to_json(Material const& material) {
    json::Value value;
    value.set("image", material.image);
    value.set("mask", material.mask);
    value.set("end_image", material.end_image);
    value.set("leg", material.clips_before); // stored: never rename
    value.set("path", material.path);
    value.set("loop", material.loop);
    value.set("short_side", material.short_side);
    value.set("mp4", material.mp4);
    value.set("aspect", json::Array{material.aspect.width, material.aspect.height});
    return value;
}

std::optional<Material> material_of(json::Value const* value) {
    if (value == nullptr) return std::nullopt;
    auto const small = [&](std::string_view key, std::int64_t most) {
        return static_cast<int>(std::clamp<std::int64_t>(value->integer(key).value_or(0), 0, most));
    };
    Material material;
    material.image = value->text("image").value_or("");
    material.mask = value->text("mask").value_or("");
    material.end_image = value->text("end_image").value_or("");
    material.clips_before = small("leg", 1000);
    material.path = small("path", 3);
    material.loop = value->boolean("loop").value_or(false);
    material.short_side = small("short_side", side_max);
    material.mp4 = value->boolean("mp4").value_or(false);
    auto const* aspect = value->find("aspect");
    auto const* sides = aspect == nullptr ? nullptr : aspect->array();
    if (sides != nullptr && sides->size() == 2)
        material.aspect =
            sane_aspect((*sides)[0].integer().value_or(1), (*sides)[1].integer().value_or(1));
    return material;
}

std::optional<Callback> callback_of(json::Value const* value) {
    if (value == nullptr) return std::nullopt;
    return Callback{value->text("url").value_or(""), value->boolean("every_line").value_or(false)};
}

Error wrong(std::string_view key) {
    return {Errc::bad_archive, fmt::format("key '{}' is missing or wrong", key)};
}

/// Reads the recipe of a picture that was not shown yet, else the picture itself.
Result<> read_picture(json::Value const& value, Task& task) {
    if (auto const* recipe = value.find("recipe")) {
        auto read = recipe_of_json(*recipe);
        if (!read) return read.error();
        task.picture = outline_of(parse_prompt(read->prompt).aspect, 4);
        task.recipe = std::move(*read);
    } else if (task.kind == TaskKind::videos && task.material) {
        task.picture = outline_of(task.material->aspect, 1);
    } else if (auto const* kept = value.find("picture")) {
        auto picture = picture_of_json(*kept);
        if (!picture) return picture.error();
        task.picture = std::move(*picture);
    }
    return {};
}

} // namespace

json::Value to_json(Task const& task) {
    json::Value value;
    value.set("id", task.id);
    value.set("trace_id", task.trace_id);
    value.set("kind", name_of(task.kind));
    value.set("request", task.request);
    value.set("action", task.action);
    value.set("mode", task.mode);
    value.set("prompt", task.prompt);
    value.set("lineage", fmt::format("{:016x}", task.lineage));
    value.set("seed", static_cast<std::uint64_t>(task.seed));
    value.set("split_images", task.split_images);
    value.set("payer", task.payer);
    value.set("owner", task.owner);
    if (task.callback) {
        json::Value callback;
        callback.set("url", task.callback->url);
        callback.set("every_line", task.callback->every_line);
        value.set("callback", std::move(callback));
    }
    if (task.planned_failure) value.set("doom", to_json(*task.planned_failure));
    value.set("doomed_at_once", task.fails_at_once);
    if (!task.text.is_null()) value.set("text", task.text);
    if (task.material) value.set("material", to_json(*task.material));
    if (task.recipe)
        value.set("recipe", to_json(*task.recipe));
    else if (task.kind != TaskKind::videos && !task.picture.scenes.empty())
        value.set("picture", to_json(task.picture));
    value.set("created_at", time_json(task.created_at));
    return value;
}

Result<TaskPtr> task_of_json(json::Value const& value) {
    auto task = std::make_shared<Task>();
    task->id = value.text("id").value_or("");
    if (task->id.empty()) return wrong("id");
    auto const kind = task_kind_of(value.text("kind").value_or(""));
    if (!kind) return wrong("kind");
    auto const created = time_of(value, "created_at");
    if (!created) return wrong("created_at");
    auto const lineage = value.text("lineage").value_or("");
    auto const* end = lineage.data() + lineage.size();
    if (std::from_chars(lineage.data(), end, task->lineage, 16).ptr != end) return wrong("lineage");
    task->kind = *kind;
    task->created_at = *created;
    task->trace_id = value.text("trace_id").value_or("");
    if (auto const* request = value.find("request")) task->request = *request;
    task->action = value.text("action").value_or("generate");
    task->mode = value.text("mode").value_or("fast");
    task->prompt = value.text("prompt").value_or("");
    task->seed = static_cast<std::uint32_t>(value.integer("seed").value_or(0));
    task->split_images = value.boolean("split_images").value_or(false);
    task->payer = value.text("payer").value_or("");
    task->owner = value.text("owner").value_or("");
    task->callback = callback_of(value.find("callback"));
    task->planned_failure = error_of(value.find("doom"));
    task->fails_at_once = value.boolean("doomed_at_once").value_or(false);
    if (auto const* text = value.find("text")) task->text = *text;
    task->material = material_of(value.find("material"));
    TRY(read_picture(value, *task));
    bool const drawable = !task->picture.scenes.empty() || task->planned_failure;
    if (draws(task->kind) && !drawable) return wrong("picture");
    return task;
}

json::Value end_to_json(Task const& task) {
    json::Value value;
    value.set("id", task.id);
    value.set("account", task.account);
    if (task.started_at) value.set("started_at", time_json(*task.started_at));
    if (task.finished_at) value.set("finished_at", time_json(*task.finished_at));
    if (task.failure)
        value.set("error", to_json(*task.failure));
    else if (!task.steps.empty())
        value.set("image_id", task.final_image_id());
    return value;
}

Result<> apply_end(json::Value const& value, Task& task) {
    auto const finished = time_of(value, "finished_at");
    auto const image_id = value.text("image_id").value_or("");
    task.failure = error_of(value.find("error"));
    if (!finished) return wrong("finished_at");
    if (draws(task.kind) && !task.failure && image_id.empty()) return wrong("image_id");
    task.account = value.text("account").value_or("");
    task.started_at = time_of(value, "started_at");
    task.finished_at = finished;
    task.steps.clear();
    if (!image_id.empty()) task.steps.push_back({100, image_id});
    return {};
}

} // namespace darkroom::studio
