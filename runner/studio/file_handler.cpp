#include "runner/studio/file_handler.hpp"

#include "runner/base/sha256.hpp"
#include "runner/studio/faults/faulty_exchange.hpp"
#include "runner/studio/paint/samples.hpp"
#include "runner/studio/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

ApiError no_file(std::string_view name) {
    return {404, "not_found", fmt::format("no file {}", name)};
}

/// Returns the percentage of `thumb=`; 100 when it is absent.
int percent_of(http::Request const& request) {
    auto const text = request.argument("thumb").value_or("100");
    int percent = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), percent);
    return ec == std::errc() && percent >= 1 && percent <= 100 ? percent : 100;
}

Size scaled(Size size, int percent) {
    return {std::max(1, size.width * percent / 100), std::max(1, size.height * percent / 100)};
}

/// Returns a size that the encoder accepts: even sides, none too small.
Size for_movie(Size size) {
    auto const fit = [](int side) { return std::max(16, side / 2 * 2); };
    return {fit(size.width), fit(size.height)};
}

/// Returns the step that a file belongs to in the present state of the task; null when there is no
/// such file now.
Step const* step_of(Task const& task, FileName const& name) {
    if (!draws(task.kind)) return nullptr;
    if (name.kind != FileKind::preview) {
        bool const is_clip = task.kind == TaskKind::videos;
        bool const exists = name.kind == FileKind::raw ||
                            (name.kind == FileKind::clip && is_clip) ||
                            (name.kind == FileKind::movie && is_clip && task.material->mp4) ||
                            (name.kind == FileKind::tile && !is_clip && task.picture.is_grid());
        return exists && task.succeeded() ? &task.steps.back() : nullptr;
    }
    if (task.ended()) return nullptr;
    auto const found = std::find_if(task.steps.begin(), task.steps.end(),
                                    [&](Step const& step) { return step.progress == name.number; });
    return found == task.steps.end() ? nullptr : &*found;
}

/// Returns the size of the whole file, before any `thumb=`.
Size size_of(ServerState const& state, Task const& task, FileName const& name, Step const& step) {
    auto const base = state.options.image_size;
    if (name.kind == FileKind::tile) return half(raw_size(task.picture, base));
    return step_size(state, task, step);
}

std::string etag_of(RenderRequest const& wanted, std::string const& bytes) {
    // The next process may have another ffmpeg, which makes other bytes of the same movie.
    if (wanted.kind == FileKind::movie) return "\"" + to_hex(sha256(bytes)).substr(0, 24) + "\"";
    // A clip's picture is only an outline; its key names the task, and that never changes.
    auto const drawn = wanted.is_clip ? json::Value() : to_json(wanted.picture);
    auto const text =
        fmt::format("{}|{}|{}", wanted.key, wanted.size.width, json::write_canonical(drawn));
    return "\"" + to_hex(sha256(text)).substr(0, 24) + "\"";
}

std::string content_type(FileKind kind) {
    switch (kind) {
    case FileKind::preview:
    case FileKind::clip: return "image/webp";
    case FileKind::movie: return "video/mp4";
    default: return "image/png";
    }
}

/// Returns the bytes after the fault's damage; unchanged when there is none.
FileBytes damaged(FileBytes bytes, std::optional<Fault> const& fault) {
    if (!fault || bytes->empty()) return bytes;
    auto const at =
        std::min<std::uint64_t>(fault->after_bytes.value_or(bytes->size() / 2), bytes->size() - 1);
    auto copy = std::make_shared<std::string>(*bytes);
    if (fault->kind == FaultKind::corrupt)
        (*copy)[at] = static_cast<char>(~(*copy)[at]);
    else if (fault->kind == FaultKind::short_body)
        copy->resize(at);
    return copy;
}

} // namespace

Checked<FileHandler::Payload> FileHandler::find(http::Request const& request,
                                                std::string const& text) {
    auto const name = read_file_name(text);
    auto const task = name ? state_.tasks.find(name->task_id) : nullptr;
    auto const* step = task ? step_of(*task, *name) : nullptr;
    if (step == nullptr) return no_file(text);
    auto const whole = size_of(state_, *task, *name, *step);
    Payload payload;
    payload.task = task;
    payload.wanted.kind = name->kind;
    payload.wanted.number = name->number;
    payload.wanted.is_clip = task->kind == TaskKind::videos;
    if (task->material && !load_background(*task->material, payload.wanted))
        return ApiError{404, "not_found", fmt::format("the input image of {} is gone", text)};
    payload.wanted.size = scaled(whole, percent_of(request));
    FaultSite const site{FaultTarget::file, task->prompt, task->action};
    payload.damage = state_.faults.strike(site);
    if (payload.damage && payload.damage->kind == FaultKind::wrong_size)
        payload.wanted.size = half(payload.wanted.size);
    if (name->kind == FileKind::movie) payload.wanted.size = for_movie(payload.wanted.size);
    payload.wanted.key = fmt::format("{} {}", text, payload.wanted.size.width);
    if (payload.damage && payload.damage->kind == FaultKind::expired) {
        ++task->link_generation;
        task->dead_link_status = payload.damage->status;
    }
    if (auto const dead = dead_link(state_.links, *task, request, state_.clock.wall()))
        return *dead;
    return payload;
}

bool FileHandler::load_background(Material const& material, RenderRequest& wanted) {
    auto& inputs = state_.inputs;
    Background background{material, inputs.get(material.image), inputs.get(material.mask),
                          inputs.get(material.end_image)};
    bool const whole = background.image && (background.mask || material.mask.empty()) &&
                       (background.end_image || material.end_image.empty());
    wanted.background = std::make_shared<Background const>(std::move(background));
    return whole;
}

std::optional<http::Reply> FileHandler::fault_reply(http::Request const& request,
                                                    Payload const& payload) {
    if (!payload.damage) return std::nullopt;
    http::Reply reply;
    switch (payload.damage->kind) {
    case FaultKind::status: return status_reply(*payload.damage, state_.clock.wall());
    case FaultKind::html:
        reply.headers.push_back({"content-type", "text/html"});
        reply.body = "<!doctype html><title>Please wait</title><p>Checking your browser…</p>";
        return reply;
    case FaultKind::empty: reply.headers.push_back({"content-type", "image/png"}); return reply;
    case FaultKind::redirect_loop: {
        reply.status = 302;
        auto const query = request.query.empty() ? "" : "?" + request.query;
        reply.headers.push_back({"location", request.path + query});
        return reply;
    }
    default: return std::nullopt; // the file is sent, damaged or through a FaultyExchange
    }
}

asio::awaitable<void> FileHandler::file(http::Exchange& exchange, std::string name,
                                        std::string trace_id) {
    auto payload = find(exchange.request(), name);
    if (!payload) {
        auto reply = error_reply(payload.error(), trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (auto reply = fault_reply(exchange.request(), *payload)) {
        co_await exchange.answer(std::move(*reply));
        co_return;
    }
    if (!payload->damage) {
        co_await send(exchange, std::move(*payload));
        co_return;
    }
    if (payload->damage->kind == FaultKind::reset_before) {
        exchange.reset();
        co_return;
    }
    FaultyExchange faulty(exchange, *payload->damage, state_.clock);
    co_await send(faulty, std::move(*payload));
}

asio::awaitable<void> FileHandler::sample(http::Exchange& exchange, std::string name,
                                          std::string trace_id) {
    auto const picture = sample_picture(name);
    if (!picture) {
        auto reply = error_reply(no_file(name), trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    Payload payload;
    payload.wanted.key = "sample " + name;
    payload.wanted.picture = *picture;
    payload.wanted.size = sample_size;
    co_await send(exchange, std::move(payload));
}

asio::awaitable<void> FileHandler::send(http::Exchange& exchange, Payload payload) {
    auto const permit = co_await renders_.acquire();
    if (payload.task) {
        co_await renders_.complete(payload.task);
        payload.wanted.picture = payload.task->picture;
    }
    auto const painted = co_await renders_.get(payload.wanted);
    if (!painted) {
        auto const why = co_await why_missing(payload);
        auto reply = error_reply(why, "");
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    auto const bytes = damaged(painted, payload.damage);
    payload.wanted.etag = etag_of(payload.wanted, *painted);
    auto const sent = co_await send_bytes(exchange, bytes, payload.wanted);
    if (!payload.task || exchange.request().method == "HEAD") co_return;
    state_.ledger.served(payload.task->id, sent ? *sent : 0, sent.has_value());
}

/// A link always leads to the same bytes, or to none: a clip that cannot be an MP4 any more gets
/// other links, which /tasks shows.
asio::awaitable<ApiError> FileHandler::why_missing(Payload payload) {
    ApiError const unreadable{404, "not_found", "the input image can no longer be read"};
    if (payload.wanted.kind != FileKind::movie) co_return unreadable;
    bool const insists = state_.options.clips == ClipFormat::mp4;
    if (insists) co_return ApiError{500, "api_error", "the MP4 cannot be made"};
    bool const still_there = co_await renders_.makes_mp4();
    if (still_there) co_return unreadable;
    payload.task->material->mp4 = false;
    co_return ApiError{404, "not_found", "this clip is a WebP now; /midjourney/tasks has its link"};
}

asio::awaitable<Result<std::uint64_t>>
FileHandler::send_bytes(http::Exchange& exchange, FileBytes bytes, RenderRequest wanted) {
    auto const& request = exchange.request();
    auto const& etag = wanted.etag;
    http::Head head;
    head.headers.push_back({"accept-ranges", "bytes"});
    head.headers.push_back({"etag", etag});
    auto const condition = request.header("if-range");
    bool const same = condition.empty() || condition == etag;
    auto const range = http::read_range(same ? request.header("range") : "", bytes->size());
    std::string_view body = *bytes;
    if (range.kind == http::RangeAnswer::Kind::unsatisfiable) {
        head.status = 416;
        head.headers.push_back({"content-range", fmt::format("bytes */{}", bytes->size())});
        body = {};
    } else {
        head.headers.push_back({"content-type", content_type(wanted.kind)});
    }
    if (range.kind == http::RangeAnswer::Kind::part) {
        auto const [first, last] = range.range;
        head.status = 206;
        head.headers.push_back(
            {"content-range", fmt::format("bytes {}-{}/{}", first, last, bytes->size())});
        body = body.substr(first, last - first + 1);
    }
    head.length = body.size();
    auto sent = co_await exchange.begin(std::move(head));
    if (sent) sent = co_await exchange.write(body);
    if (sent) sent = co_await exchange.finish();
    if (!sent) co_return sent.error();
    co_return body.size();
}

} // namespace darkroom::studio
