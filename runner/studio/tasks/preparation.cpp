#include "runner/studio/tasks/preparation.hpp"

#include "runner/studio/paint/picture_prompt.hpp"
#include "runner/studio/tasks/words.hpp"

#include <fmt/format.h>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

/// Returns the text that decides a result besides its parent: the same text, the same result.
std::string asked_text(WorkRequest const& request) {
    if (request.kind == TaskKind::imagine)
        return request.action + "|" + request.prompt + "|" + request.mask;
    return fmt::format("{}|{}|{}|{}|{}|{}", name_of(request.kind), request.action, request.prompt,
                       request.mask, request.image_url, request.end_image_url);
}

json::Array texts(std::vector<std::string> const& list) {
    return json::Array(list.begin(), list.end());
}

json::Value translation_of(std::string const& content) {
    auto const translated = translate(content);
    json::Value text;
    text.set("content", translated.text);
    if (translated.left > 0)
        text.set("note", fmt::format("{} characters are not in the built-in list of words",
                                     translated.left));
    return text;
}

} // namespace

Checked<TaskPtr> Preparation::parent_of(WorkRequest const& request,
                                        std::string const& payer) const {
    bool const follows = request.action != "generate" && request.kind != TaskKind::edits;
    if (!follows && request.kind != TaskKind::seed) return TaskPtr();
    bool const clip = request.kind == TaskKind::videos;
    auto const& id = clip ? request.video_id : request.image_id;
    auto const parent = state_.tasks.find_image(id);
    // Another token's image is as unknown as one that never existed.
    bool const known = parent && belongs_to(*parent, payer);
    if (!known || (clip && parent->kind != TaskKind::videos))
        return bad_request(fmt::format("{} {} is not a finished {} of this service",
                                       clip ? "video_id" : "image_id", id,
                                       clip ? "video" : "image"));
    if (request.kind == TaskKind::imagine && parent->kind != TaskKind::imagine)
        return bad_request(fmt::format("image_id {} comes from {}, which offers no actions", id,
                                       name_of(parent->kind)));
    return parent;
}

TaskPtr Preparation::outline(Submission const& submission) const {
    auto const& [request, body, trace_id, payer, parent, deadline, every_line, failure] =
        submission;
    auto task = std::make_shared<Task>();
    task->kind = request.kind;
    task->request = body;
    task->trace_id = trace_id;
    task->payer = payer;
    task->action = request.action;
    task->mode = request.mode;
    task->prompt = parent ? parent->prompt : request.prompt;
    task->split_images = request.split_images;
    task->lineage = lineage_of(parent ? parent->lineage : 0, asked_text(request));
    if (parent) task->owner = parent->account;
    if (!request.callback_url.empty()) task->callback = Callback{request.callback_url, every_line};
    task->planned_failure = request.prompt_error ? request.prompt_error : failure;
    task->fails_at_once = request.prompt_error.has_value();
    return task;
}

asio::awaitable<Checked<TaskPtr>> Preparation::task_for(Submission submission) {
    auto task = outline(submission);
    if (task->fails_at_once) co_return task;
    if (draws(task->kind)) task->seed = runner_.picture_seed(task->lineage);
    auto filled = co_await fill(std::move(submission), std::move(task));
    co_return filled;
}

Preparation::Done Preparation::fill(Submission submission, TaskPtr task) {
    switch (task->kind) {
    case TaskKind::imagine:
        return submission.parent ? next(std::move(submission), std::move(task))
                                 : first(std::move(submission), std::move(task));
    case TaskKind::edits: return edit(std::move(submission), std::move(task));
    case TaskKind::videos: return clip(std::move(submission), std::move(task));
    default: return describe(std::move(submission), std::move(task));
    }
}

Preparation::Done Preparation::first(Submission submission, TaskPtr task) {
    auto const& request = submission.request;
    auto palettes = co_await inputs_.palettes(request.parts.images);
    if (!palettes) co_return palettes.error();
    GenerateRequest wanted;
    wanted.prompt = request.translation ? translate(request.prompt).text : request.prompt;
    auto const parsed = parse_prompt(wanted.prompt);
    if (parsed.seed) task->seed = static_cast<std::uint32_t>(*parsed.seed);
    wanted.seed = task->seed;
    wanted.inputs = std::move(*palettes);
    task->picture = outline_of(parsed.aspect, 4);
    task->recipe = std::move(wanted);
    co_return task;
}

Preparation::Done Preparation::next(Submission submission, TaskPtr task) {
    auto const& request = submission.request;
    auto mask = co_await inputs_.mask(request.mask);
    if (!mask) co_return mask.error();
    auto const parent = submission.parent;
    co_await renders_.complete(parent);
    auto const step = std::make_shared<FollowUp>();
    step->action = request.action;
    step->seed = task->seed;
    if (!request.prompt.empty())
        step->prompt = request.translation ? translate(request.prompt).text : request.prompt;
    step->mask = std::move(*mask);
    auto const made = std::make_shared<Result<Picture>>();
    std::function<void()> work = [parent, step, made] { *made = follow(parent->picture, *step); };
    co_await renders_.run(std::move(work)); // a reroll searches four new scenes
    if (!*made) co_return bad_request(made->error().message());
    task->picture = std::move(**made);
    co_return task;
}

Preparation::Done Preparation::edit(Submission submission, TaskPtr task) {
    auto const& request = submission.request;
    auto image = co_await inputs_.keep("image_url", request.image_url);
    if (!image) co_return image.error();
    auto mask = co_await inputs_.keep("mask", request.mask);
    if (!mask) co_return mask.error();
    Material material;
    material.image = image->name;
    material.mask = mask->name;
    material.aspect = image->traits.aspect;
    task->material = std::move(material);
    auto const wanted = std::make_shared<GenerateRequest>();
    wanted->prompt = request.prompt;
    wanted->seed = task->seed;
    auto const made = std::make_shared<Picture>();
    std::function<void()> work = [wanted, made] { *made = generate(*wanted); };
    co_await renders_.run(std::move(work));
    task->picture = std::move(*made);
    task->picture.aspect = image->traits.aspect; // an edit keeps the image's format
    co_return task;
}

Preparation::Done Preparation::clip(Submission submission, TaskPtr task) {
    auto const& request = submission.request;
    auto end_image = co_await inputs_.keep("end_image_url", request.end_image_url);
    if (!end_image) co_return end_image.error();
    Material material;
    material.short_side = request.short_side;
    material.loop = request.loop;
    task->material = std::move(material);
    if (submission.parent) {
        longer(request, *submission.parent, *task);
    } else {
        auto image = co_await inputs_.keep("image_url", request.image_url);
        if (!image) co_return image.error();
        task->material->image = image->name;
        task->material->aspect = image->traits.aspect;
    }
    task->material->end_image = end_image->name;
    task->material->mp4 = co_await renders_.makes_mp4();
    task->picture = outline_of(task->material->aspect, 1);
    co_return task;
}

/// Extends the chosen clip by one clip on the same camera path.
void Preparation::longer(WorkRequest const& request, Task const& parent, Task& task) {
    auto const& before = *parent.material;
    auto& material = *task.material;
    material.image = before.end_image.empty() ? before.image : before.end_image;
    material.aspect = before.aspect;
    material.short_side = before.short_side;
    material.clips_before = before.clips_before + 1;
    material.path = before.clips_before == 0 ? request.video_index : before.path;
}

/// Handles the kinds that give a text; only a description needs an image first.
Preparation::Done Preparation::describe(Submission submission, TaskPtr task) {
    auto const& request = submission.request;
    switch (request.kind) {
    case TaskKind::translate: task->text = translation_of(request.content); break;
    case TaskKind::shorten: task->text.set("prompts", texts(shorten(request.prompt))); break;
    case TaskKind::seed: task->text.set("seed", std::to_string(submission.parent->seed)); break;
    default: {
        auto traits = co_await inputs_.inspect("image_url", request.image_url);
        if (!traits) co_return traits.error();
        task->text.set("descriptions", texts(descriptions_of(*traits)));
    }
    }
    co_return task;
}

} // namespace darkroom::studio
