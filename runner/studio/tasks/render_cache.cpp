#include "runner/studio/tasks/render_cache.hpp"

#include "runner/base/on_pool.hpp"
#include "runner/studio/paint/clip.hpp"
#include "runner/studio/paint/paint.hpp"
#include "runner/studio/tasks/clip_encoder.hpp"

#include <algorithm>
#include <thread>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

std::size_t thread_count(unsigned wanted) {
    return std::max(1u, wanted != 0 ? wanted : std::thread::hardware_concurrency());
}

std::string_view view_of(FileBytes const& bytes) {
    return bytes ? std::string_view(*bytes) : std::string_view();
}

Result<std::string> paint_clip(RenderRequest const& wanted, ClipEncoder const& encoder) {
    auto const& [material, image, mask, end_image] = *wanted.background;
    auto first = decode_image(view_of(image), side_max);
    if (!first) return first.error();
    Clip clip;
    clip.first = std::move(*first);
    if (end_image) {
        auto last = decode_image(*end_image, side_max);
        if (!last) return last.error();
        clip.last = std::move(*last);
    }
    clip.path = material.clips_before == 0 ? wanted.number : material.path;
    clip.clips_before = material.clips_before;
    clip.loop = material.loop;
    clip.size = wanted.size;
    if (wanted.kind == FileKind::movie) return encoder.encode(clip);
    if (wanted.kind == FileKind::raw) return clip_cover(clip, wanted.size);
    return wanted.kind == FileKind::preview ? clip_preview(clip, wanted.size) : clip_webp(clip);
}

Result<std::string> paint_file(RenderRequest const& wanted, ClipEncoder const& encoder) {
    if (wanted.is_clip) return paint_clip(wanted, encoder);
    std::optional<Backdrop> backdrop;
    if (wanted.background) {
        auto read =
            read_backdrop(view_of(wanted.background->image), view_of(wanted.background->mask));
        if (!read) return read.error();
        backdrop = std::move(*read);
    }
    auto const* background = backdrop ? &*backdrop : nullptr;
    switch (wanted.kind) {
    case FileKind::raw: return paint(wanted.picture, wanted.size, background);
    case FileKind::tile:
        return paint_tile(wanted.picture, wanted.number + 1, wanted.size, background);
    case FileKind::preview:
        return paint_preview(wanted.picture, wanted.number, wanted.size, background);
    case FileKind::clip:
    case FileKind::movie: break; // only a clip is one
    }
    return std::string();
}

} // namespace

RenderCache::RenderCache(asio::any_io_executor executor, RenderOptions options)
    : options_(options), pool_(thread_count(options.threads)),
      open_files_(std::move(executor), options.open_max) {}

RenderCache::~RenderCache() {
    pool_.stop();
    pool_.join();
}

asio::awaitable<void> RenderCache::run(std::function<void()> work) {
    using Work = std::function<void()>;
    // The work returns with the objects it holds: a task's timers must die on the loop's thread.
    std::function<Work()> job = [work = std::move(work)]() mutable {
        work();
        return std::move(work);
    };
    co_await on_pool<Work>(pool_, std::move(job));
}

asio::awaitable<void> RenderCache::complete(TaskPtr task) {
    if (!task->recipe) co_return;
    auto const recipe = std::make_shared<GenerateRequest const>(*task->recipe);
    auto const made = std::make_shared<Picture>();
    std::function<void()> work = [recipe, made] { *made = generate(*recipe); };
    co_await run(std::move(work));
    if (!task->recipe) co_return; // another request has completed it, with the same result
    task->picture = std::move(*made);
    task->recipe.reset();
}

asio::awaitable<FileBytes> RenderCache::get(RenderRequest wanted) {
    auto const found = index_.find(wanted.key);
    if (found != index_.end()) {
        cache_.splice(cache_.begin(), cache_, found->second);
        co_return found->second->bytes;
    }
    // The pool's side owns its data: this frame may be gone before it is done.
    auto const shared = std::make_shared<RenderRequest const>(std::move(wanted));
    auto const made = std::make_shared<Result<std::string>>();
    auto const encoder = encoder_ ? encoder_ : std::make_shared<ClipEncoder const>();
    std::function<void()> work = [shared, encoder, made] { *made = paint_file(*shared, *encoder); };
    co_await run(std::move(work));
    if (!*made) {
        bool const is_news = encoder_ == encoder; // no other request has reported it
        if (made->error().code == Errc::clip_encoder && is_news) note_encoder(made->error());
        co_return nullptr;
    }
    ++painted_;
    auto const bytes = std::make_shared<std::string const>(std::move(**made));
    keep(shared->key, bytes);
    co_return bytes;
}

asio::awaitable<bool> RenderCache::makes_mp4() {
    if (!encoder_is_known_ && options_.clips != ClipFormat::webp) {
        auto const found = std::make_shared<Result<>>();
        std::function<void()> work = [found] { *found = ClipEncoder().check(); };
        co_await run(std::move(work));
        if (!encoder_is_known_) note_encoder(*found); // or another request has noted it
    }
    co_return encoder_ != nullptr;
}

Result<bool> RenderCache::makes_mp4_now() {
    if (options_.clips == ClipFormat::webp) return false;
    if (!encoder_is_known_) {
        auto const found = ClipEncoder().check();
        if (!found && options_.clips == ClipFormat::mp4) return found.error();
        note_encoder(found);
    }
    return encoder_ != nullptr;
}

/// Notes the result of a check. Without an encoder clips are WebP from now on, unless MP4 is
/// required.
void RenderCache::note_encoder(Result<> const& found) {
    encoder_is_known_ = true;
    bool const insists = options_.clips == ClipFormat::mp4;
    encoder_ = found || insists ? std::make_shared<ClipEncoder const>() : nullptr;
    if (found || !options_.notify) return;
    auto const* follows = insists ? "" : "; clips are animated WebP from now on";
    options_.notify(found.error().message() + follows);
}

void RenderCache::keep(std::string key, FileBytes bytes) {
    // Two may have painted the same file; one above the whole limit is not kept at all.
    if (index_.contains(key) || bytes->size() > options_.cache_bytes) return;
    cached_bytes_ += bytes->size();
    cache_.push_front({key, std::move(bytes)});
    index_.emplace(std::move(key), cache_.begin());
    while (cached_bytes_ > options_.cache_bytes) {
        cached_bytes_ -= cache_.back().bytes->size();
        index_.erase(cache_.back().key);
        cache_.pop_back();
    }
}

} // namespace darkroom::studio
