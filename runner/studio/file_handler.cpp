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

/// The percentage of `thumb=`; 100 without one.
int percent_of(HttpRequest const& request) {
    auto const text = request.argument("thumb").value_or("100");
    int percent = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), percent);
    return ec == std::errc() && percent >= 1 && percent <= 100 ? percent : 100;
}

Size scaled(Size size, int percent) {
    return {std::max(1, size.width * percent / 100), std::max(1, size.height * percent / 100)};
}

/// What an encoder takes: even sides, none too small.
Size for_movie(Size size) {
    auto const fit = [](int side) { return std::max(16, side / 2 * 2); };
    return {fit(size.width), fit(size.height)};
}

/// The step a file belongs to while the task is as it is; null when there is no such file now.
Step const* step_of(Task const& task, FileName const& name) {
    if (!draws(task.kind)) return nullptr;
    if (name.kind != FileKind::preview) {
        bool const filmed = task.kind == TaskKind::videos;
        bool const exists = name.kind == FileKind::raw || (name.kind == FileKind::clip && filmed) ||
                            (name.kind == FileKind::movie && filmed && task.material->mp4) ||
                            (name.kind == FileKind::tile && !filmed && task.picture.is_grid());
        return exists && task.succeeded() ? &task.steps.back() : nullptr;
    }
    if (task.ended()) return nullptr;
    auto const found = std::find_if(task.steps.begin(), task.steps.end(),
                                    [&](Step const& step) { return step.progress == name.number; });
    return found == task.steps.end() ? nullptr : &*found;
}

/// Of the whole file, before any `thumb=`.
Size size_of(Premises const& premises, Task const& task, FileName const& name, Step const& step) {
    auto const base = premises.options.image_size;
    if (name.kind == FileKind::tile) return half(raw_size(task.picture, base));
    return step_size(premises, task, step);
}

std::string etag_of(PaintOrder const& order, std::string const& bytes) {
    // The next process may have another ffmpeg, which makes other bytes of the same film.
    if (order.kind == FileKind::movie) return "\"" + to_hex(sha256(bytes)).substr(0, 24) + "\"";
    // A clip's picture is only an outline; its key names the task, and that never changes.
    auto const drawn = order.filmed ? json::Value() : to_json(order.picture);
    auto const text =
        fmt::format("{}|{}|{}", order.key, order.size.width, json::write_canonical(drawn));
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

/// The bytes with the fault's damage done; the very bytes when there is none.
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

Checked<FileDesk::Parcel> FileDesk::find(HttpRequest const& request, std::string const& text) {
    auto const name = read_file_name(text);
    auto const task = name ? premises_.tasks.find(name->task_id) : nullptr;
    auto const* step = task ? step_of(*task, *name) : nullptr;
    if (step == nullptr) return no_file(text);
    auto const whole = size_of(premises_, *task, *name, *step);
    Parcel parcel;
    parcel.task = task;
    parcel.order.kind = name->kind;
    parcel.order.number = name->number;
    parcel.order.filmed = task->kind == TaskKind::videos;
    if (task->material && !lay_ground(*task->material, parcel.order))
        return ApiError{404, "not_found", fmt::format("the input image of {} is gone", text)};
    parcel.order.size = scaled(whole, percent_of(request));
    FaultSite const site{FaultPlace::file, task->prompt, task->action};
    parcel.damage = premises_.faults.strike(site);
    if (parcel.damage && parcel.damage->kind == FaultKind::wrong_size)
        parcel.order.size = half(parcel.order.size);
    if (name->kind == FileKind::movie) parcel.order.size = for_movie(parcel.order.size);
    parcel.order.key = fmt::format("{} {}", text, parcel.order.size.width);
    if (parcel.damage && parcel.damage->kind == FaultKind::expired) {
        ++task->link_generation;
        task->dead_link_status = parcel.damage->status;
    }
    if (auto const dead = dead_link(premises_.links, *task, request, premises_.clock.wall()))
        return *dead;
    return parcel;
}

bool FileDesk::lay_ground(Material const& material, PaintOrder& order) {
    auto& inputs = premises_.inputs;
    Ground ground{material, inputs.get(material.image), inputs.get(material.mask),
                  inputs.get(material.end_image)};
    bool const whole = ground.image && (ground.mask || material.mask.empty()) &&
                       (ground.end_image || material.end_image.empty());
    order.ground = std::make_shared<Ground const>(std::move(ground));
    return whole;
}

std::optional<HttpReply> FileDesk::instead(HttpRequest const& request, Parcel const& parcel) {
    if (!parcel.damage) return std::nullopt;
    HttpReply reply;
    switch (parcel.damage->kind) {
    case FaultKind::status: return status_reply(*parcel.damage, premises_.clock.wall());
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

asio::awaitable<void> FileDesk::file(Exchange& exchange, std::string name, std::string trace_id) {
    auto parcel = find(exchange.request(), name);
    if (!parcel) {
        auto reply = error_reply(parcel.error(), trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (auto reply = instead(exchange.request(), *parcel)) {
        co_await exchange.answer(std::move(*reply));
        co_return;
    }
    if (!parcel->damage) {
        co_await send(exchange, std::move(*parcel));
        co_return;
    }
    if (parcel->damage->kind == FaultKind::reset_before) {
        exchange.reset();
        co_return;
    }
    FaultyExchange faulty(exchange, *parcel->damage, premises_.clock);
    co_await send(faulty, std::move(*parcel));
}

asio::awaitable<void> FileDesk::sample(Exchange& exchange, std::string name, std::string trace_id) {
    auto const picture = sample_picture(name);
    if (!picture) {
        auto reply = error_reply(no_file(name), trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    Parcel parcel;
    parcel.order.key = "sample " + name;
    parcel.order.picture = *picture;
    parcel.order.size = sample_size;
    co_await send(exchange, std::move(parcel));
}

asio::awaitable<void> FileDesk::send(Exchange& exchange, Parcel parcel) {
    auto const ticket = co_await shop_.enter();
    if (parcel.task) {
        co_await shop_.complete(parcel.task);
        parcel.order.picture = parcel.task->picture;
    }
    auto const painted = co_await shop_.get(parcel.order);
    if (!painted) {
        auto const why = co_await why_missing(parcel);
        auto reply = error_reply(why, "");
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    auto const bytes = damaged(painted, parcel.damage);
    parcel.order.etag = etag_of(parcel.order, *painted);
    auto const sent = co_await send_bytes(exchange, bytes, parcel.order);
    if (!parcel.task || exchange.request().method == "HEAD") co_return;
    premises_.ledger.served(parcel.task->id, sent ? *sent : 0, sent.has_value());
}

/// A link leads to the same bytes for ever or to nothing: a clip that can't be an MP4 any more gets
/// other links, which /tasks tells.
asio::awaitable<ApiError> FileDesk::why_missing(Parcel parcel) {
    ApiError const unreadable{404, "not_found", "the input image can no longer be read"};
    if (parcel.order.kind != FileKind::movie) co_return unreadable;
    bool const insists = premises_.options.clips == ClipFormat::mp4;
    if (insists) co_return ApiError{500, "api_error", "the MP4 cannot be made"};
    bool const still_there = co_await shop_.films_mp4();
    if (still_there) co_return unreadable;
    parcel.task->material->mp4 = false;
    co_return ApiError{404, "not_found", "this clip is a WebP now; /midjourney/tasks has its link"};
}

asio::awaitable<Result<std::uint64_t>> FileDesk::send_bytes(Exchange& exchange, FileBytes bytes,
                                                            PaintOrder order) {
    auto const& request = exchange.request();
    auto const& etag = order.etag;
    HttpHead head;
    head.headers.push_back({"accept-ranges", "bytes"});
    head.headers.push_back({"etag", etag});
    auto const condition = request.header("if-range");
    bool const same = condition.empty() || condition == etag;
    auto const range = read_range(same ? request.header("range") : "", bytes->size());
    std::string_view body = *bytes;
    if (range.kind == RangeAnswer::Kind::unsatisfiable) {
        head.status = 416;
        head.headers.push_back({"content-range", fmt::format("bytes */{}", bytes->size())});
        body = {};
    } else {
        head.headers.push_back({"content-type", content_type(order.kind)});
    }
    if (range.kind == RangeAnswer::Kind::part) {
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
