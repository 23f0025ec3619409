// Renders pictures as files on a thread pool, and caches the latest of them.
#pragma once

#include "runner/base/semaphore.hpp"
#include "runner/studio/tasks/links.hpp"
#include "runner/studio/tasks/options.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace darkroom::studio {

class ClipEncoder;

/// The input images of an edit or a clip.
struct Background {
    Material material;
    std::shared_ptr<std::string const> image;
    std::shared_ptr<std::string const> mask;      ///< May be null.
    std::shared_ptr<std::string const> end_image; ///< May be null.
};

/// A file to be painted.
struct RenderRequest {
    std::string key; ///< Names picture, kind, number and size together; the cache's key.
    Picture picture;
    FileKind kind = FileKind::raw;
    int number = 0; ///< As in FileName.
    Size size;
    bool is_clip = false; ///< A clip, or its cover: `picture` does not count.
    std::shared_ptr<Background const> background; ///< For an edit or a clip.
    std::string etag{};                           ///< Known once it is painted.
};
using FileBytes = std::shared_ptr<std::string const>;

struct RenderOptions {
    unsigned threads = 0; ///< 0: one a processor.
    std::size_t cache_bytes = 128u << 20;
    int open_max = 64; ///< Files painted or sent at once; others queue.
    ClipFormat clips = ClipFormat::best;
    std::function<void(std::string const&)> notify{}; ///< As in ServerOptions.
};

/// Belongs to one thread, and paints on a pool of its own.
class RenderCache {
public:
    RenderCache(boost::asio::any_io_executor executor, RenderOptions options);
    ~RenderCache();

    /// Completes when fewer than `open_max` files are held, with the permit to hold one file's
    /// bytes until it is destroyed. Cancel: terminal.
    boost::asio::awaitable<std::optional<PrioritySemaphore::Permit>> acquire() {
        return open_files_.acquire();
    }
    /// Replaces a task's outline by its picture, if that is still to be done. It is done when the
    /// picture is first shown or changed, since finding four good scenes takes 10 ms.
    /// Cancel: terminal.
    boost::asio::awaitable<void> complete(TaskPtr task);
    /// Completes with the file's bytes; with null when `background` cannot be read, or a movie
    /// cannot be made, after which makes_mp4() is false. Cancel: terminal; the painting continues.
    boost::asio::awaitable<FileBytes> get(RenderRequest wanted);
    /// Completes with true while clips are made as MP4. The first call looks for ffmpeg, on the
    /// pool. Cancel: terminal.
    boost::asio::awaitable<bool> makes_mp4();
    /// Returns the same but blocks for a moment; for the start. Errors: Errc::clip_encoder when MP4
    /// is required.
    Result<bool> makes_mp4_now();
    /// Runs `work` on the pool; for anything else that would block the loop. `work` owns its data.
    /// Cancel: terminal; the work continues.
    boost::asio::awaitable<void> run(std::function<void()> work);

    std::uint64_t painted() const { return painted_; }
    std::size_t cached_bytes() const { return cached_bytes_; }

private:
    struct Cached {
        std::string key;
        FileBytes bytes;
    };
    void keep(std::string key, FileBytes bytes);
    void note_encoder(Result<> const& found);

    RenderOptions options_;
    boost::asio::thread_pool pool_;
    bool encoder_is_known_ = false;
    std::shared_ptr<ClipEncoder const> encoder_; // null: clips are WebP
    PrioritySemaphore open_files_;
    std::uint64_t painted_ = 0;
    std::size_t cached_bytes_ = 0;
    std::list<Cached> cache_; // latest used first
    std::unordered_map<std::string, std::list<Cached>::iterator> index_;
};

} // namespace darkroom::studio
